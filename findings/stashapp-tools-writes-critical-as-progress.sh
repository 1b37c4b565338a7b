#!/bin/sh
# stashapp-tools 0.2.59 gives its log level PROGRESS the number 50, which is logging.CRITICAL. A
# message that is logged as critical through its handler goes to Stash as the state of the progress
# bar: with the letter p instead of e, where a number is expected.
# Seen with Python 3.11: the prefixes of error() and critical() are e and p.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip --quiet --disable-pip-version-check install stashapp-tools==0.2.59
found=$("$work/venv/bin/python" - 2>&1 <<'PY' | cut -c 2
import logging

from stashapi.log import StashLogHandler

logger = logging.getLogger("plugin")
logger.addHandler(StashLogHandler())
logger.error("the disk is nearly full")
logger.critical("the disk is full")
PY
)
echo "letters of error and critical:" $found
test "$(echo $found)" = "e p"
