"""The first writes to a server: a few, looked at, before the rest."""

from __future__ import annotations

from typing import Any
from unicodedata import normalize

import pytest

from commands.tasks import Paused
from errors import ServerUnavailable
from ledger.traits import PROVEN, Proof
from plex.client import PlexClient
from plex.exceptions import PlexNotFound
from simulators.faults import Reply
from tests.harness.sync import Desk, picture
from tests.harness.worker import Killed, Shift, shift
from tests.trial.newcomers import COUNT, NASTY, MakeDesk, new, proof
from trial import first_writes
from trial.bench import TEXT
from trial.meaning import stopped
from trial.snapshot import TAGS, Snapshot
from trial.surprise import advice
from validation.config import FIELDS, PlexSyncConfig

pytestmark = pytest.mark.usefixtures("still_time")


def requests_of(desk: Desk) -> int:
    desk.sync()
    return sum(desk.plex.calls.values()) - desk.plex.calls["server"]


def shown(desk: Desk) -> list[dict[str, Any]]:
    """All but when the films were put in, which two rigs don't do in the same second."""
    found: list[dict[str, Any]] = desk.snapshots()
    for each in found:
        each["fields"].pop("addedAt")
    return found


def test_a_first_sync_costs_thirty_requests_more_at_most_and_later_ones_none(
    make_desk: MakeDesk,
) -> None:
    known, unknown = new(make_desk, tried=True), new(make_desk)
    extra = requests_of(unknown) - requests_of(known)
    assert 0 < extra <= 30
    assert shown(unknown) == shown(known)
    assert proof(unknown) == Proof(PROVEN)
    for desk in (known, unknown):
        for scene_id in range(1, COUNT + 1):
            desk.edit(scene_id, details=f"Other words {scene_id}", cover=picture("blue"))
    assert requests_of(unknown) == requests_of(known)


def test_the_first_go_alone_and_get_no_picture_before_their_text_was_read(
    make_desk: MakeDesk,
) -> None:
    desk = new(make_desk)
    desk.sync()
    kinds = [
        kind for each in desk.plex.requests.matching() if (kind := kind_of(each.method, each.path))
    ]
    first = kinds.index("read", kinds.index("edit"))
    assert kinds[:first].count("edit") == 1
    assert "upload" not in kinds[:first]
    second = kinds.index("read", kinds.index("edit", first))
    assert kinds[:second].count("edit") == PROVEN
    assert kinds[:second].count("upload") == 2


def kind_of(method: str, path: str) -> str:
    if method == "GET":
        is_item = path.startswith("/library/metadata/") and path.count("/") == 3
        return "read" if is_item else ""
    return "upload" if method == "POST" else "edit"


@pytest.mark.parametrize("nasty", NASTY)
def test_a_nasty_server_is_stopped_after_eleven_items_and_has_them_back(
    make_desk: MakeDesk, nasty: str
) -> None:
    desk = new(make_desk)
    for name, value in NASTY[nasty].items():
        setattr(desk.plex.quirks, name, value)
    before = desk.snapshots()
    with pytest.raises(Paused, match="something else than it was told with scene"):
        desk.sync()
    assert len({key for key, _ in desk.plex.library.edits}) <= PROVEN
    assert desk.snapshots() == before
    assert desk.rig.jobs_left() == COUNT
    found = proof(desk)
    assert found
    assert "is taken back" in found.surprise
    with desk.ledger() as ledger:
        entries = [x for page in ledger.entries(desk.plex.library.machine_identifier) for x in page]
    assert not any(each.memory.baseline or each.memory.pending for each in entries)
    # Nothing has changed since, so nothing is written again.
    desk.reset()
    with pytest.raises(Paused, match="something else"):
        desk.sync()
    assert desk.writes() == 0


@pytest.mark.parametrize(
    ("nasty", "fields"),
    [
        ({"cuts_texts": 40}, ("summary",)),
        ({"label_case": "capitals"}, ("labels",)),
        ({"drops_tags": True}, ()),
        ({"ignores_locks": True}, ()),
        ({"drops_other_locks": True}, ()),
        ({"ignores_edits": True}, ()),
    ],
)
def test_the_advice_names_settings_that_help_and_none_that_do_not(
    make_desk: MakeDesk, nasty: dict[str, Any], fields: tuple[str, ...]
) -> None:
    desk = new(make_desk)
    for name, value in nasty.items():
        setattr(desk.plex.quirks, name, value)
    with pytest.raises(Paused) as told:
        desk.sync()
    found = proof(desk)
    assert found
    assert found.fields == fields
    assert told.value.advice.startswith(advice(fields))
    if not fields:
        return
    assert f"once skip_fields holds {', '.join(fields)}," in told.value.advice
    desk.configure(tags_as="both", skip_fields=", ".join(fields))
    desk.sync()
    assert proof(desk) == Proof(PROVEN)


def test_every_piece_of_advice_names_valid_values_of_its_setting() -> None:
    for field in FIELDS:
        assert field in advice([field])
        config = PlexSyncConfig(plex_url="http://x", plex_token="t", skip_fields=field)  # type: ignore[arg-type]
        assert config.skip_fields == {field}
    for field in ("writer", "lock of title", "pictures", "year", "country"):
        assert "skip_fields" not in advice([field])
        assert "skip_fields" not in advice(["title", field])
    every = {f"{kind}_edit": "refused" for kind in TAGS} | {"locks": "none", "text_edit": "refused"}
    assert stopped(every).keys() <= set(FIELDS)


def test_a_field_that_has_no_lock_is_told_and_stops_nothing(
    make_desk: MakeDesk, caplog: pytest.LogCaptureFixture
) -> None:
    desk = new(make_desk)
    desk.plex.quirks.never_locks = {"title"}
    desk.sync()
    assert proof(desk) == Proof(PROVEN)
    told = [each.getMessage() for each in caplog.records if "other locks" in each.getMessage()]
    assert told
    assert all("title: expected 'locked', came 'unlocked'" in each for each in told)


def test_a_lock_of_somebody_that_vanishes_is_a_surprise(make_desk: MakeDesk) -> None:
    desk = new(make_desk)
    desk.plex.quirks.drops_other_locks = True
    with pytest.raises(Paused, match="tagline: expected 'locked', came 'unlocked'"):
        desk.sync()
    assert "tagline" in desk.item(1).locks


def test_a_field_that_surprised_can_be_left_out(make_desk: MakeDesk) -> None:
    desk = new(make_desk)
    desk.plex.quirks.label_case = "capitals"
    with pytest.raises(Paused, match="labels: expected"):
        desk.sync()
    desk.configure(tags_as="both", skip_fields="labels")
    desk.sync()
    assert proof(desk) == Proof(PROVEN)
    assert not any(desk.item(number).tag_names("label") for number in range(1, COUNT + 1))


def test_another_version_is_looked_at_anew_and_keeps_what_was_there(make_desk: MakeDesk) -> None:
    desk = new(make_desk)
    desk.sync()
    server = desk.plex.library.machine_identifier
    with desk.context() as context:
        context.stores.traits.note(server, desk.plex.version, {"clears": "yes"}, 1000.0)
    in_step = desk.snapshots()
    for scene_id in range(1, COUNT + 1):
        desk.edit(scene_id, title=f"Title {scene_id}")
    desk.plex.version, desk.plex.quirks.drops_tags = "1.99.0", True
    with pytest.raises(Paused, match="genres: expected 'Silent, Fantasy"):
        desk.sync()
    assert desk.snapshots() == in_step
    with desk.ledger() as ledger:
        entries = [each for page in ledger.entries(server) for each in page]
    assert not any(str(each.memory.baseline["title"]).startswith("Title") for each in entries)
    desk.plex.quirks.drops_tags, desk.plex.version = False, "1.99.1"
    desk.sync()
    assert desk.rig.title(3) == "Title 3"
    # What needs nothing written is measured without being asked for.
    with desk.context() as context:
        assert context.stores.traits.traits(server, "1.99.1")["missing_ids"] == "left out"


def test_covers_that_are_looked_at_and_need_no_write_prove_nothing(make_desk: MakeDesk) -> None:
    desk = new(make_desk)
    desk.sync()
    desk.plex.version = "1.99.0"
    for scene_id in range(1, COUNT + 1):
        desk.edit(scene_id, cover=picture("red", (160 + scene_id, 90)))
    desk.sync()
    assert desk.writes() == 0
    assert proof(desk) == Proof(0)


def test_items_that_vanish_before_they_are_looked_at_prove_nothing(make_desk: MakeDesk) -> None:
    desk, gone = make_desk(count=COUNT, tried=False), 12
    keys = {desk.item(scene_id).rating_key for scene_id in range(2, gone + 2)}
    real, library = PlexClient.edit, desk.plex.library

    def and_it_goes(self: PlexClient, items: Any, params: Any) -> None:
        real(self, items, params)
        for each in items:
            if each.rating_key in keys and (item := library.get(each.rating_key)):
                library.remove(item)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PlexClient, "edit", and_it_goes)
        desk.sync()
    assert proof(desk) == Proof(COUNT - gone)
    assert desk.rig.title(COUNT) == desk.scene(COUNT).title


def test_a_single_edit_is_a_canary_of_one_and_is_seen_as_soon_as_ever(make_desk: MakeDesk) -> None:
    known, unknown = new(make_desk, tried=True), new(make_desk)
    until_seen = []
    for desk in (known, unknown):
        desk.reset()
        with shift(desk) as on_shift:
            on_shift.event(3)
        kinds = [f"{each.method} {each.path}" for each in desk.plex.requests.matching()]
        edit = next(place for place, each in enumerate(kinds) if each.startswith("PUT"))
        until_seen.append(kinds[:edit])
    assert [len(each) for each in until_seen] == [len(until_seen[0])] * 2
    assert proof(unknown) == Proof(1)
    assert shown(unknown)[2] == shown(known)[2]


def pause_of(on_shift: Shift) -> str:
    pause = on_shift.worker.pause
    return str(pause.error) if pause else ""


def test_a_worker_waits_with_the_sentence(make_desk: MakeDesk) -> None:
    desk = new(make_desk)
    desk.plex.quirks.ignores_edits = True
    with shift(desk) as on_shift:
        on_shift.event(3)
        assert "scene 3" in pause_of(on_shift)
        writes = desk.writes()
        on_shift.go_on(600.0)
        assert desk.writes() == writes
        desk.plex.quirks.ignores_edits, desk.plex.version = False, "1.99.0"
        for _ in range(3):
            on_shift.go_on(61.0)
        assert pause_of(on_shift) == ""
        assert on_shift.waiting() == []
    assert desk.rig.title(3) == desk.scene(3).title


def test_what_a_killed_process_hadnt_taken_back_yet_is_taken_back_by_the_next(
    make_desk: MakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = new(make_desk)
    desk.plex.quirks.cuts_texts = 60
    before = desk.snapshots()

    def die(*_args: Any) -> list[str]:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(first_writes, "put_back", die)
        with pytest.raises(Killed):
            desk.sync()
    assert desk.snapshots() != before
    with pytest.raises(Paused):
        desk.sync()
    assert desk.snapshots() == before


def test_what_came_right_before_a_surprise_goes_back_as_well_once_plex_is_there_again(
    make_desk: MakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = new(make_desk)
    before, real = desk.snapshots(), PlexClient.edit
    first = desk.item(1).rating_key

    def then_it_cuts(self: PlexClient, items: Any, params: Any) -> None:
        desk.plex.quirks.cuts_texts = None if items[0].rating_key == first else 40
        real(self, items, params)

    def away(*_args: Any) -> list[str]:
        raise ServerUnavailable("Plex is away")

    with monkeypatch.context() as patch:
        patch.setattr(first_writes, "put_back", away)
        patch.setattr(PlexClient, "edit", then_it_cuts)
        with pytest.raises(Paused, match="but not all of it"):
            desk.sync()
    assert desk.snapshots() != before
    desk.plex.quirks.cuts_texts = None
    with pytest.raises(Paused):
        desk.sync()
    assert desk.snapshots() == before


def test_a_plex_that_was_written_to_before_there_were_canaries_is_trusted(
    make_desk: MakeDesk,
) -> None:
    desk = new(make_desk, tried=True)
    desk.sync()
    (desk.rig.data_dir / "traits.db").unlink()
    desk.edit(4, title="Another")
    desk.reset()
    desk.event(4)
    assert desk.plex.calls["metadata"] == 1
    assert proof(desk) == Proof(PROVEN)


def test_nothing_that_an_item_lacks_is_missed(make_desk: MakeDesk) -> None:
    """An agent that fills an empty field meanwhile surprises nobody."""
    desk = new(make_desk)
    real = PlexClient.edit

    def and_the_agent(self: PlexClient, items: Any, params: Any) -> None:
        real(self, items, params)
        desk.plex.library.item(items[0].rating_key).fields["editionTitle"] = "Restored"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PlexClient, "edit", and_the_agent)
        desk.sync()
    assert proof(desk) == Proof(PROVEN)


def test_an_outage_is_waited_for_once_and_not_with_every_first_item(make_desk: MakeDesk) -> None:
    known, unknown = new(make_desk, tried=True), new(make_desk)
    tries = []
    for desk in (known, unknown):
        desk.configure(tags_as="both", concurrency=1)
        desk.reset()
        desk.plex.faults.add(Reply(503), "PUT")
        with shift(desk) as on_shift:
            on_shift.event(*range(1, COUNT + 1))
            tries.append(len(desk.plex.requests.matching("PUT")))
            assert desk.rig.jobs_left() == COUNT
            desk.plex.faults.clear()
            for _ in range(3):
                on_shift.go_on(61.0)
        assert desk.rig.title(COUNT) == desk.scene(COUNT).title
    assert tries == [1, 1]


def test_what_pictures_cannot_be_asked_for_keeps_no_text_from_being_taken_back(
    make_desk: MakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = new(make_desk)
    desk.plex.quirks.cuts_texts = 40
    before = desk.snapshots()

    def gone(*_args: Any) -> Any:
        raise PlexNotFound("it went in this moment")

    monkeypatch.setattr(first_writes, "list_pictures", gone)
    with pytest.raises(Paused, match="something else than it was told"):
        desk.sync()
    assert desk.snapshots() == before


def test_a_process_that_counts_on_keeps_the_surprise_of_another(make_desk: MakeDesk) -> None:
    desk = new(make_desk)
    place = desk.plex.library.machine_identifier, desk.plex.version
    real, met = PlexClient.edit, Proof(0, "Plex did something else", ("title",))

    def and_another_process(self: PlexClient, items: Any, params: Any) -> None:
        real(self, items, params)
        with desk.context() as context:
            context.stores.traits.prove(*place, met, 1000.0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PlexClient, "edit", and_another_process)
        with pytest.raises(Paused, match="something else"):
            desk.sync()
    assert proof(desk) == met
    assert len({key for key, _ in desk.plex.library.edits}) == 1


def test_a_refresh_in_that_moment_is_no_surprise(make_desk: MakeDesk) -> None:
    desk = new(make_desk)
    for scene_id in range(1, COUNT + 1):
        desk.item(scene_id).fields["audienceRating"] = "7.1"
    real = PlexClient.edit

    def and_the_agent(self: PlexClient, items: Any, params: Any) -> None:
        real(self, items, params)
        desk.plex.library.item(items[0].rating_key).fields["audienceRating"] = "7.2"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PlexClient, "edit", and_the_agent)
        desk.sync()
    assert proof(desk) == Proof(PROVEN)


def test_accents_that_are_composed_are_no_surprise(make_desk: MakeDesk) -> None:
    desk = new(make_desk)
    for scene_id in range(1, COUNT + 1):
        desk.edit(scene_id, title=normalize("NFD", f"Élégie {scene_id}"))
    real = PlexClient.edit

    def composed(self: PlexClient, items: Any, params: Any) -> None:
        real(self, items, {key: normalize("NFC", value) for key, value in params.items()})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PlexClient, "edit", composed)
        desk.sync()
    assert proof(desk) == Proof(PROVEN)


def test_an_item_that_cannot_be_put_back_keeps_no_other_from_being_written(
    make_desk: MakeDesk, caplog: pytest.LogCaptureFixture
) -> None:
    desk = new(make_desk, tried=True)
    with desk.context() as context:
        before = Snapshot({"titleSort": "Before"}, {}, frozenset(), frozenset()).dump()
        server, book = desk.plex.library.machine_identifier, context.stores.traits
        book.touch(server, {7: before}, "gone", 1000.0)
    desk.plex.library.item(7).fields["titleSort"] = TEXT
    desk.plex.faults.add(Reply(400), "titleSort.value=Before")
    desk.sync()
    assert desk.rig.title(3) == desk.scene(3).title
    assert "item 7 could not be put back" in caplog.text
