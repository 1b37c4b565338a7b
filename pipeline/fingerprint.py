"""One short text for everything that decides what Plex shows of a scene."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pictures.render import possible_style
from stash.protocol import OWN_FOLDER
from sync.pictures import POSTER
from validation.config import PlexSyncConfig
from validation.shape import HOW_ONLY

# Where it is decided what is written, and to which items: what a newer version writes is written to
# every scene once. A test asks of every module which it is. Folders with all that is below them.
RULES = (
    "matching/evidence.py",
    "matching/exclusion.py",
    "matching/locate.py",
    "matching/lookup.py",
    "matching/learning.py",
    "matching/sections.py",
    "matching/shared_items.py",
    "pictures/artwork.py",
    "pictures/drawing.py",
    "pictures/original.py",
    "pictures/photos.py",
    "pictures/plan.py",
    "pictures/render.py",
    "pipeline/collection.py",
    "pipeline/collection_details.py",
    "pipeline/fingerprint.py",
    "pipeline/planning.py",
    "pipeline/readback.py",
    "pipeline/unchanged.py",
    "plex/pictures.py",
    "plex/collection.py",
    "plex/edits.py",
    "plex/items.py",
    "plex/matcher.py",
    "plex/generic_names.py",
    "plex/paths.py",
    "stash/namesakes.py",
    "sync",
    "validation",
)


def fingerprint(content: Mapping[str, Any], rules: str, *, with_photos: bool) -> str:
    """Of a scene as Stash answered it, names of performers, studios and groups included, and of
    tags with those above them if they were asked for.

    `rules`: see `rules_digest`. Addresses of pictures depend on how Stash was asked for them:
    those of performers count only `with_photos`, and the cover's change shows in `updated_at`.
    """
    counted = {name: value for name, value in content.items() if name != "paths"}
    left_out = () if with_photos else ("image_path",)
    # By id: Stash's own order turns when its database is optimised, and says nothing.
    counted["performers"] = [
        {name: value for name, value in each.items() if name not in left_out}
        for each in sorted(counted.get("performers") or (), key=lambda each: str(each.get("id")))
    ]
    text = json.dumps(counted, sort_keys=True, separators=(",", ":"))
    return _digest(f"{rules} {text}".encode(errors="surrogatepass"))


def rules_digest(config: PlexSyncConfig) -> str:
    """Of the settings that decide what is written and to which items, and of our own rules."""
    settings = config.model_dump(exclude=set(HOW_ONLY))
    # Without Pillow a poster has another style, until Pillow is installed.
    if POSTER not in config.skip_fields:
        settings["poster_style"] = possible_style(config.poster_style)
    text = json.dumps(settings, default=sorted, sort_keys=True)
    return _digest(f"{own_rules()} {text}".encode())


def rules_key(config: PlexSyncConfig) -> str:
    """Another text wherever fingerprints made by these settings may be others, `with_photos` among
    them."""
    return rules_digest(config) + (" photos" if config.cast_photos else "")


@cache
def own_rules() -> str:
    """Of the sources that decide. A version number would have to be raised by hand."""
    sources = [path.read_bytes() for rule in RULES for path in sources_of(rule)]
    return _digest(b"\0".join(sources))


def sources_of(rule: str) -> list[Path]:
    """The files of one of RULES."""
    path = Path(OWN_FOLDER, rule)
    return [path] if path.suffix else sorted(path.rglob("*.py"))


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()
