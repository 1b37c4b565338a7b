"""What the reference sheet leaves open or calls inconvenient, as switches a test can set."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from simulators.http import Request
from simulators.plex.activity import OWNER
from simulators.plex.tagbook import LabelCase

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

    moves_updated_at: Collection[str] = ("field", "lock", "rating", "picture")
    """Of what edits change, what moves an item's `updatedAt`: "tag" stands for tags and their
    locks, "rating" for a rating that is edited. That tags move nothing is reported by those who
    sync from real servers; all else is UNVERIFIED."""

    date_moves_year: bool = False
    """A date that is edited takes the year along (UNVERIFIED); a cleared one doesn't."""

    rating_edit_rates: bool = False
    """A rating that is edited moves `lastRatedAt`, as one that is given does (UNVERIFIED)."""

    keeps_cast_order: bool = True
    """`actor[i]` is the billing order (UNVERIFIED); else the order in which Plex met the people."""

    cast_lock: Literal["actor", "role"] = "actor"
    """The name of the cast's lock where an item shows it (UNVERIFIED)."""

    label_case: LabelCase = "first"
    """What becomes of a new label: its first letter is upper-cased, as a client notes, nothing, or
    all of it (nothing of the kind is known)."""

    removes_by_name: bool = True
    """`[].tag.tag-` takes tags away; else only a list that is cleared loses any."""

    clears_fields: bool = True
    """An empty value clears a field; else it is ignored."""

    never_clears: Collection[str] = ()
    """Fields, by Plex's names, that an empty value leaves as they are even so (UNVERIFIED)."""

    listing_cuts_tags: bool = True
    """A listing has the first few tags of each kind only."""

    listing_hides: Collection[str] = ("Label", "Field")
    """What a listing leaves out altogether; labels and locks are believed to be (UNVERIFIED)."""

    collections_vanish: bool = True
    """A collection goes with its last item (UNVERIFIED)."""

    revives_collections: bool = False
    """One that comes again under its name has its former poster (nothing is known of it)."""

    sorts_collections: bool = True
    """A collection can be given another order; else that is answered and ignored."""

    refuses_history: bool = False
    """The history of plays is refused (403), as to somebody whom a server is only shared with."""

    played_threshold: int | None = 90
    """From how many percent on Plex takes something for played; None: it doesn't tell."""

    # A nasty server: no real one is known to do any of this.

    drops_tags: bool = False
    """An edit takes away all tags that it doesn't name, whatever their kind."""

    cuts_texts: int | None = None
    """A text has at most so many characters; what is longer is cut."""

    ignores_locks: bool = False
    """Nothing that an edit says gets locked or unlocked."""

    drops_other_locks: bool = False
    """An edit takes the locks away of all fields that it doesn't name."""

    never_locks: Collection[str] = ()
    """Fields that get no lock, whatever an edit says (UNVERIFIED for the user's rating)."""

    ignores_edits: bool = False
    """Every edit is answered with 200 and changes nothing."""

    rewording: Callable[[str, str], str] | None = None
    """What is stored of an edit's value, by its name (title, genre): a server may cut or reword
    what it is given. Nothing of the kind is known of a real one."""

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
