"""The arrays of an .npz file that nobody vouches for: looked at before they are unpacked, and never unpickled."""

import math
import struct
import tokenize
import zipfile
import zlib
from pathlib import Path

import numpy as np

from sbgc.artifacts.errors import ArtifactError

Arrays = dict[str, np.ndarray]

# What zipfile, zlib and NumPy raise on damaged bytes; a ValueError is NumPy's for a header that is none, and json's.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    tokenize.TokenError,
    EOFError,
    NotImplementedError,
    OverflowError,
    RecursionError,
    ValueError,
)

# A zip may promise a thousand times its own size. Scores hardly shrink at all, real images at most some hundred times,
# and a small file may promise what it likes: constant columns and blank images shrink best.
FOLD, FREE = 200, 64 * 2**20
LONGEST_HEADER = 1000  # characters of a .npy header; NumPy writes some 120
NUMBERS_AND_TEXT = "biufU"
HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def read_members(path: Path) -> Arrays:
    """All arrays of a file by name, without the ending .npy.

    Raises one of DAMAGE (ArtifactError is a ValueError) when the file is no zip of .npy members, when a member is not
    as large as its header says or holds Python objects, and when the members together would be more than 64 MiB and
    more than 200 times as large as the file.
    """
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        promised, size = sum(member.file_size for member in members), path.stat().st_size
        if promised > max(FREE, FOLD * size):
            raise ArtifactError(f"{size} bytes that would unpack to {promised}, more than {FOLD} times as many")
        names = [member.filename.removesuffix(".npy") for member in members]
        if len(set(names)) < len(names):
            raise ArtifactError("a member comes twice")
        return {name: _array(archive, member) for name, member in zip(names, members, strict=True)}


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    _check(archive, member)
    with archive.open(member) as stream:
        # As this reads all that the zip promises, zipfile compares the checksum at the end.
        return np.lib.format.read_array(stream, allow_pickle=False, max_header_size=LONGEST_HEADER)


def _check(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Look at a member's header only: what it promises must be numbers or text, and as many bytes as the zip says."""
    name = member.filename
    if member.flag_bits & 1 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ArtifactError(f"{name} is encrypted, or compressed in an unknown way")
    with archive.open(member) as stream:
        version = np.lib.format.read_magic(stream)
        if version not in HEADERS:
            raise ArtifactError(f"{name} has a .npy header of version {version}, expected 1.0 or 2.0")
        shape, _, dtype = HEADERS[version](stream, max_header_size=LONGEST_HEADER)
        start = stream.tell()
    if dtype.kind not in NUMBERS_AND_TEXT:
        raise ArtifactError(f"{name} holds {dtype}, expected numbers or text")
    if start + math.prod(shape) * dtype.itemsize != member.file_size:
        raise ArtifactError(f"{name} is {member.file_size} bytes, but its header promises {dtype} {list(shape)}")
