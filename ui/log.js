// The tab "Log": the worker's lines in reading order, and a text for a bug report.
(() => {
  "use strict";

  const page = window.PlexSyncPage;
  const { React, h, parts } = page;
  const { Form } = window.PluginApi.libraries.Bootstrap;

  const PAGE = 200;
  const LEVELS = ["info", "warning", "error"];

  function Filter({ level, onLevel, text, onText }) {
    const t = page.useTexts();
    return h(
      "div",
      { className: "plexsync-bar" },
      h(
        Form.Group,
        { controlId: "plexsync-level", className: "plexsync-filter" },
        h(Form.Label, null, t("log.level")),
        h(
          Form.Control,
          { as: "select", size: "sm", className: "input-control", value: level, onChange: (event) => onLevel(event.target.value) },
          LEVELS.map((each) => h("option", { key: each, value: each }, t(`level.${each}`)))
        )
      ),
      h(
        Form.Group,
        { controlId: "plexsync-search", className: "plexsync-filter" },
        h(Form.Label, null, t("log.search")),
        h(Form.Control, { size: "sm", className: "text-input", type: "search", value: text, onChange: (event) => onText(event.target.value) })
      )
    );
  }

  function Line({ line }) {
    const t = page.useTexts();
    return h(
      "li",
      { className: `plexsync-log-${line.level}` },
      h("time", { dateTime: new Date(line.at * 1000).toISOString() }, t.clock(line.at)),
      line.level !== "info" && h("strong", null, `${t(`level.${line.level}`)}: `),
      h("span", { className: "plexsync-text" }, line.text)
    );
  }

  function Lines({ lines, text }) {
    const t = page.useTexts();
    const wanted = text.trim().toLowerCase();
    const shown = lines.filter((line) => !wanted || line.text.toLowerCase().includes(wanted));
    const box = React.useRef(null);
    const newest = lines.length ? lines[lines.length - 1].at : 0;
    React.useEffect(() => {
      // In reading order, the newest are at the end.
      if (box.current) box.current.scrollTop = box.current.scrollHeight;
    }, [newest]);
    if (!shown.length) return h("p", { className: "plexsync-nothing" }, t("log.none"));
    return h(
      "div",
      { ref: box, className: "plexsync-scroll plexsync-log", tabIndex: 0, role: "group", "aria-label": t("tab.log") },
      h("ol", null, shown.map((line, index) => h(Line, { key: index, line })))
    );
  }

  function Report() {
    const t = page.useTexts();
    const [report, setReport] = React.useState(null);
    const make = async () => setReport((await page.ask("report")).text);
    return h(
      parts.Section,
      { title: t("report.title"), aside: h(parts.Action, { run: make }, t("report.make")) },
      h("p", { className: "text-muted" }, t("report.what")),
      report && h(parts.Copyable, { text: report, label: t("report.title"), rows: 12 })
    );
  }

  parts.Log = function Log() {
    const t = page.useTexts();
    const [level, setLevel] = React.useState("info");
    const [text, setText] = React.useState("");
    const [older, setOlder] = React.useState([]);
    const answer = page.useAnswer(() => page.ask("log", { limit: PAGE, level }), [level]);
    const choose = (name) => {
      setOlder([]);
      setLevel(name);
    };
    return h(
      "div",
      null,
      h(Filter, { level, onLevel: choose, text, onText: setText }),
      h(parts.Answer, { answer, reload: answer.reload }, (data) => {
        const before = (older[0] || data).before;
        const more = async () => {
          const found = await page.ask("log", { limit: PAGE, level, before });
          setOlder([found, ...older]);
        };
        return h(
          React.Fragment,
          null,
          before && h(parts.Action, { run: more }, t("log.older")),
          h(Lines, { lines: [...older.flatMap((each) => each.lines), ...data.lines], text })
        );
      }),
      h("div", { className: "plexsync-below" }, h(parts.Action, { run: answer.reload }, t("refresh"))),
      h(Report)
    );
  };
})();
