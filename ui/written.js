// What was written, newest first, and taking it back: one scene, one run, everything.
(() => {
  "use strict";

  const page = window.PlexSyncPage;
  const { React, h, parts } = page;
  const { Form } = window.PluginApi.libraries.Bootstrap;

  const PAGE = 30;

  /** The dialogue before an undo, with what it would do. `target`: {scene}, {run} or {all}. */
  parts.UndoDialogue = function UndoDialogue({ target, onClose, onDone }) {
    const t = page.useTexts();
    const [force, setForce] = React.useState(false);
    const asked = force ? { ...target, force } : target;
    const answer = page.useAnswer(() => page.ask("undo_plan", asked), [force]);
    const run = async () => {
      await page.order("undo", asked);
      if (onDone) onDone();
    };
    const isPossible = answer.data && answer.data.items > 0;
    return h(
      parts.Confirm,
      { title: t("undo.title"), confirm: t("undo.confirm"), run: isPossible ? run : null, onClose },
      h(parts.Answer, { answer, reload: answer.reload }, (plan) =>
        plan.items ? h(UndoPlan, { plan, isRun: Boolean(target.run), force, onForce: setForce }) : h("p", null, t("undo.nothing"))
      )
    );
  };

  function UndoPlan({ plan, isRun, force, onForce }) {
    const t = page.useTexts();
    const fields = Object.keys(plan.fields || {});
    const left = plan.left || [];
    return h(
      React.Fragment,
      null,
      h("p", null, t(isRun ? "undo.what_run" : "undo.what", { scenes: plan.scenes })),
      fields.length > 0 && h("p", null, t("undo.fields", { names: fields.map((each) => page.fieldName(t, each)).join(", ") })),
      left.length > 0 && h("p", null, t("undo.left", { count: left.length })),
      left.length > 0 &&
        h(
          "ul",
          { className: "plexsync-paths" },
          left.slice(0, 20).map((each, index) => h("li", { key: index }, `${page.fieldName(t, each.field)}: ${t.said(each.why)}`))
        ),
      h(Form.Check, {
        id: "plexsync-undo-force",
        checked: force,
        onChange: (event) => onForce(event.target.checked),
        label: t("undo.force"),
      }),
      h("p", { className: "plexsync-below" }, t("undo.after"))
    );
  }

  /** A button that opens the dialogue. */
  parts.Undo = function Undo({ target, children, onDone }) {
    const [open, setOpen] = React.useState(false);
    return h(
      React.Fragment,
      null,
      h(parts.Action, { run: async () => setOpen(true) }, children),
      open && h(parts.UndoDialogue, { target, onDone, onClose: () => setOpen(false) })
    );
  };

  function fieldsText(t, written) {
    return written.fields.map((each) => page.fieldName(t, each)).join(", ");
  }

  function Line({ written, scene, brief, onDone }) {
    const t = page.useTexts();
    const { data: status } = page.useStatus();
    const now = (status && status.now) || Date.now() / 1000;
    return h(
      "li",
      null,
      h(
        parts.SceneLine,
        { id: written.scene, scene, title: written.title },
        h("div", { className: "text-muted" }, [t.ago(written.at, now), fieldsText(t, written)].filter(Boolean).join(" · ")),
        !brief && h(parts.Undo, { target: { scene: written.scene }, onDone }, t("undo"))
      )
    );
  }

  parts.WrittenLines = function WrittenLines({ data, brief, onDone }) {
    const t = page.useTexts();
    const lines = data.written;
    const scenes = page.useScenes(lines.map((each) => each.scene));
    if (!lines.length) return h("p", { className: "plexsync-nothing" }, t("written.none"));
    return h(
      "ul",
      { className: "plexsync-list" },
      lines.map((each) =>
        h(Line, { key: each.id, written: each, scene: scenes[each.scene], brief, onDone })
      )
    );
  };

  // Lines of one run stand together, so that it can be undone as a whole; and so do those of the
  // edits in between, each of which was written on its own.
  function runsOf(lines) {
    const runs = [];
    lines.forEach((each) => {
      const last = runs[runs.length - 1];
      const id = each.run ? each.run.id : null;
      if (last && last.id === id) last.lines.push(each);
      else runs.push({ id, name: each.run && each.run.name, at: each.at, lines: [each] });
    });
    return runs;
  }

  function Run({ run, onDone }) {
    const t = page.useTexts();
    const title = run.id === null ? t("written.single") : t("written.run", { name: t.said(run.name), time: t.time(run.at) });
    const aside = run.id === null ? null : h(parts.Undo, { target: { run: run.id }, onDone }, t("undo.run"));
    return h(
      parts.Section,
      { title, aside },
      h(parts.WrittenLines, { data: { written: run.lines }, onDone })
    );
  }

  parts.Written = function Written() {
    const t = page.useTexts();
    const [older, setOlder] = React.useState([]);
    const [version, setVersion] = React.useState(0);
    const answer = page.useAnswer(() => page.ask("written", { limit: PAGE }), [version]);
    const again = () => {
      setOlder([]);
      setVersion((before) => before + 1);
    };
    return h(parts.Answer, { answer, reload: answer.reload }, (data) => {
      const lines = [...data.written, ...older.flatMap((each) => each.written)];
      const before = (older[older.length - 1] || data).before;
      const more = async () => {
        const found = await page.ask("written", { limit: PAGE, before });
        setOlder([...older, found]);
      };
      if (!lines.length) return h("p", { className: "plexsync-nothing" }, t("written.none"));
      return h(
        React.Fragment,
        null,
        h(
          "div",
          { className: "plexsync-bar" },
          h("span", null, t("written.intro")),
          h(parts.Undo, { target: { all: true }, onDone: again }, t("undo.all"))
        ),
        runsOf(lines).map((run) => h(Run, { key: run.lines[0].id, run, onDone: again })),
        before && h(parts.Action, { run: more }, t("written.older"))
      );
    });
  };
})();
