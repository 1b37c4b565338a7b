#!/bin/sh
# Pillow 12.3.0: converting a 16-bit grey picture (mode I;16, as such a PNG is opened) to L or RGB
# clips at 255 instead of scaling from 65,535. A dark grey of 1,000, under 2 % of white, becomes
# white, and nearly every picture of that depth turns white as a whole.
# Seen: "I;16 1000 -> L 255, RGB (255, 255, 255)".
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip --quiet --disable-pip-version-check install pillow==12.3.0
found=$("$work/venv/bin/python" - <<'PYTHON'
from io import BytesIO

from PIL import Image

file = BytesIO()
Image.new("I;16", (1, 1), 1000).save(file, "PNG")
file.seek(0)
opened = Image.open(file)
grey, colour = opened.convert("L"), opened.convert("RGB")
print(opened.mode, opened.getpixel((0, 0)), "-> L", f"{grey.getpixel((0, 0))}, RGB", colour.getpixel((0, 0)))
PYTHON
)
echo "$found"
test "$found" = "I;16 1000 -> L 255, RGB (255, 255, 255)"
