"""Endpoints of the history, the sessions, the accounts, what players report, the notifications, and
the preferences that concern plays."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from simulators.http import Response
from simulators.plex import markup
from simulators.plex.activity import OWNER, Play, PlaySession
from simulators.plex.quirks import Call
from simulators.plex.rendering import argument

_NUMBERS: dict[str, Callable[[Play], int | None]] = {
    "viewedAt": lambda play: play.viewed_at,
    "accountID": lambda play: play.account_id,
    "librarySectionID": lambda play: int(play.section_key),
    "deviceID": lambda play: play.device_id,
}
_COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "": lambda found, limit: found == limit,
    "!": lambda found, limit: found != limit,
    ">": lambda found, limit: found >= limit,
    "<": lambda found, limit: found <= limit,
    ">>": lambda found, limit: found > limit,
    "<<": lambda found, limit: found < limit,
}


def list_history(call: Call) -> Response:
    """Every account's plays, to the owner; others are refused, whatever the API's page says. A
    filter of a name that means nothing is passed over: then everything is answered."""
    if call.account != OWNER:
        return markup.error(401)
    if call.quirks.refuses_history:
        return markup.error(403)
    plays: Iterable[Play] = call.library.activity.plays
    for name, value in call.request.query:
        plays = [each for each in plays if _fits(each, name, value)]
    found = list(plays)
    key, _, direction = (call.request.arg("sort") or "").partition(":")
    if key == "viewedAt":
        found.sort(key=lambda each: each.viewed_at or 0, reverse=direction == "desc")
    start, size = _page(call, len(found))
    shown = found[start : start + size]
    head = {"size": len(shown), "totalSize": len(found), "offset": start}
    return markup.container(head, [_row(call, each) for each in shown])


def list_sessions(call: Call) -> Response:
    if call.account != OWNER:
        return markup.error(401)
    found = call.library.activity.sessions.values()
    texts = [_session(call, each) for each in found]
    return markup.container({"size": len(texts)}, texts)


def report(call: Call) -> Response:
    """What a player says every few seconds of what it plays: where it is, and whether it goes on,
    pauses or has stopped. A player is known by its identifier."""
    key, time_ms = call.request.arg("ratingKey") or "", call.request.arg("time") or ""
    state = call.request.arg("state") or ""
    item = call.library.get(int(key)) if key.isdigit() else None
    if item is None:
        return markup.error(404)
    if not time_ms.isdigit() or state not in ("playing", "paused", "buffering", "stopped"):
        return markup.error(400)
    activity, client = call.library.activity, argument(call.request, "X-Plex-Client-Identifier")
    found = [each for each in activity.sessions.values() if each.client == client]
    session = found[0] if found else None
    if session is not None and session.item is not item:
        activity.end(session, to=session.view_offset / (session.item.duration_ms or 1))
        session = None
    if session is None:
        session = activity.begin(item, account=call.account, client=client or "")
    part = int(time_ms) / (item.duration_ms or 1)
    if state == "stopped":
        activity.end(session, to=part)
    else:
        session.state = state
        activity.move(session, part)
    return markup.container({"size": 0}, [])


def listen(call: Call) -> Response:
    """The notifications as they happen; without `filters` all but the log's. Whoever isn't the
    owner hears of themselves."""
    wanted = call.request.arg("filters", "-log") or ""
    kinds = {each for each in wanted.removeprefix("-").split(",") if each}

    def hears(kind: str, account: int) -> bool:
        is_wanted = not kinds or (kind in kinds) != wanted.startswith("-")
        return is_wanted and call.account in (OWNER, account)

    parts = call.library.activity.notices.listen(hears)
    return Response(content_type="text/event-stream", parts=parts)


def list_accounts(call: Call) -> Response:
    if call.account != OWNER:
        return markup.error(401)
    accounts = call.library.activity.accounts
    texts = [
        markup.element("Account", {"id": key, "key": f"/accounts/{key}", "name": name})
        for key, name in accounts.items()
    ]
    return markup.container({"size": len(texts), "identifier": "com.plexapp.system"}, texts)


def list_preferences(call: Call) -> Response:
    threshold = call.quirks.played_threshold
    values = {} if threshold is None else {"LibraryVideoPlayedThreshold": threshold}
    values["LibraryVideoPlayedAtBehaviour"] = 0
    texts = [
        markup.element("Setting", {"id": name, "type": "int", "value": value, "default": value})
        for name, value in values.items()
    ]
    return markup.container({"size": len(texts)}, texts)


def _fits(play: Play, name: str, value: str) -> bool:
    field = name.rstrip("<>!")
    if not value.isdigit():
        return True
    if field == "metadataItemID":
        return int(value) in (play.rating_key, *play.above)
    compare = _COMPARISONS.get(name[len(field) :])
    if field not in _NUMBERS or compare is None:
        return True
    found = _NUMBERS[field](play)
    return found is not None and compare(found, int(value))


def _page(call: Call, total: int) -> tuple[int, int]:
    """A page past the end is an empty one."""
    start = argument(call.request, "X-Plex-Container-Start") or ""
    size = argument(call.request, "X-Plex-Container-Size") or ""
    if not (start.isdigit() and size.isdigit()):
        return 0, total
    limit = call.quirks.page_limit
    return int(start), int(size) if limit is None else min(int(size), limit)


def _row(call: Call, play: Play) -> str:
    pairs: dict[str, object] = {"historyKey": f"/status/sessions/history/{play.id}"}
    # Of an item that is gone neither.
    if call.library.get(play.rating_key) is not None:
        pairs["key"] = f"/library/metadata/{play.rating_key}"
        pairs["ratingKey"] = play.rating_key
    pairs.update(
        librarySectionID=play.section_key,
        title=play.title,
        type=play.type,
        originallyAvailableAt=play.released or None,
        viewedAt=play.viewed_at,
        accountID=play.account_id,
        deviceID=play.device_id,
    )
    return markup.element("Video", pairs)


def _session(call: Call, session: PlaySession) -> str:
    item = session.item
    name = call.library.activity.accounts.get(session.account_id, "")
    pairs = {
        "sessionKey": session.key,
        "ratingKey": item.rating_key,
        "key": f"/library/metadata/{item.rating_key}",
        "guid": item.guid,
        "librarySectionID": item.section.key,
        "type": item.type,
        "title": item.title,
        "duration": item.duration_ms,
        "viewOffset": session.view_offset,
    }
    who = markup.element("User", {"id": session.account_id, "title": name})
    where = markup.element("Player", {"state": session.state, "title": "Television"})
    return markup.element("Video", pairs, who + where)
