#!/bin/sh
# plexapi 4.18.3 turns Plex's times (seconds since 1970) into local times without a zone. In the
# hour that is repeated when summer time ends, two plays that lie an hour apart are equal, a set
# keeps one of them, and isoformat() writes the same text for both. Only timestamp() still tells
# them apart, and any arithmetic, even adding nothing, loses that as well.
# Seen with Python 3.11, Central European time, 25 October 2026: of two times one is left, and the
# later one is 3600 s off once a timedelta of zero was added. The number in the XML is safe.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip --quiet --disable-pip-version-check install plexapi==4.18.3
found=$(TZ=CET-1CEST,M3.5.0,M10.5.0/3 "$work/venv/bin/python" - <<'PY'
from datetime import timedelta
from plexapi.utils import toDatetime

first, second = toDatetime("1792888200"), toDatetime("1792891800")
off_s = int(second.timestamp() - (second + timedelta(0)).timestamp())
print(len({first, second}), first.isoformat() == second.isoformat(), off_s)
PY
)
echo "left in a set, equal as text, seconds lost: $found"
test "$found" = "1 True 3600"
