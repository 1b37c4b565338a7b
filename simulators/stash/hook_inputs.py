"""The `input` of a hook: a mutation's input written as JSON by Go structs.

Structs that Stash wrote by hand (pkg/models) write every field, null when it was not given. Those
that gqlgen generates (0.17.73 in go.mod) tag nullable fields "omitempty": null and empty lists are
left out. The second half is derived from gqlgen's generator, not seen on a running server.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import GraphQLInputObjectType, GraphQLSchema

Input = Mapping[str, Any]

_HAND_WRITTEN = frozenset(
    {
        "SceneUpdateInput",
        "SceneDestroyInput",
        "ScenesDestroyInput",
        "PerformerCreateInput",
        "PerformerUpdateInput",
        "StudioCreateInput",
        "StudioUpdateInput",
        "SceneGroupInput",
        "SceneMovieInput",
        "StashIDInput",
    }
)
# Keys of the structs that the schema no longer has.
_LEGACY = {
    "PerformerCreateInput": ("height", "aliases"),
    "PerformerUpdateInput": ("height", "aliases"),
}


def as_json(schema: GraphQLSchema, type_name: str, values: Input) -> dict[str, Any]:
    """`values` the way the Go struct behind the GraphQL input type is written."""
    kind = schema.type_map[type_name]
    assert isinstance(kind, GraphQLInputObjectType)
    if type_name not in _HAND_WRITTEN:
        return {name: value for name, value in values.items() if value is not None and value != []}
    written: dict[str, Any] = {
        name: values.get(name) for name in (*kind.fields, *_LEGACY.get(type_name, ()))
    }
    if type_name == "PerformerUpdateInput":
        custom = values.get("custom_fields") or {}
        written["custom_fields"] = {key: custom.get(key) for key in ("full", "partial", "remove")}
    for name in ("groups", "movies"):
        if entries := written.get(name):
            written[name] = [{"scene_index": None, **entry} for entry in entries]
    return written
