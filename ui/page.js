// The page itself: the tabs, and which of them the address asks for.
(() => {
  "use strict";

  const page = window.PlexSyncPage;
  const { React, h, parts } = page;
  const { Alert, Button, Nav, Tab } = window.PluginApi.libraries.Bootstrap;
  const { useHistory, useLocation } = window.PluginApi.libraries.ReactRouterDOM;

  const TABS = {
    overview: "Overview",
    setup: "SetUp",
    failures: "Failures",
    changes: "Changes",
    settings: "Settings",
    log: "Log",
  };

  /** The address of a tab of the page. */
  page.addressOf = (tab, more = {}) => `${page.path}?${new URLSearchParams({ tab, ...more })}`;

  function useTab() {
    const history = useHistory();
    const params = new URLSearchParams(useLocation().search);
    const open = React.useCallback((tab, more) => history.push(page.addressOf(tab, more)), [history]);
    return { asked: params.get("tab"), view: params.get("view"), open };
  }

  // What decides whether the set-up comes first: asked once, and again when settings change. Where
  // something was synced before, nobody waits for it: that question goes to Stash.
  function useNeeds() {
    const answer = page.useAnswer(() => page.ask("settings"), []);
    React.useEffect(() => page.onSettingsChanged(answer.reload), [answer.reload]);
    const { data: status, error } = page.useStatus();
    return {
      status,
      error,
      known: Boolean(status && (answer.data || answer.error || !page.isNew(status))),
      answered: Boolean(answer.data || answer.error),
      lacksPackages: Boolean(answer.error && answer.error.kind === "packages"),
      reload: answer.reload,
      missing: Boolean(answer.data && page.isMissing(answer.data)),
      isNew: Boolean(status && page.isNew(status)),
    };
  }

  function OldScript() {
    const t = page.useTexts();
    const { data: status } = page.useStatus();
    if (!status || !status.version || status.version === page.version) return null;
    return h(
      Alert,
      { variant: "warning", className: "plexsync-alert" },
      h("p", null, t("version.differs", { page: page.version, backend: status.version })),
      h(Button, { size: "sm", variant: "primary", onClick: () => window.location.reload() }, t("version.reload"))
    );
  }

  function Missing({ onTab }) {
    const t = page.useTexts();
    return h(
      Alert,
      { variant: "warning", className: "plexsync-alert" },
      h("p", null, t("missing")),
      h(Button, { size: "sm", variant: "primary", onClick: () => onTab("setup") }, t("missing.go"))
    );
  }

  function TabLink({ name, count, active }) {
    const t = page.useTexts();
    const place = React.useRef(null);
    React.useEffect(() => {
      // On a phone the row of tabs is wider than the screen.
      if (active && place.current) place.current.scrollIntoView({ block: "nearest", inline: "nearest" });
    }, [active]);
    const mark =
      count > 0 && h("span", { className: "badge badge-danger plexsync-badge" }, t.number(count), page.hidden(` ${t("state.failed")}`));
    return h(Nav.Item, { ref: place }, h(Nav.Link, { eventKey: name }, t(`tab.${name}`), mark));
  }

  function Tabs({ names, active, onTab, failed, view }) {
    const t = page.useTexts();
    return h(
      Tab.Container,
      { id: "plexsync-tabs", activeKey: active, onSelect: (name) => onTab(name) },
      h(
        Nav,
        { variant: "tabs", className: "plexsync-tabs", "aria-label": t("title") },
        names.map((name) => h(TabLink, { key: name, name, active: name === active, count: name === "failures" ? failed : 0 }))
      ),
      h(
        Tab.Content,
        null,
        names.map((name) =>
          h(
            Tab.Pane,
            { key: name, eventKey: name, mountOnEnter: true, unmountOnExit: true, transition: false },
            page.part(TABS[name], { onTab, view })
          )
        )
      )
    );
  }

  function Loaded() {
    const { asked, view, open } = useTab();
    const needs = useNeeds();
    const landing = React.useRef("");
    // The status is that of the needs: another look at it could be an older or a newer one.
    const { status, error } = needs;
    if (!needs.known) {
      return error ? h(parts.Problem, { error, onRetry: () => page.status.refresh() }) : h(parts.Loading);
    }
    // Decided once: whoever is in the midst of the set-up stays there, whatever begins meanwhile.
    if (!landing.current && needs.answered) landing.current = needs.missing || needs.isNew ? "setup" : "overview";
    if (needs.lacksPackages) return h(parts.Packages, { onDone: needs.reload });
    // Until something was synced there is nothing to see elsewhere.
    const alone = needs.missing && needs.isNew;
    const names = alone ? ["setup"] : Object.keys(TABS);
    const active = names.includes(asked) ? asked : landing.current || "overview";
    const failed = page.failuresIn(status);
    return h(
      React.Fragment,
      null,
      needs.missing && active !== "setup" && h(Missing, { onTab: open }),
      h(Tabs, { names, active, onTab: open, failed, view })
    );
  }
  parts.Loaded = Loaded;

  parts.Page = function Page() {
    const t = page.useTexts();
    React.useEffect(() => {
      const before = document.title;
      document.title = `${t("title")} | ${before.split(" | ").pop()}`;
      return () => {
        document.title = before;
      };
    }, [t]);
    return h(
      "div",
      { className: "plexsync plexsync-page", lang: t.locale },
      h("h1", { className: "h3" }, t("title")),
      page.part("OldScript"),
      page.part("Loaded")
    );
  };
  parts.OldScript = OldScript;
})();
