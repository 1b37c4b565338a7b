// Texts, numbers and times in the language of Stash's UI.
(() => {
  "use strict";

  const page = window.PlexSyncPage;
  const { Intl: intl } = window.PluginApi.libraries;
  const FALLBACK = "en";
  const made = new Map();

  // "de-DE" has the texts of "de", and its own dates and numbers.
  const languageOf = (locale) => String(locale).toLowerCase().split(/[-_]/)[0];

  const textsOf = (locale) => ({ ...page.texts[FALLBACK], ...page.texts[languageOf(locale)] });

  const UNITS = [
    ["day", 86400],
    ["hour", 3600],
    ["minute", 60],
    ["second", 1],
  ];

  function largestUnit(seconds) {
    return UNITS.find(([, size]) => Math.abs(seconds) >= size) || UNITS[UNITS.length - 1];
  }

  function build(locale) {
    const messages = textsOf(locale);
    const own = intl.createIntl({ locale, messages, onError: () => {} }, intl.createIntlCache());

    /** A text of the table; one that isn't there shows its id, which a test looks for. */
    // Always with values: without them react-intl leaves the quotation marks of the format in.
    const t = (id, values = {}) => own.formatMessage({ id, defaultMessage: id }, values);
    t.locale = locale;
    t.has = (id) => Object.prototype.hasOwnProperty.call(messages, id);
    /** A word of the backend such as a field's name: translated where we know it. */
    t.word = (prefix, name) => (t.has(`${prefix}.${name}`) ? t(`${prefix}.${name}`) : String(name));
    const format = (defaultMessage, values) => own.formatMessage({ id: defaultMessage, defaultMessage }, values);
    const saying = page.sayingOf(page.sentences[languageOf(locale)], format, (prefix, name) => t.word(prefix, name));
    /** A sentence of the plugin: translated where we know it. */
    t.said = (text) => (text ? saying(String(text)) : "");
    t.number = (value) => own.formatNumber(value);
    t.time = (epochS) => own.formatDate(epochS * 1000, { dateStyle: "medium", timeStyle: "short" });
    t.clock = (epochS) => own.formatTime(epochS * 1000, { timeStyle: "medium" });
    t.day = (text) => own.formatDate(`${text}T12:00:00`, { weekday: "short", day: "numeric", month: "short" });
    t.ago = (epochS, nowS) => {
      const seconds = Math.min(0, epochS - nowS);
      const [unit, size] = largestUnit(seconds);
      return own.formatRelativeTime(Math.round(seconds / size), unit);
    };
    t.lasting = (seconds) => {
      const [unit, size] = largestUnit(seconds);
      return own.formatNumber(Math.max(1, Math.round(seconds / size)), {
        style: "unit",
        unit,
        unitDisplay: "long",
      });
    };
    return t;
  }

  /** What gives the texts of a language, by their ids. */
  page.textsIn = (locale) => {
    if (!made.has(locale)) made.set(locale, build(locale));
    return made.get(locale);
  };

  /** The same for a component, in the language of Stash's UI. */
  page.useTexts = () => page.textsIn(intl.useIntl().locale);
})();
