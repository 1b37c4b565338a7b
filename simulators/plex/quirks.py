"""What the reference sheet leaves open or calls inconvenient, as switches a test can set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from simulators.http import Request
from simulators.plex.activity import OWNER

if TYPE_CHECKING:
    from simulators.plex.library import PlexLibrary

TagMode = Literal["additive", "replacing"]


@dataclass(slots=True)
class Quirks:
    """The switches of a `PlexSimulator`; their names are part of its interface."""

    tag_mode: TagMode = "additive"
    """Whether indexed tag edits add to an item's tags or replace them (sources disagree)."""

    implicit_lock: bool = False
    """An edit without `.locked` locks the field (UNVERIFIED; one report says tag edits do)."""

    upload_locks: bool = True
    """Uploading or choosing a picture locks thumb or art (implied by plexapi's suite)."""

    composite_counts: bool = True
    """The composite picture of a collection that nobody gave a poster counts as the selected one
    of its list (UNVERIFIED)."""

    maintenance: bool = False
    """Every path answers 503 with the start-up document."""

    page_limit: int | None = None
    """A page has at most so many items, however many were asked for."""

    pages_multi_get: bool = False
    """The multi-get honours paging headers (UNVERIFIED)."""

    multi_get_strict: bool = False
    """A multi-get in which one item is missing answers 404, as if all were (UNVERIFIED)."""

    empty_for_unknown_section: bool = False
    """Listings of a section that doesn't exist answer 200 without a body instead of 404."""

    names_sections: bool = True
    """The answer about items tells their section, each and all. Versions differ in where."""

    plex_pass: bool = True
    """Without it edition titles are refused."""

    scan_s: float | None = 0.05
    """Seconds until a scan that was asked for has found what there is; None: until
    `PlexLibrary.disk.run_next`. A real server takes seconds to hours."""

    agent_s: float | None = 0.05
    """Seconds from then until the metadata agent fills in what it knows; None as above."""

    empty_trash_after_scan: bool = True
    """The server's setting: missing items go with the scan that misses them, else they stay as
    unavailable until the trash is emptied."""

    rewording: Callable[[str, str], str] | None = None
    """What is stored of an edit's value, by its name (title, genre): a server may cut or reword
    what it is given. Nothing of the kind is known of a real one."""

    edit_rates: bool = False
    """Editing the rating as metadata moves lastRatedAt, as rating it does (UNVERIFIED)."""

    max_request_line: int = 8192
    """Bytes of method, path and query beyond which the answer is 414."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request with what is needed to answer it; the library's lock is held meanwhile.
    `account`: whose token came with it."""

    library: PlexLibrary
    quirks: Quirks
    request: Request
    version: str
    account: int = OWNER
