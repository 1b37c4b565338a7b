// The plugin's own sentences in the language of Stash's UI. It says them in English, in answers, in
// what it has stored, and in the log; a language's table has them by their wording.
(() => {
  "use strict";

  const page = window.PlexSyncPage;

  const HOLE = /(\{\w+\})/;
  // Of these only numbers: else "{count} failed" would take a title for one of ours.
  const NUMBERS = ["{count}", "{number}", "{total}", "{changed}", "{same}", "{skipped}"];
  const MOST_KEPT = 2000;
  // What stands between two sentences, or between a sentence and what it is about.
  const JOINTS = [". ", "; ", ": ", ", "];

  const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

  const held = (hole) => (NUMBERS.includes(hole) ? "(\\d+)" : "(.+?)");

  function pattern(wording) {
    const parts = wording.split(HOLE);
    const source = parts.map((part) => (HOLE.test(part) ? held(part) : escaped(part))).join("");
    return {
      wording,
      names: parts.filter((part) => HOLE.test(part)).map((part) => part.slice(1, -1)),
      told: parts.filter((part) => !HOLE.test(part)).join("").length,
      expression: new RegExp(`^${source}$`, "s"),
    };
  }

  // One that says more is the more likely one: "Plex is busy: it answers {what}" before "{what}".
  const patternsOf = (table) =>
    Object.keys(table)
      .filter((wording) => HOLE.test(wording))
      .map(pattern)
      .sort((one, other) => other.told - one.told);

  // A value doesn't end a bracket that began before it: then it is several.
  function isWhole(text) {
    let depth = 0;
    return [...text].every((each) => {
      depth += each === "(" ? 1 : each === ")" ? -1 : 0;
      return depth >= 0;
    });
  }

  /** What says a sentence of the plugin in another language; one that isn't in the table stays as
   * it is. `format(text, values)` fills in the values, `word(prefix, name)` translates a name. */
  page.sayingOf = (table, format, word) => {
    if (!table) return (text) => text;
    const patterns = patternsOf(table);
    const has = (text) => Object.prototype.hasOwnProperty.call(table, text);
    const kept = new Map();

    // In place of names there may be a word for all of them.
    const named = (prefix, each) => (has(each) ? format(table[each], {}) : word(prefix, each));
    const words = (prefix, text) => text.split(", ").map((each) => named(prefix, each)).join(", ");

    function value(name, text) {
      if (name === "fields" || name === "field") return words("field", text);
      if (name === "setting" || name === "key" || name === "keys") return words("setting", text);
      if (name === "reasons") return text.replace(/(\d+) ([^,]+)/g, (_, number, reason) => `${word("reason", reason)}: ${number}`);
      if (name === "kind" || name === "kind_too") return word("kind", text);
      if (name === "choices") return text.split(/, | or /).join(", ");
      return said(text);
    }

    // null for one that isn't known as a whole.
    function known(text) {
      if (has(text)) return format(table[text], {});
      for (const each of patterns) {
        const found = each.expression.exec(text);
        if (found && found.slice(1).every(isWhole)) {
          const values = each.names.map((name, index) => [name, value(name, found[index + 1])]);
          return format(table[each.wording], Object.fromEntries(values));
        }
      }
      return null;
    }

    // With a full stop or without, as it stands alone or among others.
    function closed(text) {
      const whole = known(text);
      if (whole !== null) return whole;
      const isClosed = text.endsWith(".");
      const other = known(isClosed ? text.slice(0, -1) : `${text}.`);
      if (other === null) return null;
      return isClosed ? `${other}.` : other.replace(/\.$/, "");
    }

    // Several in one, of which at least one is known.
    function joined(text) {
      for (const joint of JOINTS) {
        for (let at = text.indexOf(joint); at > 0; at = text.indexOf(joint, at + 1)) {
          const [before, after] = [text.slice(0, at), text.slice(at + joint.length)];
          const [one, other] = [closed(before), closed(after)];
          if (one !== null || other !== null) {
            return (one === null ? said(before) : one) + joint + (other === null ? said(after) : other);
          }
        }
      }
      return text;
    }

    function said(text) {
      if (!kept.has(text)) {
        const whole = closed(text);
        kept.set(text, whole === null ? joined(text) : whole);
        if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value);
      }
      return kept.get(text);
    }

    return said;
  };
})();
