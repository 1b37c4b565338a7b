// The tab "Set-up": the steps from nothing to a synced library, and what is missing later on.
(() => {
  "use strict";

  const page = window.PlexSyncPage;
  const { React, h, parts } = page;
  const { Alert, Button, Form } = window.PluginApi.libraries.Bootstrap;

  // The settings that decide what people will see in Plex; the others have their own tab.
  const MATTER = [
    "keep_plex_edits",
    "only_organized",
    "tags_as",
    "collections",
    "poster_style",
    "skip_fields",
  ];

  /** Whether the server or the token is missing, from the answer to "settings". */
  page.isMissing = (settings) => !settings.is_complete;

  /** Whether nothing was ever synced, so that the page begins with the set-up alone. */
  page.isNew = (status) => {
    // What waits may have waited for the set-up.
    const isInStep = Boolean(status.counts && status.counts.in_step);
    return !(status.run || status.last_sync || status.written_at || isInStep);
  };

  function Step({ number, title, state, children }) {
    const t = page.useTexts();
    const mark = state === "done" ? page.icon("faCheck", "faCircleCheck") || "✓" : String(number);
    return h(
      "li",
      { className: `plexsync-step plexsync-step-${state}`, "aria-current": state === "now" ? "step" : undefined },
      h("span", { className: "plexsync-step-mark", "aria-hidden": true }, mark),
      h(
        "div",
        { className: "plexsync-step-body" },
        h("h2", { className: "h5" }, title, page.hidden(` (${t(`step.${state}`)})`)),
        state !== "later" && children
      )
    );
  }

  // Sign in

  function Token({ token, onChanged }) {
    const t = page.useTexts();
    if (token.source !== "settings") return null;
    const move = async () => {
      await page.act("move_token");
      onChanged();
    };
    return h(
      Alert,
      { variant: "warning", className: "plexsync-alert" },
      h("p", null, t("token.in_settings")),
      h(parts.Action, { run: move, done: t("token.moved") }, t("token.move"))
    );
  }

  function Signed({ settings, onChanged }) {
    const t = page.useTexts();
    const [again, setAgain] = React.useState(false);
    const values = page.valuesOf(settings);
    const done = () => {
      setAgain(false);
      onChanged();
    };
    if (page.isMissing(settings) || again) return h(parts.SignIn, { onDone: done, values });
    return h(
      "div",
      null,
      h("p", null, t("sign_in.done", { address: values.plex_url })),
      h(Token, { token: settings.token, onChanged }),
      h(Button, { size: "sm", variant: "secondary", onClick: () => setAgain(true) }, t("sign_in.other"))
    );
  }

  // Libraries

  function Library({ library, checked, onToggle }) {
    const t = page.useTexts();
    // Plex can't always count them.
    const items = library.items === null ? "" : ` (${t("library.items", { count: library.items })})`;
    return h(Form.Check, {
      type: "checkbox",
      id: `plexsync-library-${library.name}`,
      label: library.name + items,
      checked,
      onChange: () => onToggle(library.name),
    });
  }

  function LibraryForm({ libraries, onChanged }) {
    const t = page.useTexts();
    const names = libraries.map((each) => each.name);
    const stored = libraries.filter((each) => each.chosen).map((each) => each.name);
    const [chosen, setChosen] = React.useState(stored);
    const toggle = (name) =>
      setChosen(chosen.includes(name) ? chosen.filter((each) => each !== name) : [...chosen, name]);
    const save = async () => {
      const all = names.every((name) => chosen.includes(name));
      const wanted = names.filter((name) => chosen.includes(name));
      // As a list, so that a name with a comma in it is refused and not taken for two.
      const answer = await page.act("save", { values: { plex_libraries: all ? "" : wanted } });
      page.throwProblem(answer, "plex_libraries");
      onChanged();
    };
    const changed = chosen.length !== stored.length || chosen.some((name) => !stored.includes(name));
    return h(
      "fieldset",
      null,
      h("legend", { className: "plexsync-legend-text" }, t("libraries.which")),
      libraries.map((library) =>
        h(Library, { key: library.name, library, checked: chosen.includes(library.name), onToggle: toggle })
      ),
      changed && h(parts.Action, { run: save, done: t("saved"), disabled: !chosen.length }, t("save"))
    );
  }

  // Whether a step still needs somebody, as soon as that is known.
  function useNeed(answer, isNeeded, onNeed) {
    const { data, error } = answer;
    React.useEffect(() => {
      if (data || error) onNeed(Boolean(error) || isNeeded(data));
    }, [data, error]);
  }

  function Libraries({ version, onChanged, onNeed }) {
    const t = page.useTexts();
    const answer = page.useAnswer(() => page.ask("libraries"), [version]);
    useNeed(answer, (data) => data.missing.length > 0, onNeed);
    return h(parts.Answer, { answer, reload: answer.reload }, (data) =>
      h(
        React.Fragment,
        null,
        data.missing.length > 0 &&
          h("p", { className: "plexsync-error" }, t("libraries.missing", { names: data.missing.join(", ") })),
        h(LibraryForm, { key: version, libraries: data.libraries, onChanged })
      )
    );
  }

  // Paths

  function Proposal({ proposal, run }) {
    const t = page.useTexts();
    return h(
      "div",
      { className: "plexsync-proposal" },
      h("p", null, t("paths.proposal", { stash: proposal.stash, plex: proposal.plex, count: proposal.files })),
      h(
        "ul",
        { className: "plexsync-paths" },
        (proposal.examples || []).slice(0, 3).map((each) =>
          h("li", { key: each.stash }, h("code", null, each.stash), " → ", h("code", null, each.plex))
        )
      ),
      h(parts.Action, { run, variant: "primary", done: t("saved") }, t("paths.use"))
    );
  }

  function NotFound({ examples }) {
    const t = page.useTexts();
    if (!examples || !examples.length) return null;
    return h(
      "details",
      null,
      h("summary", null, t("paths.not_found")),
      h("ul", { className: "plexsync-paths" }, examples.map((each) => h("li", { key: each }, h("code", null, each))))
    );
  }

  function Paths({ version, onChanged, onNeed }) {
    const t = page.useTexts();
    const answer = page.useAnswer(() => page.ask("paths"), [version]);
    useNeed(answer, (data) => !data.found || (data.proposals || []).length > 0, onNeed);
    const take = (proposal) => async () => {
      // Beside what is there by now, and not what was when this was drawn.
      const add = { path_map: [`${proposal.stash} => ${proposal.plex}`] };
      page.throwProblem(await page.act("save", { add }), "path_map");
      onChanged();
    };
    return h(parts.Answer, { answer, reload: answer.reload }, (data) =>
      h(
        "div",
        null,
        h("p", null, t("paths.found", { found: data.found, sampled: data.sampled })),
        (data.proposals || []).map((each) =>
          h(Proposal, { key: each.stash, proposal: each, run: take(each) })
        ),
        data.found < data.sampled && h(NotFound, { examples: data.not_found })
      )
    );
  }

  // Check

  function Check() {
    const t = page.useTexts();
    const [lines, setLines] = React.useState(null);
    const run = async () => setLines((await page.ask("check")).findings);
    return h(
      parts.Section,
      { title: t("check.title"), aside: h(parts.Action, { run }, t("check.run")) },
      h("p", { className: "text-muted" }, t("check.what")),
      lines && h("ul", { className: "plexsync-check" }, lines.map((each, index) => h(parts.CheckLine, { key: index, line: each })))
    );
  }

  const VERDICTS = { true: ["ok", "faCheck", "✓"], false: ["bad", "faXmark", "✗"], null: ["note", "faInfo", "i"] };

  parts.CheckLine = function CheckLine({ line }) {
    const t = page.useTexts();
    const [verdict, icon, letter] = VERDICTS[String(line.ok)] || VERDICTS.null;
    return h(
      "li",
      { className: `plexsync-check-${verdict}` },
      h("span", { "aria-hidden": true, className: "plexsync-check-mark" }, page.icon(icon) || letter),
      page.hidden(`${t(`check.${verdict}`)}: `),
      h("span", { className: "plexsync-text" }, t.said(line.text), line.advice && h("em", null, ` ${t.said(line.advice)}`))
    );
  };

  function Steps({ settings, onChanged, version, onTab }) {
    const t = page.useTexts();
    const missing = page.isMissing(settings);
    const [needs, setNeeds] = React.useState({});
    const after = missing ? "later" : "done";
    const step = (number, id, state, child) => h(Step, { key: id, number, state, title: t(`step.${id}`) }, child);
    const looked = (number, id, name) => {
      const onNeed = (isNeeded) => setNeeds((before) => ({ ...before, [id]: isNeeded }));
      // Not before it was looked at.
      const state = missing ? "later" : needs[id] === false ? "done" : "now";
      return step(number, id, state, page.part(name, { version, onChanged, onNeed }));
    };
    return h(
      "ol",
      { className: "plexsync-steps" },
      step(1, "sign_in", missing ? "now" : "done", h(Signed, { settings, onChanged })),
      looked(2, "libraries", "Libraries"),
      looked(3, "paths", "Paths"),
      step(4, "what", after, page.part("SettingsForm", { answer: settings, keys: MATTER, onSaved: onChanged })),
      step(5, "sync", missing ? "later" : "now", page.part("FirstSync", { onTab }))
    );
  }
  Object.assign(parts, { Libraries, Paths });

  // No operation installs anything, since nobody could wait for it; this task does at its start.
  const INSTALLING_TASK = "Check set-up";
  const LOOK_MS = 3000;

  /** In the place of what needs PlexSync's packages: installs them. `onDone`: they are there. */
  parts.Packages = function Packages({ onDone }) {
    const t = page.useTexts();
    const [poll, setPoll] = React.useState(null);
    const install = async () => {
      await page.startTask(INSTALLING_TASK);
      setPoll(
        new page.Poll({
          load: () => page.ask("settings"),
          busy: () => true,
          delay: ({ data }) => (data ? null : LOOK_MS),
        })
      );
    };
    return h(
      parts.Section,
      { title: t("packages.title") },
      h("p", null, t("packages.what")),
      poll ? h(Installing, { poll, onDone }) : h(parts.Action, { run: install, variant: "primary" }, t("packages.install"))
    );
  };

  function Installing({ poll, onDone }) {
    const t = page.useTexts();
    const { data, error } = page.usePoll(poll);
    React.useEffect(() => {
      if (data) onDone();
    }, [data]);
    if (error && error.kind !== "packages") return h(parts.Problem, { error });
    return h(parts.Loading, { text: t("packages.installing") });
  }

  parts.SetUp = function SetUp({ onTab }) {
    const [version, setVersion] = React.useState(0);
    const answer = page.useAnswer(() => page.ask("settings"), [version]);
    const changed = React.useCallback(() => {
      setVersion((before) => before + 1);
      page.settingsChanged();
      page.status.refresh();
    }, []);
    return h(
      "div",
      null,
      h(parts.Answer, { answer, reload: answer.reload }, (settings) =>
        h(Steps, { settings, onChanged: changed, version, onTab })
      ),
      h(Check)
    );
  };
})();
