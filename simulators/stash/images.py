"""Pictures: their addresses, and what the addresses serve."""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from calendar import timegm
from datetime import datetime

from simulators.http import Request, Response
from simulators.stash.library import StashLibrary
from simulators.stash.model import Group, Performer, Scene, Studio, Tag

Pictured = Performer | Studio | Tag | Group

PLACEHOLDER = b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="16" height="9"/></svg>'

_PLAIN = "text/plain; charset=utf-8"

_SIGNATURES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
)

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_PATH = re.compile(
    r"/(scene|performer|studio|tag|group)/([^/]+)/(screenshot|image|frontimage|backimage)"
)


def _png(shade: int) -> bytes:
    """Two pixels by three of one grey."""
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", 2, 3, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(bytes([0, shade, shade]) * 3)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


# A performer's placeholder is a PNG, one of several; all others are SVG.
PERFORMER_PLACEHOLDERS = (_png(0x55), _png(0xAA))


def screenshot_url(base_url: str, scene: Scene) -> str:
    """`t` changes with any update of the scene and says nothing about the picture."""
    return f"{base_url}/scene/{scene.id}/screenshot?t={_unix_s(scene.updated_at)}"


def image_url(base_url: str, item: Pictured, name: str, image: bytes | None) -> str:
    """Without a picture, the address of the placeholder, which says default=true."""
    kind = type(item).__name__.lower()
    mark = "" if image is not None else "&default=true"
    return f"{base_url}/{kind}/{item.id}/{name}?t={_unix_s(item.updated_at)}{mark}"


def serve_image(library: StashLibrary, request: Request) -> Response | None:
    """The picture or a placeholder, both with status 200; None: not the path of a picture."""
    match = _PATH.fullmatch(request.path)
    if match is None or (match[1] == "scene") != (match[3] == "screenshot"):
        return None
    if request.method != "GET":
        return Response(405, content_type="", headers=(("Allow", "GET"),))
    if not match[2].isdecimal():
        return Response(400, b"Bad Request\n", _PLAIN)
    item = getattr(library, f"{match[1]}s").get(int(match[2]))
    attribute = _attribute(match[1], match[3])
    if item is None or attribute is None:
        return Response(404, b"Not Found\n", _PLAIN)
    image: bytes | None = getattr(item, attribute)
    if image is None or (match[1] != "scene" and request.arg("default") == "true"):
        image = _placeholder(item)
    return _static(request, image)


def _placeholder(item: Pictured | Scene) -> bytes:
    if isinstance(item, Performer):
        return PERFORMER_PLACEHOLDERS[item.id % len(PERFORMER_PLACEHOLDERS)]
    return PLACEHOLDER


def content_type(image: bytes) -> str:
    """Sniffed from the first bytes, as nothing else is known; text passes for SVG."""
    for signature, name in _SIGNATURES:
        if image.startswith(signature):
            return name
    if image[:4] == b"RIFF" and image[8:12] == b"WEBP":
        return "image/webp"
    is_text = all(byte >= 0x20 or byte in b"\t\n\x0c\r\x1b" for byte in image[:512])
    return "image/svg+xml" if is_text else "application/octet-stream"


def _attribute(kind: str, name: str) -> str | None:
    if kind == "scene":
        return "cover"
    if kind == "group":
        return {"frontimage": "front_image", "backimage": "back_image"}.get(name)
    return "image" if name == "image" else None


def _static(request: Request, content: bytes) -> Response:
    etag = f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
    lasting = request.arg("t") is not None
    caching = "private, max-age=31536000, immutable" if lasting else "no-cache"
    headers = (("ETag", etag), ("Cache-Control", caching))
    asked = request.headers.get("if-none-match", "").split(",")
    known = [each.strip().removeprefix("W/") for each in asked]
    if etag in known or "*" in known:
        return Response(304, b"", "", headers)
    span = _RANGE.fullmatch(request.headers.get("range", ""))
    if span is None or not (span[1] or span[2]):
        return Response(200, content, content_type(content), headers)
    return _part(content, span[1], span[2], headers)


def _part(content: bytes, first: str, last: str, headers: tuple[tuple[str, str], ...]) -> Response:
    """One range of bytes; the last ones if only `last` is given."""
    size = len(content)
    start = int(first) if first else max(size - int(last), 0)
    end = min(int(last), size - 1) if first and last else size - 1
    if start > end:
        none = (("Content-Range", f"bytes */{size}"),)
        return Response(416, b"invalid range: failed to overlap\n", _PLAIN, none)
    some = (("Content-Range", f"bytes {start}-{end}/{size}"), *headers)
    return Response(206, content[start : end + 1], content_type(content), some)


def _unix_s(timestamp: str) -> int:
    moment = datetime.fromisoformat(timestamp.replace("Z", "+00:00"))
    return timegm(moment.utctimetuple())
