"""The task "Import plays" and the command `import`: what came and comes from Plex, brought, listed
and taken back."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from commands.eta import Progress
from errors import SettingsError
from jobs.schema import SCENE, TASK
from playback.imports import Imports
from playback.play_ledger import ADDED, PENDING, PlayLedger, Row
from playback.plays import PlayTally, plays
from plex.client import PlexClient
from stash.task_arguments import WrongArguments, flag, scene_id_of
from sync.text import one_line
from worker.connect import plex_client
from worker.context import Context

log = logging.getLogger(__name__)

# Stash's log keeps few lines; the command line shows all.
MOST_LINES = 100
# A look of the worker takes less than a second, a first one longer.
PATIENCE_S = 30.0
SHOWN_LENGTH = 60
# Beyond these some systems can't tell the time of a day.
YEARS = range(1971, 3000)


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """`since`: bring what is older as well, from that time on (epoch seconds). `undo`: take back
    what came, of one scene, of the day that begins at `day`, or of both; all without either."""

    since: int | None = None
    undo: bool = False
    scene_id: int | None = None
    day: int | None = None
    is_confirmed: bool = False

    @classmethod
    def from_args(cls, args: Mapping[str, Any]) -> ImportOrder:
        """From a task's args_map; values may be text. Raises WrongArguments."""
        return cls(
            day_of(args, "since"),
            flag(args, "undo"),
            scene_id_of(args),
            day_of(args, "day"),
            flag(args, "confirm"),
        )

    @property
    def needs_confirmation(self) -> bool:
        """Whether it is about much that can't be known without a look at it first."""
        is_all = self.scene_id is None and self.day is None
        return is_all if self.undo else self.since is not None


def day_of(args: Mapping[str, Any], name: str) -> int | None:
    """When the day of this argument begins here (epoch seconds), None without one. Raises
    WrongArguments."""
    text = str(args.get(name) or "").strip()
    if not text:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007 - the day is one of here
        if day.year not in YEARS:
            raise ValueError(text)
    except ValueError:
        raise WrongArguments(
            f"{name} is {text!r:.40}", advice="Expected a date like 2026-03-31."
        ) from None
    return int(day.astimezone().timestamp())


def import_plays(context: Context, progress: Progress) -> str:
    """Bring what is new; with `since` what is older, with `undo` take back. Both tell first what
    they would do, and do it with `confirm`."""
    order = ImportOrder.from_args(context.args)
    if order.needs_confirmation and not order.is_confirmed:
        lines = import_preview(context, order)
        for line in lines[:MOST_LINES]:
            log.info("%s", line)
        if len(lines) > MOST_LINES:
            log.info("… and %d more lines; the command line shows all", len(lines) - MOST_LINES)
        summary = f"{lines[-1]}. Nothing was done; with the argument confirm it is"
        log.warning("%s", summary)
        progress(1.0)
        return summary
    return carry_out(context, progress, order)


def carry_out(context: Context, progress: Progress, order: ImportOrder) -> str:
    """Do it, registered, so that no other process writes unnoticed; the summary."""
    registry = context.stores.registry
    registry.enter(time.time(), time.monotonic())
    with context.registered(), _connected(context) as (imports, plex):
        summary = (
            _take_back(imports, plex, order)
            if order.undo
            else _bring(context, imports, plex, order)
        )
    log.info("%s", summary)
    progress(1.0)
    return summary


def import_preview(context: Context, order: ImportOrder) -> list[str]:
    """A line for each play that would come or go, and the sum of them last."""
    with _connected(context) as (imports, plex):
        if order.undo:
            with imports.taking_back(plex.machine_identifier) as (_, ledger):
                rows = _chosen(ledger, plex.machine_identifier, order)
            return [*map(_line, rows), f"Import: {plays(len(rows))} would be taken back"]
        with imports.plays(context.settings.config, plex) as work:
            rows = work.preview(order.since)
    tally = PlayTally(Counter(row.state for row in rows))
    due = [row for row in rows if row.state == PENDING]
    return [*map(_line, due), f"Import: {tally.summary()}, were it done now"]


def _bring(context: Context, imports: Imports, plex: PlexClient, order: ImportOrder) -> str:
    config = context.settings.config
    if not config.import_plays:
        raise SettingsError(
            "the setting import_plays is off: nothing is imported",
            advice="Switch it on first; a preview can be had without it.",
        )
    with imports.plays(config, plex) as work:
        tally = work.bring_all(order.since)
    return f"Import: {tally.summary()}"


def _take_back(imports: Imports, plex: PlexClient, order: ImportOrder) -> str:
    with imports.taking_back(plex.machine_identifier) as (work, ledger):
        number = work.take_back(_chosen(ledger, plex.machine_identifier, order))
    return f"Import: {plays(number)} taken back"


def _chosen(ledger: PlayLedger, server: str, order: ImportOrder) -> list[Row]:
    rows = ledger.of_states(server, (ADDED,))
    if order.scene_id is not None:
        rows = [row for row in rows if row.scene_id == order.scene_id]
    if order.day is not None:
        # A day in which the clocks are changed has 23 or 25 hours.
        began = datetime.fromtimestamp(order.day).astimezone().replace(tzinfo=None)
        end = (began + timedelta(days=1)).astimezone().timestamp()
        rows = [row for row in rows if order.day <= row.play.viewed_at < end]
    return rows


@contextmanager
def _connected(context: Context) -> Iterator[tuple[Imports, PlexClient]]:
    stores = context.stores
    context.settings.refresh()
    may_write = stores.registry.is_entered
    with closing(plex_client(context.settings.config, stores.client_id)) as plex:
        yield (
            Imports(
                stores.ledger,
                stores.traits,
                stores.index,
                context.stash,
                may_write,
                lambda scene_ids: stores.store.enqueue(SCENE, scene_ids, TASK, time.time()),
                time.time,
                time.monotonic,
                PATIENCE_S,
            ),
            plex,
        )


def _line(row: Row) -> str:
    at = datetime.fromtimestamp(row.play.viewed_at).astimezone()
    title = one_line(row.play.title, SHOWN_LENGTH)
    return (
        f"scene {row.scene_id}: {title}, played {at:%Y-%m-%d %H:%M}, account {row.play.account_id}"
    )
