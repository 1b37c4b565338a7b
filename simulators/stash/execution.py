"""GraphQL requests: parse, validate, execute, and the answers Stash's library gives to bad ones."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLInputObjectType,
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

from simulators.stash.activity_mutations import ACTIVITY_MUTATIONS
from simulators.stash.core import RequestContext
from simulators.stash.fields import FIELD_RESOLVERS
from simulators.stash.graphql_errors import (
    PARSE,
    VALIDATION,
    Error,
    refusal,
    resolver_error,
    variable_error,
)
from simulators.stash.package_operations import PACKAGE_MUTATIONS, PACKAGE_QUERIES
from simulators.stash.plans import Plan, plan_query
from simulators.stash.queries import QUERIES, plugin_configuration
from simulators.stash.related_mutations import RELATED_MUTATIONS
from simulators.stash.scene_mutations import SCENE_MUTATIONS
from simulators.stash.server_mutations import SERVER_MUTATIONS


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client gets as JSON; `refused`: nothing was executed."""

    content: dict[str, Any]
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """A query text that was understood, or the errors why not. `plan` None: no short cut."""

    document: DocumentNode | None
    errors: tuple[Error, ...] = ()
    operation: OperationDefinitionNode | None = None
    plan: Plan | None = None


SCHEMA = Path(__file__).with_name("schema.graphql")

# What came after the oldest release that is simulated, by the type that has it.
_SINCE = {
    ("Mutation", "performerMerge"): (0, 31),
    ("SceneFilterType", "files_filter"): (0, 30),
}


@functools.lru_cache(None)
def schema(release: tuple[int, ...] | None = None) -> GraphQLSchema:
    """That of the newest release, or what a former one has of it."""
    built = build_schema(SCHEMA.read_text(encoding="utf-8"))
    resolvers = {
        **FIELD_RESOLVERS,
        "Query": {**QUERIES, **PACKAGE_QUERIES},
        "Mutation": {
            **SCENE_MUTATIONS,
            **ACTIVITY_MUTATIONS,
            **RELATED_MUTATIONS,
            **SERVER_MUTATIONS,
            **PACKAGE_MUTATIONS,
        },
        "ConfigResult": {"plugins": plugin_configuration},
    }
    for type_name, fields in resolvers.items():
        kind = built.type_map[type_name]
        assert isinstance(kind, GraphQLObjectType)
        for name, resolver in fields.items():
            kind.fields[name].resolve = resolver
    for (type_name, name), since in _SINCE.items():
        if release is not None and release < since:
            newer = built.type_map[type_name]
            assert isinstance(newer, (GraphQLObjectType, GraphQLInputObjectType))
            del newer.fields[name]
    return built


def answer(
    context: RequestContext,
    query: str,
    variables: Mapping[str, Any] | None = None,
    operation_name: str | None = None,
) -> Answer:
    """The answer to one request; errors of resolvers are logged, as Stash does."""
    prepared = prepare(query, operation_name, context.stash.config.release)
    if prepared.errors:
        return _refused(prepared.errors)
    assert prepared.document is not None
    assert prepared.operation is not None
    definitions = prepared.operation.variable_definitions or ()
    values = get_variable_values(schema(), definitions, dict(variables or {}))
    if isinstance(values, list):
        return _refused([variable_error(schema(), definitions, variables or {})])
    if prepared.plan is not None:
        data = prepared.plan.run(context, values)
        if data is not None:
            return Answer({"data": data})
    result = execute_sync(
        schema(),
        prepared.document,
        context_value=context,
        variable_values=dict(variables or {}),
        operation_name=operation_name,
    )
    return _executed(context, result)


@functools.lru_cache(512)
def prepare(query: str, operation_name: str | None, release: tuple[int, ...]) -> Prepared:
    if not query:
        return Prepared(None, (_validation_error("no operation provided"),))
    try:
        document = parse(query)
    except GraphQLError as error:
        return Prepared(None, (refusal(error, PARSE),))
    if errors := validate(schema(release), document):
        return Prepared(None, tuple(refusal(error, VALIDATION) for error in errors))
    operation = get_operation_ast(document, operation_name)
    if operation is None:
        return Prepared(None, (_validation_error(f"operation {operation_name or ''} not found"),))
    is_query = operation.operation is OperationType.QUERY
    plan = plan_query(schema(), document, operation) if is_query else None
    return Prepared(document, (), operation, plan)


def _validation_error(message: str) -> Error:
    return {"message": message, "extensions": {"code": VALIDATION}}


def _refused(errors: Sequence[Error]) -> Answer:
    return Answer({"errors": list(errors), "data": None}, refused=True)


def _executed(context: RequestContext, result: ExecutionResult) -> Answer:
    if not result.errors:
        return Answer({"data": result.data})
    if not context.caller.cancelled.is_set():
        for error in result.errors:
            path = ".".join(str(part) for part in error.path or ())
            context.stash.log.add("error", f"{path}: {error.message}")
    formatted = [resolver_error(error) for error in result.errors]
    return Answer({"errors": formatted, "data": result.data})
