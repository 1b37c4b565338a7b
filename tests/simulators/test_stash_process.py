"""One plugin process: how it is started, what is read from it, and what holds it."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.liveness import is_provably_dead, this_place
from simulators.stash import GraphQLErrors, StashLibrary, StashSimulator
from simulators.stash.sample_plugins import write_plugin
from tests.simulators.kit import wait_for

UPDATE = "Scene.Update.Post"


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[StashSimulator]:
    library = StashLibrary()
    library.add_scene("A Trip to the Moon")
    environment = {"PYTHONPATH": "/already/there", "EXTRA": "from Stash"}
    with StashSimulator(library, config_dir=tmp_path / "config", environment=environment) as sim:
        yield sim


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return tmp_path / "source"


def levels(sim: StashSimulator, source: str = "operation") -> list[tuple[str, str]]:
    return [(line.level, line.text) for line in sim.log if line.source == source]


@pytest.mark.shows_credentials
def test_stdin_holds_one_document_and_ends(sim: StashSimulator, source: Path) -> None:
    sim.install_plugin(write_plugin(source, "print(json.dumps({'output': document}))"), "demo")

    document = sim.run_operation({"question": "all well?"})

    connection = document["server_connection"]
    cookie = connection.pop("SessionCookie")
    assert connection == {
        "Scheme": "http",
        "Host": "0.0.0.0",
        "Port": sim.port,
        "Dir": str(sim.config.config_dir),
        "PluginDir": str(sim.config.plugins_path / "demo"),
    }
    assert cookie["Name"] == "session"
    assert cookie["MaxAge"] == 3600
    assert document["args"] == {"question": "all well?"}


@pytest.mark.shows_credentials
def test_the_host_that_plugins_are_told_can_be_set(sim: StashSimulator, source: Path) -> None:
    sim.install_plugin(write_plugin(source, "print(json.dumps({'output': connection}))"))
    sim.listen_host = "127.0.0.1"

    assert sim.run_operation({})["Host"] == "127.0.0.1"


def test_environment_command_and_folder_of_a_python_plugin(
    sim: StashSimulator, source: Path
) -> None:
    script = """
print(json.dumps({"output": {"argv": sys.argv, "python": sys.executable, "cwd": os.getcwd(),
    "path": os.environ["PYTHONPATH"], "extra": os.environ["EXTRA"]}}))
"""
    exec_ = ["python", "{pluginDir}/main.py", "at={pluginDir}"]
    sim.install_plugin(write_plugin(source, script, exec=exec_), "demo")
    folder = sim.config.plugins_path / "demo"

    assert sim.run_operation({}) == {
        "argv": [f"{folder}/main.py", f"at={folder}"],
        "python": sys.executable,
        "cwd": str(sim.config.config_dir),
        "path": f"/already/there:{folder.parent}",
        "extra": "from Stash",
    }


def test_other_commands_get_no_python_path(sim: StashSimulator, source: Path) -> None:
    sim.install_plugin(write_plugin(source, exec=["sh", "-c", "echo $PYTHONPATH"]))

    assert sim.run_operation({}) == "/already/there\n"


def test_a_command_that_is_not_on_the_path_is_looked_for_in_the_plugin(
    sim: StashSimulator, source: Path
) -> None:
    write_plugin(source, exec=["here.sh", "{pluginDir}"])
    (source / "here.sh").write_text("#!/bin/sh\necho $1\n")
    (source / "here.sh").chmod(0o755)
    sim.install_plugin(source, "demo")

    assert sim.run_operation({}) == f"{sim.config.plugins_path / 'demo'}\n"


def test_the_plugin_folder_is_not_replaced_in_the_command_itself(
    sim: StashSimulator, source: Path
) -> None:
    sim.install_plugin(write_plugin(source, exec=["{pluginDir}/here.sh"]))

    with pytest.raises(GraphQLErrors, match="error running plugin"):
        sim.run_operation({})


def test_a_missing_configured_python_falls_back_to_the_path(
    sim: StashSimulator, source: Path
) -> None:
    sim.install_plugin(write_plugin(source, "print(sys.version_info[0])"))
    sim.config.python = "/no/such/python"

    assert sim.run_operation({}) == "3\n"


@pytest.mark.parametrize(
    ("printed", "output"),
    [
        ('{"output": {"a": 1}}', {"a": 1}),
        ('{"output": null}', None),
        ("{}", None),
        ("", ""),
        ("plain text", "plain text"),
        ("[1]", "[1]"),
        ('debug\n{"error": "lost"}', 'debug\n{"error": "lost"}'),
        ('{"error": 5}', '{"error": 5}'),
    ],
)
def test_what_stdout_becomes(
    sim: StashSimulator, source: Path, printed: str, output: object
) -> None:
    sim.install_plugin(write_plugin(source, f"sys.stdout.write({printed!r})"))

    assert sim.run_operation({}) == output


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ('print(\'{"error": "no token", "output": 1}\')', "no token"),
        ("sys.exit(3)", "exit status 3"),
        ('print(\'{"error": "first"}\'); sys.exit(3)', "first"),
        ("print('text'); sys.exit(4)", "exit status 4"),
        ("os.kill(os.getpid(), 9)", "signal: killed"),
    ],
)
def test_what_makes_an_operation_fail(
    sim: StashSimulator, source: Path, script: str, error: str
) -> None:
    sim.install_plugin(write_plugin(source, script))

    with pytest.raises(GraphQLErrors, match=error):
        sim.run_operation({})


def test_log_lines_of_all_levels(sim: StashSimulator, source: Path) -> None:
    script = """
for letter in "tdiwe":
    say(letter, f"  {letter} line ")
sys.stderr.write("bare\\n\\n\\x01i\\x02\\n\\x01z\\x02text\\n\\x01isic\\nlast without end")
"""
    sim.install_plugin(write_plugin(source, script))
    sim.run_operation({})

    assert levels(sim) == [
        ("trace", "t line"),
        ("debug", "d line"),
        ("info", "i line"),
        ("warning", "w line"),
        ("error", "e line"),
        ("error", "bare"),
        ("error", "\x01i\x02"),
        ("error", "\x01z\x02text"),
        ("error", "\x01isic"),
        ("error", "last without end"),
    ]


@pytest.mark.parametrize(
    ("err_log", "level"), [("debug", "debug"), ("nonsense", "error"), ("", "error")]
)
def test_lines_without_a_level_get_the_manifests(
    sim: StashSimulator, source: Path, err_log: str, level: str
) -> None:
    sim.install_plugin(write_plugin(source, "sys.stderr.write('bare\\n')", errLog=err_log))
    sim.run_operation({})

    assert levels(sim) == [(level, "bare")]


def test_lines_without_a_level_can_be_discarded(sim: StashSimulator, source: Path) -> None:
    script = "sys.stderr.write('bare\\n'); say('i', 'kept')"
    sim.install_plugin(write_plugin(source, script, errLog="none"))
    sim.run_operation({})

    assert levels(sim) == [("info", "kept")]
    assert sim.plugin_runs[0].raw_stderr == b"bare\n\x01i\x02kept\n"


def test_a_line_below_64_kib_is_read(sim: StashSimulator, source: Path) -> None:
    sim.install_plugin(write_plugin(source, "sys.stderr.write('x' * 65535 + '\\nnext\\n')"))
    sim.run_operation({})

    assert levels(sim) == [("error", "x" * 65535), ("error", "next")]


def test_a_line_of_64_kib_closes_the_pipe_for_good(sim: StashSimulator, source: Path) -> None:
    script = """
say("i", "before")
try:
    sys.stderr.write("x" * 65536 + "\\n")
    for _ in range(10000):
        say("i", "after")
except BrokenPipeError:
    print("broken", flush=True)
    os._exit(0)
"""
    sim.install_plugin(write_plugin(source, script))

    assert sim.run_operation({}) == "broken\n"
    assert levels(sim) == [("info", "before")]


def test_a_child_with_stdout_keeps_the_user_waiting(sim: StashSimulator, source: Path) -> None:
    release = source.parent / "release"
    child = f"import os, time\nwhile not os.path.exists({str(release)!r}): time.sleep(0.005)"
    script = f"subprocess.Popen([sys.executable, '-c', {child!r}], stderr=subprocess.DEVNULL)"
    sim.install_plugin(write_plugin(source, script, hooks=[UPDATE]))
    save = threading.Thread(target=lambda: sim.update_scene({"id": 1, "title": "new"}))

    save.start()
    wait_for(lambda: sim.running_plugins() and not _is_alive(sim.running_plugins()[0].pid))
    assert save.is_alive()  # the plugin itself has ended
    assert sim.library.scene(1).title == "new"

    release.touch()
    save.join()
    assert not sim.running_plugins()


def test_a_child_with_only_stderr_holds_nobody_and_cannot_write_on(
    sim: StashSimulator, source: Path
) -> None:
    release, result = source.parent / "release", source.parent / "result"
    child = f"""
import os, sys, time
while not os.path.exists({str(release)!r}): time.sleep(0.005)
try:
    os.write(2, b"late\\n")
    outcome = "written"
except BrokenPipeError:
    outcome = "broken"
with open({str(result) + ".part"!r}, "w") as file: file.write(outcome)
os.rename({str(result) + ".part"!r}, {str(result)!r})
"""
    script = f"subprocess.Popen([sys.executable, '-c', {child!r}], stdout=subprocess.DEVNULL)"
    sim.install_plugin(write_plugin(source, script, hooks=[UPDATE]))

    sim.update_scene({"id": 1, "title": "new"})
    release.touch()

    wait_for(result.exists)
    assert result.read_text() == "broken"


def test_the_last_line_can_be_lost(sim: StashSimulator, source: Path) -> None:
    sim.config.loses_last_stderr_line = True
    sim.install_plugin(write_plugin(source, "say('i', 'first'); say('e', 'only message')"))
    sim.run_operation({})

    assert levels(sim) == [("info", "first")]


def test_a_run_keeps_what_a_test_wants_to_know(sim: StashSimulator, source: Path) -> None:
    sim.install_plugin(write_plugin(source, "print('{}'); sys.exit(2)", hooks=[UPDATE]))
    seconds = sim.update_scene({"id": 1, "title": "new"})
    run = sim.plugin_runs[0]

    assert (run.kind, run.plugin_id, run.exit_code, run.stdout) == ("hook", "plex_sync", 2, "{}\n")
    assert run.pid > 0
    assert 0 < run.wall_s < seconds
    assert json.dumps(run.args)


def test_other_interfaces_are_not_simulated(sim: StashSimulator, source: Path) -> None:
    sim.install_plugin(write_plugin(source, interface="js"))

    with pytest.raises(GraphQLErrors, match="interface js is not simulated"):
        sim.run_operation({})


def _is_alive(pid: int) -> bool:
    return not is_provably_dead(pid, this_place())


@pytest.mark.parametrize(("version", "told"), [("v0.25.1", "."), ("v0.26.0", "")])
def test_a_config_file_found_in_the_working_folder_makes_relative_folders(
    sim: StashSimulator, source: Path, version: str, told: str
) -> None:
    script = """
print(json.dumps({"output": [sys.argv[1], connection["Dir"], connection["PluginDir"]]}))
"""
    exec_ = ["python", "{pluginDir}/main.py", "{pluginDir}"]
    sim.install_plugin(write_plugin(source, script, exec=exec_), "demo")
    sim.config.found_in_working_dir = True
    sim.config.version = version

    folder = os.path.join("plugins", "demo")
    assert sim.run_operation({}) == [folder, told or str(sim.config.config_dir), folder]
