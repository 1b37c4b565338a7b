"""Tasks, the job queue, operations and settings."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulators.stash import GraphQLErrors, StashSimulator
from simulators.stash.sample_plugins import write_plugin
from tests.simulators.kit import kill_when_running, wait_for


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[StashSimulator]:
    with StashSimulator(config_dir=tmp_path / "config") as sim:
        yield sim


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return tmp_path / "source"


def find_job(sim: StashSimulator, job_id: str) -> Any:
    query = """query($id: ID!) {
        findJob(input: {id: $id}) { id status progress error description startTime endTime addTime }
    }"""
    return sim.graphql(query, {"id": job_id})["findJob"]


def test_a_task_gets_default_args_under_the_callers(sim: StashSimulator, source: Path) -> None:
    sim.install_plugin(write_plugin(source, tasks={"Sync": {"mode": "sync", "days": 30}}))

    job = sim.wait_for_job(sim.run_task("Sync", {"days": 7, "deep": {"a": [1]}}))

    assert job.status == "FINISHED"
    assert job.description == "Running plugin task: Sync"
    assert sim.plugin_runs[0].kind == "task"
    assert sim.plugin_runs[0].args == {"mode": "sync", "days": 7, "deep": {"a": [1]}}


def test_default_args_arrive_as_text(sim: StashSimulator, source: Path) -> None:
    sim.install_plugin(write_plugin(source, tasks={"Sync": {"days": 30, "all": True}}))
    sim.wait_for_job(sim.run_task("Sync"))

    assert sim.plugin_runs[0].args == {"days": "30", "all": "true"}


def test_without_a_task_name_the_plugin_runs_with_the_args_alone(
    sim: StashSimulator, source: Path
) -> None:
    sim.install_plugin(write_plugin(source, tasks={"Sync": {"mode": "sync"}}))
    job = sim.wait_for_job(sim.run_task(None, {"x": 1}))

    assert job.description == "Running plugin task: plex_sync"
    assert sim.plugin_runs[0].args == {"x": 1}


def test_old_typed_args(sim: StashSimulator, source: Path) -> None:
    sim.install_plugin(write_plugin(source))
    job = sim.graphql("""mutation { id: runPluginTask(plugin_id: "plex_sync", args: [
        {key: "s", value: {str: "x"}}, {key: "l", value: {a: [{i: 1}, {b: true}]}},
        {key: "o", value: {o: [{key: "f", value: {f: 1.5}}]}}, {key: "n"}
    ]) }""")
    sim.wait_for_job(job["id"])

    assert sim.plugin_runs[0].args == {"s": "x", "l": [1, True], "o": {"f": 1.5}, "n": None}


def test_progress_right_after_another_is_dropped(sim: StashSimulator, source: Path) -> None:
    script = """
sys.stderr.write("".join(f"\\x01p\\x020.{n:04}\\n" for n in range(1, 1000))); sys.stderr.flush()
"""
    sim.config.progress_busy_s = 60.0
    sim.install_plugin(write_plugin(source, script, tasks={"Sync": {}}))
    job = sim.wait_for_job(sim.run_task("Sync"))

    assert job.progress_history == [0.0001]


def test_progress_is_clamped_and_of_tasks_only(sim: StashSimulator, source: Path) -> None:
    sim.config.progress_busy_s = 0.0
    script = "[say('p', text) for text in ('-1', '0.25', 'half', '7')]; print('{}')"
    sim.install_plugin(write_plugin(source, script, tasks={"Sync": {}}))
    sim.run_operation({})
    job = sim.wait_for_job(sim.run_task("Sync"))

    assert job.progress_history == [0.0, 0.25, 1.0]
    assert job.progress == 1.0
    assert sim.log_text().count("Error parsing progress value 'half'") == 2


def test_errors_of_a_plugin_leave_the_job_finished(sim: StashSimulator, source: Path) -> None:
    sim.install_plugin(write_plugin(source, "sys.exit(3)", tasks={"Sync": {}}))
    job = sim.wait_for_job(sim.run_task("Sync"))

    assert (job.status, job.error) == ("FINISHED", None)
    assert "error: Plugin returned error: exit status 3" in sim.log_text()


@pytest.mark.parametrize(
    ("task", "plugin", "error"),
    [
        ("Nope", "plex_sync", "creating plugin task: no task with name Nope in plugin Sample"),
        ("Sync", "other", "creating plugin task: no plugin with ID other"),
        ("Sync", "off", "creating plugin task: plugin off is disabled"),
        ("Sync", "plex_sync", "running plugin task: error running plugin"),
    ],
)
def test_a_task_that_cannot_run_fails_when_its_turn_comes(
    sim: StashSimulator, source: Path, task: str, plugin: str, error: str
) -> None:
    sim.install_plugin(write_plugin(source, exec=["nowhere"], tasks={"Sync": {}}))
    sim.graphql("mutation { setPluginsEnabled(enabledMap: {off: false}) }")
    job = sim.wait_for_job(sim.run_task(task, plugin_id=plugin))

    assert job.status == "FAILED"
    assert error in (job.error or "")
    assert error in sim.log_text()


def test_one_job_at_a_time_for_the_whole_server(sim: StashSimulator, source: Path) -> None:
    release = source.parent / "release"
    sim.install_plugin(write_plugin(source, f"wait_for({str(release)!r})", tasks={"Sync": {}}))
    first, second = sim.run_task("Sync"), sim.run_task("Sync")
    wait_for(sim.running_plugins)

    queue = sim.graphql("{ jobQueue { id status } }")["jobQueue"]
    assert queue == [{"id": first, "status": "RUNNING"}, {"id": second, "status": "READY"}]

    release.touch()
    sim.wait_for_job(second)
    assert sim.graphql("{ jobQueue { id } }") == {"jobQueue": None}
    assert len(sim.plugin_runs) == 2


def test_the_api_remembers_ten_finished_jobs(sim: StashSimulator, source: Path) -> None:
    sim.install_plugin(write_plugin(source, tasks={"Sync": {}}))
    jobs = [sim.run_task("Sync") for _ in range(11)]
    sim.wait_for_job(jobs[-1])

    assert find_job(sim, jobs[0]) is None
    oldest = find_job(sim, jobs[1])
    assert oldest["status"] == "FINISHED"
    assert oldest["addTime"] <= oldest["startTime"] <= oldest["endTime"]
    assert sim.wait_for_job(jobs[0]).status == "FINISHED"


def test_stopping_kills_the_process_at_once_and_not_its_children(
    sim: StashSimulator, source: Path
) -> None:
    release, ended = source.parent / "release", source.parent / "ended"
    child = f"""
import os, time
while not os.path.exists({str(release)!r}): time.sleep(0.005)
open({str(ended)!r}, "w").close()
"""
    script = f"""
import signal
signal.signal(signal.SIGTERM, lambda *_: print("asked nicely"))
subprocess.Popen([sys.executable, "-c", {child!r}])
say("p", "0.5")
wait_for("/never")
"""
    sim.install_plugin(write_plugin(source, script, tasks={"Sync": {}}))
    job_id = sim.run_task("Sync")
    wait_for(lambda: find_job(sim, job_id)["progress"] == 0.5)

    sim.stop_job(job_id)
    job = sim.wait_for_job(job_id)  # though the child still holds stdout

    assert job.status == "CANCELLED"
    assert find_job(sim, job_id)["status"] == "CANCELLED"
    release.touch()
    wait_for(ended.exists)
    wait_for(lambda: sim.plugin_runs[0].exit_code is not None)
    assert (sim.plugin_runs[0].exit_code, sim.plugin_runs[0].stdout) == (-9, "")


def test_a_waiting_job_can_be_stopped(sim: StashSimulator, source: Path) -> None:
    release = source.parent / "release"
    sim.install_plugin(write_plugin(source, f"wait_for({str(release)!r})", tasks={"Sync": {}}))
    first, second = sim.run_task("Sync"), sim.run_task("Sync")
    sim.stop_job(second)
    release.touch()

    assert sim.wait_for_job(second).status == "CANCELLED"
    assert sim.wait_for_job(first).status == "FINISHED"
    assert len(sim.plugin_runs) == 1


def test_a_killed_task_is_a_finished_job(sim: StashSimulator, source: Path) -> None:
    sim.install_plugin(write_plugin(source, "wait_for('/never')", tasks={"Sync": {}}))
    job_id = sim.run_task("Sync")
    wait_for(sim.running_plugins)
    sim.kill_running_plugins()

    assert sim.wait_for_job(job_id).status == "FINISHED"
    assert "error: Plugin returned error: signal: killed" in sim.log_text()


def test_stopping_the_server_ends_jobs_and_processes(tmp_path: Path) -> None:
    sim = StashSimulator(config_dir=tmp_path / "config").start()
    source = write_plugin(tmp_path / "s", "wait_for('/never')", tasks={"Sync": {}})
    sim.install_plugin(source)
    job_id = sim.run_task("Sync")
    wait_for(sim.running_plugins)

    sim.stop()

    assert sim.wait_for_job(job_id).status == "CANCELLED"
    wait_for(lambda: sim.plugin_runs[0].exit_code == -9)


def test_an_operation_runs_beside_the_queue_and_gets_no_default_args(
    sim: StashSimulator, source: Path
) -> None:
    release = source.parent / "release"
    script = f"""
if args.get("mode") == "wait": wait_for({str(release)!r})
print(json.dumps({{"output": args}}))
"""
    sim.install_plugin(write_plugin(source, script, tasks={"Sync": {"mode": "wait"}}))
    job_id = sim.run_task("Sync")
    wait_for(sim.running_plugins)

    assert sim.run_operation({"q": [1, {"deep": None}]}) == {"q": [1, {"deep": None}]}
    release.touch()
    assert sim.wait_for_job(job_id).status == "FINISHED"


def test_an_operation_dies_with_its_request(sim: StashSimulator, source: Path) -> None:
    sim.install_plugin(write_plugin(source, "wait_for('/never')"))
    killer = threading.Thread(target=lambda: kill_when_running(sim))
    killer.start()

    with pytest.raises(Exception, match="context canceled"):
        sim.run_operation({})
    killer.join()


def test_an_operation_of_an_unknown_plugin_is_an_internal_error(sim: StashSimulator) -> None:
    with pytest.raises(GraphQLErrors, match="Internal system error"):
        sim.run_operation({}, plugin_id="nobody")


def test_settings_are_replaced_as_a_whole_and_start_absent(sim: StashSimulator) -> None:
    query = '{ configuration { plugins(include: ["plex_sync", "other"]) } }'
    assert sim.graphql(query) == {"configuration": {"plugins": {}}}

    sim.configure_plugin("plex_sync", {"plex_url": "http://x", "concurrency": 4, "unknown": True})
    sim.configure_plugin("plex_sync", {"reconcile_hours": 1.5, "concurrency": 0, "plex_url": ""})

    stored = {"reconcile_hours": 1.5, "concurrency": 0, "plex_url": ""}
    assert sim.graphql(query) == {"configuration": {"plugins": {"plex_sync": stored}}}
    assert sim.plugin_settings("plex_sync") == stored
    assert sim.graphql("{ configuration { plugins } }")["configuration"]["plugins"] == {
        "plex_sync": stored
    }


def test_logs_show_the_newest_thirty_lines_from_info_up(sim: StashSimulator, source: Path) -> None:
    script = "say('d', 'hidden'); [say('i', f'line {n}') for n in range(40)]"
    sim.install_plugin(write_plugin(source, script))
    sim.run_operation({})

    logs = sim.graphql("{ logs { level message time } }")["logs"]

    assert len(logs) == 30
    assert (logs[0]["level"], logs[0]["message"]) == ("Info", "[Plugin / Sample] line 39")
