"""Send planned edits, as the query parameters of Plex's one editing request. Which items get
the same edit, and so share a request, is found in `pipeline.sending`.

Tag lists are sent so that the result is right whether the server adds indexed tags to those it
has or replaces them (sources disagree): the complete wanted list, plus by name what must go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from plex.client import PlexClient
from plex.collection import order_wanted, set_order
from plex.items import EDIT_KEYS, PICTURE_LOCKS, PlexItem
from sync.fields import ORDER
from sync.plan import Edit, Plan
from sync.values import Credits

# Plex's real limit is unknown; this is the usual one of HTTP servers, less room for the path.
MAX_QUERY_BYTES = 7_500
MAX_REMOVAL_BYTES = 4_000
# 3,900 ids in one request were refused; a hundred work for others (Kometa).
MAX_ITEMS = 100
# What is left for the ids even where the values fill their room, so that a few still fit.
MIN_IDS_BYTES = 400

Params = dict[str, str]


def send_plan(client: PlexClient, items: Sequence[PlexItem], plan: Plan) -> None:
    """Write the same plan to items, or collections, of one section and type, in as few requests as
    possible; when this returns, Plex has confirmed it."""
    for params in edit_requests(plan.edits, plan.locks):
        for portion in handfuls(items, params):
            client.edit(portion, params)
    if order := order_wanted(plan.edits):
        for each in items:
            set_order(client, each, order)


def edit_requests(edits: Iterable[Edit], locks: Iterable[tuple[str, bool]] = ()) -> list[Params]:
    """The parameters of each PUT: one, unless they would make the address too long.

    `locks`: fields that only get locked or unlocked, pictures among them. The complete list of a
    tag-like field always travels in one request.
    """
    requests: list[Params] = []
    room = 0
    for params in _parts(edits, locks):
        length = encoded_length(params)
        if not requests or length > room or params.keys() & requests[-1].keys():
            requests.append({})
            room = MAX_QUERY_BYTES
        requests[-1].update(params)
        room -= length
    return requests


def handfuls(items: Sequence[PlexItem], params: Params) -> Iterator[list[PlexItem]]:
    """The items in portions whose ids fit into one request beside these parameters."""
    if len(items) == 1:  # the usual case: nothing needs to be measured
        yield list(items)
        return
    room = max(MAX_QUERY_BYTES - encoded_length(params), MIN_IDS_BYTES)
    portion: list[PlexItem] = []
    taken = 0
    for item in items:
        length = len(str(item.rating_key)) + len(quote(",", safe=""))
        if portion and (taken + length > room or len(portion) == MAX_ITEMS):
            yield portion
            portion, taken = [], 0
        portion.append(item)
        taken += length
    if portion:
        yield portion


def encoded_length(params: Params) -> int:
    """The bytes of these parameters in the address."""
    return sum(
        len(quote(key, safe="")) + len(quote(value, safe="")) + 2 for key, value in params.items()
    )


def _parts(edits: Iterable[Edit], locks: Iterable[tuple[str, bool]]) -> Iterator[Params]:
    """What must not be torn apart. The order of a collection goes another way, see
    `plex.collection`."""
    for edit in edits:
        if edit.field != ORDER:
            yield from _edit_parts(edit)
    for name, is_locked in locks:
        yield _lock(EDIT_KEYS.get(name) or PICTURE_LOCKS.get(name, name), is_locked)


def _edit_parts(edit: Edit) -> Iterator[Params]:
    # A field that we have no name for is called as Plex calls it.
    key = EDIT_KEYS.get(edit.field, edit.field)
    lock = _lock(key, edit.lock)
    if isinstance(edit.new, str):
        yield {f"{key}.value": edit.new, **lock}
        return
    tags, removals = _tags(key, edit), list(_removals(key, edit.removed))
    if encoded_length({**tags, **lock}) > MAX_QUERY_BYTES:
        # Somebody's list is too long to be repeated. Removals alone are right on any server; the
        # merge adds nothing to such a list.
        tags = {}
    if len(removals) == 1 and encoded_length({**tags, **removals[0], **lock}) <= MAX_QUERY_BYTES:
        yield {**tags, **removals[0], **lock}
        return
    for removal in removals:
        yield {**removal, **lock}
    if tags or not removals:
        yield {**tags, **lock}


def _lock(key: str, is_locked: bool) -> Params:
    # Always said: whether an edit without it locks the field is unknown.
    return {f"{key}.locked": "1" if is_locked else "0"}


def _tags(key: str, edit: Edit) -> Params:
    params: Params = {}
    shown = {each.key: each.role for each in edit.old} if isinstance(edit.old, tuple) else {}
    assert isinstance(edit.new, tuple)
    for index, credit in enumerate(edit.new):
        params[f"{key}[{index}].tag.tag"] = credit.name
        # An empty role is said only where it takes one away: agents that gave several people the
        # same role saw but the first of them shown.
        if credit.role or shown.get(credit.key):
            params[f"{key}[{index}].tagging.text"] = credit.role
        if credit.photo:
            params[f"{key}[{index}].tag.thumb"] = credit.photo
    return params


def _removals(key: str, credits: Credits) -> Iterator[Params]:
    """One parameter, or several for several requests."""
    names: list[str] = []
    for credit in credits:
        # A comma list: a comma inside a name must be encoded once more than the query itself.
        name = quote(credit.name, safe="")
        if names and len(quote(",".join([*names, name]), safe="")) > MAX_REMOVAL_BYTES:
            yield {f"{key}[].tag.tag-": ",".join(names)}
            names = []
        names.append(name)
    if names:
        yield {f"{key}[].tag.tag-": ",".join(names)}
