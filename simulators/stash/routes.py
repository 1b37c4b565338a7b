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

from simulators.http import Request, Response
from simulators.stash.core import RequestContext, Stash
from simulators.stash.execution import answer
from simulators.stash.images import serve_image
from simulators.stash.manifest import Plugin
from simulators.stash.plugins import Caller
from simulators.stash.sessions import Session

_PAGE = b"<!doctype html><html><head><title>Stash</title></head><body></body></html>"
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
        return Response(404, b"Not Found", "text/plain")
    if posixpath.splitext(request.path)[1] in ("", ".html"):
        return Response(200, _PAGE, "text/html")
    return Response(404, b"404 page not found", "text/plain")


def _graphql(stash: Stash, request: Request, session: Session) -> Response:
    try:
        asked = _asked(request)
    except ValueError as error:
        message = f"json request body could not be decoded: {error}"
        return _json(400, {"errors": [{"message": message}], "data": None})
    context = RequestContext(stash, _base_url(request), Caller(session))
    variables = asked.get("variables") or {}
    found = answer(context, asked["query"], variables, asked.get("operationName"))
    return _json(found.status, found.content)


def _asked(request: Request) -> Mapping[str, Any]:
    """Query, variables and operationName; ValueError for anything else."""
    if request.method == "GET":
        asked: Any = dict(request.query)
        asked["variables"] = json.loads(asked.get("variables") or "{}")
    else:
        asked = json.loads(request.body)
    if not isinstance(asked, dict) or not isinstance(asked.get("query"), str):
        raise ValueError("no query")
    if not isinstance(asked.get("variables") or {}, dict):
        raise ValueError("variables are no object")
    return asked


def _base_url(request: Request) -> str:
    """From the request itself, so that addresses in answers suit whoever asked."""
    scheme = request.headers.get("x-forwarded-proto", "http")
    prefix = request.headers.get("x-forwarded-prefix", "").rstrip("/")
    return f"{scheme}://{request.headers.get('host', 'localhost')}{prefix}"


def _login(stash: Stash, request: Request) -> Response:
    """The page is what a client sees that follows redirects: HTML with status 200."""
    if request.method != "POST":
        return Response(200, _PAGE, "text/html")
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


def _json(status: int, content: object) -> Response:
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(status, body, "application/json", (("Cache-Control", "no-store"),))


def _compressed(request: Request, response: Response) -> Response:
    """Stash compresses text for whoever takes gzip."""
    takes_gzip = "gzip" in request.headers.get("accept-encoding", "")
    if not takes_gzip or not response.body or not response.content_type.startswith(_COMPRESSED):
        return response
    headers = (*response.headers, ("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding"))
    return replace(response, body=gzip.compress(response.body, 1), headers=headers)
