"""Who a request comes from: session cookies, API keys, and what strangers get."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote

from simulators.http import Request, Response
from simulators.stash.config import Config

COOKIE_NAME = "session"

VisitedHook = tuple[str, str]  # plugin id, trigger
VisitedHooks = tuple[VisitedHook, ...]


@dataclass(frozen=True, slots=True)
class Session:
    """`user` is "" for nobody. `visited` are the hooks that led to the request, oldest first."""

    user: str = ""
    visited: VisitedHooks = ()


class Sessions:
    """Signed cookies with a time limit, counted from their making, and nothing stored."""

    def __init__(self, config: Config, clock: Callable[[], float]) -> None:
        self._config = config
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._tripwire = False

    def cookie_value(self, session: Session) -> str:
        content = {"at": int(self._clock()), "user": session.user, "visited": session.visited}
        body = base64.urlsafe_b64encode(json.dumps(content).encode())
        return base64.urlsafe_b64encode(body + b"|" + self._signature(body)).decode()

    def plugin_cookie(self, session: Session) -> dict[str, Any]:
        """The cookie as a plugin gets it: Go's http.Cookie written as JSON."""
        age_s = self._config.max_session_age_s
        return {
            "Name": COOKIE_NAME,
            "Value": self.cookie_value(session),
            "Quoted": False,
            "Path": "/",
            "Domain": "",
            "Expires": _utc(self._clock() + age_s).isoformat().replace("+00:00", "Z"),
            "RawExpires": "",
            "MaxAge": age_s,
            "Secure": False,
            "HttpOnly": False,
            "SameSite": 2,
            "Partitioned": False,
            "Raw": "",
            "Unparsed": None,
        }

    def read_cookie(self, value: str) -> Session | None:
        """None for a cookie that is forged, damaged or too old."""
        try:
            body, signature = base64.urlsafe_b64decode(value).split(b"|", 1)
            if not hmac.compare_digest(signature, self._signature(body)):
                return None
            content = json.loads(base64.urlsafe_b64decode(body))
        except (binascii.Error, ValueError):
            return None
        if content["at"] < self._clock() - self._config.max_session_age_s:
            return None
        return Session(
            content["user"], tuple((plugin, hook) for plugin, hook in content["visited"])
        )

    def authenticate(self, request: Request) -> tuple[Session, str] | Response:
        """The session and a fresh Set-Cookie header ("" for none), or the refusal.

        The key decides who it is, the cookie which hooks were visited, also when both are sent.
        """
        if refusal := self._public_access(request):
            return refusal
        from_cookie = self.read_cookie(_cookies(request.headers).get(COOKIE_NAME, ""))
        visited = from_cookie.visited if from_cookie else ()
        key = request.headers.get("apikey") or request.arg("apikey")
        if key:
            if key != self._config.api_key:
                return _unauthorized()
            return Session(self._config.username, visited), ""
        session = from_cookie or Session()
        if self._config.has_credentials and not session.user and not _is_open(request.path):
            return _refusal(request)
        return session, self.set_cookie(session) if from_cookie else ""

    def set_cookie(self, session: Session) -> str:
        age_s = self._config.max_session_age_s
        expires = _utc(self._clock() + age_s).strftime("%a, %d %b %Y %H:%M:%S GMT")
        value = self.cookie_value(session)
        return f"{COOKIE_NAME}={value}; Path=/; Expires={expires}; Max-Age={age_s}; SameSite=Lax"

    def log_in(self, form: Mapping[str, str]) -> str | None:
        """The Set-Cookie header, or None for wrong credentials."""
        wanted = (self._config.username, self._config.password)
        if (form.get("username"), form.get("password")) != wanted:
            return None
        return self.set_cookie(Session(self._config.username))

    def _signature(self, body: bytes) -> bytes:
        return hmac.new(self._key, body, hashlib.sha256).hexdigest().encode()

    def _public_access(self, request: Request) -> Response | None:
        """A server without a password that was reached from outside refuses everything after."""
        if self._config.has_credentials:
            return None
        for address in filter(None, request.headers.get("x-forwarded-for", "").split(", ")):
            self._tripwire = self._tripwire or not _is_local(address)
        if self._tripwire:
            return Response(403, b"accessed from the internet without a password", "text/plain")
        return None


def _refusal(request: Request) -> Response:
    extension = os.path.splitext(request.path)[1]
    if request.path == "/graphql" or extension not in ("", ".html"):
        return _unauthorized()
    back = quote(request.path + (f"?{request.raw_query}" if request.raw_query else ""), safe="")
    return Response(302, b"", "text/html", (("Location", f"/login?returnURL={back}"),))


def _unauthorized() -> Response:
    return Response(401, b"", "text/plain", (("WWW-Authenticate", "FormBased"),))


def _is_open(path: str) -> bool:
    return path.startswith(("/login", "/assets")) or path in ("/logout", "/css")


def _is_local(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_private
    except ValueError:
        return False


def _cookies(headers: Mapping[str, str]) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in headers.get("cookie", "").split(";"))
    return {name: value for name, _, value in pairs}


def _utc(at_s: float) -> datetime:
    return datetime.fromtimestamp(int(at_s), timezone.utc)
