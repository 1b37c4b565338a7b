"""`python -m benchmarks.matching --files 100000`: what finding the right item costs, and whether it
is the right one.

First the path index of libraries of two sizes, in a process of its own beside a simulated Plex;
then the container layouts of benchmarks/layouts.py, with `--files` files over all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.request import Request, urlopen

from benchmarks.layouts import LAYOUTS, Layout, Score, sync
from benchmarks.measure import Row, say
from benchmarks.report import table
from matching import indexing
from matching.index import PathIndex
from matching.locate import Located, Locator
from plex.client import PlexClient
from plex.matcher import find_plex_item_by_path
from simulators.films import films
from simulators.plex import PlexLibrary, PlexSimulator
from validation.config import PlexSyncConfig
from validation.scene import Scene, VideoFile

FOLDER = "/data/films"
LOOKUPS = 5000
LOOKUP_ROUNDS = 5
BATCH = 100
SMALL = 1000
# SQLite's trees grow deeper: n log n. A scan anywhere would show as the ratio of the sizes.
MOST_GROWTH = 1.3
CONTROL = "/__simulator__/"


def rows(files: int) -> list[Row]:
    """The budget's rows about the path index, in a small library and with so many `files`."""
    say(f"the path index of {SMALL} and of {files} files …")
    # The small one again afterwards: it is over in a moment, and the machine may be busy then.
    first, large, again = _measured(min(SMALL, files)), _measured(files), _measured(SMALL)
    # Of our process alone: the simulated Plex sorts and renders meanwhile.
    per_item = [
        min(each["build_cpu_s"] / each["items"] for each in found)
        for found in ((first, again), (large,))
    ]
    lookup_us = min(first["lookup_us"], again["lookup_us"])
    sizes = f"{first['items']} to {large['items']} items"
    return [
        Row(f"path index: growth of CPU time per item, {sizes}",
            per_item[1] / per_item[0], MOST_GROWTH,
            note=f"{per_item[0] * 1e6:.0f} to {per_item[1] * 1e6:.0f} µs; the large one in "
                 f"{large['build_s']:.1f} s, {large['disk_mb']:.0f} MB on disk"),
        Row("path index: requests to build it", large["build_requests"], files / 1000 * 1.01 + 2),
        Row(f"look-up: growth of CPU time, {sizes}", large["lookup_us"] / lookup_us, MOST_GROWTH,
            note=f"{lookup_us:.0f} to {large['lookup_us']:.0f} µs each, of a file that isn't there "
                 f"{large['miss_us']:.0f} µs"),
        Row("100 known files: requests to Plex", large["known_requests"], 1),
        Row("a new file: requests to Plex", large["new_requests"], 2),
    ]  # fmt: skip


def layout_scores(files: int) -> Iterator[tuple[Layout, Score, float]]:
    """Each layout with its share of the files, and how long it took in seconds."""
    for make in LAYOUTS:
        layout = make(files // len(LAYOUTS))
        library = PlexLibrary()
        layout.fill(library)
        with PlexSimulator(library) as plex, tempfile.TemporaryDirectory() as folder:
            client = PlexClient(plex.url, plex.token, client_id="benchmark")
            index = PathIndex(folder, time.time)
            began = time.perf_counter()
            score = sync(layout, client, Locator(index, layout.config(plex.url, plex.token)))
            yield layout, score, time.perf_counter() - began
            index.close()
            client.close()


def main(arguments: list[str]) -> int:
    """The exit status: 1 if a budget is missed, a file is missed or a wrong item is found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.matching", description=__doc__)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--measure", nargs=3, metavar=("URL", "TOKEN", "FILES"))
    options = parser.parse_args(arguments)
    if options.measure:
        url, token, count = options.measure
        print(json.dumps(_measure(url, token, int(count))))
        return 0
    found = rows(options.files)
    print("\n".join(table(found)))
    print()
    return 0 if _print_layouts(options.files) and all(row.holds for row in found) else 1


def _print_layouts(files: int) -> bool:
    print(f"{'layout':<34} {'scenes':>7} {'found':>7} {'absent':>7} {'missed':>7} {'wrong':>6}  by")
    good, total = True, 0
    for layout, score, seconds in layout_scores(files):
        by = ", ".join(f"{because} {number}" for because, number in score.rules.items())
        print(
            f"{layout.name:<34} {score.scenes:>7} {score.found:>7} {score.absent:>7} "
            f"{len(score.missed):>7} {len(score.wrong):>6}  {by} ({seconds:.0f} s)"
        )
        for line in [*score.wrong, *score.missed][:3]:
            print(f"    {line}")
        total += score.scenes
        good = good and not score.wrong and not score.missed
    print(f"{total} scenes: {'no wrong item, none missed' if good else 'NOT as it should be'}")
    return good


def _measured(count: int) -> dict[str, Any]:
    """The measurements in a process of their own, which shares its processor time with nobody."""
    with _plex_process(count) as plex:
        command = [sys.executable, "-m", "benchmarks.matching", "--measure"]
        done = subprocess.run(
            [*command, plex["url"], plex["token"], str(count)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@contextmanager
def _plex_process(count: int) -> Iterator[dict[str, str]]:
    command = [sys.executable, "-m", "simulators", "plex", "--port", "0", "--films", str(count)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.kill()


def _measure(url: str, token: str, count: int) -> dict[str, Any]:
    client = PlexClient(url, token, client_id="benchmark")
    config = PlexSyncConfig.model_validate({"plex_url": url, "plex_token": token})
    with tempfile.TemporaryDirectory() as folder:
        index = PathIndex(folder, time.time)
        locator = Locator(index, config)
        try:
            return {
                **_measure_build(client, index, url),
                "disk_mb": sum(os.path.getsize(each) for each in os.scandir(folder)) / 1e6,
                **_measure_lookups(index, count),
                **_measure_requests(client, locator, url),
            }
        finally:
            index.close()
            client.close()


def _measure_build(client: PlexClient, index: PathIndex, url: str) -> dict[str, Any]:
    sections = client.sections()
    index.use(client.machine_identifier, sections)
    _control(url, "DELETE", "requests")
    began, began_cpu = time.perf_counter(), time.process_time()
    indexing.build(client, index, sections[0])
    return {
        "items": index.count(sections[0]),
        "build_s": time.perf_counter() - began,
        "build_cpu_s": time.process_time() - began_cpu,
        "build_requests": _requests(url),
    }


def _measure_lookups(index: PathIndex, count: int) -> dict[str, float]:
    known = films(count)[:: max(count // LOOKUPS, 1)]
    return {
        "lookup_us": _lookup_us(
            index, [(f"{FOLDER}/{film.file_name}", film.size) for film in known]
        ),
        "miss_us": _lookup_us(index, [(f"/not here/{film.title}", film.size) for film in known]),
    }


def _lookup_us(index: PathIndex, files: Sequence[tuple[str, int]]) -> float:
    """Microseconds of CPU of one look-up, the best of some rounds: the rest is other processes."""
    rounds = []
    for _ in range(LOOKUP_ROUNDS):
        began = time.process_time()
        for path, size in files:
            find_plex_item_by_path(index, path, size=size)
        rounds.append((time.process_time() - began) / len(files) * 1e6)
    return min(rounds)


def _measure_requests(client: PlexClient, locator: Locator, url: str) -> dict[str, int]:
    scenes = [
        _scene(number, film.file_name, film.size)
        for number, film in enumerate(films(BATCH), start=1)
    ]
    locator.prepare(client)
    _control(url, "DELETE", "requests")
    found = locator.locate(client, scenes, at_once=True)
    assert all(isinstance(each, Located) for each in found.values())
    known = _requests(url)
    new = {"file": f"{FOLDER}/new.mp4", "size": 5}
    _control(url, "POST", "items", {"section": "1", "items": [new]})
    _control(url, "DELETE", "requests")
    assert isinstance(locator.locate(client, [_scene(1, "new.mp4", 5)], at_once=True)[1], Located)
    return {"known_requests": known, "new_requests": _requests(url)}


def _scene(scene_id: int, name: str, size: int) -> Scene:
    return Scene(id=scene_id, files=(VideoFile(path=f"{FOLDER}/{name}", size=size),))


def _requests(url: str) -> int:
    return int(_control(url, "GET", "requests")["total"])


def _control(url: str, method: str, command: str, content: object = None) -> dict[str, Any]:
    body = None if content is None else json.dumps(content).encode()
    with urlopen(Request(url + CONTROL + command, body, method=method)) as answer:
        found: dict[str, Any] = json.loads(answer.read() or b"{}")
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
