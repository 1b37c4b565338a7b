// The tab "Overview": how things stand, live.
(() => {
  "use strict";

  const page = window.PlexSyncPage;
  const { React, h, parts } = page;
  const { Button, ButtonGroup, Dropdown } = window.PluginApi.libraries.Bootstrap;

  const COUNTS = [
    ["in_step", "success", null],
    ["waiting", "secondary", null],
    ["failed", "danger", "failures"],
    ["not_in_plex", "warning", "failures"],
    ["left_alone", "secondary", null],
    ["excluded", "secondary", null],
  ];

  const IMPORT_TASK = "Import plays";

  const HOUR_S = 3600;

  // A sync writes all the time; the list of the newest needn't follow each of them.
  const NEWEST_EVERY_S = 30;

  function tomorrow(nowS, hour) {
    const moment = new Date(nowS * 1000);
    moment.setDate(moment.getDate() + 1);
    moment.setHours(hour, 0, 0, 0);
    return moment.getTime() / 1000;
  }

  const PAUSES = [
    ["pause.hour", (now) => now + HOUR_S],
    ["pause.evening", (now) => now + 5 * HOUR_S],
    ["pause.tomorrow", (now) => tomorrow(now, 8)],
    ["pause.open_end", () => null],
  ];

  function Server({ plex }) {
    const t = page.useTexts();
    if (!plex) return h("p", { className: "text-muted" }, t("overview.no_server"));
    const libraries = (plex.libraries || []).join(", ");
    return h(
      "dl",
      { className: "plexsync-facts" },
      h("dt", null, t("overview.server")),
      h("dd", null, [plex.name, plex.version].filter(Boolean).join(" · ") || t("unknown")),
      libraries && h("dt", null, t("overview.libraries")),
      libraries && h("dd", null, libraries)
    );
  }

  function Activity({ status }) {
    const t = page.useTexts();
    const { state = "idle", since, why } = status.activity || {};
    return h(
      "p",
      { className: `plexsync-activity plexsync-is-${state}`, role: "status" },
      h("strong", null, t.word("activity", state)),
      since ? h("span", null, ` ${t("since", { time: t.time(since) })}`) : null,
      // Of other states the first word says it all.
      state === "waiting" && h("span", { className: "plexsync-text" }, t.said(why)),
      status.paused &&
        status.paused.until &&
        h("span", null, t("pause.until", { time: t.time(status.paused.until) }))
    );
  }

  function PauseMenu({ now }) {
    const t = page.useTexts();
    const notice = page.useNotice();
    const [error, setError] = React.useState(null);
    const pause = (until) =>
      page.order("pause", { until }).then(() => {
        setError(null);
        notice.success(t("pause.done"));
      }, setError);
    return h(
      React.Fragment,
      null,
      h(
        Dropdown,
        { as: ButtonGroup },
        h(Dropdown.Toggle, { size: "sm", variant: "secondary", id: "plexsync-pause" }, t("pause")),
        h(
          Dropdown.Menu,
          { className: "bg-secondary text-white" },
          PAUSES.map(([id, until]) =>
            h(
              Dropdown.Item,
              { key: id, as: "button", className: "bg-secondary text-white", onClick: () => pause(until(now)) },
              t(id)
            )
          )
        )
      ),
      error && h("span", { role: "alert", className: "plexsync-error" }, page.errorText(t, error))
    );
  }

  function Buttons({ status }) {
    const t = page.useTexts();
    const sync = () => page.order("sync", { all: true });
    const importPlays = () => page.startTask(IMPORT_TASK);
    return h(
      React.Fragment,
      null,
      h(parts.Action, { run: sync, done: t("sync.queued"), variant: "primary" }, t("sync.all")),
      // Only where somebody has switched it on.
      status.imported && h(parts.Action, { run: importPlays, done: t("import.queued") }, t("import.plays")),
      status.paused
        ? h(parts.Action, { run: () => page.order("resume"), done: t("resume.done") }, t("resume"))
        : h(PauseMenu, { now: status.now })
    );
  }

  function Run({ run }) {
    const t = page.useTexts();
    // What goes by a task's name is called as in Stash, and an undo says of what it is.
    const name = t.has(`run.${run.what}`) ? t(`run.${run.what}`) : t.said(run.name);
    const far = run.total ? t("run.far", { done: run.done, total: run.total }) : t("run.begins");
    const left = run.eta_s ? t("run.left", { time: t.lasting(run.eta_s) }) : "";
    return h(
      parts.Section,
      {
        title: name,
        aside: h(parts.Action, { run: () => page.order("stop"), done: t("stop.done"), variant: "danger" }, t("stop")),
      },
      h(parts.Progress, { done: run.done, total: run.total, label: name }),
      h("p", { className: "plexsync-below" }, [far, left].filter(Boolean).join(" · "))
    );
  }

  // What came of the last one; while another runs that is the news.
  function LastRun({ run }) {
    const t = page.useTexts();
    const text = run.summary ? t.said(run.summary) : t.said(run.name);
    return h("p", { className: "plexsync-text text-muted" }, t(`run.ended.${run.state}`, { time: t.time(run.ended) }), " ", text);
  }

  function Count({ name, count, variant, tab, onTab }) {
    const t = page.useTexts();
    const number = h("span", { className: `plexsync-number plexsync-${variant}` }, t.number(count));
    const label = h("span", { className: "plexsync-count-label" }, t(`state.${name}`));
    if (!tab || !count) return h("div", { className: "plexsync-count" }, number, label);
    const open = () => onTab(tab);
    return h(Button, { className: "plexsync-count", variant: "link", onClick: open }, number, label);
  }

  function Counts({ counts, onTab }) {
    return h(
      "div",
      { className: "plexsync-counts" },
      COUNTS.map(([name, variant, tab]) =>
        h(Count, { key: name, name, variant, tab, onTab, count: (counts || {})[name] || 0 })
      )
    );
  }

  function Newest({ onTab, changed }) {
    const t = page.useTexts();
    const answer = page.useAnswer(() => page.ask("written", { limit: 5 }), [changed]);
    const more = h(
      Button,
      { size: "sm", variant: "link", onClick: () => onTab("changes", { view: "written" }) },
      t("overview.all_written")
    );
    return h(
      parts.Section,
      { title: t("overview.newest"), aside: more },
      h(parts.Answer, { answer, reload: answer.reload }, (data) => h(parts.WrittenLines, { data, brief: true }))
    );
  }

  parts.Overview = function Overview({ onTab }) {
    const t = page.useTexts();
    const { data: status, error } = page.useStatus();
    if (!status) {
      return error
        ? h(parts.Problem, { error, onRetry: () => page.status.refresh() })
        : h(parts.Loading);
    }
    return h(
      "div",
      null,
      error && h(parts.Problem, { error, onRetry: () => page.status.refresh() }),
      h(
        parts.Section,
        { title: t("overview.now"), aside: h(Buttons, { status }) },
        h(Activity, { status }),
        status.last_run && !status.run && h(LastRun, { run: status.last_run }),
        h(Server, { plex: status.plex }),
        h(Counts, { counts: status.counts, onTab })
      ),
      status.run && h(Run, { run: status.run }),
      h(parts.Section, { title: t("days.title") }, h(parts.Days, { days: status.days })),
      page.part("Newest", { onTab, changed: Math.floor((status.written_at || 0) / NEWEST_EVERY_S) })
    );
  };
  parts.Newest = Newest;
})();
