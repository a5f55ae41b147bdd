"""One image file of any size and kind, made into what a model's images are, as a person would expect.

Every conversion is told in a phrase. In this order: the first frame of an animation; a turn that the camera asked for;
16 bits a sample to 8, by their upper half; transparent pixels on a white ground; the largest centered rectangle of the
wanted proportions; resampling by Lanczos' kernel, which averages where it shrinks; colors to their luma (ITU-R BT.601),
or gray to three equal channels; and 256 gray levels to fewer, rounded to the nearest.
"""

import io
import warnings

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from sbgc.artifacts import ArtifactError, one_line
from sbgc.data.formats.picture import DAMAGED, FORMATS

DEEP = ("I;16", "I;16L", "I;16B", "I;16N", "I")
MOST_PIXELS = 100_000_000


def read(content: bytes, image_shape: tuple[int, int, int], levels: int) -> tuple[np.ndarray, list[str]]:
    """The image, uint8 [H, W, C] on 0..levels-1, and a phrase for each conversion.

    Raises ArtifactError where the bytes are no image, or one of more than a hundred million pixels.
    """
    told: list[str] = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            file = _opened(content)
            if file.width * file.height > MOST_PIXELS:
                raise ArtifactError(f"{file.width} x {file.height} pixels, expected at most {MOST_PIXELS:,} in all")
            image = _eight_bits(_upright(file, told), told)
            return fitted(image, image_shape, levels, told), told
    except ArtifactError:
        raise
    except (*DAMAGED, Image.DecompressionBombWarning) as error:
        raise ArtifactError(f"not an image: {one_line(error)}") from error


def fitted(image: Image.Image, image_shape: tuple[int, int, int], levels: int, told: list[str]) -> np.ndarray:
    """A gray (L) or color (RGB) image of 8 bits, cut, resampled and converted; a phrase for each is added to `told`."""
    pixels = _channels(_sized(image, image_shape[:2], told), image_shape[2], told)
    if levels < 256:
        told.append(f"256 gray levels to {levels}")
        pixels = np.round(pixels * ((levels - 1) / 255.0)).astype(np.uint8)
    return pixels


def _opened(content: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(content), formats=FORMATS)
    except UnidentifiedImageError:
        raise ArtifactError(f"of no known format, expected one of {', '.join(FORMATS)}") from None


def _upright(file: Image.Image, told: list[str]) -> Image.Image:
    if (frames := getattr(file, "n_frames", 1)) > 1:
        told.append(f"the first of {frames} frames")
        file.seek(0)
    image = ImageOps.exif_transpose(file)
    if image.size != file.size or file.getexif().get(0x0112, 1) != 1:
        told.append("turned as EXIF data say")
    return image


def _eight_bits(image: Image.Image, told: list[str]) -> Image.Image:
    """Gray (L) or color (RGB) of 8 bits, without transparency."""
    if image.mode in DEEP:
        told.append("16 bits a sample to 8")
        image = Image.fromarray((np.asarray(image).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8))
    elif image.mode == "F":
        raise ArtifactError("samples are floating-point numbers, expected whole ones of 8 or 16 bits")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        if (np.asarray(image)[..., 3] < 255).any():
            told.append("transparent pixels on white")
        ground = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(ground, image).convert("RGB")
    if image.mode not in ("1", "L", "RGB", "P"):
        told.append(f"from {image.mode} to RGB")
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _sized(image: Image.Image, size: tuple[int, int], told: list[str]) -> Image.Image:
    height, width = size
    if image.size == (width, height):
        return image
    across = min(image.width, round(image.height * width / height))
    down = min(image.height, round(image.width * height / width))
    if (across, down) != image.size:
        told.append("cut to its center")
        left, top = (image.width - across) // 2, (image.height - down) // 2
        image = image.crop((left, top, left + max(across, 1), top + max(down, 1)))
    if image.size != (width, height):
        told.append(f"{image.width} x {image.height} pixels to {width} x {height}")
    return image.resize((width, height), Image.Resampling.LANCZOS)


def _channels(image: Image.Image, channels: int, told: list[str]) -> np.ndarray:
    pixels = np.asarray(image)
    gray = pixels.ndim == 2 or bool((pixels == pixels[..., :1]).all())
    if channels == 1:
        if not gray:
            told.append("colors to gray")
        return np.asarray(image.convert("L"))[..., None]
    if pixels.ndim == 2:
        told.append("gray to three equal channels")
        pixels = pixels[..., None].repeat(3, axis=2)
    return pixels
