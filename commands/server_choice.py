"""Which of an account's Plex servers is meant. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from plex.addresses import Address, Trial, trial_text
from plex.plex_tv import AccountServer, SignInFailed

Reached = tuple[AccountServer, Address]


class SeveralServers(SignInFailed):
    """The account owns several servers that answer, and nobody said which; `reached` has them."""

    def __init__(self, reached: Sequence[Reached]) -> None:
        choices = ", ".join(f"{_label(server, reached)} ({at.url})" for server, at in reached)
        super().__init__(
            f"this account owns several Plex servers: {choices}",
            advice="Say which: set plex_url to its address and start this again, or on the "
            "command line: login --server NAME.",
        )
        self.reached = tuple(reached)


def eligible_servers(servers: Sequence[AccountServer], wanted: str = "") -> list[AccountServer]:
    """The owned servers, or the one that is `wanted` by name or identifier. Raises SignInFailed
    when there is none, since only the owner's token may edit."""
    owned = [each for each in servers if each.is_owned]
    if not owned:
        others = f" It may only use {_names(servers)}." if servers else ""
        raise SignInFailed(
            "the Plex account that entered the code owns no server",
            advice=f"Start it again and enter the code as the owner of the server.{others}",
        )
    if not wanted:
        return owned
    key = wanted.strip().casefold()
    named = [each for each in owned if key in (each.name.casefold(), each.identifier.casefold())]
    if not named:
        raise SignInFailed(
            f"the Plex account owns no server called {wanted!r}",
            advice=f"It owns {_names(owned)}.",
        )
    return named


def set_already(servers: Sequence[AccountServer], identifier: str) -> AccountServer:
    """The server at which plex_url leads. Raises SignInFailed if it isn't among them."""
    for each in servers:
        if each.identifier == identifier:
            return each
    raise SignInFailed(
        "plex_url leads to a Plex server that isn't the one of this account",
        advice=f"Start it again and enter the code as the owner of that server, or empty plex_url "
        f"to use {_names(servers)}.",
    )


def decide(reached: Sequence[Reached], failed: Sequence[Trial], identifier: str = "") -> Reached:
    """The only server that was reached. Raises SignInFailed if there are several or none; `failed`
    says where none answered, `identifier` who was looked for."""
    if len(reached) == 1:
        return reached[0]
    if reached:
        raise SeveralServers(reached)
    tried = "; ".join(trial_text(each, identifier) for each in failed) or "it has no address"
    raise SignInFailed(
        f"the Plex server can't be reached from here: {tried}",
        advice="Set plex_url to an address at which Stash's machine reaches Plex, and start this "
        "again: it then only gets the token.",
    )


def _label(server: AccountServer, reached: Sequence[Reached]) -> str:
    """The name, with the identifier where several have the same."""
    is_shared = sum(each.name == server.name for each, _ in reached) > 1
    return f"{server.name} = {server.identifier}" if is_shared else server.name


def _names(servers: Sequence[AccountServer]) -> str:
    return ", ".join(each.name for each in servers)
