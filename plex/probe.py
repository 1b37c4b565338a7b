"""Try addresses: does a Plex answer there, and which one."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from errors import SyncError
from plex.addresses import Address, Trial
from plex.client import PlexClient

TIMEOUT_S = 5.0
AT_ONCE = 8


def try_addresses(
    addresses: Sequence[Address], client_id: str, *, verify_tls: bool = True
) -> list[Trial]:
    """What came of each, in their order. No token is sent: it isn't known yet who answers."""

    def attempt(address: Address) -> Trial:
        client = PlexClient(
            address.url,
            "",
            client_id=client_id,
            connect_timeout_s=TIMEOUT_S,
            read_timeout_s=TIMEOUT_S,
            verify_tls=verify_tls,
        )
        with closing(client):
            try:
                return Trial(address, identifier=client.identify())
            except SyncError as error:
                return Trial(address, problem=str(error))

    if not addresses:
        return []
    with ThreadPoolExecutor(min(len(addresses), AT_ONCE)) as pool:
        return list(pool.map(attempt, addresses))
