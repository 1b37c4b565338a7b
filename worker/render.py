"""A cover in the shape of a poster. Pillow does it, where it is installed.

The same cover, style and version of Pillow give the same bytes; what was made by another version
is not made again, since the ledger knows from which cover it came.
"""

from __future__ import annotations

import io
import logging
from dataclasses import dataclass, field
from functools import cache

from sync.pictures import AS_IT_IS, MAX_PICTURE_BYTES, picture_type

try:
    from PIL import Image, ImageEnhance, ImageFilter, ImageOps
except ImportError:  # optional: see requirements-dev.txt
    HAS_PILLOW = False
else:
    HAS_PILLOW = True

log = logging.getLogger(__name__)

PLEX_TAKES = ("jpeg", "png")
WIDTH, HEIGHT = 1000, 1500
# Closer to 2:3 than this needs no change of shape.
TOLERANCE = 0.02
LARGEST_SIDE = 3840
QUALITY = 90


@dataclass(frozen=True, slots=True)
class Rendered:
    """Bytes that Plex takes."""

    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unusable:
    """Nothing that Plex would take can be made of it, and why."""

    because: str


def possible_style(style: str) -> str:
    """`style`, or the plain cover where Pillow is missing."""
    if style != AS_IT_IS and not HAS_PILLOW:
        _warn_once(style)
        return AS_IT_IS
    return style


def render(content: bytes, style: str) -> Rendered | Unusable:
    """The cover in this style. One that Plex takes and whose shape is right stays as it is."""
    kind = picture_type(content)
    is_fine = kind in PLEX_TAKES and len(content) <= MAX_PICTURE_BYTES
    if style == AS_IT_IS and is_fine:
        return Rendered(content)
    if not HAS_PILLOW:
        why = (
            f"is too large for Plex ({len(content)} bytes)"
            if kind in PLEX_TAKES
            else (f"is of a type that Plex may not take ({kind or 'unknown'})")
        )
        return Unusable(f"the cover {why}; with Pillow installed it would be converted")
    try:
        return _draw(content, style, is_fine=is_fine)
    # Pillow's decoders raise nearly anything for broken files, SyntaxError included.
    except Exception as error:  # noqa: BLE001
        return Unusable(f"the cover cannot be read ({type(error).__name__})")


@cache
def _warn_once(style: str) -> None:
    log.warning(
        "poster_style %s needs Pillow, which is not installed; posters show the cover as it is. "
        "Install it with: python -m pip install Pillow",
        style,
    )


def _draw(content: bytes, style: str, *, is_fine: bool) -> Rendered | Unusable:
    with Image.open(io.BytesIO(content)) as opened:
        # Decoded small where the format allows it: covers of 40 megapixels exist.
        opened.draft("RGB", (LARGEST_SIDE, LARGEST_SIDE))
        image = ImageOps.exif_transpose(opened).convert("RGB")
    if style == AS_IT_IS:
        image.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    elif abs(image.width / image.height / (WIDTH / HEIGHT) - 1) <= TOLERANCE:
        if is_fine:
            return Rendered(content)
        image.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    else:
        image = _fit(image) if style == "fit" else _crop(image)
    made = _jpeg(image)
    return Rendered(made) if len(made) <= MAX_PICTURE_BYTES else Unusable("the cover is too large")


def _fit(image: Image.Image) -> Image.Image:
    """The whole cover on a canvas filled with itself, blurred and darkened."""
    canvas = _crop(image).filter(ImageFilter.GaussianBlur(40))
    canvas = ImageEnhance.Brightness(canvas).enhance(0.6)
    whole = ImageOps.contain(image, (WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    canvas.paste(whole, ((WIDTH - whole.width) // 2, (HEIGHT - whole.height) // 2))
    return canvas


def _crop(image: Image.Image) -> Image.Image:
    """The middle of the cover."""
    return ImageOps.fit(image, (WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def _jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()
