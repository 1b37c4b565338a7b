"""Draw a cover in another shape or format. Needs Pillow: loaded by name, where it is there."""

from __future__ import annotations

import io

from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from sync.pictures import AS_IT_IS

WIDTH, HEIGHT = 1000, 1500
# Closer to 2:3 than this needs no change of shape.
TOLERANCE = 0.02
LARGEST_SIDE = 3840
QUALITY = 90


def draw(content: bytes, style: str, *, is_fine: bool) -> bytes:
    """The cover in this style, as JPEG; one that `is_fine` and has the right shape as it is.

    Pillow's decoders raise nearly anything for broken files, SyntaxError included.
    """
    with Image.open(io.BytesIO(content)) as opened:
        # Decoded small where the format allows it: covers of 40 megapixels exist.
        opened.draft("RGB", (LARGEST_SIDE, LARGEST_SIDE))
        image = ImageOps.exif_transpose(opened).convert("RGB")
    if style == AS_IT_IS:
        image.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    elif abs(image.width / image.height / (WIDTH / HEIGHT) - 1) <= TOLERANCE:
        if is_fine:
            return content
        image.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    else:
        image = _fit(image) if style == "fit" else _crop(image)
    return _jpeg(image)


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
