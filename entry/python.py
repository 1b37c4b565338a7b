"""Whether this Python is new enough. Must itself run on older ones."""

from __future__ import annotations

import sys

OLDEST = (3, 10)


def too_old() -> str:
    """What is wrong with this Python and what to do, or an empty text."""
    if sys.version_info >= OLDEST:
        return ""
    return (
        f"PlexSync needs Python 3.10 or newer; {sys.executable} is "
        f"{sys.version_info[0]}.{sys.version_info[1]}. Set another one in Stash, under "
        "Settings > System"
    )


def has_packages() -> None:
    """Let this process find packages as any Python does: the manifest has Stash start us with -S,
    without the site module, since hooks need none and it can take longer than they do."""
    if sys.flags.no_site:
        import site  # noqa: PLC0415 - Python has it already, unless -S was given

        site.main()
