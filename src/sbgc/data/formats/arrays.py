"""A user's dataset in one .npz: `images` and `labels`, or a training and a test set under Keras' names.

An .npz is a zip archive whose members are arrays, each behind a header that tells its shape and type. All headers are
checked before anything is unpacked: what is then unpacked is what was asked for, and of a bounded size.
"""

import contextlib
import io
import math
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sbgc.artifacts import ArtifactError
from sbgc.data.formats.tree import cannot_be_read
from sbgc.data.labeled import Labeled, joined

WHOLE, CUT = (("images", "labels"),), (("x_train", "y_train"), ("x_test", "y_test"))
EXPECTED = "expected images, labels, or x_train, y_train, x_test, y_test"
NAMED = 8  # members that an error lists

# Together the arrays may take 200 times the file's own size, or 256 MiB where that is more. Deflate reaches 1,030
# times, but only for one value over and over.
RATIO, PLENTY = 200, 2**28
# A header of a plain array has some 120 bytes. Python's parser would call a long nonsensical one a lack of memory.
HEADER, PREAMBLE = 1_000, 1_012

# What zipfile, zlib and NumPy raise for damaged bytes.
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    SyntaxError,
    OverflowError,
    NotImplementedError,
    RecursionError,
    struct.error,
    tokenize.TokenError,
)


class _Member(NamedTuple):
    info: zipfile.ZipInfo
    shape: tuple[int, ...]
    dtype: np.dtype

    def __str__(self) -> str:
        return f"{self.info.filename.removesuffix('.npy')} is {self.dtype} {list(self.shape)}"


def read(path: Path, image_shape: tuple[int, int, int], num_classes: int) -> Labeled:
    """The dataset, the test set last; classes are named by their numbers.

    Images are uint8 [n, H, W, C], or [n, H, W] where C is 1; labels are whole numbers, [n] or [n, 1] as Keras has them.
    Raises ArtifactError when the file holds anything else, objects that need pickle included.
    """
    with _archive(path) as archive:
        pairs = [
            (_member(archive, images, path), _member(archive, labels, path)) for images, labels in _names(archive, path)
        ]
        for images, labels in pairs:
            _refuse_shapes(images, labels, image_shape, path)
        _refuse_size([member for pair in pairs for member in pair], path)
        parts = [_pair(archive, images, labels, image_shape, path) for images, labels in pairs]
    classes = tuple(map(str, range(num_classes)))
    return (parts[0] if len(parts) == 1 else joined(*parts))._replace(class_names=classes)


@contextlib.contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        stream = path.open("rb")
    except OSError as error:
        raise cannot_be_read(path, error) from error
    with stream:
        try:
            archive = zipfile.ZipFile(stream)
        except DAMAGED as error:
            raise _damaged(path, error) from error
        with archive:
            yield archive


def _names(archive: zipfile.ZipFile, path: Path) -> tuple[tuple[str, str], ...]:
    names = sorted(name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy"))
    for pairs in (CUT, WHOLE):
        if {name for pair in pairs for name in pair} <= set(names):
            return pairs
    listed = ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "")
    raise ArtifactError(f"{path}: holds {listed or 'no array'}; {EXPECTED}")


def _member(archive: zipfile.ZipFile, name: str, path: Path) -> _Member:
    """What the header of an array says. No more than the header is unpacked."""
    info = archive.getinfo(f"{name}.npy")
    if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ArtifactError(f"{path}: {name} is encrypted or packed in another way than NumPy packs")
    try:
        with archive.open(info) as stream:
            start = io.BytesIO(stream.read(PREAMBLE))
        readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        shape, _, dtype = readers[np.lib.format.read_magic(start)](start, HEADER)
    except DAMAGED as error:
        raise _damaged(path, error) from error
    member = _Member(info, shape, dtype)
    if dtype.hasobject:
        raise ArtifactError(f"{path}: {member}: objects need pickle, which may run anything, and are not read")
    if info.file_size != start.tell() + math.prod(shape) * dtype.itemsize:
        raise ArtifactError(f"{path}: {member}, which does not fit its {info.file_size} bytes")
    return member


def _refuse_shapes(images: _Member, labels: _Member, image_shape: tuple[int, int, int], path: Path) -> None:
    allowed = [image_shape, image_shape[:2]] if image_shape[2] == 1 else [image_shape]
    if images.dtype != np.uint8 or images.shape[1:] not in allowed:
        axes = " or ".join(f"[n, {', '.join(map(str, shape))}]" for shape in allowed)
        raise ArtifactError(f"{path}: {images}, expected uint8 {axes}")
    count = images.shape[0]
    if count < 1:
        raise ArtifactError(f"{path}: {images}, expected at least one image")
    if labels.dtype.kind not in "iu" or labels.shape not in ((count,), (count, 1)):
        raise ArtifactError(f"{path}: {labels}, expected a whole number for each of {count} images")


def _refuse_size(members: list[_Member], path: Path) -> None:
    unpacked, packed = sum(member.info.file_size for member in members), path.stat().st_size
    if unpacked > max(PLENTY, RATIO * packed):
        found = f"{packed:,} bytes that unpack to {unpacked:,}"
        raise ArtifactError(f"{path}: {found}, expected at most {RATIO} times as many: is this a zip bomb?")


def _pair(
    archive: zipfile.ZipFile, images: _Member, labels: _Member, image_shape: tuple[int, int, int], path: Path
) -> Labeled:
    pixels, classes = (_array(archive, member, path) for member in (images, labels))
    return Labeled(pixels.reshape(-1, *image_shape), classes.reshape(-1).astype(np.int64))


def _array(archive: zipfile.ZipFile, member: _Member, path: Path) -> np.ndarray:
    try:
        with archive.open(member.info) as stream:
            return np.lib.format.read_array(stream, allow_pickle=False)
    except DAMAGED as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> ArtifactError:
    return ArtifactError(f"{path}: not an .npz of arrays: {' '.join(str(error).split()) or type(error).__name__}")
