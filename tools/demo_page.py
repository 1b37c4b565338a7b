"""`make demo-page`: the page in a host page against simulated servers, until somebody ends it."""

from __future__ import annotations

import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from plex.own_identity import PLEX_TV_VARIABLE
from simulators.demo import COUNT, NOT_IN_PLEX, PLEX_FOLDER
from simulators.plex_tv import PlexTvSimulator, owned
from simulators.rig import Rig
from tools.covers import cover
from tools.host_page import NoHostPage, host_page

PAGE = "/plugins/plexsync"
# Long enough to see the code on the page.
ENTERED_AFTER_S = 5.0


@contextmanager
def demo_rig(folder: Path, plex_tv: PlexTvSimulator, *, count: int = COUNT) -> Iterator[Rig]:
    """The demo's library with covers, and nothing set up; whoever signs in owns its Plex."""
    with Rig(
        folder,
        count=count,
        plex_folder=PLEX_FOLDER,
        absent=NOT_IN_PLEX,
        settings={},
        environment={PLEX_TV_VARIABLE: plex_tv.url},
        ui_folder=host_page(),
    ) as rig:
        for number, film in enumerate(rig.films, start=1):
            rig.stash.library.scene(number).cover = cover(film)
        plex_tv.account.resources = [owned(rig.plex)]
        yield rig


def enter_codes(plex_tv: PlexTvSimulator, ended: threading.Event) -> None:
    """What a person does at plex.tv, until `ended`."""
    entered: set[str] = set()
    while not ended.wait(0.5):
        for pin in list(plex_tv.pins.values()):
            if pin.code not in entered and not ended.wait(ENTERED_AFTER_S):
                entered.add(pin.code)
                with suppress(LookupError):  # another sign-in was begun meanwhile
                    plex_tv.link(pin.code)


def main() -> int:
    """The exit status."""
    ended = threading.Event()
    try:
        with (
            tempfile.TemporaryDirectory(prefix="plexsync-demo-") as folder,
            PlexTvSimulator() as plex_tv,
            demo_rig(Path(folder), plex_tv) as rig,
        ):
            sys.stdout.write(
                f"Open {rig.stash.url}{PAGE} in a browser on this machine. It stands for Stash's "
                f"own,\nwith {COUNT} films, of which a simulated Plex has {COUNT - NOT_IN_PLEX}. "
                'The code that "Sign in" shows is entered for\nyou after '
                f"{ENTERED_AFTER_S:.0f} seconds. Ctrl-C ends it.\n"
            )
            sys.stdout.flush()
            with suppress(KeyboardInterrupt):
                enter_codes(plex_tv, ended)
    except NoHostPage as error:
        sys.stderr.write(f"The page can't be shown: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
