"""The disk that the server sees, and the scans that find out what has changed on it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from simulators.plex.agent import refresh_from_agent
from simulators.plex.model import AgentValues, Item, Media, Part, Section, file_stem
from simulators.plex.stock import Stock

_EPISODE = re.compile(r"^(?P<show>.+?)[ ._-]+[Ss](?P<season>\d+)[Ee](?P<index>\d+)")


@dataclass(frozen=True, slots=True)
class DiskFile:
    """A file; `agent` is what the metadata agent will say of it some time after the scan."""

    path: str
    size: int = 0
    duration_ms: int = 0
    agent: AgentValues | None = None


@dataclass(slots=True, eq=False)
class Scan:
    """A scan that was asked for; `folder` None means the whole section."""

    section: Section
    folder: str | None
    empties_trash: bool


@dataclass(slots=True)
class _Step:
    """What happens later; a timer brings it about unless a test is to do it."""

    section: Section
    run: Callable[[], None]
    timer: threading.Timer | None = None


@dataclass(slots=True)
class Disk:
    """Files that were put, moved or removed since the library was filled; no item knows them until
    a scan of their section has come by.

    Scans are queued and run in the order in which they were asked for, as the server does it: the
    answer to the request says nothing about what will be found, or when.
    """

    library: Stock
    _files: dict[str, DiskFile] = field(default_factory=dict)
    _gone: set[str] = field(default_factory=set)
    _renamed: dict[str, DiskFile] = field(default_factory=dict)
    _steps: list[_Step] = field(default_factory=list)

    def put(
        self,
        path: str,
        *,
        size: int = 0,
        duration_ms: int = 0,
        agent: dict[str, str] | None = None,
    ) -> None:
        """A new file, or one that has come back. `agent`: scalars by their edit name."""
        with self.library.lock:
            values = None if agent is None else AgentValues(dict(agent), {})
            self._files[path] = DiskFile(path, size, duration_ms, values)
            self._gone.discard(path)

    def remove(self, path: str) -> None:
        with self.library.lock:
            self._files.pop(path, None)
            self._gone.add(path)

    def move(self, old: str, new: str) -> None:
        """The same content under another path, which to the server is another file."""
        with self.library.lock:
            item = self.library.find(old)
            part = next((part for part in item.parts if part.file == old), None) if item else None
            known = self._files.get(old) or DiskFile(
                old, part.size if part else 0, part.duration_ms if part else 0
            )
            self.remove(old)
            self._files[new] = DiskFile(new, known.size, known.duration_ms, known.agent)
            self._gone.discard(new)

    def rename(
        self, old: str, new: str, *, size: int | None = None, duration_ms: int | None = None
    ) -> None:
        """A file was renamed, or upgraded to one of another size, in a way that the scanner
        follows: the item keeps its rating key, and its time of update."""
        with self.library.lock:
            item = self.library.find(old)
            part = next(part for part in item.parts if part.file == old) if item else None
            if part is None:
                raise LookupError(f"no item has the file {old}")
            self._renamed[old] = DiskFile(
                new,
                part.size if size is None else size,
                part.duration_ms if duration_ms is None else duration_ms,
            )

    # Scans

    def ask(self, scan: Scan, delay_s: float | None, agent_s: float | None) -> None:
        """Queue a scan. None as a delay: it waits for `run_next`."""
        scan.section.refreshing = True
        self._later(scan.section, lambda: self._scan(scan, agent_s), delay_s)

    def run_next(self) -> bool:
        """Do now what comes next: a scan, or the agent's look at what a scan has found."""
        with self.library.lock:
            if not self._steps:
                return False
            step = self._steps.pop(0)
            step.run()
            step.section.refreshing = any(each.section is step.section for each in self._steps)
            return True

    def run_all(self) -> None:
        while self.run_next():
            pass

    def waiting(self) -> list[Section]:
        """The sections of what is queued, in order."""
        with self.library.lock:
            return [step.section for step in self._steps]

    def cancel(self, section: Section | None = None) -> None:
        """Forget what is queued for a section, or everything."""
        with self.library.lock:
            dropped = [step for step in self._steps if section in (None, step.section)]
            self._steps = [step for step in self._steps if step not in dropped]
            for step in dropped:
                step.section.refreshing = False
                if step.timer is not None:
                    step.timer.cancel()

    def empty_trash(self, section: Section) -> None:
        """Items whose files are missing go; of others, the missing versions."""
        with self.library.lock:
            for item in self.library.items(section):
                missing = [media for media in item.media if media.deleted_at is not None]
                if item.deleted_at is not None:
                    self.library.remove(item)
                elif missing:
                    self.library.drop_media(item, missing)

    def _later(self, section: Section, run: Callable[[], None], delay_s: float | None) -> None:
        step = _Step(section, run)
        self._steps.append(step)
        if delay_s is not None:
            # Whichever timer ends first runs what is first in the queue.
            step.timer = threading.Timer(delay_s, self.run_next)
            step.timer.daemon = True
            step.timer.start()

    def _scan(self, scan: Scan, agent_s: float | None) -> None:
        section, library = scan.section, self.library
        self._follow_renamed(scan)
        for item in library.items(section):
            self._look_at(item, scan.folder)
        found = [made for file in self._new_to(scan) if (made := self._add(section, file))]
        if scan.empties_trash:
            self.empty_trash(section)
        section.scanned_at = library.now()
        if found:
            self._later(section, lambda: self._ask_agent(found), agent_s)

    def _new_to(self, scan: Scan) -> list[DiskFile]:
        return [
            file
            for file in self._files.values()
            if scan.section.contains(file.path)
            and _is_below(file.path, scan.folder)
            and self.library.find(file.path, scan.section) is None
        ]

    def _follow_renamed(self, scan: Scan) -> None:
        for old, file in list(self._renamed.items()):
            item = self.library.find(old, scan.section)
            if item is not None and _is_below(file.path, scan.folder):
                self.library.repath(
                    item, old, file.path, size=file.size, duration_ms=file.duration_ms
                )
                del self._renamed[old]

    def _look_at(self, item: Item, folder: str | None) -> None:
        """Note which files of the item are missing, and which have come back."""
        now, changed = self.library.now(), False
        for part in item.parts:
            if not _is_below(part.file, folder):
                continue
            if part.file in self._gone and part.deleted_at is None:
                part.deleted_at, changed = now, True
            elif part.file in self._files and part.deleted_at is not None:
                part.deleted_at, changed = None, True
        if not changed:
            return
        for media in item.media:
            media.deleted_at = now if _all_gone(media.parts) else None
        item.deleted_at = now if _all_gone(item.media) else None
        self.library.touch(item)

    def _add(self, section: Section, file: DiskFile) -> Item | None:
        """An item named after its file; what the agent knows comes later, pictures as well."""
        media = [Media([Part(file.path, file.size, file.duration_ms)])]
        if section.type == "movie":
            made = self.library.add_item(section, media=media, posters=(), arts=())
            return self._prepared(made, file)
        named = _EPISODE.match(file_stem(file.path))
        if named is None:
            return None  # the scanner passes over what has no episode number
        shows = [
            show for show in self.library.items(section, "show") if show.title == named["show"]
        ]
        show = shows[0] if shows else self.library.add_show(section, named["show"])
        episode = self.library.add_episode(
            show, season=int(named["season"]), index=int(named["index"]), media=media
        )
        return self._prepared(episode, file)

    def _prepared(self, item: Item, file: DiskFile) -> Item:
        if file.agent is not None:
            item.agent = AgentValues({**item.agent.fields, **file.agent.fields}, file.agent.tags)
        return item

    def _ask_agent(self, found: list[Item]) -> None:
        """Rewrites what is not locked: what was edited meanwhile is lost otherwise."""
        for item in found:
            if self.library.get(item.rating_key) is item:
                refresh_from_agent(self.library, item)


def _is_below(path: str, folder: str | None) -> bool:
    """A folder that is really a file holds nothing."""
    if folder is None:
        return True
    root = folder.rstrip("/\\")
    return path.startswith((f"{root}/", f"{root}\\"))


def _all_gone(things: Iterable[Media] | Iterable[Part]) -> bool:
    return all(thing.deleted_at is not None for thing in things)
