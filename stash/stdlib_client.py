"""The few things that are asked of Stash while the packages aren't there, or where a page waits: by
the standard library.

`stash.client` is for everything else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http.client import HTTPException, HTTPResponse
from typing import Any

from logs.redact import remember_secret
from net.connection import connection_to
from stash import queries
from stash.connection import StashConnection, offered_session
from stash.exceptions import PluginDisabled, StashUnauthorized, StashUnavailable
from stash.overview import Question, digest_of

TIMEOUT_S = 30.0
# What is asked here is answered in a few kB.
MOST_BYTES = 4 * 1024 * 1024
# Larger pages would take more memory than all the rest.
OBJECTS_PER_PAGE = 1000


class PlainStash:
    """One Stash, asked with the session that it gave us.

    Neither redirects nor proxies are followed. Methods may raise StashUnavailable and
    StashUnauthorized. `timeout_s`: for each step of a request.
    """

    def __init__(self, connection: StashConnection, timeout_s: float = TIMEOUT_S) -> None:
        self._connection = connection
        self._timeout_s = timeout_s
        self.cookie = connection.cookie
        """The newest session: each answer may bring another, and the first one expires."""

    def check_plugin(self, plugin_id: str) -> None:
        """Returns if the plugin is enabled; raises PluginDisabled. Keeps the session fresh."""
        _check(self._ask(queries.PLUGINS, {}), plugin_id)

    def settings(self, plugin_id: str) -> dict[str, Any]:
        """As `stash.client` tells them; raises PluginDisabled. Keeps the session fresh."""
        data = self._ask(queries.SETTINGS, {"plugins": [plugin_id]})
        _check(data, plugin_id)
        kept = (data.get("configuration") or {}).get("plugins") or {}
        return dict(kept.get(plugin_id) or {})

    def overview_digest(self, question: Question, go_on: Callable[[], bool]) -> str:
        """See `stash.overview.digest_of`."""
        try:
            return digest_of(self._ask, question, OBJECTS_PER_PAGE, go_on)
        except (KeyError, TypeError, ValueError) as error:
            raise StashUnavailable("Stash answered with something else than asked") from error

    def replace_settings(self, plugin_id: str, settings: Mapping[str, Any]) -> None:
        """As `stash.client` does it."""
        self._ask(queries.CONFIGURE, {"plugin": plugin_id, "settings": dict(settings)})

    def run_operation(self, plugin_id: str, args: dict[str, Any]) -> None:
        """Have Stash start the plugin with these arguments, and wait for its end."""
        self._ask(queries.RUN_OPERATION, {"plugin": plugin_id, "args": args})

    def _ask(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        body = json.dumps({"query": query, "variables": variables})
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        # Never both: see `stash.transport`.
        if self._connection.api_key:
            headers["ApiKey"] = self._connection.api_key
        elif self.cookie:
            headers["Cookie"] = f"session={self.cookie}"
        server = connection_to(
            self._connection.url, self._timeout_s, verify=self._connection.verify_tls
        )
        try:
            server.request("POST", "/graphql", body, headers)
            response = server.getresponse()
            self._keep_cookie(response.headers.get("Set-Cookie", ""))
            answer = json.loads(_body(response)) if response.status == 200 else {}
        except (OSError, HTTPException, ValueError) as error:
            raise StashUnavailable(f"Stash does not answer: {type(error).__name__}") from error
        finally:
            server.close()
        if response.status == 401:
            raise StashUnauthorized("Stash refuses our session")
        data = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(data, dict):
            raise StashUnavailable(f"Stash answered {response.status} without data")
        return data

    def _keep_cookie(self, offered: str) -> None:
        session = offered_session(offered)
        if session and self.cookie:
            self.cookie = session
            remember_secret(self.cookie)


def _check(data: dict[str, Any], plugin_id: str) -> None:
    if {"id": plugin_id, "enabled": True} not in (data.get("plugins") or []):
        raise PluginDisabled(f"the plugin {plugin_id} is disabled or gone from Stash")


def _body(response: HTTPResponse) -> bytes:
    """Raises ValueError for more than anything we ask for can be."""
    found = response.read(MOST_BYTES + 1)
    if len(found) > MOST_BYTES:
        raise ValueError(f"the answer is larger than {MOST_BYTES} bytes")
    return found
