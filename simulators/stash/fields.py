"""Resolvers of object fields that are more than an attribute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypedDict

from simulators.stash.core import Info
from simulators.stash.find import Found, scene_criterion, studio_children, tag_children
from simulators.stash.images import image_url, screenshot_url
from simulators.stash.library import in_name_order
from simulators.stash.model import (
    Group,
    GroupDescription,
    Performer,
    Scene,
    Studio,
    Tag,
    VideoFile,
)

Resolver = Callable[..., Any]


class ScenePaths(TypedDict):
    screenshot: str
    preview: str
    stream: str
    webp: str
    vtt: str
    sprite: str
    funscript: str
    interactive_heatmap: str
    caption: str


def scene_paths(scene: Scene, info: Info) -> ScenePaths:
    """Addresses on the host that the request named. The stream's carries the API key."""
    context = info.context
    base = f"{context.base_url}/scene/{scene.id}"
    key = context.stash.config.api_key
    oshash = scene.files[0].all_hashes().get("oshash", "") if scene.files else ""
    return {
        "screenshot": screenshot_url(context.base_url, scene),
        "preview": f"{base}/preview",
        "stream": f"{base}/stream" + (f"?apikey={key}" if key else ""),
        "webp": f"{base}/webp",
        "vtt": f"{context.base_url}/scene/{oshash}_thumbs.vtt",
        "sprite": f"{context.base_url}/scene/{oshash}_sprite.jpg",
        "funscript": f"{base}/funscript",
        "interactive_heatmap": f"{base}/interactive_heatmap",
        "caption": f"{base}/caption",
    }


def _image_path(item: Performer | Studio | Tag, info: Info) -> str:
    return image_url(info.context.base_url, item, "image", item.image)


def _front_image_path(group: Group, info: Info) -> str:
    return image_url(info.context.base_url, group, "frontimage", group.front_image)


def _back_image_path(group: Group, info: Info) -> str | None:
    if group.back_image is None:
        return None
    return image_url(info.context.base_url, group, "backimage", group.back_image)


def _performer_scenes(performer: Performer, info: Info) -> list[Scene]:
    scenes = info.context.stash.library.scenes
    return [scene for scene in list(scenes.values()) if performer in scene.performers]


def _group_scenes(group: Group, info: Info) -> list[Scene]:
    scenes = list(info.context.stash.library.scenes.values())
    return [scene for scene in scenes if any(entry.group is group for entry in scene.groups)]


def _sub_groups(group: Group, info: Info) -> list[GroupDescription]:
    return [
        GroupDescription(below, above.description)
        for below in list(info.context.stash.library.groups.values())
        for above in below.containing_groups
        if above.group is group
    ]


def _child_studios(studio: Studio, info: Info) -> list[Studio]:
    library = info.context.stash.library
    return [library.studios[child] for child in studio_children(library)(studio.id)]


def _tag_children(tag: Tag, info: Info) -> list[Tag]:
    library = info.context.stash.library
    return in_name_order(library.tags[child] for child in tag_children(library)(tag.id))


def _scene_count(relation: str) -> Resolver:
    """How many scenes have the object, or with `depth` one of its descendants."""

    def count(item: Studio | Tag | Group, info: Info, depth: int | None = None) -> int:
        library = info.context.stash.library
        criterion = {"modifier": "INCLUDES", "value": [item.id], "depth": depth}
        within = scene_criterion(library, relation, criterion)
        return sum(within(scene) for scene in list(library.scenes.values()))

    return count


def _fingerprint(file: VideoFile, info: Info, type: str) -> str | None:
    return file.all_hashes().get(type)


def _page(found: Found[Any], info: Info) -> Any:
    return found.page


def _count(found: Found[Any], info: Info) -> int:
    return len(found.matched)


def _files_sum(name: str) -> Resolver:
    def total(found: Found[Scene], info: Info) -> float:
        return float(sum(getattr(file, name) for scene in found.matched for file in scene.files))

    return total


FIELD_RESOLVERS: dict[str, dict[str, Resolver]] = {
    "VideoFile": {"fingerprint": _fingerprint},
    "Scene": {
        "paths": scene_paths,
        "play_history": lambda scene, info: sorted(scene.play_history, reverse=True),
        "captions": lambda scene, info: None,
        "galleries": lambda scene, info: [],
        "interactive": lambda scene, info: False,
    },
    "Performer": {
        "image_path": _image_path,
        "scenes": _performer_scenes,
        "scene_count": lambda performer, info: len(_performer_scenes(performer, info)),
    },
    "Studio": {
        "image_path": _image_path,
        "child_studios": _child_studios,
        "scene_count": _scene_count("studios"),
    },
    "Tag": {
        "image_path": _image_path,
        "parents": lambda tag, info: in_name_order(tag.parents),
        "children": _tag_children,
        "scene_count": _scene_count("tags"),
    },
    "Group": {
        "front_image_path": _front_image_path,
        "back_image_path": _back_image_path,
        "sub_groups": _sub_groups,
        "scenes": _group_scenes,
        "scene_count": _scene_count("groups"),
    },
    "FindScenesResultType": {
        "scenes": _page,
        "count": _count,
        "duration": _files_sum("duration_s"),
        "filesize": _files_sum("size"),
    },
    **{
        f"Find{kind.title()}ResultType": {kind: _page, "count": _count}
        for kind in ("performers", "studios", "tags", "groups")
    },
}
