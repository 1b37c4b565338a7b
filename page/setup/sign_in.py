"""Signing in, in as many processes as it takes: one shows the code (`page.setup.plex_account`),
others look whether it was entered. A page looks every two seconds, so that nothing heavy is
imported for one that waits."""

from __future__ import annotations

import time

from net.trust import also_trust
from page.arguments import text
from page.operation import Answer, Operation, Operations
from page.setup.pin import still_waits
from page.setup.sign_in_file import forget, kept, state
from plex.own_identity import client_identifier
from stash.protocol import Invocation
from storage import ca_file

LONGEST = 200

OVER = "This sign-in is over, or another one has begun. Start it again."
EXPIRED = "The code has expired and nobody is signed in. Start it again: it shows a new code."


def sign_in_check(invocation: Invocation, id: str, server: str | None) -> Answer:
    """Whether the code was entered, and if so what it leads to. `server`: the one that was chosen,
    where several were offered."""
    data_dir = invocation.data_dir
    begun = kept(data_dir)
    if begun is None or begun.id != id:
        return state("expired", OVER)
    if time.time() >= begun.expires_at:
        forget(data_dir)
        return state("expired", EXPIRED)
    also_trust(ca_file.kept(data_dir))
    if not begun.token and still_waits(begun.pin, client_identifier(data_dir)):
        return state("waiting")
    from page.setup.plex_account import finish  # noqa: PLC0415 - see above

    return finish(invocation, begun, server or "")


ACTS: Operations = {
    "sign_in_check": Operation(
        sign_in_check, {"id": text(LONGEST), "server": text(LONGEST, needed=False)}
    ),
}
