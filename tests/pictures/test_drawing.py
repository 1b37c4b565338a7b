"""What is seen of a cover stays what is seen, whatever its format."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image, ImageCms

from pictures.drawing import draw
from sync.pictures import AS_IT_IS

SIZE = (90, 60)


def stored(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def middle(content: bytes, style: str) -> tuple[int, ...]:
    with Image.open(io.BytesIO(draw(content, style, is_fine=False))) as image:
        assert image.mode == "RGB"
        found = image.getpixel((image.width // 2, image.height // 2))
    assert isinstance(found, tuple)
    return found


def is_near(found: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return all(abs(a - b) <= 8 for a, b in zip(found, wanted, strict=True))


def hidden(mode: str) -> Image.Image:
    """Fully transparent in the middle, over black; a red frame."""
    image = Image.new("RGBA", SIZE, (200, 0, 0, 255))
    image.paste((0, 0, 0, 0), (25, 15, 65, 45))
    return image.convert(mode)


@pytest.mark.parametrize("style", [AS_IT_IS, "fit", "crop"])
@pytest.mark.parametrize(
    ("kind", "mode"), [("WEBP", "RGBA"), ("PNG", "RGBA"), ("PNG", "LA"), ("GIF", "RGBA")]
)
def test_below_transparency_nothing_is_shown(kind: str, mode: str, style: str) -> None:
    assert is_near(middle(stored(hidden(mode), kind), style), (255, 255, 255))


@pytest.mark.parametrize("mode", ["P", "L", "RGB"])
def test_one_transparent_colour_is_transparent_as_well(mode: str) -> None:
    image = Image.new("L", SIZE, 120)
    image.paste(0, (25, 15, 65, 45))
    key: Any = (0, 0, 0) if mode == "RGB" else 0
    content = stored(image.convert(mode), "PNG", transparency=key)
    assert is_near(middle(content, "fit"), (255, 255, 255))


def test_a_white_logo_is_not_laid_on_white() -> None:
    logo = Image.new("RGBA", SIZE, (0, 0, 0, 0))
    logo.paste((255, 255, 255, 255), (0, 0, 20, 60))
    assert max(middle(stored(logo, "PNG"), "crop")) < 100


@pytest.mark.parametrize(("depth", "shade"), [(0x4000, 64), (0xC000, 192), (0xFFFF, 255)])
def test_sixteen_bit_greys_keep_their_shade(depth: int, shade: int) -> None:
    image = Image.new("I;16", SIZE, depth)
    assert is_near(middle(stored(image, "PNG"), "fit"), (shade,) * 3)


def test_a_colour_profile_is_not_dropped() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # One in which the first channel is green.
    swapped = srgb.replace(b"rXYZ", b"?XYZ").replace(b"gXYZ", b"rXYZ").replace(b"?XYZ", b"gXYZ")
    image = Image.new("RGB", SIZE, (200, 0, 0))
    for shown in (image, image.quantize(4)):
        assert is_near(middle(stored(shown, "PNG", icc_profile=swapped), "crop"), (0, 200, 0))
    broken = middle(stored(image, "PNG", icc_profile=b"no profile at all"), "crop")
    assert is_near(broken, (200, 0, 0))
