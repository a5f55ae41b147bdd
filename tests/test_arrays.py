import io
import itertools
import zipfile

import numpy as np
import pytest

from sbgc.artifacts import ArtifactError
from sbgc.data.formats import arrays

SHAPE = (3, 4, 1)
IMAGES, LABELS = np.arange(48, dtype=np.uint8).reshape(4, 3, 4), np.array([1, 0, 1, 0])
COLORS = np.random.default_rng(0).integers(0, 256, (4, 3, 4, 3)).astype(np.uint8)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mine.npz"


def read(path, shape=SHAPE, num_classes=2):
    return arrays.read(path, shape, num_classes)


def refused(path, line, **options):
    with pytest.raises(ArtifactError, match=f"mine.npz: {line}") as error:
        read(path, **options)
    assert "\n" not in str(error.value)


def test_images_and_labels_are_one_pool(path):
    np.savez(path, images=IMAGES, labels=LABELS, names=["a", "b"])
    found = read(path)
    np.testing.assert_array_equal(found.images[..., 0], IMAGES)
    assert (found.labels.tolist(), found.official_test, found.class_names) == ([1, 0, 1, 0], 0, ("0", "1"))
    assert found.labels.dtype == np.int64


def test_a_test_set_in_keras_names_is_kept_apart(path):
    np.savez(path, x_train=IMAGES[:3], y_train=LABELS[:3], x_test=IMAGES[3:], y_test=LABELS[3:])
    found = read(path)
    np.testing.assert_array_equal(found.images[..., 0], IMAGES)
    assert (found.labels.tolist(), found.official_test, found.class_names) == ([1, 0, 1, 0], 1, ("0", "1"))


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.uint64, ">i2"])
def test_labels_in_a_column_are_taken_as_keras_gives_them(path, dtype):
    np.savez(path, images=COLORS, labels=LABELS[:, None].astype(dtype))
    found = read(path, (3, 4, 3))
    assert (found.labels.tolist(), found.labels.dtype) == ([1, 0, 1, 0], np.int64)


def test_arrays_in_fortran_order_and_packed_ones_hold_the_same_images(path):
    np.savez_compressed(path, images=np.asfortranarray(COLORS), labels=LABELS)
    np.testing.assert_array_equal(read(path, (3, 4, 3)).images, COLORS)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"images": IMAGES[:0], "labels": LABELS[:0]}, r"images is uint8 \[0, 3, 4\], expected at least one image"),
        (
            {"images": IMAGES.astype(float)},
            r"images is float64 \[4, 3, 4\], expected uint8 \[n, 3, 4, 1\] or \[n, 3, 4\]",
        ),
        ({"images": IMAGES[0]}, r"images is uint8 \[3, 4\], expected uint8"),
        ({"images": IMAGES[:, :2]}, r"images is uint8 \[4, 2, 4\], expected uint8"),
        ({"images": COLORS}, r"images is uint8 \[4, 3, 4, 3\], expected uint8"),
        ({"images": np.array([object()] * 4)}, r"images is object \[4\]: objects need pickle"),
        ({"labels": np.array([object()] * 4)}, r"labels is object \[4\]: objects need pickle"),
        ({"labels": LABELS.astype(float)}, r"labels is float64 \[4\], expected a whole number for each of 4 images"),
        ({"labels": LABELS[:3]}, r"labels is int64 \[3\], expected a whole number for each of 4 images"),
        ({"labels": np.eye(4, 2, dtype=int)}, r"labels is int64 \[4, 2\], expected a whole number for each"),
    ],
)
def test_other_arrays_are_refused_in_one_line(path, changes, line):
    np.savez(path, **{"images": IMAGES, "labels": LABELS} | changes)
    refused(path, line)


def test_test_images_of_another_size_are_refused(path):
    np.savez(path, x_train=COLORS, y_train=LABELS, x_test=COLORS[:, :2], y_test=LABELS)
    refused(path, r"x_test is uint8 \[4, 2, 4, 3\], expected uint8 \[n, 3, 4, 3\]", shape=(3, 4, 3))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"text"])
def test_what_is_no_npz_is_refused_in_one_line(path, content):
    path.write_bytes(content)
    refused(path, "not an .npz of arrays")


def test_an_unreadable_file_is_not_called_damaged(path):
    refused(path, "cannot be read: No such file or directory")


def test_other_names_are_told(path):
    np.savez(path, x=IMAGES, y=LABELS)
    refused(path, "holds x, y; expected images, labels, or x_train, y_train, x_test, y_test")


def member(header, data=b"", version=b"\x01\x00"):
    """A .npy file with this header."""
    width = 2 if version == b"\x01\x00" else 4
    return b"\x93NUMPY" + version + len(header).to_bytes(width, "little") + header.encode() + data


def packed(path, compression=zipfile.ZIP_DEFLATED, **members):
    labels = io.BytesIO()
    np.save(labels, LABELS)
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in ({"labels": labels.getvalue()} | members).items():
            archive.writestr(f"{name}.npy", content)


HEADER = "{'descr': '|u1', 'fortran_order': False, 'shape': (%s, 3, 4), }\n"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (member(HEADER % (10**12), bytes(48)), r"images is uint8 \[1000000000000, 3, 4\], which does not fit its"),
        (member(HEADER % -4, bytes(48)), r"images is uint8 \[-4, 3, 4\], which does not fit its"),
        (member(HEADER % 4, bytes(47)), r"images is uint8 \[4, 3, 4\], which does not fit its"),
        *((member(sign * times + "1"), "not an .npz of arrays") for sign in "(-[" for times in (100, 900, 9000)),
        (member(" " * 60_000 + HEADER % 4, bytes(48)), "not an .npz of arrays"),
        (member(HEADER % 4, bytes(48), b"\x03\x00"), "not an .npz of arrays"),
        (b"", "not an .npz of arrays"),
    ],
    ids=itertools.count(),
)
def test_a_header_that_lies_is_refused_before_anything_is_unpacked(path, content, line, monkeypatch):
    monkeypatch.setattr(np.lib.format, "read_array", lambda *_, **__: pytest.fail("unpacked"))
    packed(path, images=content)
    refused(path, line)


def test_an_array_that_unpacks_to_far_more_than_its_file_is_refused(path, monkeypatch):
    monkeypatch.setattr(arrays, "PLENTY", 1_000_000)
    zeros = np.zeros((1_000_000, 3, 4), np.uint8)
    np.savez_compressed(path, images=zeros, labels=np.zeros(len(zeros), np.uint8))
    refused(path, r"[\d,]+ bytes that unpack to 13,000,256, expected at most 200 times as many")


def test_blank_images_are_read_up_to_a_size_that_does_no_harm(path):
    np.savez_compressed(path, images=np.zeros((100_000, 3, 4), np.uint8), labels=np.zeros(100_000, int))
    assert len(read(path).labels) == 100_000


def test_other_ways_of_packing_are_refused(path):
    packed(path, zipfile.ZIP_LZMA, images=member(HEADER % 4, bytes(48)))
    refused(path, "images is encrypted or packed in another way than NumPy packs")


def test_damaged_files_are_read_or_refused_in_one_line(path):
    np.savez_compressed(path, images=IMAGES, labels=LABELS)
    whole, lines = path.read_bytes(), []
    for trial in range(400):
        rng = np.random.default_rng(trial)
        content = bytearray(whole[: rng.integers(1, len(whole) + 1)] if trial % 5 == 0 else whole)
        for place in rng.integers(0, len(content), rng.integers(1, 4)):
            content[place] = rng.integers(0, 256)
        path.write_bytes(content)
        try:
            assert read(path).images.shape == (4, *SHAPE)
        except ArtifactError as error:
            lines.append(str(error))
    assert lines
    assert all(line.startswith(str(path)) and "\n" not in line for line in lines)


@pytest.mark.parametrize("error", [MemoryError, KeyboardInterrupt, AssertionError])
def test_no_other_error_is_blamed_on_the_file(path, monkeypatch, error):
    def fail(*_, **__):
        raise error

    np.savez(path, images=IMAGES, labels=LABELS)
    monkeypatch.setattr(np.lib.format, "read_array", fail)
    with pytest.raises(error):
        read(path)
