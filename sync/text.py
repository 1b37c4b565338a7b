"""Text from Stash made fit for Plex. It is data: nothing in it is markup, path or format."""

from __future__ import annotations

import re
import unicodedata
from string import ascii_letters, digits

# plexapi's first parse of Plex's answer fails on control characters; they are no text anyway.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# What shows as nothing though it is no blank to Python: zero-width and format characters, fillers
# (Unicode's Default_Ignorable_Code_Point) and the empty Braille pattern.
_SHOWN = re.compile(
    r"[^\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_BLANK = re.compile(r"\s+")

# What urllib.parse.quote leaves as it is; every other byte becomes three.
_UNRESERVED = f"{ascii_letters}{digits}_.-~".encode()

MAX_LINE = 255
# All edits travel in the URL, which must stay near 8 KB; text that is not ASCII triples there.
MAX_ENCODED_BLOCK = 5_500


def one_line(text: str, limit: int = MAX_LINE) -> str:
    """A title, a name: blanks folded, control characters gone, at most `limit` characters; "" for
    one of which nothing shows."""
    line = _BLANK.sub(" ", _CONTROL.sub("", text)).strip()
    if not _SHOWN.search(line):
        return ""
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def block(text: str) -> str:
    """A summary: line breaks kept as \\n, cut where its URL-encoded form would grow too long."""
    clean = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if not _SHOWN.search(clean):
        return ""
    if encoded_length(clean) <= MAX_ENCODED_BLOCK:
        return clean
    return _longest_fitting(clean).rstrip() + "…"


def encoded_length(text: str) -> int:
    """The bytes that the text takes in a request's address, as plexapi encodes it."""
    # Counted, not encoded: a sync asks this of every name of every scene.
    content = text.encode()
    return len(content) + 2 * len(content.translate(None, _UNRESERVED))


def _longest_fitting(text: str) -> str:
    low, high = 0, min(len(text), MAX_ENCODED_BLOCK)
    while low < high:
        middle = (low + high + 1) // 2
        if encoded_length(text[:middle]) <= MAX_ENCODED_BLOCK - encoded_length("…"):
            low = middle
        else:
            high = middle - 1
    # Not between a letter and its accent.
    while low and unicodedata.combining(text[low : low + 1] or " "):
        low -= 1
    return text[:low]
