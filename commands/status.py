"""How things stand: the queue, the failures, the worker, the servers.

A page asks every few seconds: next to nothing is imported for it, and no dataclass is made.
"""

from __future__ import annotations

import datetime
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from errors import named
from jobs.anew import open_jobs
from jobs.inbox import ASIDE, FOLDER
from jobs.job import FailedJob, PutOff, WaitingJob
from jobs.lock import living_holder
from jobs.notes import LAST_SYNC_NOTE as LAST_SYNC_NOTE
from jobs.notes import PAUSE_NOTE, WAYS_NOTE, Round, last_round
from jobs.registry import TASK_ROLE, WORKER, Process, Registry
from jobs.schema import LANE_NAMES
from jobs.states import States
from jobs.store import JobStore
from ledger.doubts import Recovery
from ledger.file import LedgerFile, open_ledger
from ledger.overview import LedgerOverview
from matching.index_store import open_index
from matching.overview import IndexOverview
from playback.schema import FILE_NAME as PLAYBACK

if TYPE_CHECKING:
    from matching.evidence import Mapping as FolderMapping
    from pipeline.stores import Stores

SHOWN_FAILURES = 5
SHOWN_RETRIES = 5
SHOWN_LEFT_OUT = 5
SHOWN_TITLE = 60


class Notes:
    """What PlexSync has stored, as far as the status tells of it."""

    __slots__ = ("index", "ledger", "registry", "store")

    def __init__(
        self, store: JobStore, registry: Registry, index: IndexOverview, ledger: LedgerOverview
    ) -> None:
        self.store = store
        self.registry = registry
        self.index = index
        self.ledger = ledger


class FailureGroup(NamedTuple):
    """The failures of one reason: how many, and the newest of them."""

    reason: str
    number: int
    newest: Sequence[FailedJob]

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        newest = [each._asdict() for each in self.newest]
        return {"reason": self.reason, "count": self.number, "newest": newest}


class Imported(NamedTuple):
    """What came from Plex's history: how many plays by what became of them, and the one that came
    last: of which `scene`, by whom (`account`) and when it was `played` (epoch seconds). `values`:
    how many positions and ratings came."""

    plays: dict[str, int]
    scene: int | None = None
    title: str = ""
    account: str = ""
    played: int | None = None
    values: Mapping[str, int] = MappingProxyType({})


class Status(NamedTuple):
    """`queue` by (lane, state); `pause` of the worker, as it noted it; `last_sync`: the last task
    that came to its end; `check`: where the checks of all scenes are, which the setting
    reconcile_hours asks for; `spooled`: how many events wait in the inbox, outside the queue;
    `set_aside`: how many files were put aside there, since they could not be read;
    `written_at`: when Plex last confirmed fields of an item, `alive_at`: when a worker or a task
    last showed that it works; epoch seconds, None for never. `unmanaged`: scenes that were
    restored or handed over; `excluded`: that a person wants left alone; `skipped`: that
    weren't synced when they were last looked at, by the reason. `recovery`: if the ledger was
    lost and a copy took its place.
    `left_out`: the items that Plex can't list. `plex_ways`: what was found out about it that
    counts, in sentences. `resting`: the process id of the worker if it has gone to rest, or is
    about to begin, 0 if not. `imported`: what came from Plex, None if nothing was ever asked
    for."""

    queue: dict[tuple[int, str], int]
    retries: Sequence[WaitingJob]
    failures: Sequence[FailureGroup]
    worker: Process | None
    pause: dict[str, Any] | None
    last_sync: dict[str, Any] | None
    learned: Sequence[FolderMapping] = ()
    put_off: Sequence[PutOff] = ()
    check: Round = Round()
    spooled: int = 0
    set_aside: int = 0
    written_at: float | None = None
    alive_at: float | None = None
    unmanaged: int = 0
    excluded: int = 0
    skipped: Mapping[str, int] = MappingProxyType({})
    recovery: Recovery | None = None
    left_out: Sequence[str] = ()
    plex_ways: Sequence[str] = ()
    resting: int = 0
    imported: Imported | None = None

    @property
    def worker_pid(self) -> int:
        """0 if there is none."""
        return self.worker.pid if self.worker else self.resting

    def as_json(self) -> dict[str, Any]:
        """For scripts. Times are epoch seconds."""
        return {
            "queue": [
                {"lane": LANE_NAMES[lane], "state": state, "jobs": number}
                for (lane, state), number in sorted(self.queue.items())
            ],
            "spooled": self.spooled,
            "set_aside": self.set_aside,
            "left_out": list(self.left_out),
            "plex_ways": list(self.plex_ways),
            "put_off": [each._asdict() for each in self.put_off],
            "retries": [each._asdict() for each in self.retries],
            "failures": [each.as_json() for each in self.failures],
            "worker": {"pid": self.worker_pid} if self.worker_pid else None,
            "worker_rests": bool(self.resting),
            "pause": self.pause,
            "alive_at": self.alive_at,
            "written_at": self.written_at,
            "last_sync": self.last_sync,
            "left_alone": self.unmanaged,
            "excluded": self.excluded,
            "skipped": dict(self.skipped),
            "recovery": self.recovery._asdict() if self.recovery else None,
            "check": self.check._asdict(),
            "imported": self.imported._asdict() if self.imported else None,
            "learned": [each._asdict() for each in self.learned],
        }


@contextmanager
def open_notes(data_dir: str) -> Iterator[Notes]:
    """For a process that only tells. Raises StorageError."""
    with ExitStack() as stack:
        jobs = stack.enter_context(closing(open_jobs(data_dir)))
        index = stack.enter_context(closing(IndexOverview(open_index(data_dir, time.time))))
        ledger = stack.enter_context(
            closing(open_ledger(lambda: LedgerOverview(LedgerFile(data_dir))))
        )
        yield Notes(JobStore(jobs), Registry(jobs, TASK_ROLE), index, ledger)


def status_of(stores: Stores | Notes, clock: Callable[[], float] = time.time) -> Status:
    """From what is on disk alone: no server is asked, and nothing is written."""
    mappings = stores.index.learned_mappings()
    written_at = stores.ledger.written_at()
    status = read_status(stores.store, stores.registry, mappings, written_at, clock=clock)
    return status._replace(
        unmanaged=stores.ledger.count_unmanaged(),
        excluded=stores.ledger.exclusions.count(),
        skipped=States(stores.store.database).reasons(),
        recovery=stores.ledger.doubts.recovery(),
        left_out=[str(each) for each in stores.index.items_left_out()],
        plex_ways=json.loads(stores.store.note(WAYS_NOTE) or "[]"),
        imported=_imported(stores.registry.database.data_dir),
    )


def read_status(
    store: JobStore,
    registry: Registry,
    mappings: Sequence[FolderMapping] = (),
    written_at: float | None = None,
    *,
    clock: Callable[[], float] = time.time,
) -> Status:
    """`mappings`: what the path index has learned; `written_at` as in `Status`."""
    now = clock()
    living = registry.living(now)
    worker = next((each for each in living if each.role == WORKER), None)
    return Status(
        queue=store.counts([each.token for each in living]),
        retries=store.retries(),
        failures=failure_groups(store),
        worker=worker,
        # Nobody waits any more where the one who noted it is gone.
        pause=_noted(store, PAUSE_NOTE) if worker else None,
        last_sync=_noted(store, LAST_SYNC_NOTE),
        learned=[each for each in mappings if each.is_believed],
        put_off=store.put_off(),
        check=last_round(store),
        spooled=store.events_waiting(),
        set_aside=store.intake.set_aside(),
        written_at=written_at,
        alive_at=registry.time_seen() or None,
        resting=0 if worker else living_holder(registry.database.data_dir),
    )


def status_lines(status: Status) -> list[str]:
    """For people, the most urgent first."""
    return [
        *overview_lines(status),
        *retry_lines(status.retries),
        *failure_lines(status.failures),
    ]


def overview_lines(status: Status) -> list[str]:
    """All but the single jobs."""
    lines = []
    if status.pause:
        since = when(status.pause["since"])
        lines.append(f"Waiting since {since}: {status.pause['error']}. {status.pause['advice']}")
    lines += _queue_lines(status)
    lines += [
        f"Looked at again later: {each.jobs} scene(s), {each.reason}; the next {due(each.due_at)}"
        for each in status.put_off
    ]
    lines += _left_out_lines(status.left_out)
    lines += status.plex_ways
    lines.append(_worker_line(status))
    if status.written_at:
        lines.append(f"Fields last written to Plex: {when(status.written_at)}")
    if status.last_sync:
        lines.append(
            f"Last finished task, {when(status.last_sync['at'])}: {status.last_sync['summary']}"
        )
    if status.unmanaged:
        lines.append(
            f"Left alone since they were restored or handed over: {status.unmanaged} scene(s); "
            "the command manage takes them back"
        )
    if status.excluded:
        lines.append(
            f"Left alone since somebody has said so: {status.excluded} scene(s); the command "
            "exclude --off has them synced again"
        )
    if status.skipped:
        counts = "; ".join(f"{number} {why}" for why, number in status.skipped.items())
        lines.append(f"Scenes that are not synced: {counts}")
    if found := status.recovery:
        lines.append(
            f"The ledger was lost; its copy of {when(found.copied_at)} is in use since "
            f"{when(found.used_at)}: {found.items} item(s) may have been written in between, and "
            "for them undo ends at that time"
        )
    lines += _import_lines(status.imported)
    lines += _check_lines(status.check)
    lines += [f"Learned: Stash's {each.source} is Plex's {each.target}" for each in status.learned]
    return lines


def failure_groups(store: JobStore) -> list[FailureGroup]:
    """The newest failures of each reason."""
    groups = [
        FailureGroup(reason, number, store.failures(SHOWN_FAILURES, reason))
        for reason, number in store.failure_counts().items()
    ]
    # Between the two looks they may have been brought back.
    return [each for each in groups if each.newest]


def _noted(store: JobStore, name: str) -> dict[str, Any] | None:
    note = store.note(name)
    found: dict[str, Any] | None = json.loads(note) if note else None
    return found


def _queue_lines(status: Status) -> list[str]:
    waiting = {key: number for key, number in status.queue.items() if key[1] != "failed"}
    parts = [
        f"{number} {LANE_NAMES[lane]} {state}" for (lane, state), number in sorted(waiting.items())
    ]
    if status.spooled:
        parts.append(f"{status.spooled} event(s) in files, not taken in yet")
    lines = [f"Queue: {', '.join(parts) or 'empty'}"]
    if status.set_aside:
        lines.append(
            f"Set aside: {status.set_aside} event(s) that could not be read, in the folder "
            f"{FOLDER}/{ASIDE}; delete them once nothing is missing in Plex"
        )
    return lines


def _left_out_lines(left_out: Sequence[str]) -> list[str]:
    if not left_out:
        return []
    more = len(left_out) - SHOWN_LEFT_OUT
    names = "; ".join(left_out[:SHOWN_LEFT_OUT]) + (f"; and {more} more" if more > 0 else "")
    return [
        f"Left out, since Plex can't list them: {len(left_out)} item(s): {names}. They are looked "
        "for again later"
    ]


def _worker_line(status: Status) -> str:
    if status.worker:
        return f"Worker: alive (process {status.worker.pid})"
    if status.resting:
        return f"Worker: at rest (process {status.resting}); the next change in Stash wakes it"
    # The folder may be the wrong one, or the plugin not switched on.
    ever = "" if status.alive_at else ", and nothing has run yet with this data folder"
    return f"Worker: not running{ever}; the next change in Stash starts it"


def _imported(data_dir: str) -> Imported | None:
    if not os.path.exists(os.path.join(data_dir, PLAYBACK)):
        return None
    from playback.brought import BroughtLedger  # noqa: PLC0415 - most have nothing of it
    from playback.play_ledger import PlayLedger  # noqa: PLC0415 - the same

    with closing(PlayLedger(data_dir)) as ledger, closing(BroughtLedger(data_dir)) as brought:
        counts, newest, values = ledger.counts(), ledger.newest_added(), brought.counts()
        if newest is None:
            return Imported(counts, values=values)
        play = newest.play
        who = ledger.account_name(play.account_id)
        return Imported(counts, newest.scene_id, play.title, who, play.viewed_at, values)


def _import_lines(imported: Imported | None) -> list[str]:
    if imported is None:
        return []
    lines = []
    if imported.plays:
        counts = ", ".join(f"{number} {state}" for state, number in sorted(imported.plays.items()))
        lines.append(f"Plays in Plex's history: {counts}")
    if imported.values:
        counts = ", ".join(f"{number} of a {what}" for what, number in imported.values.items())
        lines.append(f"Changes from Plex: {counts}")
    if imported.played is not None:
        lines.append(
            f"Last play from Plex: scene {imported.scene}, {imported.title[:SHOWN_TITLE]}, by "
            f"{imported.account}, {when(imported.played)}"
        )
    return lines


def _check_lines(check: Round) -> list[str]:
    lines = []
    if check.started:
        far = f"so far up to scene {check.after}"
        lines.append(f"Checking all scenes since {when(check.started)}, {far}")
    if check.finished:
        lines.append(f"Last check of all scenes: {when(check.finished)}")
    return lines


def retry_lines(retries: Sequence[WaitingJob]) -> list[str]:
    """A line for each of the next retries."""
    lines = [
        f"Retry {due(each.due_at)}, after {each.attempts} failed tries: {_told(each)}"
        for each in retries[:SHOWN_RETRIES]
    ]
    if len(retries) > SHOWN_RETRIES:
        lines.append("… and more retries after these")
    return lines


def failure_lines(failures: Sequence[FailureGroup]) -> list[str]:
    """A paragraph for each reason."""
    lines = []
    for group in failures:
        lines.append(f"Failed, {group.reason}: {group.number}. {group.newest[0].advice}")
        lines += [f"  {_told(each)}" for each in group.newest]
        if group.number > len(group.newest):
            lines.append(f"  … and {group.number - len(group.newest)} more")
    return lines


def _told(job: WaitingJob | FailedJob) -> str:
    return named(f"{job.kind} {job.object_id}", job.error)


def due(due_at: float) -> str:
    """When a job's turn comes, as part of a sentence. One that a pause has put back waits for no
    time: its 0 would be shown as 1970, and can't be converted on Windows."""
    return f"at {when(due_at)}" if due_at > 0 else "as soon as possible"


def when(epoch_s: float) -> str:
    """A moment for people, in local time."""
    return datetime.datetime.fromtimestamp(epoch_s).astimezone().strftime("%Y-%m-%d %H:%M:%S")
