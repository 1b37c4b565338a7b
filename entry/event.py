"""The event that a hook reports, read from Stash's document as cheaply as can be.

The json module brings re and enum along and costs a hook about as much as SQLite does, which is
loaded anyway and reads JSON as well.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

_HOOK = """
SELECT json_extract(:document, '$.server_connection.Dir'),
    json_extract(:document, '$.args.hookContext.type'),
    json_type(:document, '$.args.hookContext.id'),
    json_extract(:document, '$.args.hookContext.id'),
    json_extract(:document, '$.args.hookContext.input.id'),
    json_extract(:document, '$.args.wait_s')
WHERE json_type(:document, '$.args.hookContext') = 'object'
    AND json_type(:document, '$.server_connection.Dir') = 'text'
    AND json_extract(:document, '$.server_connection.Dir') <> ''
"""
_FIELDS = """
SELECT value FROM json_each(:document, '$.args.hookContext.inputFields')
"""
# A bulk edit names all its objects in every hook's input: by `ids`, or as a list of inputs or ids.
_TOGETHER = """
SELECT value FROM json_each(:document, '$.args.hookContext.input.ids')
UNION ALL
SELECT CASE type WHEN 'object' THEN json_extract(value, '$.id') ELSE value END
FROM json_each(:document, '$.args.hookContext.input')
WHERE json_type(:document, '$.args.hookContext.input') = 'array'
"""


class Event:
    """A hook's `type` and `object_id` as Stash sent them, the names of the changed `fields` (None
    if Stash doesn't say), the ids of everything that was edited `together` in one go, the
    `input_id` of an input that is about one object ("" if there is none), and the folder of
    Stash's config file. `wait_s` is the argument of that name in the manifest, None if it has
    none. `document` is all of stdin."""

    __slots__ = (
        "config_dir",
        "document",
        "fields",
        "input_id",
        "object_id",
        "together",
        "type",
        "wait_s",
    )

    def __init__(
        self,
        document: bytes,
        config_dir: str,
        type: object,
        object_id: object,
        fields: list[str] | None,
        together: Sequence[str] = (),
        input_id: str = "",
        wait_s: object = None,
    ) -> None:
        self.document = document
        self.config_dir = config_dir
        self.type = type
        self.object_id = object_id
        self.fields = fields
        self.together = together
        self.input_id = input_id
        self.wait_s = wait_s


def read_event(document: bytes) -> Event | None:
    """The event if this is a well-formed hook document. None for everything else: another kind
    of start, a malformed document, or a SQLite without JSON; the slower reader tells them apart.
    """
    connection = sqlite3.connect(":memory:")
    try:
        arguments = {"document": document.decode()}
        found = connection.execute(_HOOK, arguments).fetchone()
        if found is None:
            return None
        config_dir, kind, id_type, object_id, input_id, wait_s = found
        fields = [str(row[0]) for row in connection.execute(_FIELDS, arguments)]
        together = [str(row[0]) for row in connection.execute(_TOGETHER, arguments)]
    except (sqlite3.Error, UnicodeDecodeError):
        return None
    finally:
        connection.close()
    # A JSON true comes back as 1.
    known_id = object_id if id_type in ("integer", "text") else None
    return Event(
        document,
        config_dir,
        kind,
        known_id,
        fields or None,
        together,
        "" if input_id is None else str(input_id),
        wait_s,
    )
