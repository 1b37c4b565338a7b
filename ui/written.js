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
    const answer = page.useAnswer(() => page.ask("undo_plan", target), []);
    const plan = answer.data;
    const run = async () => {
      await page.order("undo", force ? { ...target, force } : target);
      if (onDone) onDone();
    };
    const isPossible = plan && (plan.scenes > 0 || force);
    return h(
      parts.Confirm,
      { title: t("undo.title"), confirm: t("undo.confirm"), run: isPossible ? run : null, onClose },
      h(parts.Answer, { answer, reload: answer.reload }, (data) =>
        h(UndoPlan, { plan: data, force, onForce: setForce })
      )
    );
  };

  function UndoPlan({ plan, force, onForce }) {
    const t = page.useTexts();
    const left = plan.left || [];
    return h(
      React.Fragment,
      null,
      h("p", null, plan.scenes ? t("undo.what", { scenes: plan.scenes, fields: plan.fields || 0 }) : t("undo.nothing")),
      h("p", null, t("undo.after")),
      left.length > 0 && h("p", null, t("undo.left", { count: plan.left_count || left.length })),
      left.length > 0 &&
        h(
          "ul",
          { className: "plexsync-paths" },
          left.slice(0, 20).map((each, index) =>
            h("li", { key: index }, [each.title, page.fieldName(t, each.field), each.why].filter(Boolean).join(": "))
          )
        ),
      left.length > 0 &&
        h(Form.Check, {
          id: "plexsync-undo-force",
          checked: force,
          onChange: (event) => onForce(event.target.checked),
          label: t("undo.force"),
        })
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
    return (written.fields || []).map((each) => page.fieldName(t, each.field || each)).join(", ");
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
      lines.map((each, index) =>
        h(Line, { key: `${each.scene} ${each.rating_key} ${index}`, written: each, scene: scenes[each.scene], brief, onDone })
      )
    );
  };

  // Lines of one run stand together, so that it can be undone as a whole.
  function runsOf(lines) {
    const runs = [];
    lines.forEach((each) => {
      const last = runs[runs.length - 1];
      if (last && last.run === each.run) last.lines.push(each);
      else runs.push({ run: each.run, at: each.at, lines: [each] });
    });
    return runs;
  }

  function Run({ run, onDone }) {
    const t = page.useTexts();
    const aside = run.run ? h(parts.Undo, { target: { run: run.run }, onDone }, t("undo.run")) : null;
    return h(
      parts.Section,
      { title: t("written.run", { time: t.time(run.at) }), aside },
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
        runsOf(lines).map((run) => h(Run, { key: `${run.run} ${run.at}`, run, onDone: again })),
        before && h(parts.Action, { run: more }, t("written.older"))
      );
    });
  };
})();
