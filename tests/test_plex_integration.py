"""The parts that talk to Plex, put together: matcher, errors, client and SyncWorker.

The five classes and what each is about come from the project's first plan; the client is replaced
at `SyncWorker._get_plex_client`, so that nothing of plexapi has to be patched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, cast
from xml.etree.ElementTree import Element, SubElement

import pytest
import requests
from plexapi import exceptions as plexapi_errors

from errors import PermanentError, SyncError, TransientError
from jobs.job import Job
from jobs.registry import WORKER, Registry
from jobs.schema import LIVE
from jobs.store import JobStore, open_job_database
from ledger.ledger import Ledger
from ledger.scene_cache import SceneCache
from ledger.traits import PROVEN, Proof, TraitBook
from matching.index import PathIndex
from net.session import CONNECT_TIMEOUT_S
from pipeline.outcome import InSync, Synced
from pipeline.stores import Stores
from plex.client import READ_TIMEOUT_S, PlexClient, PlexSection
from plex.exceptions import (
    PlexNotFound,
    PlexPermanentError,
    PlexSettingsError,
    PlexTemporaryError,
    PlexUnavailable,
    translate_plex_exception,
)
from plex.items import PlexItem, parse_item
from plex.matcher import (
    NAME_AND_SIZE,
    PATH_MAP,
    SAME_PATH,
    Ambiguous,
    KnownFile,
    Matched,
    NotFound,
    PathRule,
    find_plex_item_by_path,
)
from plex.paths import base_name, folded
from simulators.plex import PlexSimulator
from stash.client import RawAnswer, RawScene, StashClient
from sync.plan import Edit, Plan
from validation.config import PlexSyncConfig
from validation.scene import Scene
from worker.processor import SyncWorker


class Shelf:
    """The files of a Plex section, as the matcher looks them up."""

    def __init__(self, *files: KnownFile) -> None:
        self._files = files

    def files_at(self, folded_path: str) -> list[KnownFile]:
        return [file for file in self._files if folded(file.path) == folded_path]

    def files_named(self, folded_name: str) -> list[KnownFile]:
        return [file for file in self._files if base_name(folded(file.path)) == folded_name]


class TestMatcher:
    """find_plex_item_by_path: one strategy after the other, each answer with its reason."""

    def test_the_same_path_is_the_same_file(self) -> None:
        wanted = KnownFile(7, "1", "/data/Nosferatu.mp4", 500)
        shelf = Shelf(wanted, KnownFile(8, "1", "/other/Nosferatu.mp4", 500))
        found = find_plex_item_by_path(shelf, "/data/Nosferatu.mp4", size=500)
        assert found == Matched((wanted,), SAME_PATH)

    def test_a_mapping_translates_the_path(self) -> None:
        wanted = KnownFile(7, "1", "/media/films/Nosferatu.mp4", 500)
        rules = [PathRule("/data", "/media/films")]
        found = find_plex_item_by_path(Shelf(wanted), "/data/Nosferatu.mp4", size=500, rules=rules)
        assert isinstance(found, Matched)
        assert (found.files, found.because) == ((wanted,), PATH_MAP)

    def test_the_same_name_and_size_is_the_same_file_elsewhere(self) -> None:
        wanted = KnownFile(7, "1", "/somewhere/Nosferatu (1922).mp4", 500)
        shelf = Shelf(wanted, KnownFile(8, "1", "/else/Nosferatu (1922).mp4", 600))
        found = find_plex_item_by_path(shelf, "/data/Nosferatu (1922).mp4", size=500)
        assert found == Matched((wanted,), NAME_AND_SIZE)

    def test_of_several_that_fit_none_is_taken(self) -> None:
        twins = [KnownFile(key, "1", f"/{key}/Nosferatu (1922).mp4", 500) for key in (7, 8)]
        found = find_plex_item_by_path(Shelf(*twins), "/data/Nosferatu (1922).mp4", size=500)
        assert isinstance(found, Ambiguous)
        assert set(found.candidates) == set(twins)

    def test_the_name_alone_is_not_enough(self) -> None:
        shelf = Shelf(KnownFile(7, "1", "/other/Nosferatu (1922).mp4", 600))
        found = find_plex_item_by_path(shelf, "/data/Nosferatu (1922).mp4", size=500)
        assert isinstance(found, NotFound)
        assert "/data/Nosferatu (1922).mp4" in found.tried


class TestExceptionHierarchy:
    """Plex's errors are the worker's: it decides by class."""

    def test_a_temporary_error_is_transient(self) -> None:
        assert issubclass(PlexTemporaryError, TransientError)
        assert issubclass(PlexUnavailable, PlexTemporaryError)

    def test_a_permanent_error_is_permanent(self) -> None:
        assert issubclass(PlexPermanentError, PermanentError)
        assert not issubclass(PlexPermanentError, TransientError)

    def test_what_is_not_found_is_transient_since_plex_may_not_have_scanned_yet(self) -> None:
        assert issubclass(PlexNotFound, TransientError)
        assert not issubclass(PlexNotFound, PlexTemporaryError)


class TestExceptionTranslation:
    """translate_plex_exception: whose error, and will it pass?"""

    @pytest.mark.parametrize(
        "error", [requests.ConnectionError("refused"), requests.Timeout("read timeout")]
    )
    def test_a_connection_that_fails_will_pass(self, error: Exception) -> None:
        assert isinstance(translate_plex_exception(error), PlexTemporaryError)

    def test_a_refused_token_will_not_pass(self) -> None:
        error = plexapi_errors.Unauthorized("(401) unauthorized; http://plex/")
        assert isinstance(translate_plex_exception(error), PlexPermanentError)

    def test_an_unknown_error_is_permanent_and_ours_stay_as_they_are(self) -> None:
        assert isinstance(translate_plex_exception(KeyError("key")), PlexPermanentError)
        own = PlexNotFound("not there")
        assert translate_plex_exception(own) is own


class FakeStash:
    """The scenes that Stash has."""

    def __init__(self, *scenes: Scene) -> None:
        self._scenes = {scene.id: scene for scene in scenes}

    def raw_scenes(
        self, ids: Sequence[int], *, with_ancestors: bool = False, namesakes_anew: bool = False
    ) -> dict[int, RawAnswer]:
        known = {key: RawScene(key, scene.model_dump()) for key, scene in self._scenes.items()}
        return {scene_id: known.get(scene_id) for scene_id in ids}

    def scenes_with_file(self, name: str) -> list[Scene]:
        return [
            scene
            for scene in self._scenes.values()
            if any(base_name(file.path) == name for file in scene.files)
        ]

    def ping(self) -> None:
        """It is well."""


class FakePlex:
    """A Plex with one section. `failure` is raised by every question for items, `edit_failure` by
    every edit, `ailment` when it is asked whether it is well."""

    machine_identifier = "the-machine"
    version = "1.41.3"
    times_identified = 0

    def __init__(self, *paths: str) -> None:
        self.edits: list[tuple[int, dict[str, str]]] = []
        self.failure: Exception | None = None
        self.edit_failure: SyncError | None = None
        self.ailment: SyncError | None = None
        self._titles = dict(enumerate(paths, start=1))
        self._paths = dict(self._titles)

    def check(self) -> None:
        if self.ailment:
            raise self.ailment

    def confirm_server(self, since: int = -1) -> None:
        """It is always the same one."""

    def close(self) -> None:
        """Nothing is open."""

    def sections(self) -> list[PlexSection]:
        return [PlexSection("1", "Films", "movie", "uuid-1", ("/data",))]

    def listing(
        self,
        section: PlexSection,
        *,
        start: int,
        size: int,
        filters: Mapping[str, int] | None = None,
        sort: str = "id",
    ) -> Element:
        keys = [] if filters else sorted(self._paths)
        root = Element("MediaContainer", totalSize=str(len(keys)))
        root.extend(self._video(key) for key in keys[start : start + size])
        return root

    def items(self, rating_keys: Sequence[int]) -> dict[int, PlexItem]:
        if self.failure:
            raise self.failure
        return {key: parse_item(self._video(key)) for key in rating_keys if key in self._paths}

    def edit(self, items: Sequence[PlexItem], params: Mapping[str, str]) -> None:
        if self.edit_failure:
            raise self.edit_failure
        for item in items:
            self.edits.append((item.rating_key, dict(params)))
            self._titles[item.rating_key] = params.get("title.value", "")

    def _video(self, key: int) -> Element:
        video = Element(
            "Video",
            ratingKey=str(key),
            type="movie",
            librarySectionID="1",
            title=self._titles[key],
            addedAt="1000",
            updatedAt="1000",
        )
        part = {"file": self._paths[key], "size": "500", "duration": "60000"}
        SubElement(SubElement(video, "Media"), "Part", part)
        return video


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    with closing(open_job_database(str(tmp_path))) as database:
        yield JobStore(database)


@pytest.fixture
def make_worker(
    tmp_path: Path, store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[FakeStash, FakePlex], SyncWorker]]:
    """A SyncWorker with real stores, which syncs nothing but texts."""
    with (
        closing(PathIndex(str(tmp_path), lambda: 1000.0)) as index,
        closing(Ledger(str(tmp_path))) as ledger,
        closing(SceneCache(str(tmp_path), lambda: 1000.0)) as seen,
        closing(TraitBook(str(tmp_path))) as traits,
    ):
        registry = Registry(store.database, WORKER)
        registry.enter(1000.0, 0.0)
        # As after a first sync, of which trial/canary.py sees that it is one.
        traits.prove(FakePlex.machine_identifier, FakePlex.version, Proof(PROVEN), 1000.0)
        stores = Stores(store, registry, index, ledger, "client-id", seen, traits)

        def make(stash: FakeStash, plex: FakePlex) -> SyncWorker:
            required = {"plex_url": "http://plex:32400", "plex_token": "token"}
            texts_only = {**required, "skip_fields": "poster, background"}
            config = PlexSyncConfig.model_validate(texts_only)
            worker = SyncWorker(stores, cast(StashClient, stash), config=config)
            monkeypatch.setattr(worker, "_get_plex_client", lambda: plex)
            return worker

        yield make


def a_scene(*paths: str, **fields: Any) -> Scene:
    files = [{"path": path, "size": 500, "duration": 60.0} for path in paths]
    return Scene.model_validate({"id": 7, "title": "Nosferatu", "files": files, **fields})


JOB = Job(1, "scene", 7, LIVE)

MakeWorker = Callable[[FakeStash, FakePlex], SyncWorker]


class TestSyncWorkerIntegration:
    """SyncWorker._process_job: the batch path with a batch of one."""

    def test_a_scene_without_a_file_is_a_permanent_error(self, make_worker: MakeWorker) -> None:
        plex = FakePlex("/data/Nosferatu.mp4")
        with pytest.raises(PermanentError, match="scene 7 has no file"):
            make_worker(FakeStash(a_scene()), plex)._process_job(JOB)
        assert plex.edits == []

    def test_a_scene_that_plex_does_not_have_is_not_found(self, make_worker: MakeWorker) -> None:
        plex = FakePlex("/data/Faust.mp4")
        with pytest.raises(PlexNotFound, match="scene 7 is not in Plex"):
            make_worker(FakeStash(a_scene("/data/Nosferatu.mp4")), plex)._process_job(JOB)
        assert plex.edits == []

    def test_a_match_is_written_in_one_edit_and_then_in_sync(self, make_worker: MakeWorker) -> None:
        plex = FakePlex("/data/Faust.mp4", "/data/Nosferatu.mp4")
        scene = a_scene(
            "/data/Nosferatu.mp4", details="A symphony.", studio={"id": 3, "name": "Prana"}
        )
        worker = make_worker(FakeStash(scene), plex)
        outcome = worker._process_job(JOB)
        assert isinstance(outcome, Synced)
        assert {"title", "summary", "studio"} <= set(outcome.fields)
        ((rating_key, params),) = plex.edits
        assert rating_key == 2
        assert params["title.value"] == "Nosferatu"
        assert params["title.locked"] == "1"
        assert params["summary.value"] == "A symphony."
        assert params["studio.value"] == "Prana"

    def test_what_already_is_as_it_should_be_is_not_written(self, make_worker: MakeWorker) -> None:
        plex = FakePlex("/data/Nosferatu.mp4")
        worker = make_worker(FakeStash(a_scene("/data/Nosferatu.mp4")), plex)
        worker._process_job(JOB)
        plex.edits.clear()
        assert isinstance(worker._process_job(JOB), InSync)
        assert plex.edits == []

    def test_a_plan_is_sent_as_it_is(self, make_worker: MakeWorker) -> None:
        plex = FakePlex("/data/Nosferatu.mp4")
        item = plex.items([1])[1]
        plan = Plan((Edit("title", item.title, "Nosferatu"),), (), {}, item.state)
        make_worker(FakeStash(), plex)._update_metadata(item, plan)
        assert plex.edits == [(1, {"title.value": "Nosferatu", "title.locked": "1"})]

    @pytest.mark.parametrize(
        ("foreign", "ours"),
        [
            (plexapi_errors.BadRequest("(500) internal_server_error; x"), PlexTemporaryError),
            (plexapi_errors.BadRequest("(409) conflict; x"), PlexPermanentError),
            (plexapi_errors.Unauthorized("(401) unauthorized; x"), PlexSettingsError),
            (requests.ConnectionError("reset"), PlexUnavailable),
            (KeyError("ratingKey"), PlexPermanentError),
        ],
        ids=["500", "409", "401", "connection", "bug"],
    )
    def test_foreign_errors_are_translated(
        self, make_worker: MakeWorker, foreign: Exception, ours: type[SyncError]
    ) -> None:
        plex = FakePlex("/data/Nosferatu.mp4")
        plex.failure = foreign
        with pytest.raises(ours):
            make_worker(FakeStash(a_scene("/data/Nosferatu.mp4")), plex)._process_job(JOB)
        assert plex.edits == []

    @pytest.mark.parametrize(
        "ailment",
        [PlexUnavailable("down"), PlexSettingsError("not trusted")],
        ids=lambda error: type(error).__name__,
    )
    def test_an_outage_pauses_the_queue_and_costs_the_job_nothing(
        self, make_worker: MakeWorker, store: JobStore, ailment: SyncError
    ) -> None:
        plex = FakePlex("/data/Nosferatu.mp4")
        plex.edit_failure = PlexUnavailable("Plex does not answer")
        plex.ailment = ailment
        worker = make_worker(FakeStash(a_scene("/data/Nosferatu.mp4")), plex)
        store.enqueue("scene", [7], LIVE, 1000.0)
        for _ in range(5):
            worker.step()
        assert worker.pause
        assert store.counts() == {(LIVE, "queued"): 1}


class TestPlexClientStructure:
    """What PlexClient is made of, as far as others rely on it."""

    def test_the_server_is_connected_when_it_is_needed_and_kept(self) -> None:
        with PlexSimulator() as simulator:
            client = PlexClient(simulator.url, simulator.token, client_id="id")
            assert simulator.requests.count() == 0
            assert client.server is client.server
            assert simulator.requests.count() == 1
            client.close()

    def test_no_request_can_wait_for_ever(self) -> None:
        with PlexSimulator() as simulator:
            usual = PlexClient(simulator.url, simulator.token, client_id="id")
            hasty = PlexClient(
                simulator.url,
                simulator.token,
                client_id="id",
                connect_timeout_s=1.5,
                read_timeout_s=2.5,
            )
            for client, timeouts in (
                (usual, (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)),
                (hasty, (1.5, 2.5)),
            ):
                assert (client.connect_timeout_s, client.read_timeout_s) == timeouts
                assert client.server._timeout == timeouts
                client.close()
