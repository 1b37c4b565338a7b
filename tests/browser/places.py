"""The places where the page is seen, and how to look at one."""

from __future__ import annotations

from tests.browser.window import PAGE, Window

# Where what is seen, and what is pressed to see the rest of it.
PLACES = (
    f"{PAGE}?tab=overview",
    f"{PAGE}?tab=setup",
    f"{PAGE}?tab=failures",
    f"{PAGE}?tab=changes",
    f"{PAGE}?tab=changes&view=written",
    f"{PAGE}?tab=changes&view=imported",
    f"{PAGE}?tab=settings",
    f"{PAGE}?tab=log",
    "/scenes",
    "/scenes/1",
    "/settings",
)
PRESSED = {
    f"{PAGE}?tab=setup": ("Check now", "Sign in again", "Sign in"),
    f"{PAGE}?tab=changes&view=written": ("Undo everything",),
    f"{PAGE}?tab=changes&view=imported": ("What would come?", "Take everything back"),
    f"{PAGE}?tab=log": ("Make it",),
    "/scenes": ("Select 1",),
    "/scenes/1": ("Plex",),
}
# If it is there: what it stands in may have failed.
PRESS = """(name) => [...document.querySelectorAll("button, [role=tab], main input")]
  .filter((each) => each.checkVisibility())
  .find((each) => (each.innerText.trim() || each.ariaLabel || "").startsWith(name))?.click()"""


def look(window: Window, place: str, *, reload: bool = True) -> None:
    """Open a place and press what shows the rest of it."""
    if reload:
        window.open(place)
    else:
        # What had failed is drawn anew.
        window.go("/")
        window.go(place)
    window.settle()
    for name in PRESSED.get(place, ()):
        window.page.evaluate(PRESS, name)
        window.settle()
