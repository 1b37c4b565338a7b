"""The two ends of signing in on a page, for which plex.tv and the servers are asked: the code, and
what it leads to."""

from __future__ import annotations

import secrets
import time
from contextlib import closing
from dataclasses import replace

from commands.login import find_server, plex_tv_for
from commands.server_choice import SeveralServers
from errors import SyncError, TransientError
from logs.redact import remember_secret
from page.operation import Answer, Operation, Operations
from page.setup.sign_in_file import SignIn, forget, keep, state
from page.setup.stash_settings import settings_in_stash
from plex.own_identity import client_identifier
from plex.plex_tv import LINK_PAGE, CodeExpired, PlexTv, SignInFailed
from stash.protocol import Invocation

SEVERAL = "This account owns several Plex servers. Choose one."


def begin(invocation: Invocation) -> Answer:
    """A code to enter at plex.tv. One that was shown before is of no use any more."""
    data_dir = invocation.data_dir
    # First, since nobody should enter a code in vain.
    settings_in_stash(invocation).stored()
    with closing(plex_tv_for(client_identifier(data_dir))) as plex_tv:
        code = plex_tv.new_code()
    begun = SignIn(secrets.token_hex(8), code.pin, time.time() + code.valid_s)
    keep(data_dir, begun)
    return {
        "id": begun.id,
        "code": code.text,
        "link": LINK_PAGE,
        "expires_at": begun.expires_at,
    }


def finish(invocation: Invocation, begun: SignIn, wanted: str) -> Answer:
    """The end of it, if the code was entered: the token is kept and the address set. `wanted`: the
    server that was chosen, where several were offered."""
    data_dir = invocation.data_dir
    with closing(plex_tv_for(client_identifier(data_dir))) as plex_tv:
        try:
            return _go_on(invocation, plex_tv, begun, wanted)
        except CodeExpired as error:
            return _end(data_dir, "expired", error)
        except SignInFailed as error:
            return _end(data_dir, "failed", error)
        except TransientError as error:
            # It may come back while the code is still good.
            return state("waiting", _sentence(error))


def _go_on(invocation: Invocation, plex_tv: PlexTv, begun: SignIn, wanted: str) -> Answer:
    data_dir = invocation.data_dir
    plex_tv.resume(begun.pin)
    token = begun.token or plex_tv.token()
    if not token:
        return state("waiting")
    remember_secret(token)
    settings = settings_in_stash(invocation)
    try:
        summary = find_server(plex_tv, token, settings, client_identifier(data_dir), wanted)
    except SeveralServers as error:
        keep(data_dir, replace(begun, token=token))
        offered = [
            {"id": each.identifier, "name": each.name, "address": address.url}
            for each, address in error.reached
        ]
        return {**state("choose", SEVERAL), "servers": offered}
    forget(data_dir)
    return state("done", f"{summary}.")


def _end(data_dir: str, name: str, error: SyncError) -> Answer:
    forget(data_dir)
    return state(name, _sentence(error))


def _sentence(error: SyncError) -> str:
    return f"{error}. {error.advice}".strip()


ACTS: Operations = {"sign_in": Operation(begin)}
