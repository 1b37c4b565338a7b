// The small sign on scene cards.
(() => {
  "use strict";

  const page = window.PlexSyncPage;
  const { h, parts } = page;

  parts.CardSign = function CardSign({ id }) {
    const t = page.useTexts();
    const found = page.useSceneState(id);
    const look = found && page.lookOf(found.state);
    if (!look) return null;
    const text = `Plex: ${t(`state.${found.state}`)}`;
    return h(
      "span",
      {
        className: `plexsync-sign badge badge-${look.colour}`,
        title: [text, t.said(found.why)].filter(Boolean).join(". "),
        role: "img",
        "aria-label": text,
      },
      look.icon
    );
  };

  // Other plugins' patches may have taken the scene away.
  page.patches.card = ({ scene }) =>
    scene && scene.id ? page.part("CardSign", { id: scene.id }, true) : null;
})();
