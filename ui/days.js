// The picture of the last days: what was written, what failed, when Plex was out of reach.
(() => {
  "use strict";

  const page = window.PlexSyncPage;
  const { h, parts } = page;

  const WIDTH = 560;
  const HEIGHT = 90;
  const GAP = 6;
  const OUTAGE_HEIGHT = 6;

  function bar(x, width, height, bottom, kind) {
    return h("rect", { key: kind, x, y: bottom - height, width, height, className: `plexsync-bar-${kind}` });
  }

  // Few beside many must still be seen.
  const heightOf = (count, most, room) => (count ? Math.max(2, (count / most) * room) : 0);

  function column(day, index, count, most) {
    const width = WIDTH / count - GAP;
    const x = index * (WIDTH / count) + GAP / 2;
    const room = HEIGHT - OUTAGE_HEIGHT - 4;
    const failed = heightOf(day.failed, most, room);
    const written = heightOf(day.written, most, room - failed);
    return h(
      "g",
      { key: day.day },
      bar(x, width, written, room, "written"),
      bar(x, width, failed, room - written, "failed"),
      day.outage_s > 0 && bar(x, width, OUTAGE_HEIGHT, HEIGHT, "outage"),
      h("line", { x1: x, x2: x + width, y1: room + 1, y2: room + 1, className: "plexsync-bar-floor" })
    );
  }

  function row(t, day) {
    const outage = day.outage_s > 0 ? t.lasting(day.outage_s) : t("days.no_outage");
    return h(
      "tr",
      { key: day.day },
      h("th", { scope: "row" }, t.day(day.day)),
      h("td", null, t.number(day.written)),
      h("td", null, t.number(day.failed)),
      h("td", null, outage)
    );
  }

  function table(t, days) {
    const heads = ["days.day", "days.written", "days.failed", "days.outage"];
    // In a box of its own, since a table is never as narrow as what is hidden has to be.
    return h(
      "div",
      { className: "sr-only" },
      h(
        "table",
        null,
        h("caption", null, t("days.title")),
        h("thead", null, h("tr", null, heads.map((id) => h("th", { key: id, scope: "col" }, t(id))))),
        h("tbody", null, days.map((day) => row(t, day)))
      )
    );
  }

  function legend(t) {
    return h(
      "div",
      { className: "plexsync-legend", "aria-hidden": true },
      ["written", "failed", "outage"].map((kind) =>
        h("span", { key: kind }, h("i", { className: `plexsync-key-${kind}` }), t(`days.${kind}`))
      )
    );
  }

  parts.Days = function Days({ days }) {
    const t = page.useTexts();
    if (!days || !days.length) return h("p", { className: "text-muted" }, t("days.none"));
    const most = Math.max(1, ...days.map((day) => day.written + day.failed));
    return h(
      "div",
      null,
      h(
        "svg",
        { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, className: "plexsync-days", preserveAspectRatio: "none", "aria-hidden": true },
        days.map((day, index) => column(day, index, days.length, most))
      ),
      h(
        "div",
        { className: "plexsync-days-ends", "aria-hidden": true },
        h("span", null, t.day(days[0].day)),
        h("span", null, t.day(days[days.length - 1].day))
      ),
      legend(t),
      table(t, days)
    );
  };
})();
