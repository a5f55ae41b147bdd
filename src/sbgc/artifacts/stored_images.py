"""Images that lie in several files, of which only those that are asked for are read.

Each file is a .npy of bytes, [n, height + 2 margin, width + 2 margin, channels]: around every image lies some of the
picture that it is cut from.
"""

import functools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from sbgc.artifacts.atomic import atomic_path
from sbgc.artifacts.errors import ArtifactError, one_line, reading
from sbgc.artifacts.members import DAMAGE, LONGEST_HEADER

OPEN = 64  # files at a time


class StoredImages:
    """uint8 [n, H, W, C], one file after another. Rows that are taken become an array; the rest stays on the disk.

    surroundings: pixels that are kept on each side, of those that the files hold beyond the images. Raises
    ArtifactError, which names the file, when one is no such array, or when they differ in shape.
    """

    def __init__(self, files: Sequence[Path], margin: int, surroundings: int = 0):
        shapes = [_opened(file).shape for file in files]
        self._begins, form = np.cumsum([0, *(count for count, *_ in shapes)]), shapes[0][1:]
        for file, (_, *found) in zip(files, shapes, strict=True):
            if tuple(found) != form:
                raise ArtifactError(f"{file}: images of {found}, but {files[0]} has {list(form)}")
        # Not all at once: each takes one of the files that the system lets a process have open.
        self._file = functools.lru_cache(OPEN)(lambda number: _opened(files[number]))
        if not 0 <= surroundings <= margin:
            raise ArtifactError(f"{files[0]}: {margin} pixels around each image, expected at least {surroundings}")
        height, width, channels = form
        if 2 * margin >= min(height, width):
            raise ArtifactError(f"{files[0]}: {height}x{width} pixels, expected more than a margin of {margin} around")
        self._cut = margin - surroundings
        self.shape = (int(self._begins[-1]), height - 2 * self._cut, width - 2 * self._cut, channels)
        self.dtype, self.ndim = np.dtype(np.uint8), 4

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> np.ndarray:
        """The images at these rows: a number, a slice, an array of numbers or of truth values."""
        places = np.arange(len(self))[rows]
        flat = np.ravel(places)
        found = np.empty((len(flat), *self.shape[1:]), self.dtype)
        numbers = np.searchsorted(self._begins, flat, side="right") - 1
        for number in np.unique(numbers):
            of_file = numbers == number
            found[of_file] = self._inner(self._file(int(number))[flat[of_file] - self._begins[number]])
        return found.reshape(*np.shape(places), *self.shape[1:])

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("these images lie in files: take the rows that are needed")

    def _inner(self, images: np.ndarray) -> np.ndarray:
        height, width = self.shape[1:3]
        return images[:, self._cut : self._cut + height, self._cut : self._cut + width]


def write_images(path: Path, images: Iterable[np.ndarray], shape: tuple[int, int, int, int]) -> None:
    """Write images of [H, W, C] one by one, of which there are shape[0]. None but the current one is in memory."""
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(stream, header)
        for image in _as_described(images, shape):
            stream.write(image.tobytes())


def _as_described(images: Iterable[np.ndarray], shape: tuple[int, int, int, int]) -> Iterator[np.ndarray]:
    """The same images. Another number or form of them is an error in the program, which the header would hide."""
    for _, image in zip(range(shape[0]), images, strict=True):
        assert (image.shape, image.dtype) == (shape[1:], np.uint8)
        yield image


def _opened(file: Path) -> np.ndarray:
    with reading(file):
        try:
            found = np.lib.format.open_memmap(file, mode="r", max_header_size=LONGEST_HEADER)
        except DAMAGE as error:
            raise ArtifactError(f"not a .npy of images: {one_line(error)}") from error
        if found.ndim != 4 or found.dtype != np.uint8:
            raise ArtifactError(f"{found.dtype} {list(found.shape)}, expected uint8 [n, H, W, C]")
    return found
