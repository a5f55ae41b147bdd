"""CIFAR's Python pickles, read without pickle's powers.

A pickle is a program that may call anything. Those of CIFAR-10 call three names, to build one array; here these stand
for two inert classes that only keep what they are given, and every other name is refused. No NumPy object, of whatever
dtype, is ever built by the file.
"""

import io
import pickle
import struct
from typing import Any

import numpy as np

from sbgc.artifacts import ArtifactError
from sbgc.data.labeled import Labeled

SHAPE = (3, 32, 32)  # of a row: all red, then all green, then all blue values
ROW = 3 * 32 * 32
CLASSES = 10
UNSIGNED_BYTES = (("u1",), (b"u1",))  # what NumPy's dtype is called with, from a str or from bytes

# What the unpickler raises for damaged bytes; any other error is a mistake of ours.
DAMAGED = (
    pickle.UnpicklingError,
    EOFError,
    AttributeError,
    IndexError,
    KeyError,
    OverflowError,
    TypeError,
    ValueError,
    struct.error,
)


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
    except DAMAGED as error:  # an ArtifactError of find_class is a ValueError, too
        raise _no_batch(name, " ".join(str(error).split()) or type(error).__name__) from error
    if not isinstance(found, dict) or not {b"data", b"labels"} <= found.keys():
        raise _no_batch(name, "expected a dictionary with b'data' and b'labels'")
    pixels = _pixels(found[b"data"], name)
    labels = found[b"labels"]
    if not isinstance(labels, list) or not all(type(label) is int and 0 <= label < CLASSES for label in labels):
        raise _no_batch(name, f"labels are not whole numbers from 0 to {CLASSES - 1}")
    if len(labels) != len(pixels):
        raise _no_batch(name, f"{len(labels)} labels of {len(pixels)} images")
    return Labeled(pixels.reshape(-1, *SHAPE).transpose(0, 2, 3, 1), np.array(labels, np.int64))


def _pixels(array: Any, name: object) -> np.ndarray:
    """The bytes of the array that a pickle described, uint8 [rows, ROW]."""
    if not isinstance(array, _Array):
        raise _no_batch(name, f"data is {type(array).__name__}, expected an array")
    match array.state:
        case (_, (int(rows), int(columns)), _Dtype(arguments=kind), False, bytes(raw)) if kind[:1] in UNSIGNED_BYTES:
            if columns != ROW or len(raw) != rows * columns:
                found = f"data is {rows} x {columns} in {len(raw)} bytes"
                raise _no_batch(name, f"{found}, expected rows of {ROW}")
            return np.frombuffer(raw, np.uint8).reshape(rows, columns)
    raise _no_batch(name, "data is not an array of bytes in C order")


def _no_batch(name: object, found: str) -> ArtifactError:
    return ArtifactError(f"{name}: not a CIFAR batch: {found}")
