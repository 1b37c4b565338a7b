"""The settings, shown and saved. The token is never shown, only where it is."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict
from typing import Any

from errors import SettingsError
from ledger.exclusions import left_alone_by
from logs.redact import redact, remember_secret
from page.arguments import text
from page.operation import Answer, Operation, Operations
from page.setup.sign_in_file import forget_old
from page.setup.stash_settings import settings_in_stash
from stash.protocol import Invocation
from stash.task_arguments import WrongArguments
from storage.token_file import NOWHERE, SETTING, completed, in_settings, where
from validation.config import PlexSyncConfig, check_token, problems_of, split_list
from validation.shape import HOW_ONLY, Shape, shape_of
from worker.settings import Settings

GROUPS: Mapping[str, tuple[str, ...]] = {
    "server": ("plex_url", "insecure_tls", "ca_file"),
    "files": ("plex_libraries", "path_map", "partial_paths", "scan_plex"),
    "scenes": ("only_organized", "exclude_tags", "exclude_studios", "exclude_paths"),
    "fields": (
        *("skip_fields", "keep_plex_edits", "title_template", "tagline_template"),
        "content_rating",
    ),
    "tags": ("tags_as", "ignore_tags", "collections"),
    "pictures": ("poster_style", "cast_photos"),
    "playback": ("import_plays", "import_resume", "import_ratings", "plex_accounts"),
    "work": ("reconcile_hours", "concurrency"),
}
"""In the order in which a page shows them."""

LONGEST_VALUE = 20_000
LONGEST_TOKEN = 500

EXCLUDING = {"exclude_tags", "exclude_studios", "exclude_paths"}
HARMLESS = HOW_ONLY - {"plex_url", "cast_photos"}
"""Whatever they are, Plex shows the same."""

Values = Mapping[str, Any]


def settings(invocation: Invocation) -> Answer:
    """All settings but the token, and where that is."""
    found = settings_in_stash(invocation)
    forget_old(invocation.data_dir)
    return _shown(found, found.stored())


def save(
    invocation: Invocation, values: Values, add: Mapping[str, list[str]], token: str | None
) -> Answer:
    """Store these values and leave all others as they are; a value of null means the default again.
    `add`: entries of lists, beside those that are there by now. A token goes to its file. If
    anything is wrong, nothing is saved, and `problem` says why."""
    found = settings_in_stash(invocation)
    stored = found.stored()
    values = {**values, **{key: _with(key, stored, more) for key, more in add.items()}}
    wrong = problems_of(values)
    if token:
        remember_secret(token.strip())
        wrong |= _token_problem(token)
    if wrong:
        return {**_shown(found, {**stored, **values}, wrong), "saved": False, "needs": ""}
    if token:
        found.keep_token(check_token(token))
    if values:
        found.change(values)
    after = found.stored()
    changed = {key for key in values if not _is_alike(key, stored.get(key), after.get(key))}
    _look_again(invocation.data_dir, changed & EXCLUDING)
    needs = "sync" if changed - EXCLUDING - HARMLESS else ""
    return {**_shown(found, after), "saved": True, "needs": needs}


def move_token(invocation: Invocation) -> Answer:
    """Have the token that is in Stash's settings in its file, and no longer there."""
    found = settings_in_stash(invocation)
    is_moved = found.move_token()
    return {"moved": is_moved, "token": _token(found, found.stored())}


def _shown(found: Settings, values: Values, wrong: Mapping[str, str] | None = None) -> Answer:
    # Typed into another setting it would be shown with that.
    remember_secret(in_settings(completed(values, found.token_file)))
    ours = {key: value for key, value in values.items() if key in PlexSyncConfig.model_fields}
    problems = problems_of({**ours, SETTING: None}) | dict(wrong or {})
    token = {**_token(found, values), "problem": redact(problems.pop(SETTING, ""))}
    rows = [
        {"key": key, "group": group, **_row(key, ours.get(key)), "problem": redact(problem)}
        for group, keys in GROUPS.items()
        for key in keys
        for problem in [problems.get(key, "")]
    ]
    has_address = bool(ours.get("plex_url")) and "plex_url" not in problems
    is_complete = has_address and token["source"] != NOWHERE
    return {"settings": rows, "token": token, "is_complete": is_complete}


def _row(key: str, value: Any) -> dict[str, Any]:
    shape = shape_of(key)
    shown = redact(value) if isinstance(value, str) else value
    return {**asdict(shape), "value": shape.default if shown in (None, "") else shown}


def _token(found: Settings, values: Values) -> dict[str, Any]:
    return {"source": where(values, found.token_file)}


def _token_problem(token: str) -> dict[str, str]:
    try:
        check_token(token)
    except SettingsError as error:
        return {SETTING: str(error)}
    return {}


def _is_alike(key: str, one: Any, other: Any) -> bool:
    default = shape_of(key).default
    return (one or default) == (other or default)


def _look_again(data_dir: str, changed: set[str]) -> None:
    """Queue the scenes that these settings have left alone. Those that they leave alone from now
    on need nothing."""
    if changed:
        from jobs.anew import open_jobs  # noqa: PLC0415 - a look at the settings needs no queue
        from jobs.schema import BACKGROUND, SCENE  # noqa: PLC0415 - nor this
        from jobs.states import States  # noqa: PLC0415 - nor this
        from jobs.store import JobStore  # noqa: PLC0415 - nor this

        with closing(open_jobs(data_dir)) as database:
            states, store = States(database), JobStore(database)
            for key in sorted(changed):
                if scene_ids := states.because(left_alone_by(key)):
                    store.enqueue(SCENE, scene_ids, BACKGROUND, time.time())


# Arguments


def _values(name: str, given: object) -> dict[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise WrongArguments(f"{name} must be an object", advice='For example {"tags_as": "both"}.')
    return {str(key): _value(str(key), value) for key, value in given.items()}


def _value(key: str, given: object) -> Any:
    if key == SETTING:
        raise WrongArguments("plex_token is no value", advice="Send it as token, beside values.")
    if key not in PlexSyncConfig.model_fields:
        names = ", ".join(each for each in PlexSyncConfig.model_fields if each != SETTING)
        raise WrongArguments(
            f"there is no setting {key!r:.100}", advice=f"The settings are {names}."
        )
    shape = shape_of(key)
    value = _joined(key, shape, given) if isinstance(given, list) else given
    if value is not None and not _is_of(shape, value):
        raise WrongArguments(
            f"{key} is {given!r:.100}", advice=f"Expected a {shape.type}, or null."
        )
    if isinstance(value, str) and len(value) > LONGEST_VALUE:
        raise WrongArguments(
            f"{key} has {len(value)} characters", advice=f"Send {LONGEST_VALUE} at most."
        )
    return value


def _is_of(shape: Shape, value: object) -> bool:
    if shape.type == "switch" or isinstance(value, bool):
        return shape.type == "switch" and isinstance(value, bool)
    return isinstance(value, (int, float) if shape.type == "number" else str)


def _added(name: str, given: object) -> dict[str, list[str]]:
    if given is None:
        return {}
    if not isinstance(given, dict) or not all(isinstance(each, list) for each in given.values()):
        raise WrongArguments(
            f"{name} must be an object of lists", advice='For example {"path_map": ["/a => /b"]}.'
        )
    for key, entries in given.items():
        _value(str(key), entries)
    return given


def _with(key: str, stored: Values, more: list[str]) -> str:
    """What is stored of a list, and these entries, each once."""
    there = split_list(key, str(stored.get(key) or ""))
    return f"{shape_of(key).separator} ".join(dict.fromkeys([*there, *more]))


def _joined(key: str, shape: Shape, entries: list[Any]) -> str:
    """A list as Stash stores it."""
    if shape.type != "list":
        raise WrongArguments(f"{key} is no list", advice="Send one value.")
    wrong = [each for each in entries if not isinstance(each, str) or shape.separator in each]
    if wrong:
        raise WrongArguments(
            f"{key} can't have the entry {wrong[0]!r:.100}",
            advice=f"Expected texts without {shape.separator}",
        )
    return f"{shape.separator} ".join(entries)


QUERIES: Operations = {"settings": Operation(settings)}
ACTS: Operations = {
    "save": Operation(
        save, {"values": _values, "add": _added, "token": text(LONGEST_TOKEN, needed=False)}
    ),
    "move_token": Operation(move_token),
}
