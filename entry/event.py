"""The event that a hook reports, read from Stash's document as cheaply as can be.

The json module brings re and enum along and costs a hook more than everything else it does.
SQLite is loaded anyway and reads JSON as well.
"""

from __future__ import annotations

import sqlite3

_HOOK = """
SELECT json_extract(:document, '$.server_connection.Dir'),
    json_extract(:document, '$.args.hookContext.type'),
    json_type(:document, '$.args.hookContext.id'),
    json_extract(:document, '$.args.hookContext.id')
WHERE json_type(:document, '$.args.hookContext') = 'object'
    AND json_type(:document, '$.server_connection.Dir') = 'text'
    AND json_extract(:document, '$.server_connection.Dir') <> ''
"""
_FIELDS = """
SELECT value FROM json_each(:document, '$.args.hookContext.inputFields')
"""


class Event:
    """A hook's `type` and `object_id` as Stash sent them, the names of the changed `fields` (None
    if Stash doesn't say) and the folder of Stash's config file. `document` is all of stdin."""

    __slots__ = ("config_dir", "document", "fields", "object_id", "type")

    def __init__(
        self,
        document: bytes,
        config_dir: str,
        type: object,
        object_id: object,
        fields: list[str] | None,
    ) -> None:
        self.document = document
        self.config_dir = config_dir
        self.type = type
        self.object_id = object_id
        self.fields = fields


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
        config_dir, kind, id_type, object_id = found
        fields = [str(row[0]) for row in connection.execute(_FIELDS, arguments)]
    except (sqlite3.Error, UnicodeDecodeError):
        return None
    finally:
        connection.close()
    # A JSON true comes back as 1.
    known_id = object_id if id_type in ("integer", "text") else None
    return Event(document, config_dir, kind, known_id, fields or None)
