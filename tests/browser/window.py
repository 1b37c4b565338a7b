"""A browser's window on a simulated Stash, as a person uses it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from simulators.stash import StashSimulator
from tools.host_page import host_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page, Route

PAGE = "/plugins/plexsync"
WIDE, PHONE = (1200, 900), (390, 800)

# Counts what is under way, so that a test can wait for the end of it.
COUNTING = """(() => {
  const real = window.fetch;
  window.underWay = 0;
  window.fetch = (...args) => {
    window.underWay += 1;
    return real(...args).finally(() => { window.underWay -= 1; });
  };
})()"""
# Longer than the page gathers the scenes that it asks for together.
QUIET = """() => new Promise((resolve) => {
  let since = performance.now();
  const look = () => {
    if (window.underWay) since = performance.now();
    if (performance.now() - since > 80) resolve();
    else setTimeout(look, 15);
  };
  look();
})"""

Answers = Callable[[Mapping[str, Any]], Any]
"""What an operation answers to its arguments; an exception's text is its error."""


class Window:
    """`answers`: in the plugin's place, for what it would take long to bring about. `host` as
    `window.HOST` of the host page. `problems`: what the console said of errors."""

    def __init__(
        self,
        browser: Browser,
        stash: StashSimulator,
        *,
        answers: Answers | None = None,
        size: tuple[int, int] = WIDE,
        host: str = "{}",
        locale: str = "en-GB",
    ) -> None:
        self._stash = stash
        self._context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, locale=locale
        )
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(45_000)
        self.problems: list[str] = []
        self.operations: list[dict[str, Any]] = []
        self.presses = 0
        self._answers = answers
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.add_init_script(f"window.HOST = {host};{COUNTING}")
        self.page.on("request", self._note)
        if answers is not None:
            self.page.route("**/graphql", self._answer)

    def close(self) -> None:
        # What is under way needs no answer any more.
        self.page.unroute_all(behavior="ignoreErrors")
        self._context.close()

    def open(self, path: str = PAGE) -> None:
        """Load a page of Stash, until its plugins are there and it is drawn."""
        self.page.goto(self._stash.url + path)
        self.page.locator("#root > *").first.wait_for()

    def go(self, path: str) -> None:
        """To another page of Stash without loading it anew, as a link does."""
        self.page.evaluate(
            """(path) => {
              history.pushState(null, "", path);
              dispatchEvent(new PopStateEvent("popstate"));
            }""",
            path,
        )

    def tab(self, name: str, **more: str) -> None:
        """A tab of our page, by its name in the address."""
        self.open(f"{PAGE}?tab={name}" + "".join(f"&{key}={value}" for key, value in more.items()))

    def press(self, name: str, role: str = "button", *, within: Locator | None = None) -> None:
        """Press what has this name, as it stands there."""
        place = within or self.page
        self.presses += 1
        button = place.get_by_role(role, name=name, exact=True).first  # type: ignore[arg-type]
        with self._described():
            button.click()

    def settle(self) -> None:
        """Until everything that was asked for is there."""
        self.page.evaluate(QUIET)

    def shows(self, text: str) -> None:
        """Wait for a text."""
        with self._described():
            self.page.get_by_text(text).first.wait_for()

    @contextmanager
    def _described(self) -> Iterator[None]:
        """What the page shows, for who reads of a failure."""
        try:
            yield
        except Exception as error:
            shown = self.page.locator("body").inner_text()
            asked = [each.get("what") for each in self.operations]
            raise AssertionError(
                f"{error}\nshown: {shown}\nasked: {asked}\nconsole: {self.problems}"
            ) from error

    def axe(self) -> list[str]:
        """What axe finds at fault in all that is ours: rule and element."""
        if not self.page.evaluate("Boolean(window.axe)"):
            self.page.add_script_tag(path=host_page() / "axe.js")
        ours = ["", "-nav", "-sign", "-modal"]
        found = self.page.evaluate(
            "(ours) => axe.run({include: ours})", [f".plexsync{each}" for each in ours]
        )
        return [
            f"{each['id']}: {node['html'][:200]}"
            for each in found["violations"]
            for node in each["nodes"]
        ]

    def is_too_wide(self) -> bool:
        script = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        return bool(self.page.evaluate(script))

    def asked(self, what: str) -> list[dict[str, Any]]:
        """The operations of this name that were sent."""
        return [each for each in self.operations if each.get("what") == what]

    def _listen(self, message: Any) -> None:
        if message.type == "error":
            self.problems.append(message.text)

    def _note(self, request: Any) -> None:
        if args := _operation(request):
            self.operations.append(args)

    def _answer(self, route: Route) -> None:
        args = _operation(route.request)
        if args is None or self._answers is None:
            route.continue_()
            return
        content: dict[str, Any]
        try:
            content = {"data": {"runPluginOperation": self._answers(args)}}
        except Exception as error:  # noqa: BLE001 - as the plugin's error
            content = {"data": None, "errors": [{"message": str(error)}]}
        route.fulfill(json=content)


def _operation(request: Any) -> dict[str, Any] | None:
    """The arguments, if it is one."""
    if not request.url.endswith("/graphql"):
        return None
    body = json.loads(request.post_data or "{}")
    if "runPluginOperation" not in body.get("query", ""):
        return None
    args: dict[str, Any] = body["variables"]["args"]
    return args
