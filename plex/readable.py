"""Plex's XML as a parser takes it: what no XML may hold is replaced, so that one odd name doesn't
make everything unreadable that is answered with it."""

from __future__ import annotations

import re
from typing import Any

import requests

from net.session import CarefulSession

# It equals nothing that a path or a name can hold, so that nothing is matched by what was lost.
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

# XML 1.0, 2.2: what no document may hold, written out or by its number. Named one by one, since a
# class of all others takes longer to compile than ten modules to load.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(r"&(?:#(?:x([0-9A-Fa-f]+)|([0-9]+))|(amp|lt|gt|quot|apos));|&")


def readable_xml(text: str) -> str:
    """The same text without forbidden characters, references to them, and bare ampersands."""
    if "&" in text:
        text = _REFERENCE.sub(_allowed, text)
    return _FORBIDDEN.sub(REPLACEMENT, text)


def _allowed(found: re.Match[str]) -> str:
    by_hex, by_number, name = found.groups()
    if name:
        return found[0]
    if not (by_hex or by_number):
        return "&amp;"
    digits = (by_hex or by_number).lstrip("0") or "0"
    number = int(digits, 16 if by_hex else 10) if len(digits) <= 8 else -1
    if not 0 <= number <= 0x10FFFF or _FORBIDDEN.match(chr(number)):
        return REPLACEMENT
    return found[0]


class PlexSession(CarefulSession):
    """Answers of Plex are readable XML, if they are XML at all."""

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        response = super().send(request, **kwargs)
        if not kwargs.get("stream"):
            text = response.text
            cleaned = readable_xml(text)
            if cleaned != text:
                response._content = cleaned.encode()
        return response
