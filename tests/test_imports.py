"""The arrows between modules: downwards only, in no circle, and no room too full to find one's way.

Read from the sources, with the imports within functions; there are none by a name in a text.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from simulators.rig import TREE
from tests.docs import RUNTIME
from tools.package import FILES, PACKAGES

# From top to bottom; who stands side by side knows nothing of each other.
LAYERS = (
    ("entry",),
    ("page",),
    ("commands", "install"),
    ("worker",),
    ("rest",),
    ("check", "trial"),
    ("pipeline",),
    ("pictures", "playback"),
    ("matching", "ledger"),
    ("plex", "stash", "jobs"),
    ("sync",),
    ("validation", "logs"),
    ("errors", "net", "storage"),
)
# `__init__.py` not counted.
MOST_MODULES = 18


@cache
def modules() -> Mapping[str, Path]:
    """By dotted name; a package has the name of its folder."""
    paths = [path for each in PACKAGES for path in (TREE / each).rglob("*.py")]
    paths += [TREE / each for each in FILES if each.endswith(".py") and each != "plex_sync.py"]
    return {_dotted(path): path for path in paths}


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(TREE).with_suffix("").parts).removesuffix(".__init__")


def imported(tree: ast.AST, known: Iterable[str]) -> Iterator[str]:
    """Those of `known` that are imported anywhere in a module."""
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            members = [f"{node.module}.{each.name}" for each in node.names]
            names = [each if each in known else node.module for each in members]
        yield from (each for each in names if each in known)


def texts(tree: ast.AST, known: Iterable[str]) -> Iterator[str]:
    """Names of `known` modules in texts, by which something might be imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value:
            yield from (each for each in known if each == node.value)


@cache
def arrows() -> Mapping[str, frozenset[str]]:
    """By module what it imports of ours."""
    return arrows_among(modules())


def arrows_among(known: Mapping[str, Path]) -> dict[str, frozenset[str]]:
    return {name: frozenset(imported(parsed(path), known)) - {name} for name, path in known.items()}


def modules_below(folder: str) -> dict[str, Path]:
    return {_dotted(path): path for path in (TREE / folder).rglob("*.py")}


@cache
def parsed(path: Path) -> ast.AST:
    return ast.parse(path.read_text(encoding="utf-8"))


def room(module: str) -> str:
    return module.partition(".")[0]


def between_rooms() -> set[tuple[str, str]]:
    found = {(room(one), room(other)) for one, others in arrows().items() for other in others}
    return {(one, other) for one, other in found if one != other}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import plex.client", ["plex.client"]),
        ("from plex import client", ["plex.client"]),
        ("from plex import nothing", ["plex"]),
        ("from plex.client import PlexClient", ["plex.client"]),
        ("def f():\n    from plex import client", ["plex.client"]),
        ("if TYPE_CHECKING:\n    import plex.client", ["plex.client"]),
        ("import json", []),
        ("plex.client", []),
    ],
)
def test_the_search_for_imports_sees_those_that_count(text: str, found: list[str]) -> None:
    assert list(imported(ast.parse(text), {"plex", "plex.client"})) == found


def test_the_search_has_all_modules() -> None:
    assert len(modules()) > 150
    assert {"errors", "worker.processor", "plex"} <= set(modules())


def test_every_room_has_its_place_in_the_layers() -> None:
    placed = [each for layer in LAYERS for each in layer]
    assert sorted(placed) == sorted([*PACKAGES, "errors"])
    assert sorted(RUNTIME) == sorted(PACKAGES)


def test_what_is_installed_has_every_package_but_those_for_us() -> None:
    ours = {"benchmarks", "simulators", "tests", "tools"}
    assert {each.parent.name for each in TREE.glob("[a-z]*/__init__.py")} == {*PACKAGES, *ours}


def test_arrows_point_downwards() -> None:
    height = {each: -depth for depth, layer in enumerate(LAYERS) for each in layer}
    upwards = [
        (one, other)
        for one, others in arrows().items()
        for other in sorted(others)
        if room(one) != room(other) and height[room(one)] <= height[room(other)]
    ]
    assert upwards == []


@pytest.mark.parametrize("leaf", ["errors", "net", "storage"])
def test_a_leaf_knows_nothing_of_ours(leaf: str) -> None:
    assert {other for one, other in between_rooms() if one == leaf} == set()


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circle(arrows()) == []


def test_no_simulators_import_each_other_in_a_circle() -> None:
    assert circle(arrows_among(modules_below("simulators"))) == []


def circle(graph: Mapping[str, Iterable[str]]) -> list[str]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_what_tests_share_is_in_no_module_of_tests() -> None:
    """Whoever changes a test must not change another one by it."""
    graph = arrows_among(modules_below("tests"))
    shared = [
        (one, other)
        for one, others in graph.items()
        for other in others
        if other.rpartition(".")[2].startswith("test_")
    ]
    assert shared == []


def test_nothing_is_imported_by_a_name_in_a_text() -> None:
    """It would hide an arrow: import it in the function that needs it, with the reason."""
    known = [each for each in modules() if "." in each]
    found = [
        (name, text) for name, path in modules().items() for text in texts(parsed(path), known)
    ]
    assert found == []


@pytest.mark.parametrize("package", PACKAGES)
def test_a_room_is_small_enough_to_be_known(package: str) -> None:
    for folder in {path.parent for path in (TREE / package).rglob("*.py")}:
        names = [each.stem for each in folder.glob("*.py") if each.stem != "__init__"]
        assert len(names) <= MOST_MODULES, sorted(names)


def test_no_room_is_called_queue() -> None:
    """The standard library has that name."""
    assert "queue" not in PACKAGES


def test_the_errors_have_their_former_name_as_well() -> None:
    import errors  # noqa: PLC0415 - the test is about both
    from worker import errors as former  # noqa: PLC0415

    ours = {name: each for name, each in vars(errors).items() if isinstance(each, type)}
    assert {name: getattr(former, name) for name in ours} == ours
