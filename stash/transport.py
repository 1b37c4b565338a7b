"""stashapi's way of asking, without its start-up and with our errors."""

from __future__ import annotations

import logging
from typing import Any

import requests
from stashapi.classes import GQLWrapper
from stashapi.stashapp import StashInterface

from logs.redact import forget_secret, redact, remember_secret
from net.session import CarefulSession, ServerBusy, cause
from stash.connection import StashConnection, offered_session
from stash.exceptions import (
    StashQueryError,
    StashQueryRefused,
    StashUnauthorized,
    StashUnavailable,
)

READ_TIMEOUT_S = 60.0

# stashapi logs each failed query in full; what failed is told by our errors.
_stashapi_log = logging.getLogger(f"{__name__}.stashapi")
_stashapi_log.setLevel(logging.CRITICAL)


class LeanInterface(StashInterface):  # type: ignore[misc] # stashapi has no types
    """StashInterface without its start-up: that asks three questions, one of them for the whole
    schema. What it does with an answer is replaced as well: it logs it and raises Exception."""

    def __init__(self, connection: StashConnection) -> None:
        GQLWrapper.__init__(self)
        session = CarefulSession(read_timeout_s=READ_TIMEOUT_S, verify=connection.verify_tls)
        session.headers.update({"Content-Type": "application/json", "Accept": "application/json"})
        self.s: CarefulSession = session
        self.log = _stashapi_log
        self.url = f"{connection.url}/graphql"
        self.fragments: dict[str, str] = {}
        self._cookie = self._first_cookie = connection.cookie
        self._api_key = ""
        self._refused_key = ""
        self.use_api_key(connection.api_key)
        self._present_credentials()

    @property
    def cookie(self) -> str:
        return self._cookie

    @property
    def api_key(self) -> str:
        return self._api_key

    def use_api_key(self, key: str) -> None:
        """Log in by this key from now on; an empty one leaves things as they are."""
        if key and key != self._refused_key:
            remember_secret(key)
            self._api_key = key
            self._present_credentials()

    def renew(self, connection: StashConnection) -> None:
        """Go to this address with this session from now on. What the address has told us stays for
        it: the API key until it is refused, the session until there is a newer one."""
        url = f"{connection.url}/graphql"
        former, newest = self._cookie, connection.cookie
        if url != self.url:
            self._api_key = self._refused_key = ""
        else:
            newest = newest or former
        self.url, self.s.verify, self._cookie = url, connection.verify_tls, newest
        if former not in (self._first_cookie, self._cookie):
            forget_secret(former)  # there may be a new one with every event
        self._present_credentials()

    def share_session(self, other: LeanInterface) -> None:
        self.url, self.s.verify = other.url, other.s.verify
        self._cookie, self._api_key = other._cookie, other._api_key
        self._present_credentials()

    def execute(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The answer with `data` and `errors`, either of which may be missing."""
        try:
            return self._execute(query, variables)
        except StashUnauthorized:
            if not (self._api_key and self._cookie):
                raise
            # The key was changed or removed in Stash's settings: the cookie may still do.
            self._refused_key, self._api_key = self._api_key, ""
            self._present_credentials()
            return self._execute(query, variables)

    def _execute(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = self.call_GQL(query, variables)
        except ServerBusy as error:
            raise StashUnavailable(
                f"Stash is busy: it answers {error.status}", retry_after_s=error.retry_after_s
            ) from None
        except requests.RequestException as error:
            raise StashUnavailable(
                f"Stash at {self.url} does not answer: {cause(error)}",
                advice=_advice(error),
            ) from error
        return answer

    def _handle_GQL_response(self, response: requests.Response) -> dict[str, Any]:  # noqa: N802
        self._keep_cookie(response)
        if response.status_code == 401:
            raise self._refusal()
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if response.status_code == 403 and not _is_graphql(answer):
            raise _locked(answer, response.text)
        if not (isinstance(answer, dict) and _are_errors(answer.get("errors"))):
            raise StashUnavailable(f"Stash answered {response.status_code} without GraphQL")
        messages = [message_of(error) for error in answer.get("errors") or []]
        if response.status_code == 422:
            raise StashQueryRefused(
                f"Stash does not understand our query: {'; '.join(messages)[:300]}",
                advice="PlexSync needs Stash 0.28 or newer.",
            )
        if any("database is locked" in message for message in messages):
            raise StashUnavailable("Stash's database is locked at the moment")
        if response.status_code != 200:
            raise StashUnavailable(f"Stash answered {response.status_code}")
        if answer.get("data") is None:
            raise StashQueryError(f"Stash answered: {'; '.join(messages)[:300] or 'nothing'}")
        return answer

    def _refusal(self) -> StashUnauthorized:
        if self._api_key:
            return StashUnauthorized(
                "Stash refuses the API key",
                advice="Use the one that Stash shows under Settings > Security, or none if Stash "
                "asks for no login.",
            )
        if self._cookie:
            return StashUnauthorized(
                "Stash refuses our session: it has expired",
                advice="The next change in Stash, or any PlexSync task, brings a new one.",
            )
        return StashUnauthorized(
            "Stash asks for a login",
            advice="On the command line, set STASH_API_KEY to the key that Stash shows under "
            "Settings > Security. Within Stash, the next change or any PlexSync task brings a "
            "session.",
        )

    def _present_credentials(self) -> None:
        # Never both: a session that has expired would spoil a key that is good.
        self.s.headers.pop("ApiKey", None)
        self.s.headers.pop("Cookie", None)
        if self._api_key:
            self.s.headers["ApiKey"] = self._api_key
        elif self._cookie:
            self.s.headers["Cookie"] = f"session={self._cookie}"

    def _keep_cookie(self, response: requests.Response) -> None:
        """Stash offers a fresh session with its answers; taking it keeps us logged in."""
        offered = offered_session(response.headers.get("Set-Cookie", ""))
        if offered and self._cookie:
            former, self._cookie = self._cookie, offered
            remember_secret(self._cookie)
            if former != self._first_cookie:
                forget_secret(former)  # there is a new one with every answer
            self._present_credentials()


def _advice(error: requests.RequestException) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return (
            "Reach Stash by 127.0.0.1, where its certificate isn't checked: give that address on "
            "the command line, or let Stash listen on 0.0.0.0. Or have it trusted: name whoever "
            "signed it in ca_file, which counts once it was read from Stash, or at once in "
            "REQUESTS_CA_BUNDLE. What is queued is kept."
        )
    return "Is Stash running, and is its address right? What is queued is kept."


def _locked(answer: Any, text: str) -> StashUnavailable:
    """Stash shuts itself off after a request from a public address while it asks for no login
    (its session.CheckExternalAccessTripwire); its own text says so, to us maybe as JSON."""
    told = answer.get("error") if isinstance(answer, dict) else None
    said = " ".join(redact(str(told or text)).split())[:400]
    return StashUnavailable(
        f"Stash refuses everybody (403): {said or 'it gives no reason'}",
        advice="It was reached from the internet without a login: set user name and password in "
        "Stash under Settings > Security, or see its manual on authentication, and restart Stash. "
        "What is queued is kept.",
    )


def _is_graphql(answer: Any) -> bool:
    return isinstance(answer, dict) and not answer.keys().isdisjoint(("data", "errors"))


def _are_errors(errors: Any) -> bool:
    """Whether this is what GraphQL promises: a list of objects, or nothing."""
    return errors is None or (
        isinstance(errors, list) and all(isinstance(error, dict) for error in errors)
    )


def message_of(error: dict[str, Any]) -> str:
    """What one of GraphQL's errors says, without secrets."""
    return redact(str(error.get("message", "an error without a message")))[:300]
