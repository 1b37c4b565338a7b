"""A requests session that never waits for ever, never follows redirects and takes no hints."""

from __future__ import annotations

import re
import time
from contextlib import nullcontext
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import certifi
import requests
import urllib3
import urllib3.connection
from requests.adapters import HTTPAdapter

from net.bounds import MAX_ANSWER_BYTES, AnswerTooLarge, read_within
from net.deadline import answer_complete, at_most, current
from net.trust import trust

CONNECT_TIMEOUT_S = 5.0
# How much longer an answer may take that keeps coming, compared with one that doesn't come.
TIMES_LONGER = 2.0


class ServerBusy(requests.RequestException):
    """The server says itself that it can't serve now (429, 503). `retry_after_s`: what it asks
    for, None if it doesn't say."""

    def __init__(self, response: requests.Response) -> None:
        super().__init__(f"status {response.status_code}", response=response)
        self.status = response.status_code
        # A date is allowed as well (RFC 9110, 10.2.3); our own schedule does for those.
        asked = response.headers.get("Retry-After", "").strip()
        self.retry_after_s = float(asked) if asked.isdigit() and len(asked) < 7 else None


class TookTooLong(requests.ReadTimeout):
    """The time for the request was up, or whoever had asked needed it no more."""

    def __init__(self) -> None:
        super().__init__("the time for the answer was up")


class CarefulSession(requests.Session):
    """For one server.

    Redirects are answered as they come: a redirected PUT would be repeated as a GET, and a
    redirected header would carry our credentials to another host. Nothing is taken from the
    environment (proxies, .netrc) and cookies are neither stored nor sent by themselves.

    `read_timeout_s`: how long it may be silent. `longest_s`: how long it may take as a whole, up to
    the last byte, where the sender has set no other limit (see `net.deadline`); this time is up
    for a streamed answer once its head has come. `ended_m`: when the last request was
    over, answered or not (monotonic), a mark of progress.
    """

    def __init__(
        self,
        *,
        read_timeout_s: float,
        verify: bool = True,
        connections: int = 4,
        longest_s: float | None = None,
    ) -> None:
        super().__init__()
        self.longest_s = longest_s or TIMES_LONGER * read_timeout_s
        self.ended_m = 0.0
        self.trust_env = False
        # Named, so that every version of requests adds them to our context and takes no other.
        self.verify = certifi.where() if verify else False
        self.timeout = (CONNECT_TIMEOUT_S, read_timeout_s)
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        # Without a check it takes a context of urllib3's own.
        adapter = (_TrustingAdapter if verify else _Adapter)(
            pool_connections=2, pool_maxsize=connections, max_retries=0
        )
        self.mount("http://", adapter)
        self.mount("https://", adapter)
        if not verify:
            # Once said in the settings is enough; each request would warn again.
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """The answer, decoded as UTF-8. Raises ServerBusy for 429 and 503; any other status is
        the caller's to judge."""
        kwargs["allow_redirects"] = False
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = self.timeout
        try:
            with nullcontext() if current() else at_most(self.longest_s):
                response = self._send_in_time(request, **kwargs)
        finally:
            self.ended_m = time.monotonic()
        # Without a charset requests takes text/* for Latin-1; both servers speak UTF-8.
        response.encoding = "utf-8"
        if response.status_code in (429, 503):
            raise ServerBusy(response)
        return response

    def _send_in_time(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        deadlines = current()
        if any(each.was_cut or each.left_s() <= 0 for each in deadlines):
            raise TookTooLong
        is_stream = kwargs.get("stream")
        try:
            response = super().send(request, **{**kwargs, "stream": True})
            if not is_stream:
                read_within(response, MAX_ANSWER_BYTES)
        except requests.RequestException:
            if any(each.was_cut for each in deadlines):
                raise TookTooLong from None
            raise
        finally:
            if not is_stream:
                answer_complete()
        if any(each.was_cut for each in deadlines):
            # An answer without a length ends where the connection does.
            raise TookTooLong
        return response


class _Watched:
    """A connection of which the deadlines know that an answer is awaited on it."""

    sock: Any
    read_from: Any = None

    def request(self, *args: Any, **kwargs: Any) -> None:
        self.read_from = None
        for each in current():
            each.watch(self)
        super().request(*args, **kwargs)  # type: ignore[misc]

    def getresponse(self) -> Any:
        self.read_from = self.sock
        return super().getresponse()  # type: ignore[misc]


class _WatchedPlain(_Watched, urllib3.connection.HTTPConnection):
    pass


class _WatchedTls(_Watched, urllib3.connection.HTTPSConnection):
    pass


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _WatchedPlain


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _WatchedTls


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}


class _TrustingAdapter(_Adapter):
    """Trusts what `net.trust` says besides what requests brings along."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        pools = self.poolmanager.connection_pool_kw
        # Reading all certificates takes longer than a small sync, and plain HTTP needs none.
        if "ssl_context" not in pools and str(request.url).lower().startswith("https:"):
            pools.setdefault("ssl_context", trust().context)
        return super().send(request, *args, **kwargs)


# What the system says, deep inside the text of requests' and urllib3's errors.
_SYSTEMS_WORDS = re.compile(r"\[(?:Errno|WinError) -?\d+\] ([^'\")]+)")
# And OpenSSL.
TLS_WORDS = re.compile(r"\[SSL[^\]]*\] (.+?) \(_ssl")


def cause(error: requests.RequestException) -> str:
    """In a few words why there was no answer, e.g. "Connection refused"."""
    if isinstance(error, AnswerTooLarge):
        return str(error)
    if isinstance(error, requests.Timeout) or "TimeoutError" in str(error):
        return "no answer in time"
    found = _SYSTEMS_WORDS.search(str(error)) or TLS_WORDS.search(str(error))
    if found:
        return found[1].strip()
    return "the connection was cut" if "Connection" in type(error).__name__ else "a broken answer"
