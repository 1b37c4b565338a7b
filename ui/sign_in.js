// Signing in to Plex: a code, the page of plex.tv, and waiting until it was entered there.
(() => {
  "use strict";

  const page = window.PlexSyncPage;
  const { React, h, parts } = page;
  const { Button, Form } = window.PluginApi.libraries.Bootstrap;

  const CHECK_MS = 2500;
  const ENDED = ["done", "expired", "failed", "choose"];

  // Kept here, so that another tab of the page doesn't cost the code.
  let begun = null;

  function checking(id) {
    return new page.Poll({
      load: () => page.act("sign_in_check", { id }),
      busy: () => true,
      delay: ({ data, error, unchanged }) => {
        if (data && ENDED.includes(data.state)) return null;
        return error ? page.slower({ unchanged }) : CHECK_MS;
      },
    });
  }

  function begin() {
    return page.act("sign_in").then((pin) => {
      begun = { pin, poll: checking(pin.id) };
      return begun;
    });
  }

  function Code({ pin }) {
    const t = page.useTexts();
    return h(
      "ol",
      { className: "plexsync-sign-in" },
      h("li", null, t("sign_in.copy"), h(parts.Copyable, { text: pin.code, label: t("sign_in.code") })),
      h(
        "li",
        null,
        h(
          parts.OutsideLink,
          { href: pin.link, variant: "primary" },
          t("sign_in.open", { link: pin.link.replace(/^https?:\/\//, "") })
        )
      ),
      h("li", null, h(parts.Loading, { text: t("sign_in.waiting", { time: t.time(pin.expires_at) }) }))
    );
  }

  function Choice({ pin, servers, onChosen }) {
    const t = page.useTexts();
    const [chosen, setChosen] = React.useState("");
    const choose = async () => onChosen(await page.act("sign_in_check", { id: pin.id, server: chosen }));
    return h(
      "fieldset",
      null,
      h("legend", { className: "h6" }, t("sign_in.which")),
      servers.map(({ id, name, address }) =>
        h(Form.Check, {
          key: id,
          type: "radio",
          name: "plexsync-server",
          id: `plexsync-server-${id}`,
          label: `${name} (${address})`,
          checked: chosen === id,
          onChange: () => setChosen(id),
        })
      ),
      h(parts.Action, { run: choose, variant: "primary", disabled: !chosen }, t("sign_in.use"))
    );
  }

  function Ended({ text, onAgain }) {
    const t = page.useTexts();
    return h(
      "div",
      { role: "alert" },
      h("p", { className: "plexsync-error" }, text),
      h(parts.Action, { run: onAgain, variant: "primary" }, t("sign_in.again"))
    );
  }

  function Waiting({ sign, onDone, onAgain }) {
    const t = page.useTexts();
    const polled = page.usePoll(sign.poll);
    const [chosen, setChosen] = React.useState(null);
    const found = chosen || polled.data;
    const state = found ? found.state : "waiting";
    React.useEffect(() => {
      if (state !== "done") return;
      begun = null;
      onDone();
    }, [state]);
    if (state === "choose") {
      return h(Choice, { pin: sign.pin, servers: found.servers || [], onChosen: setChosen });
    }
    if (state === "expired" || state === "failed") {
      return h(Ended, { text: t.said(found.text) || t(`sign_in.${state}`), onAgain });
    }
    if (state === "done") return h(parts.Loading);
    return h(
      React.Fragment,
      null,
      h(Code, { pin: sign.pin }),
      found && found.text && h("p", { className: "plexsync-text" }, t.said(found.text)),
      polled.error && h(parts.Problem, { error: polled.error })
    );
  }

  function ByHand({ onDone, values }) {
    const t = page.useTexts();
    const [address, setAddress] = React.useState(values.plex_url || "");
    const [token, setToken] = React.useState("");
    const [problem, setProblem] = React.useState("");
    const save = async () => {
      const answer = await page.act("save", { values: { plex_url: address }, token });
      const wrong = page.problemsOf(answer).filter((each) => ["plex_url", "plex_token"].includes(each.key));
      setProblem(wrong.map((each) => t.said(each.problem)).join(" "));
      if (!wrong.length) onDone();
    };
    return h(
      "details",
      { className: "plexsync-below" },
      h("summary", null, t("sign_in.by_hand")),
      h(
        Form,
        { onSubmit: (event) => event.preventDefault() },
        h(
          Form.Group,
          { controlId: "plexsync-hand-address" },
          h(Form.Label, null, t("setting.plex_url")),
          h(Form.Control, {
            className: "text-input",
            value: address,
            placeholder: "http://192.168.1.10:32400",
            onChange: (event) => setAddress(event.target.value),
          })
        ),
        h(
          Form.Group,
          { controlId: "plexsync-hand-token" },
          h(Form.Label, null, t("setting.plex_token")),
          h(Form.Control, {
            className: "text-input",
            type: "password",
            autoComplete: "off",
            value: token,
            onChange: (event) => setToken(event.target.value),
          })
        ),
        problem && h("p", { role: "alert", className: "plexsync-error" }, problem),
        h(parts.Action, { run: save, disabled: !address || !token }, t("save"))
      )
    );
  }

  /** `onDone`: the server is known and its token is kept. */
  parts.SignIn = function SignIn({ onDone, values }) {
    const t = page.useTexts();
    const [sign, setSign] = React.useState(begun);
    const start = async () => setSign(await begin());
    if (sign) {
      return h(
        "div",
        null,
        h(Waiting, { key: sign.pin.id, sign, onDone, onAgain: start }),
        h(Button, { size: "sm", variant: "link", onClick: () => setSign((begun = null)) }, t("cancel"))
      );
    }
    return h(
      "div",
      null,
      h("p", null, t("sign_in.why")),
      h(parts.Action, { run: start, variant: "primary" }, t("sign_in")),
      h(ByHand, { onDone, values })
    );
  };
})();
