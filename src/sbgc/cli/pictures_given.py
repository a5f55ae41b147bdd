"""The images that a command is given: files, folders, standard input."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sbgc.artifacts import ArtifactError, reading
from sbgc.data.formats import any_picture

STDIN = "-"
SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".tif", ".tiff", ".webp", ".bmp", ".ppm", ".pgm")  # of a folder's files


class Given(NamedTuple):
    """An image by its name, uint8 [H, W, C] in the model's gray levels, and how it was converted."""

    name: str
    pixels: np.ndarray
    told: list[str]


def given(names: Sequence[str], image_shape: tuple[int, int, int], levels: int) -> tuple[list[Given], list[str]]:
    """The images of these files and folders in the order given, and a line for each that cannot be read."""
    readable, refused = [], []
    for name in names:
        try:
            for one, content in _contents(name):
                try:
                    readable.append(Given(one, *any_picture.read(content, image_shape, levels)))
                except ArtifactError as error:
                    refused.append(f"{one}: {error}")
        except ArtifactError as error:
            refused.append(str(error))
    return readable, refused


def _contents(name: str) -> Iterator[tuple[str, bytes]]:
    """The bytes of the images that a name stands for. Raises ArtifactError where there is none."""
    if name == STDIN:
        yield "standard input", sys.stdin.buffer.read()
        return
    if not Path(name).is_dir():
        with reading(name) as file:
            content = file.read_bytes()
        yield name, content
        return
    found = sorted(path for path in Path(name).rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    if not found:
        raise ArtifactError(f"{name}: no images in this folder, expected files such as {', '.join(SUFFIXES[:3])}")
    for path in found:
        yield str(path), path.read_bytes()
