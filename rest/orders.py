"""What a resting worker goes by, handed on in its arguments each time that it becomes another
program (`rest/become.py`). No secrets: others on the machine can read arguments.

Next to nothing imported.
"""

from __future__ import annotations

import os

from jobs.schema import FILE_NAME

TYPE_CHECKING = False  # as type checkers know it; typing is too much for a watcher
if TYPE_CHECKING:
    from collections.abc import Sequence


class Orders:
    """`file`: the descriptor of the worker's lock. `due`, epoch seconds, and `due_m`: when there is
    something to do, whichever clock comes first, since one may be set and the other stand still
    while the machine sleeps. `ask_m`, `plays_m`: when to ask Stash and Plex next; `end_m`: when to
    leave; inf for never. `busy_m`: when the last event or look at our page was; `looked_at`: the
    time of the last look that was seen, epoch seconds. Times in `_m` are monotonic. `queue`: what
    `queue_stamp` told when nothing was due. `code`: what our files were like then, see
    `rest.code_watch`."""

    __slots__ = (
        "ask_m",
        "busy_m",
        "code",
        "data_dir",
        "due",
        "due_m",
        "end_m",
        "file",
        "looked_at",
        "plays_m",
        "queue",
    )

    def __init__(
        self,
        data_dir: str,
        file: int,
        queue: str,
        code: str,
        *,
        due: float,
        due_m: float,
        ask_m: float,
        plays_m: float,
        end_m: float,
        busy_m: float,
        looked_at: float,
    ) -> None:
        self.data_dir = data_dir
        self.file = file
        self.queue = queue
        self.code = code
        self.due = due
        self.due_m = due_m
        self.ask_m = ask_m
        self.plays_m = plays_m
        self.end_m = end_m
        self.busy_m = busy_m
        self.looked_at = looked_at

    @classmethod
    def read(cls, arguments: Sequence[str]) -> Orders:
        """From what `arguments` gave. Raises ValueError."""
        data_dir, file, queue, code, *times = arguments
        due, due_m, ask_m, plays_m, end_m, busy_m, looked_at = map(float, times)
        return cls(
            data_dir,
            int(file),
            queue,
            code,
            due=due,
            due_m=due_m,
            ask_m=ask_m,
            plays_m=plays_m,
            end_m=end_m,
            busy_m=busy_m,
            looked_at=looked_at,
        )

    def arguments(self) -> list[str]:
        times = (
            *(self.due, self.due_m, self.ask_m, self.plays_m),
            *(self.end_m, self.busy_m, self.looked_at),
        )
        return [self.data_dir, str(self.file), self.queue, self.code, *map(repr, times)]


def queue_stamp(data_dir: str) -> str:
    """Another text once a process has stored something in the queue's database; reading it, or
    opening it, makes no other. Costs two looks at files."""
    path = os.path.join(data_dir, FILE_NAME)
    # An empty log is that of somebody who reads.
    return f"{_stamp(path)} {_stamp(path + '-wal', if_empty='-')}"


def _stamp(path: str, if_empty: str = "") -> str:
    try:
        found = os.stat(path)
    except OSError:
        return "-"
    if if_empty and not found.st_size:
        return if_empty
    return f"{found.st_ino}.{found.st_size}.{found.st_mtime_ns}"
