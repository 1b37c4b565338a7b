"""Why is this scene not in Plex? Every rung of the ladder, and what a sync would write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

from commands.preview import Rehearsal
from commands.preview_text import ItemPreview, preview_notes
from commands.status import when
from errors import PermanentError, SyncError
from matching.locate import Located, Locator
from matching.lookup import search, wanted_files
from pipeline.follow_up import missing_on_purpose
from pipeline.outcome import Skipped
from pipeline.planning import sort_out
from pipeline.scan import OUTSIDE, folders_to_scan
from pipeline.unmanaged import undo_advice
from playback.brought import known_values
from playback.play_ledger import known_plays
from playback.undo.all import shown
from plex.exceptions import PlexNotFound
from plex.matcher import Ambiguous, Match, Matched, PathRule, Rung, fallback_rungs, path_rungs
from stash.client import StashClient
from sync.plan import WHOLE_ITEM, Kept
from sync.tags import needs_ancestors
from validation.config import PlexSyncConfig
from validation.scene import Scene
from worker.connect import plex_client
from worker.context import Context

SHOWN_FILES = 5
SHOWN_PLAYS = 5


class NoSuchScene(PermanentError):
    """Stash has no scene of this id."""

    reason = "no such scene"


@dataclass(frozen=True, slots=True)
class ExplainedFile:
    """One file of the scene: all rungs, tried or not, and how the ladder decided."""

    path: str
    size: int
    duration_s: float
    rungs: tuple[Rung, ...]
    match: Match


@dataclass(frozen=True, slots=True)
class Explanation:
    """`previews`: what a sync would do now to each item that shows the scene. `error`: why nothing
    would be written, None if the items are known. `notes`: settings that matter. `server`: Plex's
    machine identifier; `libraries`: the name of each item's, by rating key. `excluded_by`: the
    setting by which it isn't synced, "" if none says so. `plays`: what is known of the scene's
    plays in Plex."""

    scene_id: int
    title: str
    files: tuple[ExplainedFile, ...]
    previews: tuple[ItemPreview, ...]
    error: SyncError | None
    notes: tuple[str, ...] = ()
    server: str = ""
    libraries: Mapping[int, str] = field(default_factory=dict)
    excluded_by: str = ""
    plays: tuple[str, ...] = ()


def explain(context: Context, scene_id: int) -> Explanation:
    """Look for the scene as a sync would, and plan what it would do. Writes nothing to Plex.

    Raises NoSuchScene, and what the servers or the settings have to say.
    """
    context.settings.refresh()
    config = context.settings.config
    scene = _scene(context.stash, scene_id, with_ancestors=needs_ancestors(config))
    locator = context.stores.locator(config, context.stash)
    plex = plex_client(config, context.stores.client_id)
    try:
        located = locator.locate(plex, [scene], at_once=True)[scene_id]
        skipped = _skipped(context, scene)
        previews: tuple[ItemPreview, ...] = ()
        libraries: dict[int, str] = {}
        if isinstance(located, Located):
            rehearsal = Rehearsal(context, plex)
            previews = tuple(rehearsal.items({scene_id: scene}, {scene_id: located}))
            names = {each.key: each.title for each in locator.sections}
            libraries = {x.rating_key: names.get(x.section_key, "") for x in located.items}
        if skipped:
            left = (Kept(WHOLE_ITEM, "", skipped.told),)
            previews = tuple(replace(each, changes=(), left=left) for each in previews)
        return Explanation(
            scene_id,
            scene.title,
            tuple(_explained_files(context, scene, locator.rules)),
            previews,
            located if isinstance(located, SyncError) else None,
            (
                *_notes(context, scene, skipped),
                *_partial_notes(scene, config, located, locator),
                *_scan_notes(scene, config, located, locator),
            ),
            plex.machine_identifier,
            libraries,
            skipped.setting if skipped else "",
            (
                *_plays(context.stores.ledger.data_dir, scene_id),
                *_values(context.stores.ledger.data_dir, scene_id),
            ),
        )
    finally:
        plex.close()


def explanation_lines(found: Explanation) -> list[str]:
    """For people."""
    lines = [f"Scene {found.scene_id}: {found.title or '(no title)'}", *found.notes]
    for file in found.files:
        lines += _file_lines(file)
    for each in found.previews:
        lines += _item_lines(each)
    lines += found.plays
    if found.error:
        lines.append(f"Nothing would be written: {found.error}. {found.error.advice}")
    return lines


def _scene(stash: StashClient, scene_id: int, *, with_ancestors: bool) -> Scene:
    answer = stash.scenes([scene_id], with_ancestors=with_ancestors)[scene_id]
    if isinstance(answer, SyncError):
        raise answer
    if answer is None:
        raise NoSuchScene(
            f"Stash has no scene {scene_id}", advice="The id is the number in the page's address."
        )
    return answer


def _skipped(context: Context, scene: Scene) -> Skipped | None:
    excluded = context.stores.ledger.exclusions.among([scene.id])
    outcome = sort_out({scene.id: scene}, context.settings.config, excluded)[1].get(scene.id)
    return outcome if isinstance(outcome, Skipped) else None


def _notes(context: Context, scene: Scene, skipped: Skipped | None) -> Iterator[str]:
    if skipped is None:
        return
    if skipped.setting == "only_organized":
        yield "It isn't synced: only_organized is on and the scene isn't marked organized."
        return
    yield f"It isn't synced: {skipped.told}."
    if advice := undo_advice(context.stores.ledger, scene.id):
        yield f"{advice}."


def _partial_notes(
    scene: Scene, config: PlexSyncConfig, located: Located | SyncError, locator: Locator
) -> Iterator[str]:
    if isinstance(located, PlexNotFound):
        missing = missing_on_purpose(scene, config, locator)
        if missing:
            yield f"That it isn't in Plex is no failure, {missing.why}."


def _scan_notes(
    scene: Scene, config: PlexSyncConfig, located: Located | SyncError, locator: Locator
) -> Iterator[str]:
    if config.scan_plex and isinstance(located, PlexNotFound):
        places = [each.path for each in folders_to_scan(scene, locator)]
        if places:
            yield f"When it changes, Plex is asked to scan {', '.join(places)}."
        else:
            yield f"scan_plex: {OUTSIDE}"


def _plays(data_dir: str, scene_id: int) -> Iterator[str]:
    """The newest plays in Plex, and what became of them."""
    ledger = known_plays(data_dir)
    if ledger is None:
        return
    with closing(ledger):
        rows = ledger.of_scene(scene_id)
        for row in rows[-SHOWN_PLAYS:]:
            who = ledger.account_name(row.play.account_id)
            yield f"Played in Plex {when(row.play.viewed_at)} by {who}: {row.state}"
        if len(rows) > SHOWN_PLAYS:
            yield f"… and {len(rows) - SHOWN_PLAYS} plays before these"


def _values(data_dir: str, scene_id: int) -> Iterator[str]:
    """The newest positions and ratings from Plex, and what Stash had before."""
    with known_values(data_dir) as ledger:
        for row in ledger.of_scene(scene_id)[-SHOWN_PLAYS:] if ledger else ():
            now, then = shown(row.what, row.after), shown(row.what, row.before)
            yield f"From Plex {when(row.at)}: {now}, before {then}"


def _explained_files(
    context: Context, scene: Scene, rules: Sequence[PathRule]
) -> Iterator[ExplainedFile]:
    index = context.stores.index
    matches = search(index, scene, rules).matches
    for wanted, match in zip(wanted_files(scene), matches, strict=True):
        by_path = list(path_rungs(index, wanted, rules))
        rungs = (*by_path, *fallback_rungs(index, wanted, by_path))
        yield ExplainedFile(wanted.path, wanted.size, wanted.duration_s, rungs, match)


def _file_lines(file: ExplainedFile) -> Iterator[str]:
    yield f"File {file.path} ({file.size} bytes, {file.duration_s:.0f} s)"
    for rung in file.rungs:
        said = f" ({rung.rule})" if rung.rule else ""
        found = "found" if rung.fits else "nothing"
        yield f"  {rung.because}{said}: {rung.looked_for}: {found}"
        for each in rung.fits[:SHOWN_FILES]:
            yield f"    item {each.rating_key}: {each.path}"
        for each in rung.doubted[:SHOWN_FILES]:
            yield (
                f"    item {each.rating_key} has another file there: {each.size} bytes, "
                f"{each.duration_s:.0f} s"
            )
    match file.match:
        case Matched(files, because):
            keys = ", ".join(str(key) for key in dict.fromkeys(x.rating_key for x in files))
            yield f"  => item {keys}, because: {because}"
        case Ambiguous(candidates, because):
            yield f"  => ambiguous: {len(candidates)} files fit equally well by: {because}"
        case _:
            yield "  => not found"


def _item_lines(preview: ItemPreview) -> Iterator[str]:
    yield f"Item {preview.rating_key} in Plex: {preview.title}"
    if not preview.changes:
        yield "  nothing would change"
    for name, what in preview_notes(preview, of_all=True):
        yield f"  {name}: {what}"
