// What the page asks of the plugin and of Stash, through Stash's own Apollo client.
(() => {
  "use strict";

  const page = window.PlexSyncPage;
  const { libraries, utils } = window.PluginApi;
  const { gql } = libraries.Apollo;

  // "no-cache", since what other queries leave in Stash's cache would push out its own.
  const NO_CACHE = { fetchPolicy: "no-cache" };

  const OPERATION = gql`
    mutation PlexSyncOperation($id: ID!, $args: Map!) {
      runPluginOperation(plugin_id: $id, args: $args)
    }
  `;

  const SCENE_FIELDS = "id title paths { screenshot } files { basename }";

  const SCENES = gql`
    query PlexSyncScenes($ids: [Int!]) {
      findScenes(scene_ids: $ids) { scenes { ${SCENE_FIELDS} } }
    }
  `;

  const client = () => utils.StashService.getClient();

  const TASK = gql`
    mutation PlexSyncTask($id: ID!, $name: String!, $args: Map) {
      runPluginTask(plugin_id: $id, task_name: $name, args_map: $args)
    }
  `;

  /** Why a call failed. `kind`: "away" (no answer), "gone" (disabled or removed), "packages" (they
   * are not installed), or "said", where `message` is the plugin's sentence. */
  class CallError extends Error {
    constructor(kind, message) {
      super(message);
      this.kind = kind;
    }
  }

  // Stash's words for a plugin that was disabled, and for one that isn't there.
  const GONE = /^plugin \S+ is disabled|nil pointer|plugin .*not found/i;
  const PACKAGES = /packages are not installed yet/;

  function kindOf(message) {
    if (GONE.test(message)) return "gone";
    return PACKAGES.test(message) ? "packages" : "said";
  }

  function understood(error) {
    if (error instanceof CallError) return error;
    const said = ((error && error.graphQLErrors) || [])[0];
    if (!said) return new CallError("away", String((error && error.message) || error));
    // In Stash's own log it says whose error it is.
    return new CallError(kindOf(said.message), said.message.replace(/^PlexSync: /, ""));
  }

  async function call(args) {
    try {
      const variables = { id: page.pluginId, args };
      const answer = await client().mutate({ mutation: OPERATION, variables, ...NO_CACHE });
      return answer.data.runPluginOperation || {};
    } catch (error) {
      throw understood(error);
    }
  }

  // What the plugin's own notes answer takes no time; what the servers are asked for may.
  const LIGHT = ["status", "failures", "states", "changes", "written", "imported", "log", "report"];
  const LIGHT_MS = 20 * 1000;
  const LONG_MS = 3 * 60 * 1000;

  // An answer that never comes must not keep the page from asking again.
  function within(ms, answer) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = window.setTimeout(() => reject(new CallError("away", "no answer in time")), ms);
    });
    return Promise.race([answer, late]).finally(() => window.clearTimeout(timer));
  }

  /** A question, which changes nothing. */
  page.ask = (what, args = {}) =>
    within(LIGHT.includes(what) ? LIGHT_MS : LONG_MS, call({ mode: "query", what, ...args }));

  /** An order, which is stored before the answer comes. */
  page.act = (what, args = {}) => within(LONG_MS, call({ mode: "act", what, ...args }));

  /** Start one of our tasks in Stash's job queue. An unknown name is no error to Stash. */
  page.startTask = async (name, args = {}) => {
    try {
      await client().mutate({ mutation: TASK, variables: { id: page.pluginId, name, args }, ...NO_CACHE });
    } catch (error) {
      throw understood(error);
    }
  };

  // Scenes

  const MOST_KEPT = 2000;
  const known = new Map();

  async function fetchScenes(ids) {
    try {
      const answer = await client().query({ query: SCENES, variables: { ids }, ...NO_CACHE });
      return answer.data.findScenes.scenes;
    } catch (error) {
      // One that was deleted makes Stash refuse all of them.
      return understood(error).kind === "said" ? fetchOneByOne(ids) : [];
    }
  }

  async function fetchOneByOne(ids) {
    const fields = ids.map((id) => `s${id}: findScene(id: ${id}) { ${SCENE_FIELDS} }`);
    const query = gql(`query PlexSyncSingleScenes { ${fields.join(" ")} }`);
    const answer = await client().query({ query, errorPolicy: "all", ...NO_CACHE });
    return Object.values(answer.data || {}).filter(Boolean);
  }

  function keep(scene) {
    const file = (scene.files || [])[0];
    const title = scene.title || (file && file.basename) || "";
    known.set(String(scene.id), { id: scene.id, title, picture: (scene.paths || {}).screenshot });
    if (known.size > MOST_KEPT) known.delete(known.keys().next().value);
  }

  let gathered = null;

  // Lists that are drawn together are asked for in one request.
  function fetchTogether(ids) {
    if (!gathered) {
      const mine = new Set();
      const done = Promise.resolve().then(() => {
        gathered = null;
        return fetchScenes([...mine]);
      });
      gathered = { mine, done: done.then((scenes) => scenes.forEach(keep)) };
    }
    ids.forEach((id) => gathered.mine.add(id));
    return gathered.done;
  }

  /** {id: {id, title, picture}} of those of the scenes that Stash has. */
  page.scenes = async (ids) => {
    const wanted = [...new Set(ids.map(Number))].filter((id) => Number.isInteger(id) && id > 0);
    const missing = wanted.filter((id) => !known.has(String(id)));
    if (missing.length) await fetchTogether(missing);
    return Object.fromEntries(wanted.map((id) => [id, known.get(String(id))]));
  };

  page.sceneKnown = (id) => known.get(String(id));
})();
