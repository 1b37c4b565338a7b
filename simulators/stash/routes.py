"""Which path gets which answer."""

from __future__ import annotations

import gzip
import json
import os
import posixpath
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from graphql import OperationType

from simulators.http import Request, Response
from simulators.stash.core import RequestContext, Stash
from simulators.stash.execution import answer, prepare
from simulators.stash.images import serve_image
from simulators.stash.manifest import Plugin
from simulators.stash.plugins import Caller
from simulators.stash.sessions import Session
from simulators.stash.web_ui import EMPTY_PAGE, asset, page

_GRAPHQL_JSON = "application/graphql-response+json"
_COMPRESSED = ("text/", "application/json", "application/javascript", "image/svg+xml")


def handle(stash: Stash, request: Request) -> Response:
    """Who is asking comes first; then the path decides, without a slash at its end."""
    if request.path == "/healthz":
        return Response(200, b".", "text/plain")
    found = stash.sessions.authenticate(request)
    if isinstance(found, Response):
        return found
    session, set_cookie = found
    path = request.path.rstrip("/") or "/"
    response = _route(stash, replace(request, path=path), session)
    if set_cookie:
        response = replace(response, headers=(*response.headers, ("Set-Cookie", set_cookie)))
    return _compressed(request, response)


def _route(stash: Stash, request: Request, session: Session) -> Response:
    if request.path == "/graphql":
        return _graphql(stash, request, session)
    if request.path == "/login":
        return _login(stash, request)
    if image := serve_image(stash.library, request):
        return image
    if request.path.startswith("/plugin/"):
        return _plugin_file(stash, request.path)
    if request.path.startswith("/scene/"):
        return Response(404, b"404 page not found\n", "text/plain; charset=utf-8")
    if found := asset(stash.config.ui_folder, request.path):
        return found
    if posixpath.splitext(request.path)[1] in ("", ".html"):
        return page(stash.config.ui_folder, request)
    return Response(404, b"404 page not found", "text/plain")


def _graphql(stash: Stash, request: Request, session: Session) -> Response:
    """What gqlgen's transports do. From v0.29 on, who doesn't ask for plain JSON by name gets
    another content type, and 400 instead of 422 for a query that is not executed."""
    kind = _json_kind(request.headers.get("accept", ""), stash.config.release)
    if request.method == "OPTIONS":
        return Response(200, b"", "", (("Allow", "OPTIONS, GET, POST"),))
    if request.method == "HEAD":
        return Response(405, content_type="")
    if not _has_transport(request):
        return _json(400, _bare_error("transport not supported"), "text/plain; charset=utf-8")
    try:
        asked = _asked(request)
    except BadRequest as error:
        return _json(400, _bare_error(str(error)), kind)
    query, name = asked.get("query") or "", asked.get("operationName") or None
    if request.method == "GET" and _is_mutation(query, name, stash.config.release):
        return _json(406, _bare_error("GET requests only allow query operations"), kind)
    context = RequestContext(stash, _base_url(request), Caller(session))
    found = answer(context, query, asked.get("variables") or {}, name)
    refused = 422 if kind == "application/json" else 400
    return _json(refused if found.refused else 200, found.content, kind)


class BadRequest(Exception):
    """The body or the address is no GraphQL request; the text is Stash's."""


def _json_kind(accept: str, release: tuple[int, ...]) -> str:
    if not accept or release < (0, 29):
        return "application/json"
    kinds = [each.partition(";")[0].strip().lower() for each in accept.split(",")]
    known = ("*/*", "application/*", "application/json", _GRAPHQL_JSON)
    first = next((kind for kind in kinds if kind in known), "")
    return "application/json" if first == "application/json" else _GRAPHQL_JSON


def _has_transport(request: Request) -> bool:
    if request.method == "POST":
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        return kind == "application/json"
    return request.method == "GET"


def _is_mutation(query: str, name: str | None, release: tuple[int, ...]) -> bool:
    operation = prepare(query, name, release).operation
    return operation is not None and operation.operation is not OperationType.QUERY


def _bare_error(message: str) -> dict[str, Any]:
    return {"errors": [{"message": message}], "data": None}


def _asked(request: Request) -> Mapping[str, Any]:
    """Query, variables and operationName, any of which may be missing."""
    if request.method == "GET":
        asked: dict[str, Any] = dict(request.query)
        try:
            asked["variables"] = json.loads(asked.get("variables") or "{}")
        except ValueError:
            raise BadRequest("variables could not be decoded") from None
        return asked
    text = request.body.decode(errors="replace")
    try:
        # What follows the first value is not looked at.
        posted, _ = json.JSONDecoder().raw_decode(text.lstrip())
    except ValueError:
        what = "unexpected EOF" if text.strip() else "EOF"
        raise BadRequest(_undecodable(what, text)) from None
    if not isinstance(posted, dict):
        raise BadRequest(_undecodable(_misfit(posted, "value", "graphql.RawParams"), text))
    for name, wanted, go_type in _PARAMETERS:
        if not isinstance(posted.get(name), (wanted, type(None))):
            where = f"struct field RawParams.{name}"
            raise BadRequest(_undecodable(_misfit(posted[name], where, go_type), text))
    return posted


_PARAMETERS: tuple[tuple[str, type, str], ...] = (
    ("query", str, "string"),
    ("operationName", str, "string"),
    ("variables", dict, "map[string]interface {}"),
)


def _misfit(value: object, where: str, go_type: str) -> str:
    kinds = {list: "array", dict: "object", str: "string", bool: "bool", type(None): "null"}
    kind = kinds.get(type(value), "number")
    return f"json: cannot unmarshal {kind} into Go {where} of type {go_type}"


def _undecodable(problem: str, body: str) -> str:
    return f"json request body could not be decoded: {problem} body:{body}"


def _base_url(request: Request) -> str:
    """From the request itself, so that addresses in answers suit whoever asked."""
    scheme = request.headers.get("x-forwarded-proto", "http")
    prefix = request.headers.get("x-forwarded-prefix", "").rstrip("/")
    return f"{scheme}://{request.headers.get('host', 'localhost')}{prefix}"


def _login(stash: Stash, request: Request) -> Response:
    """The page is what a client sees that follows redirects: HTML with status 200."""
    if request.method != "POST":
        return Response(200, EMPTY_PAGE, "text/html")
    cookie = stash.sessions.log_in(dict(parse_qsl(request.body.decode())))
    if cookie is None:
        return Response(401, b"Username or password is invalid", "text/plain")
    return Response(200, b"", "text/plain", (("Set-Cookie", cookie),))


def _plugin_file(stash: Stash, path: str) -> Response:
    """/plugin/<id>/javascript, /css and /assets/...; nothing of disabled plugins."""
    _, _, plugin_id, kind, *rest = [*path.split("/"), ""]
    plugin = stash.plugins.find(plugin_id)
    missing = Response(404, b"Not Found", "text/plain")
    if plugin is None or not stash.plugins.is_enabled(plugin):
        return missing
    names = {"javascript": plugin.javascript, "css": plugin.css}.get(kind)
    if names is not None:
        local = [name for name in names if not name.startswith(("http://", "https://"))]
        content = b"\n".join((plugin.folder / name).read_bytes() for name in local)
        return Response(200, content, f"text/{kind}")
    file = _asset(plugin, posixpath.join("/", *rest)) if kind == "assets" else None
    if file is None or not file.is_file():
        return missing
    return Response(200, file.read_bytes(), "application/octet-stream")


def _asset(plugin: Plugin, wanted: str) -> Path | None:
    """The file behind an address below /assets; never one outside the mapped folder.

    Links are not resolved: a plugin that is installed by links consists of them.
    """
    wanted = posixpath.normpath(wanted)
    for prefix, folder in sorted(plugin.assets.items(), reverse=True):
        if wanted.startswith(prefix):
            inside = os.path.normpath(plugin.folder / folder)
            if Path(inside).is_relative_to(plugin.folder):
                return Path(inside) / wanted.removeprefix(prefix).lstrip("/")
    return None


def _json(status: int, content: object, kind: str = "application/json") -> Response:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    # Half a surrogate pair has no bytes of its own; JSON can carry it as an escape.
    body = text.encode(errors="backslashreplace")
    return Response(status, body, kind, (("Cache-Control", "no-store"),))


def _compressed(request: Request, response: Response) -> Response:
    """Stash compresses text for whoever takes gzip."""
    takes_gzip = "gzip" in request.headers.get("accept-encoding", "")
    if not takes_gzip or not response.body or not response.content_type.startswith(_COMPRESSED):
        return response
    headers = (*response.headers, ("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding"))
    return replace(response, body=gzip.compress(response.body, 1), headers=headers)
