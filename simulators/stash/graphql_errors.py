"""Errors in the words and shapes of Stash's GraphQL library, gqlgen with gqlparser.

Checked against Stash v0.28.0 and develop cf3489ef. Where several things are wrong, the real server
may name another one first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    VariableDefinitionNode,
    type_from_ast,
)
from graphql.language import ArgumentNode

PARSE = "GRAPHQL_PARSE_FAILED"
VALIDATION = "GRAPHQL_VALIDATION_FAILED"

_KINDS = {str: "string", bool: "bool", dict: "map", list: "slice", float: "float64", int: "int64"}

_FITTING: dict[str, tuple[type, ...]] = {
    "Int": (int,),
    "Float": (int, float),
    "String": (str,),
    "Boolean": (bool,),
    "ID": (int, str),
}

Error = dict[str, Any]


def refusal(error: GraphQLError, code: str) -> Error:
    """Why a query text is not executed: always with one place, and never with a path."""
    message = error.message.removeprefix("Syntax Error: ")
    if code == PARSE:
        message = message.removesuffix(".")
    message = re.sub(r"'([^']*)'", r'"\1"', message)
    message = re.sub(r'^Argument "\w+\.(\w+)\((\w+):\)"', r'Field "\1" argument "\2"', message)
    refused: Error = {"message": message}
    if place := _place(error):
        refused["locations"] = [place]
    return {**refused, "extensions": {"code": code}}


def resolver_error(error: GraphQLError) -> Error:
    """What a resolver raised: with the path, but without the place in the query."""
    return {"message": error.message, "path": list(error.path or ())}


def variable_error(
    schema: GraphQLSchema,
    definitions: Sequence[VariableDefinitionNode],
    variables: Mapping[str, Any],
) -> Error:
    """The first variable that does not fit its type. Call it only if there is one."""
    for definition in definitions:
        name = definition.variable.name.value
        kind = type_from_ast(schema, definition.type)
        if name not in variables and definition.default_value is not None:
            continue
        problem = _problem(kind, variables.get(name), name in variables, ["variable", name])
        if problem is not None:
            message, path = problem
            return {"message": message, "path": path, "extensions": {"code": VALIDATION}}
    return {"message": "invalid variables", "extensions": {"code": VALIDATION}}


_Problem = tuple[str, list[str | int]]


def _problem(
    kind: GraphQLInputType | Any, value: Any, is_given: bool, path: list[str | int]
) -> _Problem | None:
    if value is None:
        wanted = isinstance(kind, GraphQLNonNull)
        return ("cannot be null" if is_given else "must be defined", path) if wanted else None
    if isinstance(kind, GraphQLNonNull):
        return _problem(kind.of_type, value, True, path)
    if isinstance(kind, GraphQLList):
        values = value if isinstance(value, list) else [value]
        found = (_problem(kind.of_type, each, True, [*path, n]) for n, each in enumerate(values))
        return next((problem for problem in found if problem), None)
    if isinstance(kind, GraphQLInputObjectType):
        return _object_problem(kind, value, path)
    if isinstance(kind, GraphQLEnumType):
        fits = isinstance(value, str) and value in kind.values
        return None if fits else (f"{value} is not a valid {kind.name}", path)
    wanted_types = _FITTING.get(kind.name, (object,))
    is_stray_bool = isinstance(value, bool) and kind.name in ("Int", "Float", "ID")
    if isinstance(value, wanted_types) and not is_stray_bool:
        return None
    return f"cannot use {_KINDS[type(value)]} as {kind.name}", path


def _object_problem(
    kind: GraphQLInputObjectType, value: Any, path: list[str | int]
) -> _Problem | None:
    if not isinstance(value, dict):
        return f"must be a {kind.name}, not a {_KINDS[type(value)]}", path
    for name in value:
        if name not in kind.fields:
            return "unknown field", [*path, name]
    for name, field in kind.fields.items():
        if problem := _problem(field.type, value.get(name), name in value, [*path, name]):
            return problem
    return None


def _place(error: GraphQLError) -> dict[str, int] | None:
    """One place: an argument's is that of its field, a variable's that of its use."""
    if not error.locations:
        return None
    node = error.nodes[-1] if error.nodes else None
    line, column = error.locations[-1]
    if isinstance(node, ArgumentNode) and node.loc is not None:
        before = node.loc.source.body[: node.loc.start]
        field = re.search(r"\w+\s*\([^(]*$", before)
        if field is not None:
            line = before.count("\n", 0, field.start()) + 1
            column = field.start() - before.rfind("\n", 0, field.start())
    return {"line": line, "column": column}
