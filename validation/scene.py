"""A scene as Stash's GraphQL answers it (graphql/schema/types/scene.graphql), the part we use."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _text(value: Any) -> Any:
    return "" if value is None else value


def _list(value: Any) -> Any:
    return [] if value is None else value


Text = Annotated[str, BeforeValidator(_text)]
"""Go strings: "" when unset; null is taken for the same."""


class _Wire(BaseModel):
    # Stash may answer more than we asked for in a later version; that is none of our business.
    # Nobody reads one of these by itself: they are built as part of the scene.
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class VideoFile(_Wire):
    """`path` as Stash sees it; `size` in bytes; `duration` in seconds."""

    path: str = Field(min_length=1)
    size: int = 0
    duration: float = 0.0


class Studio(_Wire):
    id: int
    name: Text = ""
    updated_at: Text = ""
    parent_studio: Studio | None = None


class Performer(_Wire):
    """`namesakes`: the ids of those from whom the disambiguation tells them apart; see
    `stash.namesakes`."""

    id: int
    name: Text = ""
    disambiguation: Text = ""
    image_path: Text = ""
    namesakes: tuple[int, ...] = ()


class Tag(_Wire):
    """`parents`: those right above it, with theirs; empty also where Stash was not asked."""

    id: int
    name: Text = ""
    parents: Annotated[tuple[Tag, ...], BeforeValidator(_list)] = ()


class Group(_Wire):
    id: int
    name: Text = ""
    updated_at: Text = ""


class SceneGroup(_Wire):
    group: Group
    scene_index: int | None = None


class ScenePaths(_Wire):
    screenshot: Text = ""


class Scene(_Wire):
    """`date` is YYYY, YYYY-MM or YYYY-MM-DD, `rating100` mostly 1 to 100, which Stash's API doesn't
    check, `files[0]` the primary file."""

    id: int
    title: Text = ""
    code: Text = ""
    details: Text = ""
    director: Text = ""
    date: Text = ""
    rating100: int | None = None
    organized: bool = False
    created_at: Text = ""
    updated_at: Text = ""
    studio: Studio | None = None
    performers: Annotated[tuple[Performer, ...], BeforeValidator(_list)] = ()
    tags: Annotated[tuple[Tag, ...], BeforeValidator(_list)] = ()
    groups: Annotated[tuple[SceneGroup, ...], BeforeValidator(_list)] = ()
    files: Annotated[tuple[VideoFile, ...], BeforeValidator(_list)] = ()
    paths: ScenePaths = ScenePaths()
