"""The simulated Plex Media Server: who may ask, and which function answers."""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Callable

from simulators.films import films
from simulators.http import (
    CONTROL_PREFIX,
    Request,
    Response,
    SimulatorServer,
    json_response,
)
from simulators.plex import collection, edits, items, listing, markup, pictures, sections, watching
from simulators.plex.activity import OWNER
from simulators.plex.control import answer_control, fill
from simulators.plex.library import PlexLibrary
from simulators.plex.quirks import Call, Quirks
from simulators.plex.rendering import argument

Handler = Callable[..., Response]

_MAINTENANCE = "Plex Media Server is currently running startup maintenance tasks."
_KEY = r"(\d+)"
_KEYS = r"(\d+(?:,\d+)*)"
_SECTION = r"/library/sections/(\d+)"
_ITEM = rf"/library/metadata/{_KEY}"
_COLLECTION = rf"/library/collections/{_KEY}"
_CHOICES = "|".join(listing.CHOICE_KINDS)

# Method, path (groups are the handler's arguments), name in the statistics, handler.
_TABLE: tuple[tuple[str, str, str, Handler], ...] = (
    ("GET", r"/", "server", sections.show_server),
    ("GET", r"/identity", "server", sections.show_identity),
    ("GET", r"/library", "server", sections.show_library),
    ("GET", r"/library/sections", "sections", sections.list_sections),
    ("GET", r"/activities", "server", sections.list_activities),
    ("GET", r"/status/sessions/history/all", "history", watching.list_history),
    ("GET", r"/status/sessions", "sessions", watching.list_sessions),
    ("GET", "/:/eventsource/notifications", "notifications", watching.listen),
    ("GET POST", "/:/timeline", "timeline", watching.report),
    ("GET", r"/accounts", "accounts", watching.list_accounts),
    ("GET", r"/:/prefs", "server", watching.list_preferences),
    ("GET POST", r"/library/sections/all/refresh", "scan", sections.scan_all),
    ("GET", _SECTION, "sections", sections.show_section),
    ("PUT", _SECTION, "sections", sections.edit_section_settings),
    ("GET", _SECTION + "/all", "listing", listing.list_section),
    ("PUT", _SECTION + "/all", "edit", edits.edit_section),
    ("GET", _SECTION + "/collections", "listing", listing.list_collections),
    ("GET", _SECTION + f"/({_CHOICES})", "choices", listing.list_choices),
    ("GET", _SECTION + "/filters", "sections", sections.list_filters),
    ("GET", _SECTION + "/sorts", "sections", sections.list_sorts),
    ("GET", _SECTION + "/prefs", "sections", sections.list_preferences),
    ("GET POST", _SECTION + "/refresh", "scan", sections.scan),
    ("DELETE", _SECTION + "/refresh", "scan", sections.cancel_scan),
    ("PUT", _SECTION + "/emptyTrash", "scan", sections.empty_trash),
    ("PUT", _SECTION + "/analyze", "scan", sections.analyze),
    ("POST", r"/library/collections", "collection", collection.create),
    ("GET", _COLLECTION, "collection", collection.show),
    ("GET", _COLLECTION + "/(?:children|items)", "collection", collection.list_members),
    ("PUT", _COLLECTION + "/items", "collection", collection.add_members),
    ("DELETE", _COLLECTION + f"/items/{_KEY}", "collection", collection.remove_member),
    ("PUT", _COLLECTION + f"/items/{_KEY}/move", "move", collection.move_member),
    ("PUT", _COLLECTION + "/prefs", "collection", collection.set_preferences),
    ("PUT", _ITEM + "/prefs", "collection", collection.set_preferences),
    ("DELETE", _COLLECTION, "collection", collection.delete),
    ("GET", rf"/library/metadata/{_KEYS}", "metadata", items.show),
    ("PUT", rf"/library/metadata/{_KEYS}", "edit", edits.edit_items),
    ("DELETE", rf"/library/metadata/{_KEYS}", "delete", items.delete),
    ("GET", _ITEM + "/children", "children", items.list_children),
    ("GET", _ITEM + "/(?:allLeaves|grandchildren)", "children", items.list_leaves),
    ("PUT", rf"/library/metadata/{_KEYS}/refresh", "refresh", items.refresh),
    ("PUT", rf"/library/metadata/{_KEYS}/analyze", "refresh", items.analyze),
    ("GET", _ITEM + "/(posters|arts)", "pictures", pictures.list_pictures),
    ("POST", _ITEM + "/(posters|arts)", "upload", pictures.upload),
    ("PUT", _ITEM + "/(poster|thumb|art)", "choose", pictures.choose),
    ("DELETE", _ITEM + "/(poster|thumb|art)", "choose", pictures.drop_choice),
    ("GET", _ITEM + r"/(thumb|art)(?:/\d+)?", "download", pictures.download),
    ("GET", _COLLECTION + r"/composite/\d+", "download", pictures.download_composite),
    ("GET", _ITEM + "/file", "download", pictures.download_listed),
    ("GET PUT", "/:/rate", "rate", items.rate),
    ("GET PUT", "/:/scrobble", "scrobble", items.scrobble),
    ("GET PUT", "/:/unscrobble", "scrobble", items.unscrobble),
    ("GET PUT", "/:/progress", "scrobble", items.progress),
)
_ROUTES = tuple(
    (method, re.compile(path), kind, handler)
    for methods, path, kind, handler in _TABLE
    for method in methods.split()
)
_OPEN = {"/identity"}


class PlexSimulator(SimulatorServer):
    """A Plex Media Server on 127.0.0.1; `quirks` are its switches.

    `calls` counts answered requests by endpoint kind ("listing", "metadata", "edit", "upload",
    …); `devices` are the client identifiers seen, each of which a real server reports to its owner.
    `guests`: tokens of accounts that are not the owner's, and which account each is.
    """

    def __init__(
        self,
        library: PlexLibrary | None = None,
        *,
        port: int = 0,
        latency_s: float = 0.0,
        token: str = "plex-token-for-tests",
    ) -> None:
        super().__init__(port=port, latency_s=latency_s)
        self.library = library if library is not None else PlexLibrary()
        self.quirks = Quirks()
        self.library.activity.threshold = lambda: self.quirks.played_threshold
        self.token = token
        self.guests: dict[str, int] = {}
        self.version = "1.41.3.9314"
        self.calls: Counter[str] = Counter()
        self.devices: set[str] = set()

    def stop(self) -> None:
        self.library.disk.cancel()
        super().stop()

    def handle(self, request: Request) -> Response:
        if self.quirks.maintenance:
            return _maintenance(request)
        if len(request.line.encode()) > self.quirks.max_request_line:
            return markup.error(414)
        account = self._account(argument(request, "X-Plex-Token") or "")
        if request.path not in _OPEN and account is None:
            return markup.error(401)
        with self.library.lock:
            self._hand_on_switches()
            device = argument(request, "X-Plex-Client-Identifier")
            if device:
                self.devices.add(device)
            return self._route(request, OWNER if account is None else account)

    def _hand_on_switches(self) -> None:
        """To what keeps tags and collections, and knows no server."""
        library = self.library
        library.tags.label_case = self.quirks.label_case
        library.shelf.vanish = self.quirks.collections_vanish
        library.shelf.revive = self.quirks.revives_collections

    def _account(self, token: str) -> int | None:
        """Whose token it is."""
        return OWNER if token == self.token else self.guests.get(token)

    def _route(self, request: Request, account: int) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        path = request.path if request.path == "/" else request.path.rstrip("/")
        for wanted, pattern, kind, handler in _ROUTES:
            found = pattern.fullmatch(path) if wanted == method else None
            if found is not None:
                self.calls[kind] += 1
                call = Call(self.library, self.quirks, request, self.version, account)
                return handler(call, *found.groups())
        self.calls["unknown"] += 1
        return markup.error(404)

    def control(self, request: Request) -> Response:
        command = request.path.removeprefix(CONTROL_PREFIX)
        if command == "requests" and request.method == "DELETE":
            self.calls.clear()
        return answer_control(self, command, request) or super().control(request)


def _maintenance(request: Request) -> Response:
    pairs = {"code": 503, "title": "Maintenance", "status": _MAINTENANCE}
    if "json" in request.headers.get("accept", ""):
        return json_response({"Response": pairs}, 503)
    return markup.document(markup.element("Response", pairs), 503)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `python -m simulators plex`."""
    parser.add_argument("--port", type=int, default=32400, help="0 takes a free one")
    parser.add_argument("--films", type=int, default=50, help="how many films to put in")
    parser.add_argument("--folder", default="/data/films", help="where Plex sees the files")
    parser.add_argument("--latency-ms", type=float, default=0.0, help="added to every answer")
    parser.add_argument("--token", default="plex-token-for-tests")


def from_arguments(args: argparse.Namespace) -> PlexSimulator:
    """A simulator with one library, "Films", not started yet."""
    library = PlexLibrary()
    section = library.add_section("Films", type="movie", locations=[args.folder])
    fill(library, section, films(args.films))
    return PlexSimulator(
        library, port=args.port, latency_s=args.latency_ms / 1000, token=args.token
    )
