"""A short cut for queries: selections compiled to nested getters.

graphql-core spends some ten microseconds on every field, a hundred scenes with their relations have
ten thousand, and a benchmark asks for them a thousand times. A plan does the same work on the same
resolvers without the generality. Whatever it does not know (directives, introspection, abstract
types), and every error on the way, is left to graphql-core: a query has no effects, so it can be
executed again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLID,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
    visit,
)
from graphql.execution.values import VariableValues, get_argument_values

from simulators.stash.core import RequestContext

Fragments = Mapping[str, FragmentDefinitionNode]


class _NotPlannable(Exception):
    """The query needs the general executor."""


class _NullForNonNull(Exception):
    """The general executor knows how far the null goes up."""


@dataclass(frozen=True, slots=True)
class _Info:
    """What the resolvers of this schema use of graphql-core's info, during one run."""

    context: RequestContext
    variables: VariableValues


_Getter = Callable[[Any, _Info], Any]
_Completer = Callable[[Any, _Info], Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """A compiled query operation."""

    _root: _Completer

    def run(self, context: RequestContext, variables: VariableValues) -> dict[str, Any] | None:
        """The data, or None when anything went wrong: execute the query in general then."""
        try:
            data: dict[str, Any] = self._root(None, _Info(context, variables))
        except Exception:  # noqa: BLE001 - it is raised again by the general executor
            return None
        return data


def plan_query(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode
) -> Plan | None:
    """None for queries that need the general executor."""
    fragments = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    assert schema.query_type is not None
    try:
        return Plan(_object(schema.query_type, [operation.selection_set], fragments))
    except _NotPlannable:
        return None


def _object(
    kind: GraphQLObjectType, selections: list[SelectionSetNode], fragments: Fragments
) -> _Completer:
    fields: dict[str, list[FieldNode]] = {}
    for selection in selections:
        _collect(kind, selection, fragments, fields)
    parts = [(key, *_field(kind, nodes, fragments)) for key, nodes in fields.items()]

    def complete(value: Any, info: _Info) -> dict[str, Any]:
        done = {}
        for key, get, inner in parts:
            found = get(value, info)
            done[key] = found if inner is None else inner(found, info)
        return done

    return complete


def _collect(
    kind: GraphQLObjectType,
    selections: SelectionSetNode,
    fragments: Fragments,
    fields: dict[str, list[FieldNode]],
) -> None:
    for node in selections.selections:
        if node.directives:
            raise _NotPlannable
        if isinstance(node, FieldNode):
            key = node.alias.value if node.alias else node.name.value
            fields.setdefault(key, []).append(node)
        elif isinstance(node, InlineFragmentNode):
            if node.type_condition and node.type_condition.name.value != kind.name:
                raise _NotPlannable
            _collect(kind, node.selection_set, fragments, fields)
        elif isinstance(node, FragmentSpreadNode):
            fragment = fragments[node.name.value]
            if fragment.directives or fragment.type_condition.name.value != kind.name:
                raise _NotPlannable
            _collect(kind, fragment.selection_set, fragments, fields)


def _field(
    kind: GraphQLObjectType, nodes: list[FieldNode], fragments: Fragments
) -> tuple[_Getter, _Completer | None]:
    name = nodes[0].name.value
    if name == "__typename":
        return (lambda value, info: kind.name), None
    if name.startswith("__"):
        raise _NotPlannable
    field = kind.fields[name]
    inner = _completer(field.type, nodes, fragments)
    return _getter(field, nodes[0], name), inner


def _getter(field: GraphQLField, node: FieldNode, name: str) -> _Getter:
    resolve = field.resolve
    if resolve is None:
        from_object = attrgetter(name)
        return lambda value, info: value[name] if type(value) is dict else from_object(value)
    if not field.args:
        return resolve
    if _uses_variables(node):
        return lambda value, info: resolve(
            value, info, **get_argument_values(field, node, info.variables)
        )
    fixed = get_argument_values(field, node)
    return lambda value, info: resolve(value, info, **fixed)


def _uses_variables(node: FieldNode) -> bool:
    found: list[VariableNode] = []

    class Search(Visitor):
        def enter_variable(self, variable: VariableNode, *_: Any) -> None:
            found.append(variable)

    for argument in node.arguments or ():
        visit(argument, Search())
    return bool(found)


def _completer(
    kind: GraphQLOutputType, nodes: list[FieldNode], fragments: Fragments
) -> _Completer | None:
    """None when the value can be used as it is, null included."""
    if isinstance(kind, GraphQLNonNull):
        return _non_null(_completer(kind.of_type, nodes, fragments))
    if isinstance(kind, GraphQLList):
        return _list(_completer(kind.of_type, nodes, fragments))
    if isinstance(kind, GraphQLObjectType):
        sets = [node.selection_set for node in nodes if node.selection_set]
        return _nullable(_object(kind, sets, fragments))
    if kind is GraphQLID:
        return lambda value, info: None if value is None else str(value)
    return None


def _non_null(inner: _Completer | None) -> _Completer:
    def complete(value: Any, info: _Info) -> Any:
        if value is None:
            raise _NullForNonNull
        return value if inner is None else inner(value, info)

    return complete


def _nullable(inner: _Completer) -> _Completer:
    return lambda value, info: None if value is None else inner(value, info)


def _list(inner: _Completer | None) -> _Completer:
    def complete(value: Any, info: _Info) -> Any:
        if value is None or inner is None:
            return value
        return [inner(each, info) for each in value]

    return complete
