// Stands for Stash's user interface: offers `window.PluginApi` as it does, loads the plugins'
// scripts as it does, and shows the places that plugins may patch. As bare and as harsh as the real
// one: hardly any components, a throw in a patch takes down what it takes down there.
//
// A test sets `window.HOST` before: {locale, foreign, beforeRender}. `foreign`: "before" or "after" registers
// another plugin's careless patches before or after ours.

import * as Apollo from "@apollo/client";
import { createLink } from "./link.js";
import * as ReactFontAwesome from "@fortawesome/react-fontawesome";
import * as FontAwesomeBrands from "@fortawesome/free-brands-svg-icons";
import * as FontAwesomeRegular from "@fortawesome/free-regular-svg-icons";
import * as FontAwesomeSolid from "@fortawesome/free-solid-svg-icons";
import Mousetrap from "mousetrap";
import * as React from "react";
import * as Bootstrap from "react-bootstrap";
import * as ReactDOM from "react-dom";
import * as Intl from "react-intl";
import * as ReactRouterDOM from "react-router-dom";
import * as ReactSelect from "react-select";
import { patch, patched, registered } from "./patch.js";
import { createShell } from "./shell.js";

const options = window.HOST || {};
const base = new URL(document.baseURI).pathname;

const client = new Apollo.ApolloClient({
  link: createLink(Apollo, base),
  cache: new Apollo.InMemoryCache(),
});

const routes = [];
const toast = { current: () => {} };
const shell = createShell({ Apollo, client, options, patched, routes, toast, base });

window.PluginApi = {
  React,
  ReactDOM,
  GQL: {},
  libraries: {
    ReactRouterDOM,
    Bootstrap,
    Apollo,
    Intl,
    FontAwesomeSolid,
    FontAwesomeRegular,
    FontAwesomeBrands,
    ReactFontAwesome,
    Mousetrap,
    ReactSelect,
  },
  register: { route: (path, component) => routes.push({ path, component }) },
  loadableComponents: {},
  // No more than this is there on a plugin's own page.
  components: {
    Icon: shell.Icon,
    LoadingIndicator: shell.LoadingIndicator,
    "MainNavBar.MenuItems": registered("MainNavBar.MenuItems"),
    "MainNavBar.UtilityItems": registered("MainNavBar.UtilityItems"),
  },
  utils: { StashService: { getClient: () => client } },
  hooks: {
    useToast: () => ({
      success: (text) => toast.current("success", text),
      error: (error) => toast.current("danger", String(error && error.message ? error.message : error)),
    }),
    useSettings: () => {
      throw new Error("useSettings must be used within a SettingsContext");
    },
  },
  patch,
  Event: new EventTarget(),
};

const PLUGINS = Apollo.gql`
  query Plugins { plugins { id name enabled requires paths { javascript css } settings { name display_name } } }
`;

// What many plugins do: a `before` that returns the props alone, or drops all of them but the
// children. Both move what the next one gets.
function careless() {
  const points = ["MainNavBar.UtilityItems", "ScenePage.Tabs", "ScenePage.TabContent"];
  for (const point of points) patch.before(point, ({ children }) => [{ children }]);
  patch.before("SceneCard.Overlays", (props) => [props]);
  for (const point of ["PluginSettings", "SceneList"]) patch.before(point, (props) => [props]);
  patch.after("SceneCard.Overlays", (...args) => args[args.length - 1]);
}

function load(tag, address, attributes) {
  return new Promise((resolve) => {
    const element = document.createElement(tag);
    Object.assign(element, attributes(address), { onload: resolve, onerror: resolve });
    document.head.append(element);
  });
}

async function begin() {
  const { data } = await client.query({ query: PLUGINS });
  const enabled = data.plugins.filter((each) => each.enabled);
  const all = (kind) => enabled.flatMap((each) => each.paths[kind] || []);
  if (options.foreign === "before") careless();
  await Promise.all([
    ...all("javascript").map((address) => load("script", address, (src) => ({ src, async: false }))),
    ...all("css").map((address) => load("link", address, (href) => ({ href, rel: "stylesheet" }))),
  ]);
  if (options.foreign === "after") careless();
  // A test's own code, between the plugins' scripts and the first render.
  if (options.beforeRender) options.beforeRender();
  ReactDOM.render(React.createElement(shell.App, { plugins: data.plugins }), document.getElementById("root"));
}

begin();
