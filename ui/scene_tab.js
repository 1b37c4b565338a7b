// The tab "Plex" of a scene's page.
(() => {
  "use strict";

  const page = window.PlexSyncPage;
  const { React, h, parts } = page;
  const { Nav, Tab } = window.PluginApi.libraries.Bootstrap;

  const KEY = "plexsync-panel";
  const LOOK_AGAIN_MS = 2500;

  // After another plugin's patch the props may lack the scene; the address has its id.
  function idOf({ scene }) {
    if (scene && scene.id) return String(scene.id);
    const found = /\/scenes\/(\d+)/.exec(window.location.pathname);
    return found && found[1];
  }

  parts.SceneLabel = function SceneLabel({ id }) {
    const t = page.useTexts();
    const found = page.useSceneState(id);
    const look = found && page.lookOf(found.state);
    return h(
      "span",
      null,
      "Plex",
      look &&
        h(
          "span",
          { className: `plexsync-label-sign plexsync-${look.colour}`, title: t(`state.${found.state}`) },
          h("span", { "aria-hidden": true }, look.icon),
          page.hidden(` (${t(`state.${found.state}`)})`)
        )
    );
  };

  function Item({ item }) {
    const t = page.useTexts();
    const fields = (item.fields || []).map(({ plex, after, ...each }) => ({ ...each, old: plex, new: after }));
    const isLeft = (each) => each.why && page.shown(t, each.old) === page.shown(t, each.new);
    const left = fields.filter(isLeft);
    const changes = fields.filter((each) => !isLeft(each));
    return h(
      "div",
      { className: "plexsync-item" },
      h(
        "p",
        null,
        h("strong", null, item.title || t("item", { key: String(item.rating_key) })),
        item.library && ` · ${item.library}`,
        h(parts.OutsideLink, { href: item.link, variant: "secondary" }, t("scene.open"))
      ),
      fields.length ? h(parts.Differences, { fields: changes, left }) : h("p", { className: "text-muted" }, t("scene.same"))
    );
  }

  function Actions({ id, data, onDone }) {
    const t = page.useTexts();
    const own = { scenes: [Number(id)] };
    const isSkipped = data.state === "excluded";
    // What a setting excludes, only that setting brings back.
    const isExcluded = data.excluded === "person";
    const isLeft = data.state === "left_alone";
    const action = (what, args, text, variant) =>
      h(
        parts.Action,
        {
          key: `${what} ${text}`,
          variant,
          run: async () => {
            await page.act(what, args);
            onDone();
          },
        },
        text
      );
    return h(
      "div",
      { className: "plexsync-buttons" },
      !isSkipped && !isLeft && action("sync", own, t("scene.sync"), "primary"),
      isLeft && action("manage", own, t("scene.manage"), "primary"),
      h(parts.Undo, { key: "undo", target: { scene: Number(id) }, onDone }, t("undo")),
      action("exclude", { ...own, on: !isExcluded }, t(isExcluded ? "scene.include" : "scene.exclude")),
      !isLeft && !isExcluded && action("forget", own, t("scene.forget"))
    );
  }

  function Rules({ rules }) {
    const t = page.useTexts();
    if (!rules || !rules.length) return null;
    const tried = (each) => t("scene.tried", { rule: t.said(each.rule), what: each.looked_for, found: each.found });
    return h(
      "details",
      { className: "plexsync-below" },
      h("summary", null, t("scene.rules")),
      rules.map((file) =>
        h(
          "div",
          { key: file.path, className: "plexsync-text" },
          h("code", { className: "plexsync-path" }, file.path),
          `: ${t.said(file.why)}`,
          h("ul", { className: "plexsync-paths" }, file.tried.map((each, index) => h("li", { key: index }, tried(each))))
        )
      )
    );
  }

  // After an order the worker needs a moment.
  function useFollowUp(reload, id) {
    const [ordered, setOrdered] = React.useState(0);
    React.useEffect(() => {
      if (!ordered) return undefined;
      const look = () => {
        reload();
        page.forgetState(id);
      };
      look();
      const timer = window.setTimeout(look, LOOK_AGAIN_MS);
      return () => window.clearTimeout(timer);
    }, [ordered]);
    return () => setOrdered((before) => before + 1);
  }

  parts.ScenePane = function ScenePane({ id }) {
    const t = page.useTexts();
    const answer = page.useAnswer(() => page.ask("scene", { scene: Number(id) }), [id]);
    const done = useFollowUp(answer.reload, id);
    return h(
      "div",
      { className: "plexsync plexsync-scene-pane", lang: t.locale },
      h(parts.Answer, { answer, reload: answer.reload }, (data) => {
        const look = page.lookOf(data.state);
        const [newest] = data.written || [];
        return h(
          React.Fragment,
          null,
          h(
            "p",
            { role: "status" },
            look && h("span", { "aria-hidden": true, className: `plexsync-${look.colour}` }, look.icon, " "),
            h("strong", null, t.word("state", data.state)),
            data.why && h("span", { className: "plexsync-text" }, ` ${t.said(data.why)}`)
          ),
          (data.items || []).map((item) => h(Item, { key: item.rating_key, item })),
          data.error && h("p", { className: "plexsync-text" }, [data.error.text, data.error.advice].filter(Boolean).map(t.said).join(". ")),
          (data.notes || []).map((note) => h("p", { key: note, className: "text-muted plexsync-text" }, t.said(note))),
          newest && h("p", { className: "text-muted" }, t("scene.written", { time: t.time(newest.at) })),
          h(Actions, { id, data, onDone: done }),
          h(Rules, { rules: data.rules })
        );
      })
    );
  };

  page.patches.sceneTab = (props) => {
    const id = idOf(props);
    return id && h(Nav.Item, { key: KEY }, h(Nav.Link, { eventKey: KEY }, page.part("SceneLabel", { id }, true)));
  };

  page.patches.scenePane = (props) => {
    const id = idOf(props);
    return (
      id &&
      h(
        Tab.Pane,
        { key: KEY, eventKey: KEY, mountOnEnter: true, unmountOnExit: true },
        page.part("ScenePane", { id })
      )
    );
  };
})();
