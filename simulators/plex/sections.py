"""Endpoints of the server itself and of its libraries (sheet, sections 2 and 9)."""

from __future__ import annotations

from simulators.http import Response
from simulators.plex import markup, meta
from simulators.plex.disk import Scan
from simulators.plex.model import Section
from simulators.plex.quirks import Call

_PIVOTS = {
    "all": "All",
    "unwatched": "Unplayed",
    "newest": "Recently Released",
    "recentlyAdded": "Recently Added",
    "collections": "Collections",
    "genre": "By Genre",
    "year": "By Year",
    "contentRating": "By Content Rating",
    "folder": "By Folder",
}


def show_server(call: Call) -> Response:
    pairs = {
        "size": 2,
        "allowSync": 1,
        "friendlyName": "Simulated Plex",
        "machineIdentifier": call.library.machine_identifier,
        "myPlex": 1,
        "myPlexSubscription": int(call.quirks.plex_pass),
        "myPlexUsername": "owner@example.org",
        "platform": "Linux",
        "platformVersion": "6.1",
        "transcoderActiveVideoSessions": 0,
        "updatedAt": call.library.now(),
        "version": call.version,
    }
    rows = [
        markup.element("Directory", {"key": key, "title": key}) for key in ("library", "status")
    ]
    return markup.container(pairs, rows)


def show_identity(call: Call) -> Response:
    pairs = {
        "size": 0,
        "claimed": 1,
        "machineIdentifier": call.library.machine_identifier,
        "version": call.version,
    }
    return markup.container(pairs)


def show_library(call: Call) -> Response:
    rows = [markup.element("Directory", {"key": "sections", "title": "Library Sections"})]
    pairs = {
        "size": 1,
        "allowSync": 0,
        "identifier": "com.plexapp.plugins.library",
        "mediaTagPrefix": "/system/bundle/media/flags/",
        "title1": "Plex Library",
    }
    return markup.container(pairs, rows)


def list_sections(call: Call) -> Response:
    sections = call.library.sections.values()
    pairs = {"size": len(sections), "allowSync": 0, "title1": "Plex Library"}
    return markup.container(pairs, [_section_xml(section) for section in sections])


def _section_xml(section: Section) -> str:
    pairs = {
        "allowSync": 1,
        "filters": 1,
        "refreshing": int(section.refreshing),
        "key": section.key,
        "type": section.type,
        "title": section.title,
        "agent": section.agent,
        "scanner": section.scanner,
        "language": section.language,
        "uuid": section.uuid,
        "createdAt": section.created_at,
        "updatedAt": section.created_at,
        "scannedAt": section.scanned_at or section.created_at,
        "content": 1,
        "directory": 1,
        "hidden": 0,
    }
    places = [
        markup.element("Location", {"id": number, "path": path})
        for number, path in enumerate(section.locations, start=1)
    ]
    return markup.element("Directory", pairs, "".join(places))


def show_section(call: Call, key: str) -> Response:
    """The pivots; with includeDetails=1 also types, filters, sorts and fields."""
    section = call.library.sections.get(key)
    if section is None:
        return markup.error(404)
    rows = [
        markup.element("Directory", {"key": name, "title": title})
        for name, title in _PIVOTS.items()
    ]
    if call.request.arg("includeDetails") == "1":
        rows.append(meta.meta_xml(section))
    pairs = {
        "size": len(_PIVOTS),
        "content": "secondary",
        "librarySectionID": section.key,
        "title1": section.title,
        "viewGroup": "secondary",
    }
    return markup.container(pairs, rows)


def list_filters(call: Call, key: str) -> Response:
    section = call.library.sections.get(key)
    return markup.error(404) if section is None else _plain(meta.filters_xml(section))


def list_sorts(call: Call, key: str) -> Response:
    return markup.error(404) if key not in call.library.sections else _plain(meta.sorts_xml())


def _plain(text: str) -> Response:
    return markup.container({"size": text.count("<Directory ")}, [text])


def list_preferences(call: Call, key: str) -> Response:
    section = call.library.sections.get(key)
    if section is None:
        return markup.error(404)
    rows = [
        markup.element("Setting", {"id": name, "type": "text", "value": value, "default": ""})
        for name, value in section.prefs.items()
    ]
    return markup.container({"size": len(rows)}, rows)


def edit_section_settings(call: Call, key: str) -> Response:
    section = call.library.sections.get(key)
    if section is None:
        return markup.error(404)
    agent = call.request.arg("agent")
    if not agent:
        return markup.error(400)
    section.agent = agent
    for name, value in call.request.query:
        if name.startswith("prefs["):
            section.prefs[name.removeprefix("prefs[").removesuffix("]")] = value
    return markup.done()


def scan(call: Call, key: str) -> Response:
    """Answers at once and scans later; a folder outside the section is 404.

    With force=1 the metadata of the whole section is downloaded again, folder or not.
    """
    section = call.library.sections.get(key)
    path = call.request.arg("path")
    if section is None or (path is not None and not section.contains(path)):
        return markup.error(404)
    _scan(call, section, path)
    return markup.done()


def scan_all(call: Call) -> Response:
    for section in list(call.library.sections.values()):
        _scan(call, section, None)
    return markup.done()


def _scan(call: Call, section: Section, path: str | None) -> None:
    library, quirks = call.library, call.quirks
    library.scans.append((section.key, path))
    if call.request.arg("force") == "1":
        for item in library.items(section):
            library.agent_refresh(item)
    scan = Scan(section, path, quirks.empty_trash_after_scan)
    library.disk.ask(scan, quirks.scan_s, quirks.agent_s)


def cancel_scan(call: Call, key: str) -> Response:
    section = call.library.sections.get(key)
    if section is None:
        return markup.error(404)
    call.library.disk.cancel(section)
    return markup.done()


def empty_trash(call: Call, key: str) -> Response:
    section = call.library.sections.get(key)
    if section is None:
        return markup.error(404)
    call.library.disk.empty_trash(section)
    return markup.done()


def list_activities(call: Call) -> Response:
    """What is being done or waits: the section is only in the title."""
    rows = [
        markup.element(
            "Activity",
            {
                "uuid": f"00000000-0000-4000-8000-{number:012d}",
                "type": "library.update.section",
                "cancellable": 1,
                "userID": 1,
                "title": f"Scanning {section.title}",
                "subtitle": section.title,
                "progress": -1,
            },
        )
        for number, section in enumerate(call.library.disk.waiting())
    ]
    return markup.container({"size": len(rows)}, rows)


def analyze(call: Call, key: str) -> Response:
    return markup.done() if key in call.library.sections else markup.error(404)
