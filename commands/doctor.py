"""Check the set-up: the settings, both servers, the libraries, and whether scenes are found."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Sequence

from commands import diagnosis
from commands.diagnosis import Fact, Finding, Problem, finding_lines, verdict
from commands.eta import Progress
from errors import SyncError
from matching.locate import Locator
from matching.lookup import Search
from net.trust import trust
from pictures import pillow
from pipeline.follow_up import missing_on_purpose
from pipeline.outcome import Skipped
from pipeline.planning import sort_out
from plex.client import PlexClient
from storage.owner import open_to_others
from storage.token_file import GIVEN
from sync.pictures import AS_IT_IS, POSTER
from sync.tags import needs_ancestors
from trial.meaning import clear_sentences, field_sentences, lines
from trial.surprise import advice
from validation.config import PlexSyncConfig
from validation.scene import Scene
from worker.connect import plex_client
from worker.context import Context

log = logging.getLogger(__name__)

SAMPLE = 200
SCENES_PER_QUERY = 100


def check(context: Context, progress: Progress) -> str:
    """The task: what is found goes to the log, what to change as a warning."""
    findings = examine(context)
    for finding, line in zip(findings, finding_lines(findings), strict=True):
        log.log(logging.WARNING if isinstance(finding, Problem) else logging.INFO, "%s", line)
    log.info("%s", verdict(findings))
    progress(1.0)
    return "\n".join([*finding_lines(findings), verdict(findings)])


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
    yield from _token(context)
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
        yield diagnosis.Problem(proof.surprise, advice(proof.fields))
    if left := book.unfinished(server):
        yield diagnosis.Problem(
            f"item {left[0].rating_key} in Plex is on trial, or as an interrupted trial left it",
            "The next sync, or the next trial, puts it back.",
        )
    skipped = context.settings.config.skip_fields
    for sentence in field_sentences(traits, version, skipped):
        yield diagnosis.Problem(sentence, "Name these fields in skip_fields, or update Plex.")
    for sentence in clear_sentences(traits, version):
        yield diagnosis.Problem(sentence, "Empty them in Plex by hand, or update Plex.")
    if not traits:
        yield Fact("how this Plex behaves was not tried out yet; doctor --try does that")
    yield from (Fact(f"tried out, {each}") for each in lines(traits))


def _token(context: Context) -> Iterator[Finding]:
    source, kept = context.settings.token_source, context.settings.token_file
    if kept and source != GIVEN:
        mode = open_to_others(kept.path, to_read=True)
        yield diagnosis.token_finding(source, kept.path, mode)


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
    sampled = {each.id: each for each in sampled_scenes(context, config, sample)}
    excluded = context.stores.ledger.exclusions.among(sampled)
    scenes, others = sort_out(sampled, config, excluded)
    yield from _photos(context, config, list(scenes.values()))
    searches = list(locator.look(plex, scenes.values(), at_once=True).values())
    missing = _missing_on_purpose(searches, config, locator)
    searches = [each for each in searches if each.scene.id not in missing]
    skipped = [each for each in (*others.values(), *missing.values()) if isinstance(each, Skipped)]
    yield from diagnosis.skipped_findings(skipped, len(sampled))
    counts = {section.key: index.count(section) for section in locator.sections}
    yield from diagnosis.section_findings(locator.sections, counts)
    mappings = index.learned.all()
    yield from diagnosis.rule_findings(config.path_map, mappings, searches)
    if searches or not skipped:
        yield from diagnosis.sample_findings(searches, locator.sections, locator.rules)
    yield from diagnosis.proposals(mappings, searches)


def _missing_on_purpose(
    searches: Iterable[Search], config: PlexSyncConfig, locator: Locator
) -> dict[int, Skipped]:
    lost = [each.scene for each in searches if each.is_lost]
    found = {each.id: missing_on_purpose(each, config, locator) for each in lost}
    return {scene_id: each for scene_id, each in found.items() if each}


def _photos(context: Context, config: PlexSyncConfig, scenes: Sequence[Scene]) -> Iterator[Finding]:
    performer_id = next((each.id for scene in scenes for each in scene.performers), None)
    if config.cast_photos and performer_id is not None:
        yield diagnosis.photo_finding(context.stash.performer_pictures(performer_id))


def sampled_scenes(context: Context, config: PlexSyncConfig, count: int) -> Iterator[Scene]:
    """Scenes with files, evenly spread over the library."""
    ids = [scene_id for page in context.stash.scene_ids() for scene_id in page]
    step = max(len(ids) // count, 1)
    chosen = ids[::step][:count]
    for start in range(0, len(chosen), SCENES_PER_QUERY):
        answers = context.stash.scenes(
            chosen[start : start + SCENES_PER_QUERY], with_ancestors=needs_ancestors(config)
        )
        for answer in answers.values():
            if isinstance(answer, Scene) and answer.files:
                yield answer
