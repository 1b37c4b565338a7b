"""Draw a cover in another shape or format. Needs Pillow: loaded by name, where it is there."""

from __future__ import annotations

import io

from PIL import Image, ImageCms, ImageEnhance, ImageFilter, ImageOps, ImageStat

from sync.pictures import AS_IT_IS

WIDTH, HEIGHT = 1000, 1500
# Closer to 2:3 than this needs no change of shape.
TOLERANCE = 0.02
LARGEST_SIDE = 3840
QUALITY = 90
# From this mean on, of 255, a picture can't be seen against white.
TOO_LIGHT = 230
DARK = (48, 48, 48, 255)


def draw(content: bytes, style: str, *, is_fine: bool) -> bytes:
    """The cover in this style, as JPEG; one that `is_fine` and has the right shape as it is.

    Pillow's decoders raise nearly anything for broken files, SyntaxError included.
    """
    with Image.open(io.BytesIO(content)) as opened:
        # Decoded small where the format allows it: covers of 40 megapixels exist.
        opened.draft("RGB", (LARGEST_SIDE, LARGEST_SIDE))
        image = _as_rgb(ImageOps.exif_transpose(opened))
    if style == AS_IT_IS:
        image.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    elif abs(image.width / image.height / (WIDTH / HEIGHT) - 1) <= TOLERANCE:
        if is_fine:
            return content
        image.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    else:
        image = _fit(image) if style == "fit" else _crop(image)
    return _jpeg(image)


def _as_rgb(image: Image.Image) -> Image.Image:
    """As it is seen: 16 bits scaled to 8, colours in sRGB, and nothing of what lies below
    transparency."""
    profile = image.info.get("icc_profile")
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        # convert() would cut everything above 255 to white.
        image = image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    if image.has_transparency_data:
        image = _on_canvas(image.convert("RGBA"))
    return _in_srgb(image, profile).convert("RGB")


def _on_canvas(image: Image.Image) -> Image.Image:
    """On white; what is nearly white itself, such as a white logo, on a dark grey."""
    mask = image.getchannel("A")
    seen = ImageStat.Stat(image.convert("L"), mask).mean[0] if mask.getbbox() else 0
    canvas = Image.new("RGBA", image.size, "white" if seen < TOO_LIGHT else DARK)
    return Image.alpha_composite(canvas, image).convert("RGB")


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """JPEGs are shown without a profile as sRGB; one that can't be read counts as none."""
    if not profile:
        return image
    if image.mode not in ("RGB", "L", "CMYK"):
        image = image.convert("RGB")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        made = ImageCms.profileToProfile(
            image, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    return made or image


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
