"""PlexSyncConfig: the plugin's settings as Stash stores them, checked and typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    field_validator,
)

from errors import SettingsError

FIELDS = (
    "title",
    "sort_title",
    "studio",
    "summary",
    "tagline",
    "date",
    "content_rating",
    "rating",
    "genres",
    "labels",
    "cast",
    "directors",
    "collections",
    "poster",
    "background",
)
"""What `skip_fields` can name: every field that we write."""

REQUIRED = ("plex_url", "plex_token")


class PathMapping(BaseModel):
    """Files below `stash` in Stash's view are below `plex` in Plex's view."""

    model_config = ConfigDict(frozen=True)

    stash: str
    plex: str


class PlexSyncConfig(BaseModel):
    """The settings. Stash has no defaults of its own: absent and empty mean the default here.

    Construct it from values, or with `load_config` from what Stash stores, which forgives wrong
    optional settings.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    plex_url: str
    plex_token: SecretStr
    plex_libraries: tuple[str, ...] = ()
    path_map: tuple[PathMapping, ...] = ()
    skip_fields: frozenset[str] = frozenset()
    keep_plex_edits: bool = False
    only_organized: bool = False
    title_template: str = ""
    tagline_template: str = ""
    tags_as: Literal["genres", "labels", "both"] = "genres"
    ignore_tags: frozenset[str] = frozenset()
    collections: tuple[str, ...] = ()
    content_rating: str = ""
    cast_photos: bool = False
    poster_style: Literal["cover", "fit", "crop"] = "cover"
    scan_plex: bool = False
    reconcile_hours: float = Field(default=0, ge=0, le=24 * 366)
    concurrency: int = Field(default=4, ge=1, le=16)
    insecure_tls: bool = False
    ca_file: str = ""
    exclude_tags: frozenset[str] = frozenset()
    exclude_studios: frozenset[str] = frozenset()
    exclude_paths: tuple[str, ...] = ()
    partial_paths: tuple[str, ...] = ()
    import_plays: bool = False
    import_resume: bool = False
    import_ratings: bool = False
    plex_accounts: tuple[str, ...] = ()
    _uncleared: frozenset[str] = PrivateAttr(default=frozenset())

    @property
    def uncleared(self) -> frozenset[str]:
        """The texts that Plex leaves as they are when they are to be cleared; no setting, but what
        was found out about a server."""
        return self._uncleared

    def without_clearing(self, names: frozenset[str]) -> PlexSyncConfig:
        """The same for a server that doesn't clear these."""
        found = self.model_copy()
        found._uncleared = names
        return found

    @field_validator("plex_url", mode="after")
    @classmethod
    def _check_url(cls, value: str) -> str:
        if not is_address(value.strip()):
            raise ValueError("expected an address such as http://192.168.1.10:32400")
        parts = urlsplit(value.strip())
        if parts.query or "@" in parts.netloc:
            raise ValueError("expected the address alone; the token belongs in plex_token")
        # Copied from the browser it ends in /web/index.html#!/…
        path = re.sub(r"/web(/.*)?$", "", parts.path)
        return f"{parts.scheme}://{parts.netloc}{path}".rstrip("/")

    @field_validator("plex_token", mode="before")
    @classmethod
    def _check_token(cls, value: object) -> object:
        return _sound_token(value) if isinstance(value, str) else value

    @field_validator("ca_file", mode="after")
    @classmethod
    def _check_ca_file(cls, value: str) -> str:
        if not _WHOLE_PATH.match(value.strip()):
            raise ValueError("expected the whole path of a file with certificates (PEM)")
        return value.strip()

    @field_validator("tags_as", "poster_style", mode="before")
    @classmethod
    def _forgive_spelling(cls, value: object) -> object:
        return value.strip().lower() if isinstance(value, str) else value

    @field_validator(
        *("plex_libraries", "path_map", "skip_fields", "ignore_tags", "collections"),
        *("exclude_tags", "exclude_studios", "exclude_paths", "partial_paths"),
        "plex_accounts",
        mode="before",
    )
    @classmethod
    def _split_text(cls, value: object, info: Any) -> object:
        if not isinstance(value, str):
            return value
        return [LISTS[info.field_name].parse(part) for part in split_list(info.field_name, value)]


def check_token(text: str) -> str:
    """The token alone, without blanks around it. Raises SettingsError."""
    try:
        return _sound_token(text)
    except ValueError as error:
        raise SettingsError(
            f"this is no Plex token: {error}", advice="The README says where to find it."
        ) from None


def _sound_token(text: str) -> str:
    token = text.strip()
    # Anything else can't be sent in a header, and requests' error would repeat it.
    if not (token.isascii() and token.isprintable() and token and " " not in token):
        raise ValueError("expected the token alone: letters, digits, - and _")
    return token


def _parse_name(text: str) -> str:
    return text


def _parse_mapping(text: str) -> dict[str, str]:
    stash, arrow, plex = (part.strip() for part in text.partition("=>"))
    if not (arrow and stash and plex):
        raise ValueError("expected /stash/prefix => /plex/prefix")
    return {"stash": stash, "plex": plex}


def _parse_field(text: str) -> str:
    name = text.lower().replace(" ", "_")
    if name not in FIELDS:
        raise ValueError(f"expected any of {', '.join(FIELDS)}")
    return name


def _parse_collection(text: str) -> str:
    kind, colon, name = (part.strip() for part in text.partition(":"))
    if kind.lower() == "tags" and colon and name:
        return f"tags:{name}"
    if kind.lower() in ("studio", "parent_studio", "groups") and not colon:
        return kind.lower()
    raise ValueError("expected any of studio, parent_studio, groups, tags:<name>")


def _parse_folder(text: str) -> str:
    if not _WHOLE_PATH.match(text):
        raise ValueError("expected the whole path of a folder as Stash shows it, e.g. /data/films")
    return text


@dataclass(frozen=True, slots=True)
class _List:
    separator: str
    parse: Callable[[str], Any]


_WHOLE_PATH = re.compile(r"/|\\\\|[A-Za-z]:[\\/]")

LISTS: Mapping[str, _List] = {
    "plex_libraries": _List(",", _parse_name),
    "path_map": _List(";", _parse_mapping),
    "skip_fields": _List(",", _parse_field),
    "ignore_tags": _List(",", _parse_name),
    "collections": _List(",", _parse_collection),
    "exclude_tags": _List(",", _parse_name),
    "exclude_studios": _List(",", _parse_name),
    "exclude_paths": _List(",", _parse_folder),
    "partial_paths": _List(",", _parse_name),
    "plex_accounts": _List(",", _parse_name),
}


def split_list(setting: str, text: str) -> list[str]:
    """The entries of a setting that holds several, without blanks."""
    return [part.strip() for part in text.split(LISTS[setting].separator) if part.strip()]


def is_whole_path(text: str) -> bool:
    """Whether it begins as a path does on any system, so that it is no name."""
    return _WHOLE_PATH.match(text) is not None


def ca_file_of(settings: Mapping[str, Any]) -> str:
    """That setting of what Stash has stored, whatever the others are; "" if it is none."""
    given = settings.get("ca_file")
    path = given.strip() if isinstance(given, str) else ""
    return path if _WHOLE_PATH.match(path) else ""


def load_config(settings: Mapping[str, Any]) -> tuple[PlexSyncConfig, list[str]]:
    """The configuration from Stash's stored settings, and what was wrong with optional ones.

    A wrong optional setting is reported and its default used; of a list only the wrong entries
    are dropped. Raises SettingsError, with all problems in one text, when a required setting is
    missing or wrong.
    """
    known, wrong = _read(settings)
    problems = [_unknown(key) for key in _given(settings) if key not in PlexSyncConfig.model_fields]
    problems += [
        f"setting {key}: {entry!r} is ignored; {why}"
        for key, entries in wrong.items()
        for entry, why in entries
    ]
    try:
        return PlexSyncConfig(**known), problems
    except ValidationError as error:
        found = _explained(error)
    fatal = [text for key, text in found.items() if key in REQUIRED]
    if fatal:
        raise SettingsError(
            "; ".join(fatal),
            advice="Set it in Stash under Settings > Plugins > PlexSync, or run the task "
            '"Sign in to Plex".',
        )
    sound = {key: value for key, value in known.items() if key not in found}
    return PlexSyncConfig(**sound), problems + [
        f"{text}; the default is used instead" for text in found.values()
    ]


def problems_of(settings: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with each of these settings, by key; nothing about those that are missing."""
    known, wrong = _read(settings)
    found = {
        key: "; ".join(f"{entry!r}: {why}" for entry, why in entries)
        for key, entries in wrong.items()
    }
    try:
        PlexSyncConfig(**known)
    except ValidationError as error:
        told = {key: text for key, text in _explained(error).items() if key in known}
        found |= {key: text.removeprefix(f"setting {key}: ") for key, text in told.items()}
    return found


def _read(
    settings: Mapping[str, Any],
) -> tuple[dict[str, Any], dict[str, list[tuple[str, str]]]]:
    """Those of our settings that are given, of lists the sound entries; and the others, each with
    what is wrong with it, by setting."""
    known = {k: v for k, v in _given(settings).items() if k in PlexSyncConfig.model_fields}
    problems: dict[str, list[tuple[str, str]]] = {}
    for key in LISTS:
        if isinstance(known.get(key), str):
            known[key], wrong = _sound_entries(key, known[key])
            if wrong:
                problems[key] = wrong
    return known, problems


def _given(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if not _is_unset(key, value)}


def _explained(error: ValidationError) -> dict[str, str]:
    return {str(each["loc"][0]): _explain(each) for each in error.errors()}


def _is_unset(key: str, value: object) -> bool:
    blank = isinstance(value, str) and not value.strip()
    return value is None or blank or (key == "concurrency" and value == 0)


def _unknown(key: str) -> str:
    names = ", ".join(PlexSyncConfig.model_fields)
    return f"setting {key!r} is not one of PlexSync's and is ignored; the settings are {names}"


def _sound_entries(setting: str, text: str) -> tuple[list[Any], list[tuple[str, str]]]:
    sound, wrong = [], []
    for part in split_list(setting, text):
        try:
            sound.append(LISTS[setting].parse(part))
        except ValueError as error:
            wrong.append((part, str(error)))
    return sound, wrong


def is_address(text: str) -> bool:
    """Whether a web server could be at it."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _explain(error: Any) -> str:
    key = str(error["loc"][0])
    if error["type"] == "missing":
        return f"setting {key} is missing"
    message = str(error["msg"]).removeprefix("Value error, ")
    # What was typed as the address may hold a token as well.
    shown = "" if key in REQUIRED else f"{error['input']!r} is not valid; "
    return f"setting {key}: {shown}{message[:1].lower()}{message[1:]}"
