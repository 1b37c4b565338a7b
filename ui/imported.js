// What came from Plex to Stash, newest first, what would come, and taking it back.
(() => {
  "use strict";

  const page = window.PlexSyncPage;
  const { React, h, parts } = page;

  const PAGE = 50;
  const IMPORT_TASK = "Import plays";
  // Until the task has done something, if Stash is not at work on others.
  const LOOK_AGAIN_MS = 4000;

  /** A position in a film, e.g. 1:02:03. */
  function position(seconds) {
    const whole = Math.round(seconds);
    const two = (number) => String(number).padStart(2, "0");
    const minutes = `${Math.floor(whole / 60) % 60}`.padStart(whole >= 3600 ? 2 : 1, "0");
    return `${whole >= 3600 ? `${Math.floor(whole / 3600)}:` : ""}${minutes}:${two(whole % 60)}`;
  }

  function valueText(t, what, value) {
    if (what === "position") return value ? position(value) : t("imported.beginning");
    return value === null ? t("imported.not_rated") : t.number(value);
  }

  function lineText(t, row) {
    // So one is called whose name Plex hasn't told.
    const account = row.account === "the owner" ? t("imported.owner") : row.account;
    if (row.what === "play") return t("imported.play", { time: t.time(row.at), account });
    const values = { after: valueText(t, row.what, row.after), before: valueText(t, row.what, row.before) };
    return t(`imported.${row.what}`, values);
  }

  /** What was brought, or would be; `brief`: without a button for each scene. */
  parts.ImportedLines = function ImportedLines({ rows, brief, onDone }) {
    const t = page.useTexts();
    const scenes = page.useScenes(rows.map((each) => each.scene));
    return h(
      "ul",
      { className: "plexsync-list" },
      rows.map((row, index) =>
        h(
          "li",
          { key: `${row.what} ${row.scene} ${row.at} ${index}` },
          h(
            parts.SceneLine,
            { id: row.scene, scene: scenes[row.scene], title: row.title },
            h("div", { className: "text-muted" }, lineText(t, row)),
            !brief && h(parts.TakeBack, { target: { scene: row.scene }, onDone }, t("imported.take_back"))
          )
        )
      )
    );
  };

  // Whatever is shown of a scene was brought by the same rules, so it is taken back as a whole.
  const argumentsOf = (target) => ({
    undo: true,
    confirm: true,
    ...(target.scene ? { scene_id: target.scene } : {}),
    ...(target.day ? { day: target.day } : {}),
  });

  /** The dialogue before something is taken back. `target`: {scene}, {day} or {all}. */
  parts.TakeBackDialogue = function TakeBackDialogue({ target, onClose, onDone }) {
    const t = page.useTexts();
    const answer = page.useAnswer(() => page.ask("take_back_plan", target), []);
    const run = async () => {
      await page.startTask(IMPORT_TASK, argumentsOf(target));
      if (onDone) onDone();
    };
    const plan = answer.data;
    const isPossible = plan && plan.plays + plan.values.position + plan.values.rating > 0;
    return h(
      parts.Confirm,
      { title: t("imported.title"), confirm: t("imported.take_back"), run: isPossible ? run : null, onClose },
      h(parts.Answer, { answer, reload: answer.reload }, (found) => h(TakeBackPlan, { plan: found }))
    );
  };

  function TakeBackPlan({ plan }) {
    const t = page.useTexts();
    const left = plan.left.position + plan.left.rating;
    const said = [
      plan.plays > 0 && t("imported.fewer_plays", { count: plan.plays }),
      plan.values.position > 0 && t("imported.positions_back", { count: plan.values.position }),
      plan.values.rating > 0 && t("imported.ratings_back", { count: plan.values.rating }),
    ].filter(Boolean);
    return h(
      React.Fragment,
      null,
      said.length ? h("ul", { className: "plexsync-paths" }, said.map((each) => h("li", { key: each }, each))) : h("p", null, t("imported.nothing_back")),
      left > 0 && h("p", null, t("imported.left", { count: left })),
      said.length > 0 && h("p", { className: "plexsync-below" }, t("imported.after"))
    );
  }

  /** A button that opens the dialogue. */
  parts.TakeBack = function TakeBack({ target, children, onDone }) {
    const [open, setOpen] = React.useState(false);
    return h(
      React.Fragment,
      null,
      h(parts.Action, { run: async () => setOpen(true) }, children),
      open && h(parts.TakeBackDialogue, { target, onDone, onClose: () => setOpen(false) })
    );
  };

  /** What an import would bring now, before it is started. */
  parts.ToCome = function ToCome() {
    const t = page.useTexts();
    const answer = page.useAnswer(() => page.ask("import_plan"), []);
    return h(
      parts.Section,
      { title: t("imported.to_come") },
      h(parts.Answer, { answer, reload: answer.reload }, (plan) =>
        plan.rows.length
          ? h(parts.ImportedLines, { rows: plan.rows, brief: true })
          : h("p", { className: "plexsync-nothing" }, t("imported.none_to_come"))
      )
    );
  };

  function Head({ onDone, isEmpty }) {
    const t = page.useTexts();
    const [looks, setLooks] = React.useState(0);
    const bring = async () => {
      await page.startTask(IMPORT_TASK);
      setLooks(0);
      onDone();
    };
    return h(
      React.Fragment,
      null,
      h(
        "div",
        { className: "plexsync-bar" },
        h("span", null, t("imported.intro")),
        h(parts.Action, { run: async () => setLooks((before) => before + 1) }, t("imported.preview")),
        h(parts.Action, { run: bring, done: t("import.queued"), variant: "primary" }, t("import.plays")),
        !isEmpty && h(parts.TakeBack, { target: { all: true }, onDone }, t("imported.all_back"))
      ),
      looks > 0 && h(parts.ToCome, { key: looks })
    );
  }

  function daysOf(rows) {
    const days = [];
    rows.forEach((each) => {
      const last = days[days.length - 1];
      if (last && last.day === each.day) last.rows.push(each);
      else days.push({ day: each.day, rows: [each] });
    });
    return days;
  }

  function Day({ day, rows, onDone }) {
    const t = page.useTexts();
    const aside = h(parts.TakeBack, { target: { day }, onDone }, t("imported.day_back"));
    return h(parts.Section, { title: t.day(day), aside }, h(parts.ImportedLines, { rows, onDone }));
  }

  // After an order the task needs a moment.
  function useVersion() {
    const [version, setVersion] = React.useState(0);
    const timers = React.useRef([]);
    React.useEffect(() => () => timers.current.forEach((each) => window.clearTimeout(each)), []);
    const again = () => setVersion((before) => before + 1);
    const ordered = () => {
      timers.current.push(window.setTimeout(again, LOOK_AGAIN_MS));
    };
    return [version, ordered];
  }

  parts.Imported = function Imported() {
    const t = page.useTexts();
    const [version, ordered] = useVersion();
    const [older, setOlder] = React.useState([]);
    const answer = page.useAnswer(() => page.ask("imported", { limit: PAGE }), [version]);
    React.useEffect(() => setOlder([]), [version]);
    return h(parts.Answer, { answer, reload: answer.reload }, (data) => {
      const rows = [...data.imported, ...older.flatMap((each) => each.imported)];
      const { before, skip } = older[older.length - 1] || data;
      const more = async () => {
        const found = await page.ask("imported", { limit: PAGE, before, skip });
        setOlder([...older, found]);
      };
      return h(
        React.Fragment,
        null,
        h(Head, { onDone: ordered, isEmpty: !rows.length }),
        !rows.length && h("p", { className: "plexsync-nothing" }, t("imported.none")),
        daysOf(rows).map((each) => h(Day, { key: each.day, day: each.day, rows: each.rows, onDone: ordered })),
        before !== null && h(parts.Action, { run: more }, t("written.older"))
      );
    });
  };
})();
