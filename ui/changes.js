// The tab "Changes": what a sync would change; what was written is in written.js.
(() => {
  "use strict";

  const page = window.PlexSyncPage;
  const { React, h, parts } = page;
  const { Form, Nav } = window.PluginApi.libraries.Bootstrap;

  const PAGE = 25;
  const RUNNING_MS = 2000;

  // There are no two values to compare of these.
  const PICTURES = ["poster", "background"];
  const WHOLE_ITEM = "item";
  const LONG = 60;
  const COLUMNS = ["changes.stash", "changes.now", "changes.after"];

  // On a phone each row is a block, and its cells say what they are; the roles are lost by that.
  function Cells({ texts }) {
    const t = page.useTexts();
    return texts.map((text, index) =>
      h("td", { key: COLUMNS[index], role: "cell", className: "plexsync-value", "data-label": t(COLUMNS[index]) }, text)
    );
  }

  function Difference({ each, isLeft }) {
    const t = page.useTexts();
    const [stash, after] = [page.shown(t, each.stash), page.shown(t, each.new)];
    // A long text is shown once.
    const wanted = after === stash && after.length > LONG ? t("changes.as_in_stash") : after;
    const last = isLeft ? t("changes.left", { why: t.said(each.why) }) : wanted;
    const isAlone = PICTURES.includes(each.field) || each.field === WHOLE_ITEM;
    return h(
      "tr",
      { role: "row", className: isLeft ? "text-muted" : undefined },
      h("th", { scope: "row", role: "rowheader" }, page.fieldName(t, each.field)),
      isAlone
        ? h("td", { role: "cell", colSpan: COLUMNS.length }, isLeft ? last : t.said(each.new))
        : h(Cells, { texts: [stash, page.shown(t, each.old), last] })
    );
  }

  /** What Stash says, what Plex has, what it will have, field by field; `left` of those that stay as
   * they are. */
  parts.Differences = function Differences({ fields, left }) {
    const t = page.useTexts();
    return h(
      "table",
      { className: "table table-sm plexsync-table", role: "table", "aria-label": t("changes.fields") },
      h(
        "thead",
        { role: "rowgroup" },
        h(
          "tr",
          { role: "row" },
          ["changes.field", ...COLUMNS].map((id) => h("th", { key: id, scope: "col", role: "columnheader" }, t(id)))
        )
      ),
      h(
        "tbody",
        { role: "rowgroup" },
        fields.map((each) => h(Difference, { key: each.field, each })),
        (left || []).map((each) => h(Difference, { key: `left ${each.field}`, each, isLeft: true }))
      )
    );
  };

  function Change({ change, scene, chosen, onChoose }) {
    const t = page.useTexts();
    const id = change.scene;
    const name = (scene && scene.title) || change.title || t("scene", { id: String(id) });
    const box = h(Form.Check, {
      id: `plexsync-choose-${id}-${change.rating_key}`,
      "aria-label": t("changes.choose", { name }),
      checked: chosen,
      onChange: () => onChoose(id),
    });
    const sync = () => page.order("sync", { scenes: [id] });
    return h(
      "li",
      null,
      h(
        parts.SceneLine,
        { id, scene, title: change.title, before: box },
        h(parts.Differences, { fields: change.fields, left: change.left }),
        h(parts.Action, { run: sync, done: t("sync.queued") }, t("sync.one"))
      )
    );
  }

  function ByField({ fields, field, onField }) {
    const t = page.useTexts();
    return h(
      Form.Group,
      { controlId: "plexsync-by-field", className: "plexsync-filter" },
      h(Form.Label, null, t("changes.filter")),
      h(
        Form.Control,
        { as: "select", size: "sm", className: "input-control", value: field, onChange: (event) => onField(event.target.value) },
        h("option", { value: "" }, t("changes.every_field")),
        Object.entries(fields || {}).map(([name, count]) =>
          h("option", { key: name, value: name }, `${page.fieldName(t, name)} (${t.number(count)})`)
        )
      )
    );
  }

  function Pages({ offset, total, onOffset }) {
    const t = page.useTexts();
    if (total <= PAGE) return null;
    const go = (to) => async () => onOffset(to);
    const last = Math.min(offset + PAGE, total);
    return h(
      "nav",
      { className: "plexsync-bar", "aria-label": t("pages") },
      h(parts.Action, { run: go(Math.max(0, offset - PAGE)), disabled: offset === 0 }, t("pages.before")),
      h("span", { role: "status" }, t("pages.where", { first: offset + 1, last, total })),
      h(parts.Action, { run: go(offset + PAGE), disabled: last >= total }, t("pages.after"))
    );
  }

  function Listed({ data, offset, onOffset }) {
    const t = page.useTexts();
    const [chosen, setChosen] = React.useState([]);
    const scenes = page.useScenes(data.changes.map((each) => each.scene));
    const choose = (id) =>
      setChosen((before) => (before.includes(id) ? before.filter((each) => each !== id) : [...before, id]));
    const sync = async () => {
      await page.order("sync", { scenes: chosen });
      setChosen([]);
    };
    return h(
      React.Fragment,
      null,
      chosen.length > 0 &&
        h(parts.Action, { run: sync, done: t("sync.queued"), variant: "primary" }, t("sync.some", { count: chosen.length })),
      h(
        "ul",
        { className: "plexsync-list" },
        data.changes.map((each) =>
          h(Change, {
            key: `${each.scene} ${each.rating_key}`,
            change: each,
            scene: scenes[each.scene],
            chosen: chosen.includes(each.scene),
            onChoose: choose,
          })
        )
      ),
      h(Pages, { offset, total: data.total, onOffset })
    );
  }

  page.changesPoll = (args) =>
    new page.Poll({
      load: () => page.ask("changes", args),
      busy: (data) => Boolean(data.running),
      // Once it is computed it stays as it is.
      delay: ({ data, error, unchanged }) => {
        if (error) return page.slower({ unchanged });
        return data.running ? RUNNING_MS : null;
      },
    });

  /** That a preview is being computed, and how far it is. */
  function Computing({ run }) {
    const t = page.useTexts();
    return h(
      "div",
      null,
      h(parts.Loading, { text: t("changes.running") }),
      run.total > 0 && h(parts.Progress, { done: run.done, total: run.total, label: t("run.preview") })
    );
  }

  function Head({ data, poll, field }) {
    const t = page.useTexts();
    const { data: status } = page.useStatus();
    const compute = async () => {
      await page.act("preview");
      await poll.refresh();
    };
    const now = (status && status.now) || Date.now() / 1000;
    const all = () => page.order("sync", field ? { field } : { all: true });
    return h(
      "div",
      { className: "plexsync-bar" },
      h(
        "span",
        { role: "status" },
        data.running
          ? h(Computing, { run: data.running })
          : data.computed_at
            ? t("changes.total", { count: data.total, time: t.ago(data.computed_at, now) })
            : t("changes.never")
      ),
      h(
        "div",
        { className: "plexsync-buttons" },
        h(parts.Action, { run: compute, disabled: Boolean(data.running) }, data.computed_at ? t("changes.again") : t("changes.compute")),
        data.total > 0 &&
          h(parts.Action, { run: all, done: t("sync.queued"), variant: "primary" }, field ? t("sync.field", { field: page.fieldName(t, field) }) : t("sync.all"))
      )
    );
  }

  function Planned() {
    const t = page.useTexts();
    const [field, setField] = React.useState("");
    const [offset, setOffset] = React.useState(0);
    const poll = React.useMemo(
      () => page.changesPoll({ offset, limit: PAGE, ...(field ? { field } : {}) }),
      [offset, field]
    );
    const answer = page.usePoll(poll);
    const filter = (name) => {
      setField(name);
      setOffset(0);
    };
    return h(parts.Answer, { answer, reload: () => poll.refresh() }, (data) =>
      h(
        React.Fragment,
        null,
        h(Head, { data, poll, field }),
        data.by_field && Object.keys(data.by_field).length > 0 && h(ByField, { fields: data.by_field, field, onField: filter }),
        data.computed_at && !data.running && !data.total
          ? h("p", { className: "plexsync-nothing" }, t("changes.none"))
          : h(Listed, { data, offset, onOffset: setOffset })
      )
    );
  }
  parts.Planned = Planned;

  /** The last step of the set-up: what would change, and the button that does it. */
  parts.FirstSync = function FirstSync({ onTab }) {
    const t = page.useTexts();
    const poll = React.useMemo(() => page.changesPoll({ offset: 0, limit: 3 }), []);
    const { data, error } = page.usePoll(poll);
    const preview = async () => {
      await page.act("preview");
      await poll.refresh();
    };
    const sync = async () => {
      await page.order("sync", { all: true });
      onTab("overview");
    };
    return h(
      "div",
      null,
      error && h(parts.Problem, { error, onRetry: () => poll.refresh() }),
      data && data.running && h(Computing, { run: data.running }),
      data && data.computed_at && !data.running && h("p", null, t("first.total", { count: data.total })),
      // Before the examples, which may be long.
      h(
        "div",
        { className: "plexsync-buttons" },
        h(parts.Action, { run: preview, disabled: Boolean(data && data.running) }, t("first.preview")),
        h(parts.Action, { run: sync, done: t("sync.queued"), variant: "primary" }, t("sync.all"))
      ),
      data && h(
        "ul",
        { className: "plexsync-list" },
        (data.changes || []).map((each) =>
          h("li", { key: `${each.scene} ${each.rating_key}` }, h("strong", null, each.title), h(parts.Differences, { fields: each.fields, left: [] }))
        )
      )
    );
  };

  const VIEWS = { planned: "Planned", written: "Written", imported: "Imported" };

  parts.Changes = function Changes({ view, onTab }) {
    const t = page.useTexts();
    const { data: status } = page.useStatus();
    // It comes from the address.
    const shown = Object.keys(VIEWS).includes(view) ? view : "planned";
    // What comes from Plex only where somebody has switched it on, or asks for it.
    const views = Object.keys(VIEWS).filter((each) => each !== "imported" || each === shown || (status && status.imported));
    return h(
      "div",
      null,
      h(
        Nav,
        { variant: "pills", className: "plexsync-pills", activeKey: shown, onSelect: (key) => onTab("changes", { view: key }) },
        views.map((each) =>
          h(Nav.Item, { key: each }, h(Nav.Link, { eventKey: each, as: "button", "aria-pressed": each === shown }, t(`changes.${each}`)))
        )
      ),
      page.part(VIEWS[shown], { key: shown })
    );
  };
})();
