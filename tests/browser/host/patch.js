// Patches as Stash applies them: arguments are those of React's call, (props, {}), and positions
// move with what other plugins return.

const befores = new Map();
const insteads = new Map();
const afters = new Map();
const components = new Map();

const add = (table) => (name, fn) => table.set(name, [...(table.get(name) || []), fn]);

export const patch = { before: add(befores), instead: add(insteads), after: add(afters) };

const spread = (value) => (Array.isArray(value) ? value : [value]);

function call(name, original, args) {
  const given = (befores.get(name) || []).reduce((now, fn) => fn(...now), args);
  if (!Array.isArray(given)) throw new Error(`before ${name}: no list of arguments came back`);
  const chain = (insteads.get(name) || []).reduce(
    (next, fn) => (...now) => fn(...now, next),
    original
  );
  const result = (afters.get(name) || []).reduce(
    (now, fn) => fn(...given, ...spread(now)),
    chain(...given)
  );
  return result;
}

/** The component `original` under a name that plugins can patch. */
export function patched(name, original) {
  // React calls it with two arguments, and so do the patches see it.
  const component = (...args) => call(name, original, args);
  component.displayName = name;
  components.set(name, component);
  return component;
}

export const registered = (name) => (props) => components.get(name)(props, {});
