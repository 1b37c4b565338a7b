"""`python -m simulators plex|stash [options]`: run one simulator alone, until Ctrl-C."""

from __future__ import annotations

import argparse
import json
import sys
import threading
from contextlib import suppress

import simulators.plex.server
import simulators.stash.server


def main(arguments: list[str]) -> int:
    """Prints the address as JSON on the first line of stdout, so that a program can read it."""
    parser = argparse.ArgumentParser(prog="python -m simulators", description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    for kind, module in (("plex", simulators.plex.server), ("stash", simulators.stash.server)):
        module.add_arguments(kinds.add_parser(kind))
    options = parser.parse_args(arguments)
    module = simulators.plex.server if options.kind == "plex" else simulators.stash.server
    with module.from_arguments(options) as server:
        token = getattr(server, "token", None)
        print(json.dumps({"url": server.url, **({"token": token} if token else {})}), flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
