"""One image file: its pixels as a viewer shows them, or a refusal that names the file.

Nothing is lost unseen. Samples of more than 8 bits, transparent pixels and animations are refused. What is converted
(another color space, a turn that the camera asked for) is told to the caller, who counts and reports it.
"""

import contextlib
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np
from PIL import ExifTags, Image, ImageFile, ImageOps

from sbgc.artifacts import ArtifactError
from sbgc.data.formats.tree import cannot_be_read, refusal

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
# Pillow's modes of 8 bits a sample or fewer. Of "I", "I;16" and "F" its convert() would clip what is above 255.
GRAY = ("1", "L", "LA", "La")
MODES = (*GRAY, "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr")
SAMPLE_FORMAT = 339  # a TIFF's tag; 1 stands for unsigned whole numbers
TURNED = range(2, 9)  # the orientations that are not upright

# What Pillow raises for damaged bytes, and for sizes that it will not decode.
DAMAGED = (
    Image.DecompressionBombError,
    OSError,
    EOFError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    OverflowError,
    struct.error,
    zlib.error,
)


def read(path: Path, image_shape: tuple[int, int, int]) -> tuple[np.ndarray, list[str]]:
    """The pixels, uint8 [H, W, C] with C of 1 or 3, and a phrase for each conversion ("changed from CMYK to RGB").

    Gray levels are repeated where three channels are wanted. Colors become their luma (ITU-R BT.601) where one is
    wanted. A turn that EXIF or XMP data ask for is applied. Color profiles are not. Raises ArtifactError naming the
    file, what was found and what was expected.
    """
    try:
        stream = path.open("rb")
    except OSError as error:
        raise cannot_be_read(path, error) from error
    with stream:
        image, remarks = _opened(path, stream, image_shape[:2])
    pixels = _eight_bits(path, image, remarks)
    return _channels(pixels, image_shape[2], remarks), remarks


def _opened(path: Path, stream: IO[bytes], size: tuple[int, int]) -> tuple[Image.Image, list[str]]:
    """The decoded image, upright. Its size is checked before any pixel is decoded: a huge image costs nothing."""
    with _decoding(path):
        file = Image.open(stream, formats=FORMATS)
    _refuse_depth(path, file)
    if file.size not in (size, size[::-1]):
        raise _of_another_size(path, file, size)
    _refuse_frames(path, file)
    with _decoding(path):
        turned = file.getexif().get(ExifTags.Base.Orientation) in TURNED
        image = ImageOps.exif_transpose(file)
    if image.size != size[::-1]:
        raise _of_another_size(path, image, size)
    return image, ["turned as their EXIF or XMP data say"] if turned else []


@contextlib.contextmanager
def _decoding(path: Path) -> Iterator[None]:
    try:
        yield
    except DAMAGED as error:
        raise refusal(path, f"not an image: {' '.join(str(error).split()) or type(error).__name__}") from error


def _of_another_size(path: Path, image: Image.Image, size: tuple[int, int]) -> ArtifactError:
    return refusal(path, f"{image.size[1]} x {image.size[0]} pixels, expected {size[0]} x {size[1]}")


def _refuse_depth(path: Path, image: ImageFile.ImageFile) -> None:
    kinds = set(np.atleast_1d(getattr(image, "tag_v2", {}).get(SAMPLE_FORMAT, 1)))
    if image.mode not in MODES or kinds != {1} or any(_is_deep(tile) for tile in image.tile):
        kind = f"{image.format}, Pillow's mode {image.mode}"
        raise refusal(path, f"samples of another kind than unsigned 8 bits ({kind}), expected 8 bits a channel")


def _is_deep(tile: tuple) -> bool:
    """Whether a decoder is told to shrink 16 bits to 8, of which the image's mode says nothing."""
    decoder, *_, arguments = tile
    arguments = arguments if isinstance(arguments, tuple) else (arguments,)
    whites = [argument for argument in arguments if isinstance(argument, int)] if decoder.startswith("ppm") else []
    return (
        any(isinstance(argument, str) and ";16" in argument for argument in arguments) or max(whites, default=0) > 255
    )


def _refuse_frames(path: Path, image: Image.Image) -> None:
    with _decoding(path):
        try:
            image.seek(1)
        except EOFError:
            return
    raise refusal(path, "more than one frame or page, expected a single image")


def _eight_bits(path: Path, image: Image.Image, remarks: list[str]) -> np.ndarray:
    """The pixels as uint8 [H, W, 1] or [H, W, 3]; an alpha channel that is opaque everywhere is dropped."""
    if image.mode == "CMYK":
        remarks.append("changed from CMYK to RGB")
    gray = image.mode in GRAY
    if image.has_transparency_data:
        with _decoding(path):
            image = (image.convert("LA") if image.mode == "La" else image).convert("RGBA")
        if transparent := int((np.asarray(image)[..., 3] < 255).sum()):
            raise refusal(path, f"{transparent} transparent pixels, expected none: lay the image on a ground")
        image = image.convert("RGB")
    pixels = np.asarray(image.convert("L" if gray else "RGB"))
    return pixels.reshape(*pixels.shape[:2], -1)


def _channels(pixels: np.ndarray, channels: int, remarks: list[str]) -> np.ndarray:
    if pixels.shape[2] == channels:
        return pixels
    if channels == 3:
        remarks.append("changed from gray to three equal channels")
        return pixels.repeat(3, axis=2)
    if (pixels == pixels[..., :1]).all():  # a gray image that was saved with three channels
        return pixels[..., :1]
    remarks.append("changed from color to gray")
    return np.asarray(Image.fromarray(pixels).convert("L"))[..., None]
