"""A resting worker's question to Plex: was anything played since? The worker that it becomes then
finds out what.

Next to nothing imported, and HTTP spoken by hand: it is asked day and night, and `http.client`
alone costs more than all the rest.
"""

from __future__ import annotations

import socket
from xml.parsers import expat

TYPE_CHECKING = False  # as type checkers know it; typing is too much for whoever asks at rest
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

TIMEOUT_S = 3.0
# A day's plays take a few kB.
MOST_BYTES = 1024 * 1024
CHUNK = 65536


def has_news(asked: Mapping[str, Any]) -> bool:
    """Whether the history has a play that isn't known, or, before the first look, whether Plex
    answers. `asked`: see `playback.at_rest.question`. No answer is no news."""
    try:
        content = _answer(asked)
        rows = _rows(content) if content else None
    except (OSError, ValueError, expat.ExpatError):
        return False
    if rows is None:
        return False
    return asked["is_first"] or any(
        _is_kept(row, asked) and row["historyKey"] not in asked["known"] for row in rows
    )


def _is_kept(row: Mapping[str, str], asked: Mapping[str, Any]) -> bool:
    """By the rules of `playback.history`: of what the worker passes over it could note nothing, and
    would be woken again and again."""
    viewed_at = row.get("viewedAt", "")
    is_since = viewed_at.isdecimal() and int(viewed_at) >= max(asked["newest"], 1)
    return is_since and bool(row.get("historyKey")) and row.get("type") in asked["types"]


def _rows(content: bytes) -> list[dict[str, str]] | None:
    """The attributes of all elements; None if Plex hasn't said them. Raises ExpatError."""
    found: list[tuple[str, dict[str, str]]] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: found.append((name, attributes))
    parser.Parse(content, True)
    return [each for _, each in found] if found[0][0] == "MediaContainer" else None


def _answer(asked: Mapping[str, Any]) -> bytes:
    """The body of an answer that says all is well, else nothing. Raises OSError and ValueError."""
    try:
        return _answer_by(asked, "")
    except OSError as error:
        # To read all of those as well would cost each look as much as those of the system.
        if type(error).__name__ != "SSLCertVerificationError":
            raise
        return _answer_by(asked, asked["bundle"])


def _answer_by(asked: Mapping[str, Any], bundle: str) -> bytes:
    """`bundle`: a file of certificates that count besides those of `net.trust`."""
    place = asked["host"], asked["port"]
    with (
        socket.create_connection(place, TIMEOUT_S) as plain,
        _secured(plain, asked, bundle) as server,
    ):
        server.sendall(asked["request"].encode())
        content = b""
        while len(content) < MOST_BYTES and not _is_whole(content):
            chunk = server.recv(CHUNK)
            if not chunk:
                break
            content += chunk
    head, _, body = content.partition(b"\r\n\r\n")
    if head.split(None, 2)[1:2] != [b"200"]:
        return b""
    return _joined(body) if _header(head, b"transfer-encoding") == b"chunked" else body


def _is_whole(content: bytes) -> bool:
    """As far as the answer says; else its end is that of the connection, which we ask for."""
    head, _, body = content.partition(b"\r\n\r\n")
    length = _header(head, b"content-length")
    return length.isdigit() and len(body) >= int(length)


def _header(head: bytes, name: bytes) -> bytes:
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == name:
            return value.strip().lower()
    return b""


def _joined(body: bytes) -> bytes:
    """What came in chunks. Raises ValueError."""
    found = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size.split(b";")[0], 16)
        if not length:
            break
        found, body = found + body[:length], body[length + 2 :]
    return found


def _secured(plain: socket.socket, asked: Mapping[str, Any], bundle: str) -> socket.socket:
    if not asked["tls"]:
        return plain
    import ssl  # noqa: PLC0415 - many have none

    from net.trust import also_trust, trust  # noqa: PLC0415 - the same

    also_trust(asked["ca_file"])
    context = trust().context
    if not asked["verify"]:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif bundle:
        context.load_verify_locations(bundle)
    return context.wrap_socket(plain, server_hostname=asked["host"])
