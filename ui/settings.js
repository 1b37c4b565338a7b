// The settings as a form of real controls; the tab "Settings" and part of the set-up.
(() => {
  "use strict";

  const page = window.PlexSyncPage;
  const { React, h, parts } = page;
  const { Alert, Form } = window.PluginApi.libraries.Bootstrap;

  const TOKEN = "plex_token";

  page.valuesOf = (answer) => Object.fromEntries(answer.settings.map((each) => [each.key, each.value]));

  page.problemsOf = (answer) => (answer.settings || []).filter((each) => each.problem);

  /** Throw what is wrong with one setting in the answer to "save". */
  page.throwProblem = (answer, key) => {
    const wrong = page.problemsOf(answer).find((each) => each.key === key);
    if (wrong) throw new Error(wrong.problem);
  };

  // Settings that hold several of a few words.
  const asList = (value) =>
    (Array.isArray(value) ? value : String(value || "").split(","))
      .map((each) => each.trim())
      .filter(Boolean);

  const inFormOf = (sample, list) => (Array.isArray(sample) ? list : list.join(", "));

  const isSeveral = (setting) =>
    setting.choices && (setting.type === "choices" || setting.type === "list" || setting.key === "skip_fields" || setting.key === "collections");

  function Several({ setting, value, onChange, id, describedBy }) {
    const t = page.useTexts();
    const chosen = asList(value);
    const known = setting.choices.filter((each) => !each.includes("<"));
    // What the list of words doesn't have, such as tags:<name>, is kept as text.
    const others = chosen.filter((each) => !known.includes(each));
    const tell = (list) => onChange(inFormOf(setting.value, list));
    const toggle = (name) =>
      tell(chosen.includes(name) ? chosen.filter((each) => each !== name) : [...chosen, name]);
    const isOpen = known.length < setting.choices.length || others.length > 0;
    const [text, setText] = React.useState(others.join(", "));
    const type = (event) => {
      setText(event.target.value);
      tell([...chosen.filter((each) => known.includes(each)), ...asList(event.target.value)]);
    };
    return h(
      "div",
      { className: "plexsync-several", role: "group", "aria-labelledby": `${id}-label`, "aria-describedby": describedBy },
      known.map((name) =>
        h(Form.Check, {
          key: name,
          inline: true,
          type: "checkbox",
          id: `${id}-${name}`,
          label: t.word("choice", name),
          checked: chosen.includes(name),
          onChange: () => toggle(name),
        })
      ),
      isOpen &&
        h(Form.Control, {
          className: "text-input",
          size: "sm",
          "aria-label": t("settings.more_of", { name: t.word("setting", setting.key) }),
          placeholder: setting.choices.find((each) => each.includes("<")) || "",
          value: text,
          onChange: type,
        })
    );
  }

  function Choice({ setting, value, onChange, id, describedBy }) {
    const t = page.useTexts();
    const fallback = setting.default ? t.word("choice", setting.default) : t("nothing");
    return h(
      Form.Control,
      {
        as: "select",
        className: "input-control",
        id,
        "aria-describedby": describedBy,
        value: value || "",
        onChange: (event) => onChange(event.target.value),
      },
      h("option", { value: "" }, t("settings.usual", { value: fallback })),
      setting.choices.map((each) => h("option", { key: each, value: each }, t.word("choice", each)))
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

  const isNumber = (setting) => ["number", "integer"].includes(setting.type);

  function Line({ setting, value, onChange, id, describedBy }) {
    const read = (text) => (isNumber(setting) ? Number(text || 0) : text);
    const usual = setting.default;
    return h(Form.Control, {
      className: "text-input",
      id,
      type: isNumber(setting) ? "number" : "text",
      min: isNumber(setting) ? 0 : undefined,
      step: isNumber(setting) ? "any" : undefined,
      "aria-describedby": describedBy,
      placeholder: usual === null || usual === undefined || usual === false ? "" : String(usual),
      value: value === null || value === undefined ? "" : value,
      onChange: (event) => onChange(read(event.target.value)),
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
    if (setting.type === "boolean") return Switch;
    if (isSeveral(setting)) return Several;
    if (setting.choices && setting.choices.length) return Choice;
    return Line;
  }

  function Setting({ setting, value, onChange, source }) {
    const t = page.useTexts();
    const id = `plexsync-setting-${setting.key}`;
    const name = t.word("setting", setting.key);
    const help = t.has(`help.${setting.key}`) ? t(`help.${setting.key}`) : setting.description;
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
        setting.problem && h("div", { className: "plexsync-error", role: "alert" }, setting.problem)
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
    const listed = answer.settings.filter((each) => !keys || keys.includes(each.key));

    async function save() {
      const found = await page.act("save", request(edited));
      const wrong = page.problemsOf(found).map((each) => each.key);
      setSaved(found);
      // What was refused stays in the form.
      setEdited(Object.fromEntries(Object.entries(edited).filter(([key]) => wrong.includes(key))));
      if (!wrong.length) notice.success(t("saved"));
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
