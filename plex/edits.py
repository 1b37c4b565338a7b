"""Turn planned edits into the query parameters of Plex's one editing request.

Tag lists are sent so that the result is right whether the server adds indexed tags to those it
has or replaces them (sources disagree): the complete wanted list, plus by name what must go.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from plex.items import EDIT_KEYS
from sync.plan import Edit
from sync.values import Credit, Credits

# Plex's real limit is unknown; this is the usual one of HTTP servers, less room for the path.
MAX_QUERY_BYTES = 7_500

Params = dict[str, str]


def edit_requests(edits: Iterable[Edit]) -> list[Params]:
    """The parameters of each PUT: one, unless they would make the address too long.

    One field's parameters always travel together.
    """
    requests: list[Params] = []
    room = 0
    for edit in edits:
        params = _params(edit)
        length = sum(len(quote(key)) + len(quote(value)) + 2 for key, value in params.items())
        if not requests or length > room:
            requests.append({})
            room = MAX_QUERY_BYTES
        requests[-1].update(params)
        room -= length
    return requests


def _params(edit: Edit) -> Params:
    key = EDIT_KEYS[edit.field]
    lock = {f"{key}.locked": "1" if edit.lock else "0"}
    if isinstance(edit.new, str):
        return {f"{key}.value": edit.new, **lock}
    return {**_tags(key, edit.new), **_removals(key, edit.removed), **lock}


def _tags(key: str, credits: Credits) -> Params:
    params: Params = {}
    for index, credit in enumerate(credits):
        params[f"{key}[{index}].tag.tag"] = credit.name
        if key == "actor":
            params[f"{key}[{index}].tagging.text"] = credit.role
        if credit.photo:
            params[f"{key}[{index}].tag.thumb"] = credit.photo
    return params


def _removals(key: str, credits: tuple[Credit, ...]) -> Params:
    if not credits:
        return {}
    # A comma list: a comma inside a name must be encoded once more than the query itself.
    return {f"{key}[].tag.tag-": ",".join(quote(credit.name, safe="") for credit in credits)}
