"""The check of the set-up and the explanation of a scene, against both servers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from commands.diagnosis import Fact, Finding, Problem, finding_lines, verdict
from commands.doctor import examine
from commands.explain import NoSuchScene, explain, explanation_lines
from jobs.registry import TASK_ROLE
from matching.shared_items import SharedItem
from plex.matcher import LEARNED, NAME_AND_SIZE, SAME_PATH, Matched, NotFound
from simulators.rig import PLUGIN_ID, Rig
from simulators.stash import VideoFile
from stash.connection import StashConnection
from sync.reasons import NOT_OURS
from tests.harness.sync import Desk, picture
from worker.context import Context, open_context

MakeRig = Callable[..., Rig]


@contextmanager
def context(rig: Rig) -> Iterator[Context]:
    connection = StashConnection(rig.stash.url)
    with open_context(str(rig.data_dir), connection, PLUGIN_ID, TASK_ROLE) as opened:
        yield opened


def checked(rig: Rig, *, sample: int = 200) -> str:
    """The findings as text."""
    with context(rig) as opened:
        findings = examine(opened, sample=sample)
    return "\n".join([*finding_lines(findings), verdict(findings)])


def test_a_good_set_up_is_in_order(rig: Rig) -> None:
    text = checked(rig)
    assert "ok: Stash answers, version v0.30.0" in text
    assert "ok: library Films (movie): 10 items in /data/films" in text
    assert f"ok: 10 of 10 sampled scenes found in Plex by: {SAME_PATH}" in text
    assert text.endswith("Everything is in order.")
    assert rig.plex.library.writes == 0


def test_only_a_sample_is_looked_at(make_rig: MakeRig) -> None:
    assert "ok: 8 of 8 sampled scenes" in checked(make_rig(count=40), sample=8)


def test_missing_settings_are_named(make_rig: MakeRig) -> None:
    text = checked(make_rig(settings={"plex_url": "http://127.0.0.1:1"}))
    assert "PROBLEM: setting plex_token is missing. Set it in Stash" in text


def test_a_wrong_optional_setting_is_told_and_doesnt_stop_the_check(rig: Rig) -> None:
    rig.configure(tags_as="nonsense")
    text = checked(rig)
    assert "PROBLEM: setting tags_as" in text
    assert "10 of 10 sampled scenes" in text


def test_a_wrong_token_is_told(rig: Rig) -> None:
    rig.configure(plex_token="wrong")
    assert "PROBLEM: Plex refuses the token. Check plex_token" in checked(rig)


def test_a_plex_that_is_away_is_told(rig: Rig) -> None:
    rig.configure(plex_url="http://127.0.0.1:1")
    assert "PROBLEM: Plex does not answer" in checked(rig)


def test_a_stash_that_is_away_is_told(rig: Rig) -> None:
    rig.stash.stop()
    with context(rig) as opened:
        findings = examine(opened)
    assert len(findings) == 1
    assert isinstance(findings[0], Problem)


def test_servers_that_are_too_old_are_told(rig: Rig) -> None:
    rig.plex.version = "1.39.9.1"
    rig.stash.config.version = "v0.27.2"
    text = checked(rig)
    assert "PROBLEM: Plex is 1.39.9.1, PlexSync needs 1.40 or newer. Update Plex." in text
    assert "PROBLEM: Stash is v0.27.2, PlexSync needs 0.28 or newer. Update Stash." in text


def test_an_unknown_library_is_told_with_those_that_exist(rig: Rig) -> None:
    rig.configure(plex_libraries="Movies")
    assert "called 'Movies'. Correct plex_libraries; Plex has: Films." in checked(rig)


def test_folders_that_differ_are_learned_and_proposed_as_a_setting(make_rig: MakeRig) -> None:
    rig = make_rig(plex_folder="D:\\Films")
    text = checked(rig)
    assert f"10 of 10 sampled scenes found in Plex by: {LEARNED}" in text
    assert "set path_map to /data/films => D:/Films" in text
    rig.configure(path_map="/data/films => D:/Films")
    assert "10 of 10 sampled scenes found in Plex by: path_map" in checked(rig)


def test_too_few_files_for_learning_are_proposed_as_well(make_rig: MakeRig) -> None:
    text = checked(make_rig(count=2, plex_folder="/media"))
    assert "If this is right, set path_map to: /data/films => /media" in text


def test_files_that_were_moved_before_plex_rescanned_are_no_reason_for_a_mapping(
    make_rig: MakeRig,
) -> None:
    rig = make_rig(count=4)
    (file,) = rig.stash.library.scene(1).files
    file.path = file.path.replace("/data/films/", "/data/films/watched/")
    text = checked(rig)
    assert f"3 of 4 sampled scenes found in Plex by: {SAME_PATH}" in text
    assert f"1 of 4 sampled scenes found in Plex by: {NAME_AND_SIZE}" in text
    assert "path_map" not in text


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
@pytest.mark.parametrize("name", ["", "packages"])
def test_a_data_folder_that_others_may_write_to_is_told(rig: Rig, name: str) -> None:
    assert "others than its owner" not in checked(rig)
    folder = rig.data_dir / name
    folder.mkdir(exist_ok=True)
    folder.chmod(0o777)
    text = checked(rig)
    assert f"PROBLEM: others than its owner may write to {folder} (mode 0777)" in text
    assert f"Run chmod -R go-w {rig.data_dir}." in text


def test_scenes_outside_all_libraries_are_told_with_their_folder(make_rig: MakeRig) -> None:
    text = checked(make_rig(count=4, plex_folder="/media", absent=4))
    assert "4 of 4 sampled scenes lie in folders that no Plex library has: /data/films (4)" in text
    assert "set path_map to: /data/films => the same folder as Plex sees it" in text


def test_scenes_that_plex_should_have_are_told(make_rig: MakeRig) -> None:
    text = checked(make_rig(count=4, absent=1))
    assert "1 of 4 sampled scenes lie in a library's folder, but Plex has no such file" in text


def test_a_path_map_for_another_folder_is_told(rig: Rig) -> None:
    rig.configure(path_map="/video => /media")
    assert "PROBLEM: path_map: no file of the sample lies below /video" in checked(rig)


def test_an_ambiguous_file_is_told(make_rig: MakeRig) -> None:
    rig = make_rig(count=1, plex_folder="/a")
    film = rig.films[0]
    rig.plex.library.add_item(
        rig.section, f"/a/copy/{film.file_name}", size=film.size, duration_ms=film.duration_s * 1000
    )
    assert "1 of 1 sampled scenes could be any of several Plex files" in checked(rig)


def test_a_stash_without_scenes_is_told(make_rig: MakeRig) -> None:
    assert "PROBLEM: Stash has no scenes" in checked(make_rig(count=0))


def test_the_task_tells_what_it_found_in_the_log(make_rig: MakeRig) -> None:
    rig = make_rig(count=4, absent=1)
    job = rig.stash.wait_for_job(rig.stash.run_task("Check set-up"))
    assert job.status == "FINISHED"
    assert "warning: PROBLEM: 1 of 4" in rig.stash.log_text()
    assert "info: ok: Plex answers" in rig.stash.log_text()


def command(rig: Rig, *arguments: str) -> str:
    script = rig.stash.config.plugins_path / PLUGIN_ID / "plex_sync.py"
    options = ["--stash-url", rig.stash.url, "--config-dir", str(rig.config_dir)]
    done = subprocess.run(
        [sys.executable, str(script), *options, *arguments], capture_output=True, text=True
    )
    return done.stdout + done.stderr


def test_the_command_line_checks_and_explains(make_rig: MakeRig) -> None:
    rig = make_rig(count=2, link=False)
    assert "Everything is in order." in command(rig, "doctor")
    assert "=> item 1, because: same path" in command(rig, "explain", "1")
    assert "Stash has no scene 99" in command(rig, "explain", "99")


# One scene


def test_an_explanation_shows_rungs_item_and_edits(make_rig: MakeRig) -> None:
    rig = make_rig(plex_folder="/media")
    with context(rig) as opened:
        found = explain(opened, 3)
    assert isinstance(found.files[0].match, Matched)
    assert found.files[0].match.because == NAME_AND_SIZE
    assert [each.rating_key for each in found.previews] == [rig.item(3).rating_key]
    assert "title" in [each.field for each in found.previews[0].changes]
    text = "\n".join(explanation_lines(found))
    assert f"Scene 3: {rig.films[2].title}" in text
    assert f"  same path: /data/films/{rig.films[2].file_name}: nothing" in text
    assert f"  => item {rig.item(3).rating_key}, because: same name and size" in text
    assert f'→ "{rig.films[2].title}"' in text
    assert rig.plex.library.writes == 0


def test_a_scene_in_step_has_nothing_to_change(rig: Rig) -> None:
    rig.stash.wait_for_job(rig.stash.run_task("Sync all scenes"))
    with context(rig) as opened:
        found = explain(opened, 1)
    assert [each.changes for each in found.previews] == [()]
    assert "nothing would change" in "\n".join(explanation_lines(found))


def test_a_scene_with_nothing_new_but_its_cover_has_that_to_change(rig: Rig) -> None:
    desk = Desk(rig)
    desk.edit(1, cover=picture("red"))
    desk.sync()
    desk.edit(1, cover=picture("blue"))
    with context(rig) as opened:
        text = "\n".join(explanation_lines(explain(opened, 1)))
    assert "nothing would change" not in text
    assert "  poster: the cover is uploaded\n  background: the cover is uploaded" in text
    desk.sync()
    assert desk.plex.calls["upload"] == 2
    with context(rig) as opened:
        assert "nothing would change" in "\n".join(explanation_lines(explain(opened, 1)))


def test_what_only_plex_has_is_said_to_be_left(rig: Rig) -> None:
    rig.stash.library.update(rig.stash.library.scene(1), details="")
    rig.item(1).fields["summary"] = "An agent's"
    with context(rig) as opened:
        text = "\n".join(explanation_lines(explain(opened, 1)))
    assert f'  summary: left as "An agent\'s", {NOT_OURS}' in text


def test_a_scene_that_isnt_in_plex_shows_where_was_looked(make_rig: MakeRig) -> None:
    rig = make_rig(count=2, absent=1)
    with context(rig) as opened:
        found = explain(opened, 2)
    assert isinstance(found.files[0].match, NotFound)
    lines = explanation_lines(found)
    assert "  => not found" in lines
    assert lines[-1].startswith("Nothing would be written: scene 2 is not in Plex")


def test_another_file_at_the_path_is_shown(make_rig: MakeRig) -> None:
    rig = make_rig(count=1)
    rig.configure(path_map="/data => /media")
    part = rig.item(1).parts[0]
    part.size, part.duration_ms = 77, 88_000
    with context(rig) as opened:
        text = "\n".join(explanation_lines(explain(opened, 1)))
    assert "item 1 has another file there: 77 bytes, 88 s" in text
    assert "Nothing would be written" in text


def test_an_ambiguous_scene_shows_its_candidates(make_rig: MakeRig) -> None:
    rig = make_rig(count=1, plex_folder="/a")
    film = rig.films[0]
    rig.plex.library.add_item(
        rig.section, f"/a/copy/{film.file_name}", size=film.size, duration_ms=film.duration_s * 1000
    )
    with context(rig) as opened:
        text = "\n".join(explanation_lines(explain(opened, 1)))
    assert "=> ambiguous: 2 files fit equally well by: same name and size" in text


def test_a_shared_item_is_explained_by_asking_stash(make_rig: MakeRig) -> None:
    rig = make_rig(count=2)
    second = rig.item(2).media[0]
    rig.plex.library.remove(rig.item(2))
    rig.plex.library.add_media(rig.item(1), second)
    with context(rig) as opened:
        assert isinstance(explain(opened, 2).error, SharedItem)
        assert explain(opened, 1).error is None


def test_an_unorganized_scene_says_so(rig: Rig) -> None:
    rig.configure(only_organized=True)
    with context(rig) as opened:
        assert "only_organized is on" in "\n".join(explanation_lines(explain(opened, 1)))


def test_a_scene_that_doesnt_exist_is_told(rig: Rig) -> None:
    with context(rig) as opened, pytest.raises(NoSuchScene, match="no scene 99"):
        explain(opened, 99)


def test_a_scene_found_by_a_name_with_quotes_and_accents_has_its_owner(rig: Rig) -> None:
    """Stash looks for words unless the name is quoted, and by the letters as its disk has them."""
    name = 'Mode\u0300ne "1990" 100%.mp4'
    scene = rig.stash.library.add_scene("x", files=[VideoFile(f"/data/films/{name}", 5, 6)])
    with context(rig) as opened:
        for spelt in (name, 'Modène "1990" 100%.mp4'):
            assert [each.id for each in opened.stash.scenes_with_file(spelt)] == [scene.id]


def test_findings_read_as_sentences() -> None:
    findings: list[Finding] = [Fact("Plex answers"), Problem("Stash is old", "Update it.")]
    assert finding_lines(findings) == ["ok: Plex answers", "PROBLEM: Stash is old. Update it."]
    assert verdict(findings) == "1 problem found; see above what to change."
    assert verdict(findings[:1]) == "Everything is in order."
