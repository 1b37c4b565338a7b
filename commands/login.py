"""Sign in to Plex: the user enters a code at plex.tv, we find their server and keep its token."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from commands.server_choice import Reached, decide, eligible_servers, set_already
from errors import SyncError
from plex.addresses import IN_SETTINGS, RELAY, Address, Trial, addresses_of, best, trial_text
from plex.client import PlexClient
from plex.discovery import find_nearby
from plex.own_identity import plex_tv_address
from plex.plex_tv import (
    LINK_PAGE,
    AccountServer,
    Code,
    CodeExpired,
    PlexTv,
    PlexTvUnavailable,
    SignInFailed,
)
from plex.probe import try_addresses
from validation.config import PlexSyncConfig

if TYPE_CHECKING:
    from commands.eta import Progress
    from worker.context import Context
    from worker.settings import Settings

log = logging.getLogger(__name__)

POLL_S = 2.0
# Stash's log is long: who opens it after a while must find the code near its top.
REPEAT_S = 30.0
# A task keeps all others of Stash waiting.
TASK_PATIENCE_S = 120.0

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Clock:
    """Seconds that only go forward, and a wait."""

    now: Callable[[], float]
    wait: Callable[[float], object]


class PinService(Protocol):
    """What of `PlexTv` the waiting needs."""

    def token(self) -> str | None: ...


def login(context: Context, progress: Progress) -> str:
    """Sign in, with the code in the log; the argument `server` names one of several servers."""
    wanted = str(context.args.get("server") or "")
    return sign_in(context, progress, log.info, wanted, patience_s=TASK_PATIENCE_S)


def sign_in(
    context: Context,
    progress: Progress,
    tell: Tell,
    wanted: str = "",
    *,
    patience_s: float = math.inf,
) -> str:
    """Get the token from plex.tv and keep it, and the server's address in the settings; the
    summary. `tell` shows a line to whoever is waiting; `wanted` names the server.

    Raises SignInFailed, PlexTvUnavailable, StorageError and what talking to Stash raises.
    """
    # First, since nobody should enter a code in vain.
    context.settings.stored()
    client_id = context.stores.client_id
    with closing(plex_tv_for(client_id)) as plex_tv:
        code = plex_tv.new_code()
        clock = Clock(time.monotonic, context.stop.wait)
        token = wait_for_token(plex_tv, code, tell, progress, clock, patience_s)
        tell("The code was entered; looking for the server.")
        summary = find_server(plex_tv, token, context.settings, client_id, wanted)
    log.info("%s", summary)
    progress(1.0)
    return summary


def plex_tv_for(client_id: str) -> PlexTv:
    """To be closed by the caller."""
    return PlexTv(client_id, plex_tv_address())


def find_server(
    plex_tv: PlexTv, account_token: str, settings: Settings, client_id: str, wanted: str = ""
) -> str:
    """Find the account's server, keep its token and its address; the summary. `wanted`: its name
    or identifier.

    Raises SignInFailed, SeveralServers among them, PlexTvUnavailable, StorageError and what talking
    to Stash raises.
    """
    stored = settings.stored()
    server, address = _find(plex_tv.servers(account_token), stored, wanted, client_id)
    _check_access(server, address, client_id, stored)
    settings.sign_in(address.url, server.token)
    if address.because == RELAY:
        log.warning("only Plex's relay reaches %s; a local plex_url would be faster", server.name)
    return (
        f"Signed in to the Plex server {server.name}: its token is kept in the data folder, "
        f"plex_url is {address.url} ({address.because})"
    )


def wait_for_token(
    plex_tv: PinService,
    code: Code,
    tell: Tell,
    progress: Progress,
    clock: Clock,
    patience_s: float = math.inf,
) -> str:
    """The account's token, once the code was entered. Raises CodeExpired at the end of its time,
    and SignInFailed after `patience_s`."""
    began, told_at, lost = clock.now(), -REPEAT_S, False
    wait_s = min(code.valid_s, patience_s)
    while (elapsed := clock.now() - began) < wait_s:
        if elapsed - told_at >= REPEAT_S:
            tell(invitation(code, wait_s - elapsed))
            told_at = elapsed
        progress(min(elapsed / wait_s, 0.99))
        try:
            token = plex_tv.token()
        except PlexTvUnavailable as error:
            # It may come back while the code is still good.
            if not lost:
                log.warning("%s; still waiting for the code", error)
            lost = True
        else:
            if token:
                return token
            lost = False
        clock.wait(POLL_S)
    if wait_s < code.valid_s:
        raise SignInFailed(
            f"the code was not entered within {wait_s / 60:.0f} minutes; a task waits no longer",
            advice="Have https://plex.tv/link open and start the task again, or sign in on "
            "PlexSync's page: it shows a new code.",
        )
    raise CodeExpired


def invitation(code: Code, left_s: float) -> str:
    """What the user is to do."""
    minutes = max(round(left_s / 60), 1)
    return (
        f"To sign in to Plex, open {LINK_PAGE} as the owner of the server and enter the code "
        f"{code.text} (valid for {minutes} more minute{'s' if minutes > 1 else ''})"
    )


def _find(
    servers: Sequence[AccountServer], stored: Mapping[str, Any], wanted: str, client_id: str
) -> Reached:
    """The server that is meant, and the best address for it."""
    eligible = eligible_servers(servers, wanted)
    verify_tls = not stored.get("insecure_tls")
    given = _given_address(stored)
    for trial in try_addresses([given] if given else [], client_id, verify_tls=verify_tls):
        is_meant = any(each.identifier == trial.identifier for each in eligible)
        if is_meant or (trial.identifier and not wanted):
            return set_already(eligible, trial.identifier), trial.address
        log.info("plex_url is not kept: %s", trial.problem or "another Plex server answers there")
    reached: list[Reached] = []
    failed: list[Trial] = []
    for server in eligible:
        trials = _trials(server, client_id, verify_tls)
        for trial in trials:
            log.info("%s: %s", server.name, trial_text(trial, server.identifier))
        if address := best(trials, server.identifier):
            reached.append((server, address))
        else:
            failed += trials
    return decide(reached, failed, eligible[0].identifier if len(eligible) == 1 else "")


def _trials(server: AccountServer, client_id: str, verify_tls: bool) -> list[Trial]:
    """Of the addresses that plex.tv knows; if no local one answers, of what the network says."""
    known = addresses_of(server)
    trials = try_addresses(known, client_id, verify_tls=verify_tls)
    found = best(trials, server.identifier)
    if found and found.because.startswith("local"):
        return trials
    more = [each for each in addresses_of(server, find_nearby()) if each not in known]
    return try_addresses(more, client_id, verify_tls=verify_tls) + trials


def _given_address(stored: Mapping[str, Any]) -> Address | None:
    """The address that is in the settings already, if it is one."""
    given = stored.get("plex_url")
    if not isinstance(given, str) or not given.strip():
        return None
    try:
        config = PlexSyncConfig(plex_url=given, plex_token="unknown")  # type: ignore[arg-type]
    except ValueError:
        log.info("plex_url is no usable address and will be replaced")
        return None
    return Address(config.plex_url, IN_SETTINGS)


def _check_access(
    server: AccountServer, address: Address, client_id: str, stored: Mapping[str, Any]
) -> None:
    """The token opens this server at this address. Raises SignInFailed."""
    verify_tls = not stored.get("insecure_tls")
    client = PlexClient(address.url, server.token, client_id=client_id, verify_tls=verify_tls)
    with closing(client):
        try:
            identifier = client.machine_identifier
        except SyncError as error:
            raise SignInFailed(
                f"{server.name} at {address.url} doesn't let us in: {error}",
                advice="Nothing was changed. Is the server signed in to this Plex account?",
            ) from error
    if identifier != server.identifier:
        raise SignInFailed(f"another server than {server.name} answers at {address.url}")
