"""XML as Plex writes it, built as text: a listing of 1,000 items must cost milliseconds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from simulators.http import Response

_SPECIAL = re.compile('[&<>"\n\r\t]')
_ENTITIES = str.maketrans(
    {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        '"': "&quot;",
        "\n": "&#10;",
        "\r": "&#13;",
        "\t": "&#9;",
    }
)
_HEADING = '<?xml version="1.0" encoding="UTF-8"?>\n'
_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    413: "Payload Too Large",
    414: "URI Too Long",
}


def escape(text: str) -> str:
    """Text for an attribute. Control characters go out as they are, and make the document
    ill-formed: that is what plexapi's clean-up on a second try is for."""
    return text if _SPECIAL.search(text) is None else text.translate(_ENTITIES)


def attributes(pairs: Mapping[str, object]) -> str:
    """` a="1" b="2"`, leaving out what is None or empty, as Plex does."""
    return "".join(
        [
            f' {name}="{escape(str(value))}"'
            for name, value in pairs.items()
            if value is not None and value != ""
        ]
    )


def element(name: str, pairs: Mapping[str, object], content: str = "") -> str:
    if content:
        return f"<{name}{attributes(pairs)}>\n{content}</{name}>\n"
    return f"<{name}{attributes(pairs)}/>\n"


def container(
    pairs: Mapping[str, object],
    content: Iterable[str] = (),
    headers: tuple[tuple[str, str], ...] = (),
) -> Response:
    return document(element("MediaContainer", pairs, "".join(content)), headers=headers)


def document(text: str, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    body = (_HEADING + text).encode(errors="surrogatepass")
    return Response(status, body, "text/xml;charset=utf-8", headers)


def error(status: int) -> Response:
    """The short HTML page that Plex gives for 4xx."""
    title = f"{status} {_TITLES[status]}"
    page = (
        f"<html><head><title>{_TITLES[status]}</title></head><body><h1>{title}</h1></body></html>"
    )
    return Response(status, page.encode(), "text/html")


def done() -> Response:
    """200 without a body: the answer to every edit."""
    return Response(200, b"", "text/html")
