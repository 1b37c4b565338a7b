"""Check the set-up: the settings, both servers, the libraries, and whether scenes are found."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from commands import diagnosis
from commands.confirmation import READ_S, Moment, Press, press
from commands.diagnosis import Fact, Finding
from commands.eta import Progress
from commands.task_arguments import flag, scene_id_of
from errors import SyncError
from matching.locate import Located
from net.trust import trust
from pictures import pillow
from plex.client import PlexClient
from plex.items import PlexItem
from storage.owner import open_to_others
from sync.pictures import AS_IT_IS, POSTER
from trial.bench import Bench
from trial.canary import ADVICE
from trial.candidates import Unfit, check, propose
from trial.captures import capture
from trial.meaning import lines, stop_sentences, stopped
from trial.report import question, report
from trial.trial import carry_out, undo_left_over
from validation.config import PlexSyncConfig
from validation.scene import Scene
from worker.connect import plex_client, writing_client
from worker.context import Context

log = logging.getLogger(__name__)

SAMPLE = 200
SCENES_PER_QUERY = 100
TRIAL_SAMPLE = 20
ASKED_NOTE = "trial_asked"


def examine(context: Context, *, sample: int = SAMPLE) -> list[Finding]:
    """Everything that was found, in the order in which it was looked at. Writes nothing to Plex.

    What can't be reached is a finding as well; only StorageError is raised.
    """
    findings: list[Finding] = []
    try:
        for finding in _examination(context, sample):
            findings.append(finding)
    except SyncError as error:
        findings.append(diagnosis.failure(error))
    return findings


def _examination(context: Context, sample: int) -> Iterator[Finding]:
    yield from _folder(context)
    yield diagnosis.version_finding("Stash", context.stash.version(), diagnosis.OLDEST_STASH)
    context.settings.refresh()
    config = context.settings.config
    for problem in context.settings.problems:
        yield diagnosis.Problem(problem, "Correct it in Stash under Settings > Plugins.")
    yield Fact("the required settings are there")
    is_needed = config.poster_style != AS_IT_IS and POSTER not in config.skip_fields
    why_missing = pillow.why_missing(is_needed=is_needed)
    yield diagnosis.pillow_finding(config.poster_style, why_missing, is_needed=is_needed)
    yield from _trusted(config)
    plex = plex_client(config, context.stores.client_id)
    try:
        yield diagnosis.version_finding(
            "Plex", str(plex.server.version or ""), diagnosis.OLDEST_PLEX
        )
        yield from _ways(context, plex)
        yield from _matching(context, config, plex, sample)
    finally:
        plex.close()


def _ways(context: Context, plex: PlexClient) -> Iterator[Finding]:
    """What is known of how this Plex behaves."""
    book, server, version = context.stores.traits, plex.machine_identifier, plex.version
    proof, traits = book.proof(server, version), book.traits(server, version)
    if proof and proof.surprise:
        yield diagnosis.Problem(proof.surprise, ADVICE)
    if left := book.unfinished(server):
        yield diagnosis.Problem(
            f"item {left[0].rating_key} in Plex is on trial, or as an interrupted trial left it",
            "The next sync, or the next trial, puts it back.",
        )
    for sentence in stop_sentences(traits, version):
        yield diagnosis.Problem(sentence, "Name these fields in skip_fields, or update Plex.")
    if not traits:
        yield Fact("how this Plex behaves was not tried out yet; doctor --try does that")
    yield from (Fact(f"tried out, {each}") for each in lines(traits))


def asked_to_try(args: Mapping[str, Any]) -> bool:
    """Whether the task was started for a trial."""
    return str(args.get("try") or "").lower() not in ("", "false", "none")


@dataclass(frozen=True, slots=True)
class TrialOrder:
    """On whose item to try things out, None for one that is proposed. `is_confirmed`: whether to do
    it, or to say what would be done. `with_pictures`: whether a picture may be uploaded. `capture`:
    the path of a file for Plex's answers, "" for none."""

    scene_id: int | None = None
    is_confirmed: bool = False
    with_pictures: bool = False
    capture: str = ""


def try_as_told(context: Context, progress: Progress) -> list[str]:
    """As the task's arguments say: `try` with a scene's id, or true for a proposal. Asked for with
    an id once more, it is done; neither too soon nor too late. Raises WrongArguments."""
    asked_for = str(context.args["try"])
    with_pictures = flag(context.args, "try_pictures")
    scene_id = None if asked_for.lower() == "true" else scene_id_of({"scene_id": asked_for})
    store, now = context.stores.store, Moment(time.time(), time.monotonic())
    asked = json.loads(store.note(ASKED_NOTE) or "{}")
    before = asked.get("moment") if asked.get("scene_id") == scene_id else None
    is_answer = scene_id is not None and press(before, now) is Press.ANSWER
    if is_answer:
        store.set_note(ASKED_NOTE, None)
        return try_out(context, progress, TrialOrder(scene_id, True, with_pictures))
    if before and press(before, now) is Press.TOO_SOON:
        return [f"Nothing was tried: read the question first, and answer it after {READ_S:.0f} s"]
    return try_out(context, progress, TrialOrder(scene_id, False, with_pictures))


def try_out(context: Context, progress: Progress, order: TrialOrder) -> list[str]:
    """Try things out on one item and put it back, or say on which it would be; what to tell."""
    context.settings.refresh()
    registry, config = context.stores.registry, context.settings.config
    registry.enter(time.time(), time.monotonic())
    with context.registered():
        plex = writing_client(config, context.stores.client_id, registry.is_entered)
        with closing(plex):
            if busy := undo_left_over(plex, context.stores.traits, _lives(context), time.time):
                raise Unfit(
                    f"item {busy[0].rating_key} is on trial at the moment",
                    advice="Wait until that has ended.",
                )
            scene_id, item = _on_trial(context, plex, order)
            if not order.is_confirmed:
                return _ask(context, scene_id, item, order)
            return _carry_out(context, plex, scene_id, item, order, progress)


def _ask(context: Context, scene_id: int, item: PlexItem, order: TrialOrder) -> list[str]:
    asked = Moment(time.time(), time.monotonic()).dump()
    note = json.dumps({"scene_id": scene_id, "moment": asked})
    context.stores.store.set_note(ASKED_NOTE, note)
    return question(scene_id, item.title, with_pictures=order.with_pictures)


def _carry_out(
    context: Context,
    plex: PlexClient,
    scene_id: int,
    item: PlexItem,
    order: TrialOrder,
    progress: Progress,
) -> list[str]:
    stores, bench = context.stores, Bench(plex, item)
    progress(0.1)
    # Whoever compares it meanwhile sees what is tried out.
    stores.scene_cache.invalidate([scene_id])
    forbidden = stopped(stores.traits.traits(plex.machine_identifier, plex.version))
    found = carry_out(
        bench,
        stores.traits,
        stores.registry.token,
        time.time,
        with_pictures=order.with_pictures,
    )
    if order.capture:
        with open(order.capture, "w", encoding="utf-8") as file:
            file.write(capture(bench.answers, plex.version))
    if stopped(found.traits).keys() != forbidden.keys():
        # What was left alone by then may be written by now, or the other way round.
        stores.scene_cache.invalidate()
    progress(1.0)
    return report(found, plex.version, stores.ledger.count())


def _lives(context: Context) -> Callable[[str], bool]:
    living = {each.token for each in context.stores.registry.living(time.time())}
    return lambda token: token in living


def _on_trial(context: Context, plex: PlexClient, order: TrialOrder) -> tuple[int, PlexItem]:
    """A scene and its item. Raises Unfit, and what keeps anything from being found."""
    locator = context.stores.locator(context.settings.config, context.stash)
    if order.scene_id is None:
        scenes = list(_sampled_scenes(context, TRIAL_SAMPLE))
    else:
        answer = context.stash.scenes([order.scene_id])[order.scene_id]
        scenes = [answer] if isinstance(answer, Scene) else []
    located = locator.locate(plex, scenes, at_once=True)
    found = {key: each.items for key, each in located.items() if isinstance(each, Located)}
    if order.scene_id is not None:
        return order.scene_id, check(plex, found.get(order.scene_id, ()))
    proposed = propose(
        plex, context.stores.ledger, {key: items[0] for key, items in found.items() if items}
    )
    if proposed is None:
        raise Unfit(
            "of the scenes that were looked at none has an item in Plex that nobody has edited",
            advice="Name a scene yourself: doctor --try ID.",
        )
    return proposed, found[proposed][0]


def _trusted(config: PlexSyncConfig) -> Iterator[Finding]:
    """Whose certificates are believed, and what of it can't be read."""
    trusted = trust()
    for problem in trusted.problems:
        yield diagnosis.Problem(problem, "Name a PEM file that the user who runs Stash can read.")
    if not config.plex_url.startswith("https:"):
        yield Fact("the connection to Plex isn't encrypted, so no certificate is checked")
    elif config.insecure_tls:
        yield Fact("the certificate of Plex isn't checked, as insecure_tls says")
    else:
        yield Fact(f"the certificate of Plex is checked by {', '.join(trusted.sources)}")


def _folder(context: Context) -> Iterator[Finding]:
    folder = context.stores.ledger.data_dir
    for place in (folder, os.path.join(folder, "packages")):
        if mode := open_to_others(place):
            yield diagnosis.Problem(
                f"others than its owner may write to {place} (mode {mode}), from where Python code "
                "is loaded",
                f"Run chmod -R go-w {folder}. On a share or a mount that shows one mode for all, "
                "set that of the mount.",
            )


def _matching(
    context: Context, config: PlexSyncConfig, plex: PlexClient, sample: int
) -> Iterator[Finding]:
    index, locator = context.stores.index, context.stores.locator(config, context.stash)
    scenes = list(_sampled_scenes(context, sample))
    yield from _photos(context, config, scenes)
    searches = list(locator.look(plex, scenes, at_once=True).values())
    counts = {section.key: index.count(section) for section in locator.sections}
    yield from diagnosis.section_findings(locator.sections, counts)
    mappings = index.learned.all()
    yield from diagnosis.rule_findings(config.path_map, mappings, searches)
    yield from diagnosis.sample_findings(searches, locator.sections, locator.rules)
    yield from diagnosis.proposals(mappings, searches)


def _photos(context: Context, config: PlexSyncConfig, scenes: Sequence[Scene]) -> Iterator[Finding]:
    performer_id = next((each.id for scene in scenes for each in scene.performers), None)
    if config.cast_photos and performer_id is not None:
        yield diagnosis.photo_finding(context.stash.performer_pictures(performer_id))


def _sampled_scenes(context: Context, count: int) -> Iterator[Scene]:
    """Scenes with files, evenly spread over the library."""
    ids = [scene_id for page in context.stash.scene_ids() for scene_id in page]
    step = max(len(ids) // count, 1)
    chosen = ids[::step][:count]
    for start in range(0, len(chosen), SCENES_PER_QUERY):
        answers = context.stash.scenes(chosen[start : start + SCENES_PER_QUERY])
        for answer in answers.values():
            if isinstance(answer, Scene) and answer.files:
                yield answer
