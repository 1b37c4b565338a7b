// The settings as a form of real controls; the tab "Settings" and part of the set-up.
(() => {
  "use strict";

  const page = window.PlexSyncPage;
  const { React, h, parts } = page;
  const { Alert, Form } = window.PluginApi.libraries.Bootstrap;

  const TOKEN = "plex_token";

  page.valuesOf = (answer) => Object.fromEntries(answer.settings.map((each) => [each.key, each.value]));

  // The token is none of the settings, but looks like one in the form.
  const tokenOf = (answer) => ({ key: TOKEN, group: "server", type: "text", value: "", ...answer.token });

  function rowsOf(answer) {
    const rows = answer.settings;
    const after = rows.findIndex((each) => each.key === "plex_url") + 1;
    return [...rows.slice(0, after), tokenOf(answer), ...rows.slice(after)];
  }

  /** The settings, and the token, with which something is wrong. */
  page.problemsOf = (answer) => (answer.settings ? rowsOf(answer).filter((each) => each.problem) : []);

  /** Throw what is wrong with one setting in the answer to "save". */
  page.throwProblem = (answer, key) => {
    const wrong = page.problemsOf(answer).find((each) => each.key === key);
    if (wrong) throw new Error(wrong.problem);
  };

  const asList = (value, separator) =>
    String(value || "")
      .split(separator)
      .map((each) => each.trim())
      .filter(Boolean);

  // "Sort title" means sort_title in a list of words.
  const asWord = (text) => text.toLowerCase().replace(/\s+/g, "_");

  /** A list of which the usual entries are known: a box for each, and a field for all others. */
  function Several({ setting, value, onChange, id, describedBy }) {
    const t = page.useTexts();
    const entries = asList(value, setting.separator);
    const words = entries.map(asWord);
    const isKnown = (entry) => setting.choices.includes(asWord(entry));
    const [text, setText] = React.useState(entries.filter((each) => !isKnown(each)).join(", "));
    const tell = (list) => onChange(list.join(`${setting.separator} `));
    const toggle = (name) =>
      tell(words.includes(name) ? entries.filter((each) => asWord(each) !== name) : [...entries, name]);
    const type = (event) => {
      setText(event.target.value);
      tell([...entries.filter(isKnown), ...asList(event.target.value, setting.separator)]);
    };
    const isOpen = t.has(`more.${setting.key}`) || text;
    return h(
      "div",
      { className: "plexsync-several", role: "group", "aria-labelledby": `${id}-label`, "aria-describedby": describedBy },
      setting.choices.map((name) =>
        h(Form.Check, {
          key: name,
          inline: true,
          type: "checkbox",
          id: `${id}-${name}`,
          label: t.word("choice", name),
          checked: words.includes(name),
          onChange: () => toggle(name),
        })
      ),
      isOpen &&
        h(Form.Control, {
          className: "text-input",
          size: "sm",
          "aria-label": t("settings.more_of", { name: t.word("setting", setting.key) }),
          placeholder: t.has(`more.${setting.key}`) ? t(`more.${setting.key}`) : "",
          value: text,
          onChange: type,
        })
    );
  }

  function Choice({ setting, value, onChange, id, describedBy }) {
    const t = page.useTexts();
    const name = (each) =>
      each === setting.default ? t("settings.usual", { value: t.word("choice", each) }) : t.word("choice", each);
    return h(
      Form.Control,
      {
        as: "select",
        className: "input-control",
        id,
        "aria-describedby": describedBy,
        value: value || setting.default,
        onChange: (event) => onChange(event.target.value),
      },
      setting.choices.map((each) => h("option", { key: each, value: each }, name(each)))
    );
  }

  function Switch({ setting, value, onChange, id, describedBy }) {
    const t = page.useTexts();
    return h(Form.Check, {
      type: "switch",
      id,
      label: t.word("setting", setting.key),
      checked: Boolean(value),
      "aria-describedby": describedBy,
      onChange: (event) => onChange(event.target.checked),
    });
  }

  function Amount({ setting, value, onChange, id, describedBy }) {
    return h(Form.Control, {
      className: "text-input",
      id,
      type: "number",
      step: "any",
      min: setting.least === null ? undefined : setting.least,
      max: setting.most === null ? undefined : setting.most,
      "aria-describedby": describedBy,
      placeholder: String(setting.default),
      value: value === null ? "" : value,
      // An empty field asks for the default again.
      onChange: (event) => onChange(event.target.value === "" ? null : Number(event.target.value)),
    });
  }

  function Line({ value, onChange, id, describedBy }) {
    return h(Form.Control, {
      className: "text-input",
      id,
      type: "text",
      "aria-describedby": describedBy,
      value: value || "",
      onChange: (event) => onChange(event.target.value),
    });
  }

  function Password({ value, onChange, id, describedBy, source }) {
    const t = page.useTexts();
    return h(Form.Control, {
      className: "text-input",
      id,
      type: "password",
      autoComplete: "off",
      "aria-describedby": describedBy,
      placeholder: source === "none" ? "" : t("token.is_kept"),
      value: value || "",
      onChange: (event) => onChange(event.target.value),
    });
  }

  function controlOf(setting) {
    if (setting.key === TOKEN) return Password;
    if (setting.type === "switch") return Switch;
    if (setting.type === "choice") return Choice;
    if (setting.type === "number") return Amount;
    return setting.type === "list" && setting.choices.length ? Several : Line;
  }

  function Setting({ setting, value, onChange, source }) {
    const t = page.useTexts();
    const id = `plexsync-setting-${setting.key}`;
    const name = t.word("setting", setting.key);
    const help = t.has(`help.${setting.key}`) && t(`help.${setting.key}`);
    const control = controlOf(setting);
    const label =
      control === Several
        ? h("div", { id: `${id}-label`, className: "plexsync-label" }, name)
        : control !== Switch && h(Form.Label, { htmlFor: id }, name);
    return h(
      "div",
      { className: "plexsync-setting" },
      label,
      h(control, { setting, value, onChange, id, describedBy: `${id}-help`, source }),
      h(
        "div",
        { id: `${id}-help` },
        help && h("small", { className: "text-muted" }, help),
        setting.problem && h("div", { className: "plexsync-error", role: "alert" }, t.said(setting.problem))
      )
    );
  }

  function SyncAfter() {
    const t = page.useTexts();
    return h(
      Alert,
      { variant: "info", className: "plexsync-alert" },
      h("p", null, t("settings.needs_sync")),
      h(parts.Action, { run: () => page.order("sync", { all: true }), done: t("sync.queued"), variant: "primary" }, t("settings.sync_now"))
    );
  }

  function grouped(settings) {
    const groups = new Map();
    settings.forEach((each) => {
      const name = each.group || "";
      groups.set(name, [...(groups.get(name) || []), each]);
    });
    return [...groups];
  }

  // A typed token goes to the plugin by a way of its own, and never comes back.
  function request(edited) {
    const { [TOKEN]: token, ...values } = edited;
    return token ? { values, token } : { values };
  }

  function Buttons({ edited, onSave, onDrop }) {
    const t = page.useTexts();
    const count = Object.keys(edited).length;
    if (!count) return null;
    return h(
      "div",
      { className: "plexsync-save bg-dark" },
      h("span", null, t("settings.changed", { count })),
      h(parts.Action, { run: onSave, variant: "primary" }, t("save")),
      h(parts.Action, { run: async () => onDrop() }, t("settings.drop"))
    );
  }

  /** A form of the settings in `keys`, or of all. `answer` is that to "settings". */
  parts.SettingsForm = function SettingsForm({ answer: first, keys, onSaved }) {
    const t = page.useTexts();
    const notice = page.useNotice();
    const [saved, setSaved] = React.useState(null);
    const [edited, setEdited] = React.useState({});
    const answer = saved || first;
    const listed = rowsOf(answer).filter((each) => !keys || keys.includes(each.key));

    async function save() {
      const found = await page.act("save", request(edited));
      setSaved(found);
      // If anything is wrong nothing was saved, and all of it stays in the form.
      if (!found.saved) throw new Error(t("settings.refused"));
      setEdited({});
      notice.success(t("saved"));
      if (onSaved) onSaved(found);
    }

    const field = (setting) =>
      h(Setting, {
        key: setting.key,
        setting,
        value: setting.key in edited ? edited[setting.key] : setting.value,
        source: answer.token && answer.token.source,
        onChange: (value) => setEdited((before) => ({ ...before, [setting.key]: value })),
      });

    const groups = grouped(listed).map(([name, settings]) =>
      keys
        ? settings.map(field)
        : h(parts.Section, { key: name, title: t.word("group", name) }, settings.map(field))
    );
    return h(
      Form,
      { onSubmit: (event) => event.preventDefault(), className: "plexsync-form" },
      saved && saved.needs === "sync" && h(SyncAfter),
      groups,
      h(Buttons, { edited, onSave: save, onDrop: () => setEdited({}) })
    );
  };

  // Who shows something that depends on the settings.
  const listeners = new Set();
  page.settingsChanged = () => listeners.forEach((each) => each());
  page.onSettingsChanged = (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };

  parts.Settings = function Settings() {
    const t = page.useTexts();
    const answer = page.useAnswer(() => page.ask("settings"), []);
    return h(
      "div",
      null,
      h("p", { className: "text-muted" }, t("settings.intro")),
      h(parts.Answer, { answer, reload: answer.reload }, (data) =>
        h(parts.SettingsForm, { answer: data, onSaved: page.settingsChanged })
      )
    );
  };
})();
