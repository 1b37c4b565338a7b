"""A requests session that never waits for ever, never follows redirects and takes no hints."""

from __future__ import annotations

import re
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import certifi
import requests
import urllib3
from requests.adapters import HTTPAdapter

from net.bounds import MAX_ANSWER_BYTES, AnswerTooLarge, read_within
from net.trust import trust

CONNECT_TIMEOUT_S = 5.0


class ServerBusy(requests.RequestException):
    """The server says itself that it can't serve now (429, 503). `retry_after_s`: what it asks
    for, None if it doesn't say."""

    def __init__(self, response: requests.Response) -> None:
        super().__init__(f"status {response.status_code}", response=response)
        self.status = response.status_code
        # A date is allowed as well (RFC 9110, 10.2.3); our own schedule does for those.
        asked = response.headers.get("Retry-After", "").strip()
        self.retry_after_s = float(asked) if asked.isdigit() and len(asked) < 7 else None


class _Adapter(HTTPAdapter):
    """Trusts what `net.trust` says besides what requests brings along."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, ssl_context=trust().context, **options)


class CarefulSession(requests.Session):
    """For one server.

    Redirects are answered as they come: a redirected PUT would be repeated as a GET, and a
    redirected header would carry our credentials to another host. Nothing is taken from the
    environment (proxies, .netrc) and cookies are neither stored nor sent by themselves.
    """

    def __init__(self, *, read_timeout_s: float, verify: bool = True, connections: int = 4) -> None:
        super().__init__()
        self.trust_env = False
        # Named, so that every version of requests adds them to our context and takes no other.
        self.verify = certifi.where() if verify else False
        self.timeout = (CONNECT_TIMEOUT_S, read_timeout_s)
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        # Without a check it takes a context of urllib3's own.
        adapter = (_Adapter if verify else HTTPAdapter)(
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
        is_stream = kwargs.get("stream")
        response = super().send(request, **{**kwargs, "stream": True})
        if not is_stream:
            read_within(response, MAX_ANSWER_BYTES)
        # Without a charset requests takes text/* for Latin-1; both servers speak UTF-8.
        response.encoding = "utf-8"
        if response.status_code in (429, 503):
            raise ServerBusy(response)
        return response


# What the system says, deep inside the text of requests' and urllib3's errors.
_SYSTEMS_WORDS = re.compile(r"\[(?:Errno|WinError) -?\d+\] ([^'\")]+)")
# And OpenSSL.
TLS_WORDS = re.compile(r"\[SSL[^\]]*\] (.+?) \(_ssl")


def cause(error: requests.RequestException) -> str:
    """In a few words why there was no answer, e.g. "Connection refused"."""
    if isinstance(error, AnswerTooLarge):
        return str(error)
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    found = _SYSTEMS_WORDS.search(str(error)) or TLS_WORDS.search(str(error))
    if found:
        return found[1].strip()
    return "the connection was cut" if "Connection" in type(error).__name__ else "a broken answer"
