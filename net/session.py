"""A requests session that never waits for ever, never follows redirects and takes no hints."""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter

CONNECT_TIMEOUT_S = 5.0


class CarefulSession(requests.Session):
    """For one server.

    Redirects are answered as they come: a redirected PUT would be repeated as a GET, and a
    redirected header would carry our credentials to another host. Nothing is taken from the
    environment (proxies, .netrc) and cookies are neither stored nor sent by themselves.
    """

    def __init__(self, *, read_timeout_s: float, verify: bool = True, connections: int = 4) -> None:
        super().__init__()
        self.trust_env = False
        self.verify = verify
        self.timeout = (CONNECT_TIMEOUT_S, read_timeout_s)
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = HTTPAdapter(pool_connections=2, pool_maxsize=connections, max_retries=0)
        self.mount("http://", adapter)
        self.mount("https://", adapter)
        if not verify:
            # Once said in the settings is enough; each request would warn again.
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """The answer, whatever its status, decoded as UTF-8."""
        kwargs["allow_redirects"] = False
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = self.timeout
        response = super().send(request, **kwargs)
        # Without a charset requests takes text/* for Latin-1; both servers speak UTF-8.
        response.encoding = "utf-8"
        return response
