"""The GraphQL documents that we send. Only fields that Stash 0.28 knows: one unknown field fails
the whole query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

SETTINGS = """
query PlexSyncSettings($plugins: [ID!]) {
  plugins { id enabled }
  configuration { general { apiKey } plugins(include: $plugins) }
}
"""

PLUGINS = """
query PlexSyncPlugins {
  plugins { id enabled }
}
"""

_SCENE_FIELDS = """
fragment SceneFields on Scene {
  id title code details director date rating100 organized created_at updated_at
  paths { screenshot }
  files { path size duration }
  studio { ...StudioFields }
  performers { id name disambiguation image_path }
  tags { ...TagFields }
  groups { group { id name updated_at } scene_index }
}
"""

LEVELS = 8
"""How far up the tags and studios above a scene's are asked for, if they are."""
SHOWN_STUDIOS = 1
"""How many studios above its own a scene shows."""


def _studio_fields(levels: int) -> str:
    """Of a studio, and of those up to so many levels above it."""
    fields = "id name updated_at"
    for _ in range(levels):
        fields = f"id name updated_at parent_studio {{ {fields} }}"
    return f"fragment StudioFields on Studio {{ {fields} }}"


def _tag_fields(levels: int) -> str:
    """Of a tag, and of those up to so many levels above it.

    Stash reads the parents of each tag by a small query of their own; a branch that ends earlier
    costs no more for the levels that it hasn't.
    """
    fields = "id name"
    for _ in range(levels):
        fields = f"id name parents {{ {fields} }}"
    return f"fragment TagFields on Tag {{ {fields} }}"


SCENE_IDS = """
query PlexSyncSceneIds($wanted: SceneFilterType!, $page: Int!) {
  findScenes(
    filter: {per_page: $page, sort: "id", direction: ASC}
    scene_filter: $wanted
  ) { scenes { id } }
}
"""

TIMES = """
query PlexSyncTimes($after: Int!, $page: Int!) {
  findScenes(
    filter: {per_page: $page, sort: "id", direction: ASC}
    scene_filter: {id: {value: $after, modifier: GREATER_THAN}}
  ) { scenes { id updated_at } }
}
"""

# Since Stash 0.30.
MOVED = """
query PlexSyncMoved($since: String!, $after: Int!, $page: Int!) {
  findScenes(
    filter: {per_page: $page, sort: "id", direction: ASC}
    scene_filter: {
      id: {value: $after, modifier: GREATER_THAN}
      files_filter: {updated_at: {value: $since, modifier: GREATER_THAN}}
    }
  ) { scenes { id } }
}
"""

FILES = """
query PlexSyncFiles($after: Int!, $page: Int!) {
  findScenes(
    filter: {per_page: $page, sort: "id", direction: ASC}
    scene_filter: {id: {value: $after, modifier: GREATER_THAN}}
  ) { scenes { id files { path size duration } } }
}
"""

RUN_OPERATION = """
mutation PlexSyncOperation($plugin: ID!, $args: Map!) {
  runPluginOperation(plugin_id: $plugin, args: $args)
}
"""

CONFIGURE = """
mutation PlexSyncConfigure($plugin: ID!, $settings: Map!) {
  configurePlugin(plugin_id: $plugin, input: $settings)
}
"""

FILES_NAMED = """
query PlexSyncFilesNamed($name: String!) {
  findScenes(
    filter: {per_page: 100, sort: "id", direction: ASC}
    scene_filter: {path: {value: $name, modifier: INCLUDES}}
  ) { scenes { id files { path size duration } } }
}
"""

VERSION = "query PlexSyncVersion { version { version } }"

SCENE_COUNT = """
query PlexSyncSceneCount { findScenes(filter: {per_page: 0}) { count } }
"""


GROUP_NUMBERS = """
query PlexSyncGroupNumbers($group: ID!) {
  findScenes(
    filter: {per_page: -1, sort: "id", direction: ASC}
    scene_filter: {groups: {value: [$group], modifier: INCLUDES}}
  ) { scenes { id groups { group { id } scene_index } } }
}
"""

_LISTS = {
    "performer": ("findPerformers", "performers"),
    "studio": ("findStudios", "studios"),
    "tag": ("findTags", "tags"),
    "group": ("findGroups", "groups"),
}
# Asking each scene for its files would cost Stash eight times as much as all the rest. Most have
# one, and what is taken from one scene, or given to one, leaves or makes another number.
_FILES_OF_SOME = """  files: findScenes(
    filter: $filter
    scene_filter: {file_count: {value: 1, modifier: NOT_EQUALS}}
  ) { found: scenes { id files { path size } } }"""


def names(fields: Mapping[str, str | None]) -> str:
    """A query for a page of each kind named, answered under the kind's name as `found`: the ids,
    and of objects these fields. "files" is about scenes and has its own. Variable: filter."""
    lists = "\n".join(
        _FILES_OF_SOME if wanted is None else _list(kind, wanted) for kind, wanted in fields.items()
    )
    return f"query PlexSyncNames($filter: FindFilterType) {{\n{lists}\n}}"


def _list(kind: str, fields: str) -> str:
    look_up, found = _LISTS[kind]
    return f"  {kind}: {look_up}(filter: $filter) {{ found: {found} {{ id {fields} }} }}"


# Look-up, text and picture of each kind.
_DESCRIBED = {
    "studio": ("findStudio", "details", "image_path"),
    "group": ("findGroup", "synopsis", "front_image_path"),
    "tag": ("findTag", "description", "image_path"),
}


def descriptions(kinds: Sequence[str]) -> str:
    """A query for text and picture of one object per kind named, with the variables id0, id1 …,
    answered as d0, d1 …; null for one that is gone."""
    variables = ", ".join(f"$id{n}: ID!" for n in range(len(kinds)))
    lookups = "\n".join(_description(n, *_DESCRIBED[kind]) for n, kind in enumerate(kinds))
    return f"query PlexSyncDescriptions({variables}) {{\n{lookups}\n}}"


def _description(number: int, look_up: str, text: str, picture: str) -> str:
    fields = f"updated_at text: {text} picture: {picture}"
    return f"  d{number}: {look_up}(id: $id{number}) {{ {fields} }}"


def performer_names(count: int) -> str:
    """A query for the names of `count` performers, with the variables id0, id1 …, answered as p0,
    p1 …; null for one that is gone."""
    variables = ", ".join(f"$id{n}: ID!" for n in range(count))
    lookups = "\n".join(f"  p{n}: findPerformer(id: $id{n}) {{ name }}" for n in range(count))
    return f"query PlexSyncPerformerNames({variables}) {{\n{lookups}\n}}"


def performers_named(count: int) -> str:
    """A query for the performers of `count` names, with the variables name0, name1 …, answered as
    p0, p1 …."""
    variables = ", ".join(f"$name{n}: String!" for n in range(count))
    lookups = "\n".join(
        f"  p{n}: findPerformers(filter: {{per_page: 100}}"
        f" performer_filter: {{name: {{value: $name{n}, modifier: EQUALS}}}})"
        " { performers { id name disambiguation } }"
        for n in range(count)
    )
    return f"query PlexSyncNamesakes({variables}) {{\n{lookups}\n}}"


def scenes_by_id(count: int, *, with_ancestors: bool = False) -> str:
    """A query for `count` scenes with the variables id0, id1 …, answered as s0, s1 …, their tags
    and studios as they are shown, or with all above them.

    findScenes(ids:) fails as a whole when one of the scenes is gone; an aliased findScene
    answers null for it. The ids are variables so that the text is the same for every batch.
    """
    variables = ", ".join(f"$id{n}: ID!" for n in range(count))
    lookups = "\n".join(f"  s{n}: findScene(id: $id{n}) {{ ...SceneFields }}" for n in range(count))
    studio = _studio_fields(LEVELS if with_ancestors else SHOWN_STUDIOS)
    fragments = f"{_SCENE_FIELDS}\n{studio}\n{_tag_fields(LEVELS if with_ancestors else 0)}"
    return f"query PlexSyncScenes({variables}) {{\n{lookups}\n}}\n{fragments}"
