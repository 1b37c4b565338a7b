// Small pieces that several tabs are made of.
(() => {
  "use strict";

  const page = window.PlexSyncPage;
  const { React, h, parts } = page;
  const { components, libraries, hooks } = window.PluginApi;
  const { Alert, Button, Card, Modal, Spinner } = libraries.Bootstrap;
  const { Link } = libraries.ReactRouterDOM;

  /** An icon by the first of its names that this version of FontAwesome has; null without one. */
  page.icon = (...names) => {
    const solid = libraries.FontAwesomeSolid || {};
    const found = names.map((name) => solid[name]).find(Boolean);
    return found && components.Icon ? h(components.Icon, { icon: found }) : null;
  };

  // Text for screen readers alone.
  page.hidden = (text) => h("span", { className: "sr-only" }, text);

  // What the boundary shows in the place of a part that failed.
  parts.Broken = function Broken() {
    const t = page.useTexts();
    return h(Alert, { variant: "danger", className: "plexsync-alert" }, t("broken"));
  };

  parts.Loading = function Loading({ text }) {
    const t = page.useTexts();
    return h(
      "div",
      { className: "plexsync-loading", role: "status" },
      h(Spinner, { animation: "border", size: "sm", "aria-hidden": true }),
      h("span", null, text || t("loading"))
    );
  };

  page.errorText = (t, error) => {
    if (error.kind === "away") return t("error.away");
    if (error.kind === "gone") return t("error.gone");
    return t.said(error.message);
  };

  /** Why something could not be shown or done, with a way to try again. */
  parts.Problem = function Problem({ error, onRetry }) {
    const t = page.useTexts();
    return h(
      Alert,
      { variant: "danger", className: "plexsync-alert" },
      h("div", { className: "plexsync-text" }, page.errorText(t, error)),
      onRetry && h(Button, { size: "sm", variant: "secondary", onClick: onRetry }, t("try_again"))
    );
  };

  /** What an answer that is awaited looks like, or `children(data)` once it is here. */
  parts.Answer = function Answer({ answer, children, reload }) {
    if (answer.data) return children(answer.data);
    if (answer.error) return h(parts.Problem, { error: answer.error, onRetry: reload });
    return h(parts.Loading);
  };

  function useMounted() {
    const mounted = React.useRef(true);
    React.useEffect(
      () => () => {
        mounted.current = false;
      },
      []
    );
    return mounted;
  }

  page.useNotice = hooks && hooks.useToast ? hooks.useToast : () => ({ success: () => {} });

  /** A button that does something on the server: busy meanwhile, and what went wrong beside it.
   * `done`: the text of the notice if it went well. */
  parts.Action = function Action({ run, done, children, disabled, variant = "secondary", size = "sm" }) {
    const t = page.useTexts();
    const notice = page.useNotice();
    const mounted = useMounted();
    const [state, setState] = React.useState({ busy: false, error: null });

    async function press() {
      setState({ busy: true, error: null });
      let error = null;
      try {
        await run();
        if (done) notice.success(done);
      } catch (caught) {
        error = caught;
      }
      if (mounted.current) setState({ busy: false, error });
    }

    return h(
      "span",
      { className: "plexsync-action" },
      h(
        Button,
        { size, variant, disabled: disabled || state.busy, onClick: press },
        state.busy && h(Spinner, { animation: "border", size: "sm", "aria-hidden": true }),
        children
      ),
      state.error &&
        h("span", { role: "alert", className: "plexsync-error" }, page.errorText(t, state.error))
    );
  };

  /** A part of a tab with a heading. */
  parts.Section = function Section({ title, aside, children, className = "" }) {
    return h(
      Card,
      { as: "section", className: `plexsync-section ${className}` },
      h(
        "div",
        { className: "plexsync-section-head" },
        h("h2", { className: "h5" }, title),
        aside && h("div", { className: "plexsync-buttons" }, aside)
      ),
      children
    );
  };

  /** A scene with its picture and a link; `children` stand beside it. */
  parts.SceneLine = function SceneLine({ id, scene, title, children, before }) {
    const t = page.useTexts();
    const name = (scene && scene.title) || title || t("scene", { id: String(id) });
    const picture = scene && scene.picture;
    return h(
      "div",
      { className: "plexsync-scene" },
      before,
      h(
        "div",
        { className: "plexsync-thumb", "aria-hidden": true },
        picture && h("img", { src: picture, alt: "", loading: "lazy" })
      ),
      h(
        "div",
        { className: "plexsync-scene-text" },
        h(Link, { to: `/scenes/${id}`, className: "plexsync-scene-title" }, name),
        children
      )
    );
  };

  /** A dialogue that says what will happen and asks. */
  parts.Confirm = function Confirm({ title, confirm, run, onClose, children, variant = "danger" }) {
    const t = page.useTexts();
    const label = "plexsync-confirm-title";
    const finish = async () => {
      await run();
      onClose();
    };
    return h(
      Modal,
      { show: true, onHide: onClose, "aria-labelledby": label, scrollable: true, className: "plexsync-modal" },
      h(Modal.Header, null, h(Modal.Title, { id: label, as: "h2", className: "h5" }, title)),
      h(Modal.Body, null, children),
      h(
        Modal.Footer,
        null,
        h(Button, { variant: "secondary", onClick: onClose }, t("cancel")),
        run && h(parts.Action, { run: finish, variant }, confirm)
      )
    );
  };

  /** A link to another site, in a window of its own; nothing for what is no address of the web. */
  parts.OutsideLink = function OutsideLink({ href, variant, children }) {
    if (!/^https?:\/\//.test(href || "")) return null;
    return h(
      "a",
      { href, target: "_blank", rel: "noopener noreferrer", className: `btn btn-${variant} btn-sm plexsync-open` },
      children
    );
  };

  /** How far something is; `done` of `total`. */
  parts.Progress = function Progress({ done, total, label }) {
    const share = total > 0 ? Math.min(100, Math.round((100 * done) / total)) : 0;
    return h(
      "div",
      {
        className: "progress plexsync-progress",
        role: "progressbar",
        "aria-label": label,
        "aria-valuemin": 0,
        "aria-valuemax": 100,
        "aria-valuenow": share,
      },
      h("div", { className: "progress-bar", style: { width: `${share}%` } })
    );
  };

  /** A value of a field as text: lists with commas, nothing as a word. */
  page.shown = (t, value) => {
    // Of a long list the last one says how many more there are.
    const told = (each) => (String(each).startsWith("… ") ? t.said(each) : each);
    const text = Array.isArray(value) ? value.map(told).join(", ") : value;
    return text === null || text === undefined || text === "" ? t("nothing") : String(text);
  };

  page.fieldName = (t, field) => t.word("field", field);

  async function writeClipboard(text, area) {
    // Over plain http browsers have no clipboard but this one.
    if (navigator.clipboard && window.isSecureContext) {
      await navigator.clipboard.writeText(text);
      return;
    }
    area.select();
    if (!document.execCommand("copy")) throw new Error("copy");
  }

  /** A text to take along. */
  parts.Copyable = function Copyable({ text, label, rows = 1 }) {
    const t = page.useTexts();
    const area = React.useRef(null);
    const [copied, setCopied] = React.useState(false);
    const copy = () =>
      writeClipboard(text, area.current).then(
        () => setCopied(true),
        // It is selected then, and can be copied by hand.
        () => area.current.select()
      );
    return h(
      "div",
      { className: "plexsync-copyable" },
      // Stash makes every textarea tall.
      h(rows === 1 ? "input" : "textarea", {
        ref: area,
        readOnly: true,
        rows: rows === 1 ? undefined : rows,
        value: text,
        "aria-label": label,
        className: "form-control text-input",
      }),
      h(Button, { size: "sm", variant: "secondary", onClick: copy }, copied ? t("copied") : t("copy"))
    );
  };

  page.useMounted = useMounted;
})();
