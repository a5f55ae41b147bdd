"""The idx format of MNIST: a magic number, the sizes as big-endian integers, then bytes. Files are often gzipped."""

import gzip
import math
import struct
import zlib

import numpy as np

from sbgc.artifacts import ArtifactError

BYTES = 0x08  # the code of unsigned bytes, the only kind that MNIST's files hold
GZIP = b"\x1f\x8b"  # the first bytes of what is gzipped


def read(content: bytes, name: object, axes: int) -> np.ndarray:
    """The uint8 array of an idx file, gzipped or not, that has `axes` axes.

    Raises ArtifactError when the file holds anything else.
    """
    try:
        raw = gzip.decompress(content) if content.startswith(GZIP) else content
    except (OSError, EOFError, zlib.error) as error:
        raise ArtifactError(f"{name}: damaged gzip: {error}") from error
    header = 4 + 4 * axes
    if len(raw) < header or raw[:4] != bytes([0, 0, BYTES, axes]):
        raise ArtifactError(
            f"{name}: begins with {raw[:4].hex()}, expected 0000{BYTES:02x}{axes:02x}: bytes, {axes} axes"
        )
    shape = struct.unpack(f">{axes}I", raw[4:header])
    if len(raw) - header != math.prod(shape):
        raise ArtifactError(f"{name}: {len(raw) - header} values, expected {' x '.join(map(str, shape))}")
    return np.frombuffer(raw, np.uint8, offset=header).reshape(shape)
