#!/bin/sh
# stashapi 0.1.5 and stashapp-tools 0.2.59 both bring a package called `stashapi`. The first has an
# __init__.py, the second has none: it is a namespace package. A regular package wins over a
# namespace package wherever on sys.path it stands, so that the folder that comes first, with the
# version somebody has pinned, is passed over without a word.
# Seen with Python 3.11: the first folder is `pinned`, what is imported comes from `other`.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
pip="$work/venv/bin/python -m pip --quiet --disable-pip-version-check install --no-deps --target"
$pip "$work/pinned" stashapp-tools==0.2.59
$pip "$work/other" stashapi==0.1.5
found=$(PYTHONPATH="$work/pinned:$work/other" "$work/venv/bin/python" -c \
    'import stashapi, os; print(os.path.basename(os.path.dirname(stashapi.__path__[0])))')
echo "first on the path: pinned; imported from: $found"
test "$found" = other
