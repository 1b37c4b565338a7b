"""The sentences that the plugin has for people, read from its sources: what errors say, what to do
about them, why a field is left. With {} where a sentence holds something."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from simulators.rig import TREE

FOLDERS = (
    *("commands", "install", "ledger", "matching", "net", "page", "pictures", "pipeline"),
    *("playback", "plex", "stash", "storage", "sync", "trial", "validation", "worker"),
)

# What people read in a terminal, in a task's log or not at all, and never on the page.
ELSEWHERE = {
    "commands/task_arguments.py",
    "commands/tasks.py",
    "commands/trial/order.py",
    "install/installer.py",
    "trial/bench.py",
    "trial/candidates.py",
}

ERRORS = {"SyncError", "StorageError"}
# What the page itself would have to be wrong for.
NOBODYS = {"WrongArguments"}

# By the name of what is called, which of its arguments are sentences.
CALLS: Mapping[str, tuple[int, ...]] = {
    "Fact": (0,),
    "Problem": (0, 1),
    "Note": (0, 1),
    "Kept": (2,),
    "Skipped": (0, 2),
    "Unclear": (0,),
    "Exclusion": (1,),
    "SceneState": (1,),
    "LookAgain": (1,),
    "ForNow": (2,),
    "_left": (1,),
    "_ask": (1,),
    "not_plex": (0,),
    "PlexTvUnavailable": (0, 1),
    "__init__": (0,),
    "kind": (0,),
}
KEYWORDS = {"advice", "because", "failed"}

# What these functions give back, or yield, is for people.
FUNCTIONS = {
    "commands/explain.py": {"_notes", "_partial_notes", "_scan_notes"},
    "ledger/exclusions.py": {"left_alone_by"},
    "matching/libraries.py": {"awaits_list"},
    "net/session.py": {"cause"},
    "page/syncing/scene.py": {"_file"},
    "storage/sqlite.py": {"_advice"},
    "pipeline/follow_up.py": {"missing_on_purpose"},
    "pipeline/unmanaged.py": {"undo_advice"},
    "plex/addresses.py": {"trial_text"},
    "trial/meaning.py": {"_stopped", "clear_sentences", "field_sentences"},
    "trial/surprise.py": {"advice"},
    "validation/config.py": {"_explain", "load_config", "_unknown"},
}
# And these names stand for sentences.
CONSTANTS = {
    "commands/undo.py": {"GONE", "OTHER_FILE"},
    "ledger/exclusions.py": {"BY_A_PERSON"},
    "page/setup/plex_account.py": {"SEVERAL"},
    "page/setup/sign_in.py": {"OVER", "EXPIRED"},
    "page/syncing/changes.py": {"NAME"},
    "page/syncing/sync.py": {"NAME"},
    "pipeline/follow_up.py": {
        *("AWAITS_COVER", "AWAITS_STRAY", "AWAITS_DELETION", "AWAITS_FILE", "PARTIAL"),
    },
    "pipeline/scan.py": {"OUTSIDE", "SKIPPED"},
    "plex/addresses.py": {"IN_SETTINGS", "LOCAL_HTTPS", "LOCAL_HTTP", "REMOTE", "RELAY"},
    "plex/plex_tv.py": {"_NEEDS_INTERNET"},
    "plex/matcher.py": {
        *("SAME_PATH", "PATH_MAP", "LEARNED", "ANY_CASE", "NAME_AND_SIZE", "NAME_AND_DURATION"),
        *("NAME_AND_SIZE_ANY_CASE", "NAME_AND_DURATION_ANY_CASE", "OTHER_CONTENT"),
    },
    "trial/meaning.py": {"_UNLOCKED"},
    "sync/reasons.py": {
        *("EDITED_IN_PLEX", "LOCKED_BEFORE", "NOT_CLEARED", "NOT_OURS", "SHOWN_OTHERWISE"),
        "TOO_MANY",
    },
}
TABLES = {"commands/preview.py": {"_PICTURE_ACTIONS"}}


def sentences() -> dict[str, set[str]]:
    """Each with the files that say it."""
    found: dict[str, set[str]] = {}
    for name, tree in _trees().items():
        if name not in ELSEWHERE:
            for each in _of(name, tree):
                if re.search("[a-z]{3}", each):
                    found.setdefault(each, set()).add(name)
    return found


@cache
def _trees() -> dict[str, ast.Module]:
    paths = sorted(path for folder in FOLDERS for path in (TREE / folder).rglob("*.py"))
    return {
        path.relative_to(TREE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in [*paths, TREE / "errors.py"]
    }


@cache
def _errors() -> set[str]:
    """The classes of our errors."""
    bases = {
        node.name: {ast.unparse(base).rpartition(".")[2] for base in node.bases}
        for tree in _trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    found, before = set(ERRORS), 0
    while len(found) > before:
        before = len(found)
        found |= {name for name, above in bases.items() if above & found}
    return found - NOBODYS


@cache
def _constants() -> dict[str, dict[str, ast.expr]]:
    """By name, where it is set, and to what."""
    found: dict[str, dict[str, ast.expr]] = {}
    for name, tree in _trees().items():
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                found.setdefault(node.targets[0].id, {})[name] = node.value
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
                found.setdefault(node.target.id, {})[name] = node.value
    return found


def _of(name: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for argument in _told(name, node):
                yield from _texts(argument, name)
        elif isinstance(node, ast.FunctionDef) and node.name in FUNCTIONS.get(name, ()):
            for inner in ast.walk(node):
                if isinstance(inner, (ast.Return, ast.Yield, ast.Assign, ast.AugAssign)):
                    yield from _texts(inner.value, name) if inner.value else ()
    for constant in CONSTANTS.get(name, ()):
        yield from _texts(_constants()[constant][name], name)
    for constant in TABLES.get(name, ()):
        table = _constants()[constant][name]
        assert isinstance(table, ast.Dict)
        for value in table.values:
            yield from _texts(value, name)


def _told(name: str, call: ast.Call) -> Iterator[ast.expr]:
    called = ast.unparse(call.func).rpartition(".")[2]
    if called in NOBODYS:
        return
    places = (0,) if called in _errors() or _is_of_setting(name, called) else ()
    for place in CALLS.get(called, places):
        if place < len(call.args):
            yield call.args[place]
    yield from (each.value for each in call.keywords if each.arg in KEYWORDS)


def _is_of_setting(name: str, called: str) -> bool:
    return called == "ValueError" and name.startswith("validation/")


def _texts(node: ast.expr, name: str) -> list[str]:
    """All that it can be, as far as the sources say."""
    match node:
        case ast.Constant(str(text)):
            return [text]
        case ast.JoinedStr(parts):
            texts = [""]
            for part in parts:
                texts = [text + more for text in texts for more in _part(part, name)]
            return texts
        case ast.IfExp(_, one, other):
            return [*_texts(one, name), *_texts(other, name)]
        case ast.BoolOp(_, values) | ast.Tuple(values) | ast.List(values):
            return [text for value in values for text in _texts(value, name)]
        case ast.BinOp(left, ast.Add(), right):
            heads, tails = _texts(left, name) or ["{}"], _texts(right, name) or ["{}"]
            return [head + tail for head in heads for tail in tails]
        case ast.ListComp(element):
            return _texts(element, name)
        case ast.Name(constant) | ast.Attribute(_, constant):
            known = _constants().get(constant, {})
            value = known.get(name) or (next(iter(known.values())) if len(known) == 1 else None)
            return [] if value is None else _texts(value, name)
    return []


def _part(part: ast.expr, name: str) -> list[str]:
    if isinstance(part, ast.Constant):
        return [str(part.value)]
    assert isinstance(part, ast.FormattedValue)
    fixed = isinstance(part.value, (ast.Name, ast.IfExp)) and _texts(part.value, name)
    # A sentence within it is one of its own.
    return fixed if fixed and not any("{}" in each for each in fixed) else ["{}"]


def as_read(path: Path) -> dict[str, str]:
    """A language's table: the English wording, and what it is in that language."""
    entry = re.compile(r'^    "((?:[^"\\]|\\.)*)": "((?:[^"\\]|\\.)*)",$', re.MULTILINE)
    found = entry.findall(path.read_text(encoding="utf-8"))
    return {_plain(wording): _plain(text) for wording, text in found}


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def in_short(text: str) -> str:
    """Without the names of what it holds."""
    return re.sub(r"(\{\})+", "{}", re.sub(r"\{\w+\}", "{}", text)).strip().rstrip(".")
