import hashlib

import numpy as np
import pytest

from sbgc.artifacts import ArtifactError
from sbgc.data.labeled import Labeled, checked, fingerprint, joined

IMAGES, LABELS = np.arange(24, dtype=np.uint8).reshape(2, 3, 4), np.array([1, 0])


def test_gray_images_get_a_channel_axis_and_labels_are_int64():
    found = checked(IMAGES, LABELS.astype(np.uint8), "x.npz")
    assert found.images.shape == (2, 3, 4, 1)
    assert found.labels.dtype == np.int64


@pytest.mark.parametrize(
    ("images", "labels", "line"),
    [
        (IMAGES.astype(float), LABELS, "x.npz: images are float64, expected uint8"),
        (IMAGES[0], LABELS, r"x.npz: images have shape \[3, 4\], expected"),
        (IMAGES, LABELS.astype(float), r"x.npz: labels are float64 \[2\], expected one whole number for each of 2"),
        (IMAGES, LABELS[:1], r"x.npz: labels are int64 \[1\], expected"),
    ],
)
def test_other_arrays_are_refused_in_one_line(images, labels, line):
    with pytest.raises(ArtifactError, match=line):
        checked(images, labels, "x.npz")


def test_joining_puts_the_images_for_tests_last():
    one, two = checked(IMAGES, LABELS, ""), checked(IMAGES[:1] + 100, LABELS[:1], "")
    found = joined(one, two)
    np.testing.assert_array_equal(found.images, np.concatenate([one.images, two.images]))
    assert found.labels.tolist() == [1, 0, 1]
    assert found.official_test == 1


def test_the_fingerprint_is_of_pixels_and_labels():
    bytes_of = IMAGES.tobytes() + b"\x01\x00"
    assert fingerprint(IMAGES, LABELS) == hashlib.sha256(bytes_of).hexdigest()
    assert fingerprint(IMAGES, LABELS[::-1]) != fingerprint(IMAGES, LABELS)
    assert Labeled(IMAGES[..., None], LABELS).official_test == 0
