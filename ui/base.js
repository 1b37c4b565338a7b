// What all files of the page share: the namespace, the plugin's id, guarded patches, boundaries.
(() => {
  "use strict";

  const api = window.PluginApi;
  if (window.PlexSyncPage) {
    // A throw here leaves out all of this copy; the other one goes on.
    throw new Error("PlexSync's page is loaded already: is the plugin installed twice?");
  }
  const { React } = api;
  const h = React.createElement;

  // A package and a working copy have different ids, and Stash serves each under its own.
  const address = document.currentScript ? document.currentScript.src : "";
  const served = /\/plugin\/([^/?#]+)\/javascript/.exec(address);

  function report(where, error) {
    console.error(`[PlexSync] ${where}:`, error);
  }

  /** Our components by name. They are looked up when they are shown, never kept. */
  const parts = {};

  /** What we add to Stash's own components, by the name of the patch. */
  const patches = {};

  // A throw while Stash renders takes the whole page down, so every component of ours is below one.
  class Boundary extends React.Component {
    constructor(props) {
      super(props);
      this.state = { failed: false };
    }

    static getDerivedStateFromError() {
      return { failed: true };
    }

    componentDidCatch(error) {
      report(this.props.name, error);
    }

    render() {
      if (!this.state.failed) return this.props.children;
      if (this.props.quiet) return null;
      return h(Boundary, { name: "Broken", quiet: true }, h(parts.Broken));
    }
  }

  /** One of our components, so that a throw in it harms nothing else. `quiet`: show nothing then. */
  function part(name, props = {}, quiet = false) {
    return h(Boundary, { name, quiet, key: props.key }, h(parts[name], props));
  }

  function guarded(name, otherwise, body) {
    try {
      return body();
    } catch (error) {
      report(name, error);
      return otherwise;
    }
  }

  function canPatch(how) {
    return Boolean(api.patch && typeof api.patch[how] === "function");
  }

  /** Add what `patches[name]` makes of the props to the children of Stash's component `point`. */
  function addChild(point, name) {
    if (!canPatch("before")) return;
    api.patch.before(point, (...args) =>
      guarded(name, args, () => {
        const props = args[0] || {};
        const child = patches[name](props);
        if (!child) return args;
        const children = h(React.Fragment, null, props.children, child);
        // Other plugins count on the arguments behind the props.
        return [{ ...props, children }, ...args.slice(1)];
      })
    );
  }

  /** Add what `patches[name]` makes of the props behind what `point` shows, or `isAbove` it. */
  function addAfter(point, name, isAbove = false) {
    if (!canPatch("after")) return;
    api.patch.after(point, (...args) => {
      // The result is always the last one; how many come before it depends on other plugins.
      const result = args[args.length - 1];
      return guarded(name, result, () => {
        const more = patches[name](args[0] || {});
        // An array would be spread over the arguments of the next plugin's patch.
        if (!more) return result;
        return isAbove ? h(React.Fragment, null, more, result) : h(React.Fragment, null, result, more);
      });
    });
  }

  window.PlexSyncPage = {
    version: "0.2.0",
    pluginId: served ? decodeURIComponent(served[1]) : "plex_sync",
    path: "/plugins/plexsync",
    React,
    h,
    parts,
    part,
    patches,
    addChild,
    addAfter,
    report,
    texts: {},
    sentences: {},
  };
})();
