// The user interface around the plugins: navigation, a grid of scenes, a scene's page, settings.

import * as React from "react";
import { Button, Card, Nav, Navbar, Tab, Toast } from "react-bootstrap";
import { FontAwesomeIcon } from "@fortawesome/react-fontawesome";
import { IntlProvider } from "react-intl";
import { BrowserRouter, Link, Route, Switch, useParams } from "react-router-dom";

const h = React.createElement;

const SCENES = `query Scenes { findScenes(filter: {per_page: 40, sort: "id"}) {
  count scenes { id title paths { screenshot } files { basename } } } }`;

// Below the navigation bar Stash has one of these around everything.
class ErrorPage extends React.Component {
  constructor(props) {
    super(props);
    this.state = { failed: false };
  }
  static getDerivedStateFromError() {
    return { failed: true };
  }
  render() {
    return this.state.failed ? h("div", { className: "host-error" }, "Something went wrong.") : this.props.children;
  }
}

export function createShell({ Apollo, client, options, patched, routes, toast, base }) {
  const Icon = ({ icon, className = "" }) => h(FontAwesomeIcon, { icon, className: `fa-icon ${className}` });
  const LoadingIndicator = () => h("div", null, "Loading");

  const UtilityItems = patched("MainNavBar.UtilityItems", ({ children }) => h(React.Fragment, null, children));
  const MenuItems = patched("MainNavBar.MenuItems", ({ children }) => h(React.Fragment, null, children));

  // The utility items are drawn twice, for wide and for narrow windows.
  function NavBar() {
    const items = () => h(UtilityItems, null, h(Link, { className: "nav-utility", to: "/settings", title: "Settings" }, "Settings"));
    return h(
      Navbar,
      { className: "top-nav bg-dark", as: "nav", "aria-label": "Stash" },
      h(MenuItems, null, h(Link, { to: "/scenes" }, "Scenes")),
      h("div", { className: "host-wide" }, items()),
      h("div", { className: "host-narrow" }, items())
    );
  }

  const Overlays = patched("SceneCard.Overlays", () => h("div", { className: "host-studio" }));

  function SceneCard({ scene, selectedIds, onSelectChange }) {
    return h(
      Card,
      { className: "host-card" },
      h("input", {
        type: "checkbox",
        "aria-label": `Select ${scene.id}`,
        checked: selectedIds.has(scene.id),
        onChange: (event) => onSelectChange(scene.id, event.target.checked, false),
      }),
      h("div", { className: "host-preview" }, h(Link, { to: `/scenes/${scene.id}` }, h("img", { src: scene.paths.screenshot, alt: "" })), h(Overlays, { scene })),
      h("h2", { className: "h6" }, scene.title || scene.files[0]?.basename)
    );
  }

  function useScenes() {
    const [scenes, setScenes] = React.useState([]);
    React.useEffect(() => {
      client.query({ query: Apollo.gql(SCENES) }).then(({ data }) => setScenes(data.findScenes.scenes));
    }, []);
    return scenes;
  }

  // As of Stash 0.31; before, nobody could patch it.
  const SceneList = patched("SceneList", ({ scenes, selectedIds, onSelectChange }) =>
    h("div", { className: "host-grid" }, scenes.map((scene) => h(SceneCard, { key: scene.id, scene, selectedIds, onSelectChange })))
  );

  function Grid() {
    const scenes = useScenes();
    const [selectedIds, setSelectedIds] = React.useState(new Set());
    const onSelectChange = (id, selected) =>
      setSelectedIds((before) => new Set(selected ? [...before, id] : [...before].filter((each) => each !== id)));
    return h("main", null, h(SceneList, { scenes, filter: {}, selectedIds, onSelectChange }));
  }

  const Tabs = patched("ScenePage.Tabs", ({ children }) => h(Nav, { variant: "tabs", className: "mr-auto" }, children));
  const TabContent = patched("ScenePage.TabContent", ({ children }) => h(Tab.Content, null, children));

  function ScenePage() {
    const { id } = useParams();
    const scene = useScenes().find((each) => each.id === id);
    const [key, setKey] = React.useState("details");
    if (!scene) return null;
    return h(
      "main",
      { className: "scene-tabs" },
      h("h1", { className: "h4" }, scene.title || scene.files[0]?.basename),
      h(
        Tab.Container,
        { activeKey: key, onSelect: setKey, id: "scene" },
        h(Tabs, { scene }, h(Nav.Item, null, h(Nav.Link, { eventKey: "details" }, "Details"))),
        h(TabContent, { scene }, h(Tab.Pane, { eventKey: "details" }, "Details of the scene"))
      )
    );
  }

  const PluginSettings = patched("PluginSettings", ({ settings }) =>
    h("div", null, (settings || []).map((each) => h("div", { key: each.name, className: "setting" }, each.display_name)))
  );

  const Settings = ({ plugins }) =>
    h(
      "main",
      null,
      plugins.map((each) =>
        h(Card, { key: each.id, className: "host-plugin p-3" }, h("h2", { className: "h5" }, each.name), h(PluginSettings, { pluginID: each.id, settings: each.settings }))
      )
    );

  function Toasts() {
    const [shown, setShown] = React.useState(null);
    toast.current = (variant, text) => setShown({ variant, text });
    return shown && h(Toast, { className: `host-toast bg-${shown.variant} text-white`, onClose: () => setShown(null), autohide: true, delay: 3000 }, h(Toast.Body, null, shown.text));
  }

  function App({ plugins }) {
    const locale = options.locale || "en-GB";
    return h(
      IntlProvider,
      { locale, messages: {}, onError: () => {} },
      h(
        BrowserRouter,
        { basename: base },
        h(NavBar),
        h(Toasts),
        h(
          ErrorPage,
          null,
          h(
            Switch,
            null,
            routes.map(({ path, component }) => h(Route, { key: path, path, component })),
            h(Route, { path: "/scenes/:id" }, h(ScenePage)),
            h(Route, { path: "/scenes" }, h(Grid)),
            h(Route, { path: "/settings" }, h(Settings, { plugins })),
            h(Route, null, h("main", null, h("h1", { className: "h4" }, "Stash"), h(Button, { variant: "secondary" }, "Nothing")))
          )
        )
      )
    );
  }

  return { App, Icon, LoadingIndicator };
}
