"""CIFAR's Python pickles, read without pickle's powers.

A pickle is a program that may call anything. Those of CIFAR-10 call three names, to build one array; here these stand
for two inert classes that only keep what they are given, and every other name is refused. No NumPy object, of whatever
dtype, is ever built by the file.
"""

import io
import pickle
from typing import Any

import numpy as np

from sbgc.artifacts import ArtifactError
from sbgc.data.labeled import Labeled

SHAPE = (3, 32, 32)  # of a row: all red, then all green, then all blue values


class _Dtype:
    """What `numpy.dtype` was called with."""

    def __init__(self, *arguments: object):
        self.arguments = arguments

    def __setstate__(self, state: object) -> None:
        """Byte order and the like: of single bytes there is none."""


class _Array:
    """What an array was to be made of: (version, shape, dtype, Fortran order, raw bytes)."""

    def __init__(self, *arguments: object):
        self.state: Any = None

    def __setstate__(self, state: object) -> None:
        self.state = state


def _reconstruct(*arguments: object) -> _Array:
    return _Array()


ALLOWED = {
    **dict.fromkeys([(f"numpy.{core}.multiarray", "_reconstruct") for core in ("core", "_core")], _reconstruct),
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Dtype,
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED:
            raise ArtifactError(f"it names {module}.{name}, which no CIFAR batch needs")
        return ALLOWED[module, name]


def read_batch(content: bytes, name: object) -> Labeled:
    """The images and labels of one batch file. Raises ArtifactError when it holds anything else."""
    try:
        found = _Unpickler(io.BytesIO(content), encoding="bytes").load()
        pixels, labels = _pixels(found[b"data"]), np.array(found[b"labels"])
    except Exception as error:  # a damaged pickle raises a dozen kinds of error
        raise ArtifactError(
            f"{name}: not a CIFAR batch: {' '.join(str(error).split()) or type(error).__name__}"
        ) from error
    if labels.dtype.kind != "i" or labels.shape != (len(pixels),):
        raise ArtifactError(f"{name}: not a CIFAR batch: {labels.shape} {labels.dtype} labels of {len(pixels)} images")
    return Labeled(pixels.reshape(-1, *SHAPE).transpose(0, 2, 3, 1), labels.astype(np.int64))


def _pixels(array: Any) -> np.ndarray:
    if not isinstance(array, _Array):
        raise ArtifactError(f"data is {type(array).__name__}, expected an array")
    _, (rows, columns), dtype, fortran, raw = array.state
    if not isinstance(dtype, _Dtype) or dtype.arguments[:1] not in (("u1",), (b"u1",)) or fortran:
        raise ArtifactError("data is not an array of bytes in C order")
    if columns != int(np.prod(SHAPE)) or len(raw) != rows * columns:
        raise ArtifactError(f"data is {rows} x {columns} in {len(raw)} bytes, expected rows of {int(np.prod(SHAPE))}")
    return np.frombuffer(raw, np.uint8).reshape(rows, columns)
