import gzip
import struct

import numpy as np
import pytest

from sbgc.artifacts import ArtifactError
from sbgc.data.formats import idx

VALUES = np.arange(30, dtype=np.uint8).reshape(2, 3, 5)


def zipped(content):
    # gzip's header holds the time: each worker of a test run must collect the same bytes.
    return gzip.compress(content, mtime=0)


def packed(values=VALUES, magic=b"\x00\x00\x08\x03", shape=None):
    return zipped(magic + struct.pack(f">{values.ndim}I", *(shape or values.shape)) + values.tobytes())


@pytest.mark.parametrize("content", [packed(), gzip.decompress(packed())])
def test_the_array_is_read_in_its_shape_gzipped_or_not(content):
    np.testing.assert_array_equal(idx.read(content, "images", axes=3), VALUES)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"plain", "begins with 706c6169, expected 00000803"),
        (b"\x1f\x8bplain", "damaged gzip"),
        (packed()[:-9], "damaged gzip"),
        (packed(magic=b"\x00\x00\x0d\x03"), "begins with 00000d03, expected 00000803: bytes, 3 axes"),
        (packed(VALUES[0], magic=b"\x00\x00\x08\x02"), "begins with 00000802, expected 00000803"),
        (packed(shape=(2, 3, 6)), "30 values, expected 2 x 3 x 6"),
        (packed(shape=(1, 3, 5)), "30 values, expected 1 x 3 x 5"),
        (zipped(b"\x00\x00\x08\x03\x00"), "begins with 00000803, expected"),
    ],
)
def test_what_is_no_such_array_is_refused_in_one_line(content, line):
    with pytest.raises(ArtifactError, match=f"^images: {line}"):
        idx.read(content, "images", axes=3)
