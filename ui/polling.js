// Looking again, as rarely as possible: only while somebody sees the page, slower where nothing
// changes, and not at all once nobody has touched it for a while.
(() => {
  "use strict";

  const page = window.PlexSyncPage;
  const { React } = page;

  const { unstable_batchedUpdates: together = (work) => work() } = window.PluginApi.ReactDOM;

  const UNATTENDED_MS = 10 * 60 * 1000;
  const SIGNS_OF_LIFE = ["pointermove", "pointerdown", "keydown", "wheel", "touchstart"];

  // Whether somebody is there

  const returns = new Set();
  let touchedAt = Date.now();
  let watching = false;

  function touched() {
    const wasAway = Date.now() - touchedAt > UNATTENDED_MS;
    touchedAt = Date.now();
    if (wasAway) returns.forEach((each) => each());
  }

  function seen() {
    if (document.visibilityState !== "visible") return;
    touchedAt = Date.now();
    returns.forEach((each) => each());
  }

  function watch() {
    if (watching) return;
    watching = true;
    SIGNS_OF_LIFE.forEach((name) => document.addEventListener(name, touched, { passive: true }));
    document.addEventListener("visibilitychange", seen);
  }

  const attention = {
    isVisible: () => document.visibilityState === "visible",
    isAttended: () => Date.now() - touchedAt <= UNATTENDED_MS,
  };

  /** Asks `load` again and again while somebody listens.
   *
   * `delay({data, error, unchanged})` says after how many ms; `unchanged` counts the answers that
   * brought nothing new. `busy(data)`: something runs that is worth a look even unattended. */
  class Poll {
    constructor({ load, delay, busy = () => false, key = JSON.stringify }) {
      Object.assign(this, { load, delay, busy, key });
      this.state = { data: null, error: null, loading: true };
      this.listeners = new Set();
      this.unchanged = 0;
      this.timer = null;
      this.asking = null;
      this.returned = () => this.refresh();
    }

    subscribe(listener) {
      watch();
      this.listeners.add(listener);
      if (this.listeners.size === 1) {
        returns.add(this.returned);
        this.refresh();
      }
      return () => this.leave(listener);
    }

    leave(listener) {
      this.listeners.delete(listener);
      if (this.listeners.size) return;
      returns.delete(this.returned);
      window.clearTimeout(this.timer);
    }

    /** Look now, and quickly again after it. */
    refresh() {
      this.unchanged = 0;
      return this.look();
    }

    async look() {
      window.clearTimeout(this.timer);
      // A slow answer is waited for, not asked for twice.
      if (this.asking) return this.asking;
      this.asking = this.askOnce();
      await this.asking;
      this.asking = null;
      this.plan();
      return undefined;
    }

    async askOnce() {
      try {
        const data = await this.load();
        const same = this.state.data && this.key(data) === this.key(this.state.data);
        this.unchanged = same ? this.unchanged + 1 : 0;
        this.tell({ data, error: null, loading: false });
      } catch (error) {
        this.unchanged += 1;
        this.tell({ data: this.state.data, error, loading: false });
      }
    }

    tell(state) {
      this.state = state;
      // All at once: React 17 draws after each of them otherwise, with states of two moments.
      together(() => this.listeners.forEach((each) => each(state)));
    }

    plan() {
      const { data, error } = this.state;
      const worthIt = attention.isAttended() || (data && this.busy(data));
      if (!this.listeners.size || !attention.isVisible() || !worthIt) return;
      const wait = this.delay({ data, error, unchanged: this.unchanged });
      if (wait === null) return;
      this.timer = window.setTimeout(() => this.look(), wait);
    }
  }

  /** The state of a poll, {data, error, loading}, for a component. */
  function usePoll(poll) {
    const [state, setState] = React.useState(poll.state);
    React.useEffect(() => {
      setState(poll.state);
      return poll.subscribe(setState);
    }, [poll]);
    return state;
  }

  /** One answer of `load` for each change of `inputs`, and `reload` for another. */
  function useAnswer(load, inputs) {
    const [state, setState] = React.useState({ data: null, error: null, loading: true });
    const turn = React.useRef(0);
    const reload = React.useCallback(() => {
      const mine = ++turn.current;
      const tell = (found) => mine === turn.current && setState({ ...found, loading: false });
      setState((before) => ({ ...before, loading: true }));
      return load().then(
        (data) => tell({ data, error: null }),
        (error) => tell({ data: null, error })
      );
    }, inputs); // eslint-disable-line react-hooks/exhaustive-deps
    React.useEffect(() => {
      reload();
      return () => {
        turn.current += 1;
      };
    }, [reload]);
    return { ...state, reload };
  }

  /** {id: scene} of what Stash knows of these scenes, as far as it has come. */
  function useScenes(ids) {
    const wanted = ids.join(",");
    const [found, setFound] = React.useState({});
    React.useEffect(() => {
      let here = true;
      if (wanted) {
        page.scenes(wanted.split(",")).then(
          (scenes) => here && setFound(scenes),
          (error) => page.report("scenes", error)
        );
      }
      return () => {
        here = false;
      };
    }, [wanted]);
    return found;
  }

  Object.assign(page, { Poll, usePoll, useAnswer, useScenes });
})();
