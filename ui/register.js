// Where the page appears in Stash. Last of all files: what it names is there by then.
(() => {
  "use strict";

  const page = window.PlexSyncPage;
  const { h, parts, patches } = page;
  const { libraries, register } = window.PluginApi;
  const { Button } = libraries.Bootstrap;
  const { Link, NavLink } = libraries.ReactRouterDOM;

  parts.NavIcon = function NavIcon() {
    const t = page.useTexts();
    // One element, since a button in a link would be two stops for the keyboard.
    return h(
      NavLink,
      {
        className: "nav-utility minimal btn d-flex align-items-center my-auto plexsync-nav",
        exact: true,
        to: page.path,
        title: t("title"),
        "aria-label": t("title"),
      },
      page.icon("faArrowsRotate", "faRotate", "faSync") || "Plex"
    );
  };

  parts.OpenButton = function OpenButton() {
    const t = page.useTexts();
    return h(
      "div",
      { className: "setting plexsync plexsync-open-page" },
      h("div", null, h("h3", null, t("open.title")), h("div", { className: "sub-heading" }, t("open.what"))),
      h("div", null, h(Button, { as: Link, to: page.path, variant: "primary" }, t("open")))
    );
  };

  patches.nav = () => page.part("NavIcon", { key: "plexsync" }, true);

  // It is drawn for each plugin.
  patches.settings = ({ pluginID }) =>
    pluginID === page.pluginId ? page.part("OpenButton", {}, true) : null;

  function Route() {
    return page.part("Page");
  }

  if (register && register.route) register.route(page.path, Route);
  page.addChild("MainNavBar.UtilityItems", "nav");
  page.addChild("ScenePage.Tabs", "sceneTab");
  page.addChild("ScenePage.TabContent", "scenePane");
  page.addAfter("SceneCard.Overlays", "card");
  page.addAfter("SceneList", "sceneList", true);
  page.addAfter("PluginSettings", "settings");
})();
