"""GraphQL requests: parse, validate, execute, and the answers Stash's library gives to bad ones."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    build_schema,
    execute_sync,
    get_operation_ast,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values

from simulators.stash.core import RequestContext
from simulators.stash.fields import FIELD_RESOLVERS
from simulators.stash.plans import Plan, plan_query
from simulators.stash.queries import QUERIES, plugin_configuration
from simulators.stash.related_mutations import RELATED_MUTATIONS
from simulators.stash.scene_mutations import SCENE_MUTATIONS
from simulators.stash.sdl_inputs import CHANGE_INPUTS
from simulators.stash.sdl_operations import FILTER_INPUTS, OPERATIONS
from simulators.stash.sdl_types import OBJECT_TYPES
from simulators.stash.server_mutations import SERVER_MUTATIONS


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` is the HTTP status: 422 when nothing was executed."""

    status: int
    content: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A query text that was understood, or the errors why not. `plan` None: no short cut."""

    document: DocumentNode | None
    errors: tuple[GraphQLError, ...]
    code: str = ""
    operation: OperationDefinitionNode | None = None
    plan: Plan | None = None


@functools.lru_cache(None)
def schema() -> GraphQLSchema:
    built = build_schema(OBJECT_TYPES + CHANGE_INPUTS + FILTER_INPUTS + OPERATIONS)
    resolvers = {
        **FIELD_RESOLVERS,
        "Query": QUERIES,
        "Mutation": {**SCENE_MUTATIONS, **RELATED_MUTATIONS, **SERVER_MUTATIONS},
        "ConfigResult": {"plugins": plugin_configuration},
    }
    for type_name, fields in resolvers.items():
        kind = built.type_map[type_name]
        assert isinstance(kind, GraphQLObjectType)
        for name, resolver in fields.items():
            kind.fields[name].resolve = resolver
    return built


def answer(
    context: RequestContext,
    query: str,
    variables: Mapping[str, Any] | None = None,
    operation_name: str | None = None,
) -> Answer:
    """The answer to one request; errors of resolvers are logged, as Stash does."""
    prepared = _prepare(query, operation_name)
    if prepared.errors:
        return _refused(prepared.errors, prepared.code)
    assert prepared.document is not None
    assert prepared.operation is not None
    definitions = prepared.operation.variable_definitions or ()
    values = get_variable_values(schema(), definitions, dict(variables or {}))
    if isinstance(values, list):
        return _refused(tuple(values), "GRAPHQL_VALIDATION_FAILED")
    if prepared.plan is not None:
        data = prepared.plan.run(context, values)
        if data is not None:
            return Answer(200, {"data": data})
    result = execute_sync(
        schema(),
        prepared.document,
        context_value=context,
        variable_values=dict(variables or {}),
        operation_name=operation_name,
    )
    return _executed(context, result)


@functools.lru_cache(512)
def _prepare(query: str, operation_name: str | None) -> _Prepared:
    try:
        document = parse(query)
    except GraphQLError as error:
        return _Prepared(None, (error,), "GRAPHQL_PARSE_FAILED")
    if errors := validate(schema(), document):
        return _Prepared(None, tuple(errors), "GRAPHQL_VALIDATION_FAILED")
    operation = get_operation_ast(document, operation_name)
    if operation is None:
        unknown = GraphQLError(f"operation {operation_name or ''} not found")
        return _Prepared(None, (unknown,), "GRAPHQL_VALIDATION_FAILED")
    is_query = operation.operation is OperationType.QUERY
    plan = plan_query(schema(), document, operation) if is_query else None
    return _Prepared(document, (), "", operation, plan)


def _refused(errors: tuple[GraphQLError, ...], code: str) -> Answer:
    formatted = [{**error.formatted, "extensions": {"code": code}} for error in errors]
    return Answer(422, {"errors": formatted, "data": None})


def _executed(context: RequestContext, result: ExecutionResult) -> Answer:
    if not result.errors:
        return Answer(200, {"data": result.data})
    if not context.caller.cancelled.is_set():
        for error in result.errors:
            path = ".".join(str(part) for part in error.path or ())
            context.stash.log.add("error", f"{path}: {error.message}")
    formatted = [error.formatted for error in result.errors]
    return Answer(200, {"errors": formatted, "data": result.data})
