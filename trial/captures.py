"""What a server answered during a trial, without anything private: for tests/captures.

Every value that isn't known to be harmless is replaced; equal ones stay equal within a capture.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from xml.etree.ElementTree import Element, tostring

# Of these attributes the values are Plex's own, or ours.
HARMLESS = frozenset(
    {
        *("type", "subtype", "smart", "locked", "selected", "size", "totalSize", "offset"),
        *("collectionSort", "collectionMode", "childCount", "index", "parentIndex", "allowSync"),
        *("identifier", "viewGroup", "container", "proxyType", "deletedAt", "accessible", "exists"),
    }
)
# A name is that of a lock, and an id of a setting that of one of Plex's.
_OF_ELEMENT = {"Field": frozenset({"name"}), "Setting": frozenset({"id", "value", "default"})}
# What has no meaning for us, and may be anything.
_LEFT_OUT = frozenset({"Media", "Image", "Guid", "UltraBlurColors", "Chapter", "Marker", "Rating"})
_SETTINGS = frozenset({"LibraryVideoPlayedThreshold"})


def capture(answers: Iterable[tuple[str, Element]], version: str) -> str:
    """JSON: the version of Plex, and its answers in order, each with the kind of request."""
    names: dict[str, str] = {}
    rows = [{"kind": kind, "xml": _redacted(each, names)} for kind, each in answers]
    return json.dumps({"plex": version, "answers": rows}, indent=1)


def _redacted(answer: Element, names: dict[str, str]) -> str:
    root = copy.deepcopy(answer)
    for parent in list(root.iter()):
        for child in list(parent):
            is_other = child.tag == "Setting" and child.get("id") not in _SETTINGS
            if child.tag in _LEFT_OUT or is_other:
                parent.remove(child)
    for each in root.iter():
        each.text = each.tail = None
        harmless = HARMLESS | _OF_ELEMENT.get(each.tag, frozenset())
        for name, value in each.attrib.items():
            if name not in harmless:
                each.set(name, _neutral(value, names))
    return tostring(root, encoding="unicode")


def _neutral(value: str, names: dict[str, str]) -> str:
    """A number for a number, a word for a text."""
    if value not in names:
        number = len(names) + 1
        names[value] = str(number) if value.isdigit() else f"text {number}"
    return names[value]
