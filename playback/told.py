"""What people were told of already, by whichever process: a worker that rests begins anew every
half hour, and would tell of it again."""

from __future__ import annotations

from contextlib import closing

from playback.file import open_file


def is_news(data_dir: str, text: str, server: str = "") -> bool:
    """Whether nobody was told so far; from now on somebody was. `server`: of which it is true, ""
    for what may pass. Raises StorageError."""
    with closing(open_file(data_dir)) as database, database.write() as connection:
        added = connection.execute(
            "INSERT INTO told VALUES (?, ?) ON CONFLICT DO NOTHING", (server, text)
        )
        return added.rowcount > 0


def has_passed(data_dir: str) -> None:
    """What may pass has; should it come again, that is news. Raises StorageError."""
    with closing(open_file(data_dir)) as database, database.write() as connection:
        connection.execute("DELETE FROM told WHERE server = ''")
