// Above Stash's list of scenes, while some are chosen there: a button that syncs these.
//
// Stash 0.31 says which are chosen to whoever patches "SceneList". The one before has a patch for
// the buttons of the list alone ("SceneListOperations"), which isn't told of any scene: nothing is
// shown there.
(() => {
  "use strict";

  const page = window.PlexSyncPage;
  const { h, parts } = page;

  const MOST_AT_ONCE = 1000;

  parts.ChosenScenes = function ChosenScenes({ ids }) {
    const t = page.useTexts();
    if (!ids.length) return null;
    const sync = async () => {
      for (let first = 0; first < ids.length; first += MOST_AT_ONCE) {
        await page.act("sync", { scenes: ids.slice(first, first + MOST_AT_ONCE).map(Number) });
      }
      ids.forEach(page.forgetState);
    };
    return h(
      "div",
      { className: "plexsync plexsync-chosen" },
      h(parts.Action, { run: sync, done: t("sync.queued") }, t("list.sync", { count: ids.length }))
    );
  };

  // There even while none are chosen: else React would build the list anew with the first one, and
  // whoever chose it by the keyboard would be thrown out of the list.
  page.patches.sceneList = ({ selectedIds }) => {
    // Other plugins' patches may have taken it away.
    const ids = selectedIds instanceof Set ? [...selectedIds] : [];
    return page.part("ChosenScenes", { key: "plexsync", ids }, true);
  };
})();
