// The states of single scenes: asked for all scenes on screen at once, and kept for a while.
(() => {
  "use strict";

  const page = window.PlexSyncPage;
  const { React } = page;

  const GATHER_MS = 60;
  const FRESH_MS = 60 * 1000;
  const AFTER_ERROR_MS = 60 * 1000;
  const MOST_AT_ONCE = 500;
  const MOST_KEPT = 5000;

  const kept = new Map();
  const listeners = new Map();
  let wanted = new Set();
  let timer = null;
  let quietUntil = 0;

  const isFresh = (id) => kept.has(id) && Date.now() - kept.get(id).at < FRESH_MS;

  function tell(id, found) {
    kept.delete(id);
    kept.set(id, { ...found, at: Date.now() });
    if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value);
    (listeners.get(id) || []).forEach((each) => each(kept.get(id)));
  }

  async function fetchStates() {
    timer = null;
    const ids = [...wanted].slice(0, MOST_AT_ONCE);
    ids.forEach((id) => wanted.delete(id));
    try {
      const { states } = await page.ask("states", { scenes: ids.map(Number) });
      ids.forEach((id) => states[id] && tell(id, states[id]));
    } catch (error) {
      // Signs are no reason to trouble anybody, nor to ask again with every card.
      quietUntil = Date.now() + AFTER_ERROR_MS;
      wanted = new Set();
      page.report("states", error);
    }
    plan();
  }

  function plan() {
    if (timer === null && wanted.size && Date.now() >= quietUntil) {
      timer = window.setTimeout(fetchStates, GATHER_MS);
    }
  }

  function want(id) {
    if (isFresh(id)) return;
    wanted.add(id);
    plan();
  }

  function listen(id, listener) {
    if (!listeners.has(id)) listeners.set(id, new Set());
    listeners.get(id).add(listener);
    return () => {
      listeners.get(id).delete(listener);
      if (!listeners.get(id).size) listeners.delete(id);
    };
  }

  /** {state, why} of a scene, null as long as it isn't known. */
  page.useSceneState = (sceneId) => {
    const id = String(sceneId);
    const [found, setFound] = React.useState(kept.get(id) || null);
    React.useEffect(() => {
      setFound(kept.get(id) || null);
      const stop = listen(id, setFound);
      want(id);
      return stop;
    }, [id]);
    return found;
  };

  /** Something was done with a scene: what is known of it is old. */
  page.forgetState = (sceneId) => {
    kept.delete(String(sceneId));
    want(String(sceneId));
  };

  // How each state looks: icon, letter for where there are none, colour.
  const LOOKS = {
    in_step: [["faCheck"], "✓", "success"],
    waiting: [["faClock", "faHourglass"], "…", "info"],
    failed: [["faTriangleExclamation", "faExclamation"], "!", "danger"],
    not_in_plex: [["faLinkSlash", "faMinus"], "–", "warning"],
    left_alone: [["faHand", "faPause"], "‖", "secondary"],
    excluded: [["faBan"], "⊘", "secondary"],
  };

  /** {icon, colour} of a state; null for one that shows nothing. */
  page.lookOf = (state) => {
    const look = LOOKS[state];
    if (!look) return null;
    const [icons, letter, colour] = look;
    return { icon: page.icon(...icons) || letter, colour };
  };
})();
