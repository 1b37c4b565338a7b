"""Covers for the films of the simulators, so that a page with pictures has some: plain cards."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw, ImageFont

from simulators.films import Film

SIZE = (480, 270)
# Dark, so that white letters can be read.
COLOURS = ("#274046", "#3b3054", "#5b2333", "#1f4e3d", "#4a4e69", "#5f4b32", "#2b4162", "#503047")


def cover(film: Film) -> bytes:
    """A JPEG with the film's title and year."""
    colour = COLOURS[(film.year + len(film.title)) % len(COLOURS)]
    card = Image.new("RGB", SIZE, colour)
    draw = ImageDraw.Draw(card)
    draw.rectangle((12, 12, SIZE[0] - 13, SIZE[1] - 13), outline="#ffffff55")
    middle = SIZE[0] // 2
    draw.text((middle, 115), film.title, fill="white", anchor="mm", font=_font(film.title))
    draw.text((middle, 165), str(film.year), fill="#dddddd", anchor="mm", font=_at(22))
    content = io.BytesIO()
    card.save(content, "JPEG", quality=80)
    return content.getvalue()


def _font(title: str) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    """As large as the title allows."""
    return next(
        font
        for size in (36, 30, 24, 18, 12, 8)
        if (font := _at(size)).getlength(title) < SIZE[0] - 50 or size == 8
    )


def _at(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    return ImageFont.load_default(size)
