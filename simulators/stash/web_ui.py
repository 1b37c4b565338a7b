"""Stash's own user interface, as far as a browser can tell: pages, their files, the content policy.

What is shown is a bundle that somebody else has made (`ui_folder`, with an index.html); without one
the pages are empty.
"""

from __future__ import annotations

import mimetypes
import posixpath
from pathlib import Path

from simulators.http import Request, Response

EMPTY_PAGE = b"<!doctype html><html><head><title>Stash</title></head><body></body></html>"

# What Stash v0.30 allows its pages.
POLICY = (
    "default-src data: 'self' 'unsafe-inline'; connect-src data: 'self' ws: wss:; "
    "img-src data: *; script-src 'self' http://www.gstatic.com https://www.gstatic.com "
    "'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; media-src blob: 'self'; "
    "worker-src blob:; child-src 'none'; object-src 'none'; form-action 'self'"
)
_HEADERS = (("Content-Security-Policy", POLICY), ("Cache-Control", "no-cache"))


def page(ui_folder: Path | None, request: Request) -> Response:
    """The page for any address; behind a proxy its addresses begin with the proxy's prefix."""
    if ui_folder is None:
        return Response(200, EMPTY_PAGE, "text/html")
    prefix = request.headers.get("x-forwarded-prefix", "").rstrip("/")
    text = (ui_folder / "index.html").read_text(encoding="utf-8")
    text = text.replace('<base href="/"', f'<base href="{prefix}/"')
    return Response(200, text.encode(), "text/html; charset=utf-8", _HEADERS)


def asset(ui_folder: Path | None, path: str) -> Response | None:
    """A file of the bundle; None if it has none of this name."""
    name = posixpath.basename(path)
    file = None if ui_folder is None else ui_folder / name
    if file is None or path != f"/assets/{name}" or not file.is_file():
        return None
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Response(200, file.read_bytes(), kind, _HEADERS)
