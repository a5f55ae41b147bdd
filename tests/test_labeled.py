import hashlib

import numpy as np

from sbgc import artifacts
from sbgc.data.labeled import Labeled, as_split, fingerprint, from_split, joined

IMAGES, LABELS = np.arange(24, dtype=np.uint8).reshape(2, 3, 4, 1), np.array([1, 0])


def test_joining_puts_the_images_for_tests_last():
    one, two = Labeled(IMAGES, LABELS, 0, ("a", "b")), Labeled(IMAGES[:1] + 100, LABELS[:1], 0, ("a", "b"))
    found = joined(one, two)
    np.testing.assert_array_equal(found.images, np.concatenate([one.images, two.images]))
    assert found.labels.tolist() == [1, 0, 1]
    assert (found.official_test, found.class_names) == (1, ("a", "b"))


def test_an_artifact_holds_the_dataset_and_the_names_of_its_classes(tmp_path):
    dataset = Labeled(IMAGES, LABELS, 1, ("cat", "dog"))
    artifacts.write_split(tmp_path / "raw.npz", as_split(dataset, "mine", 256))
    split = artifacts.read_split(tmp_path / "raw.npz")
    assert split.meta == {"dataset": "mine", "official_test": 1, "levels": 256, "class_names": ["cat", "dog"]}
    assert split.index.tolist() == [0, 1]
    found = from_split(split)
    np.testing.assert_array_equal(found.images, IMAGES)
    assert found.labels.tolist() == [1, 0]
    assert found[2:] == dataset[2:]


def test_the_fingerprint_is_of_pixels_and_labels():
    bytes_of = IMAGES.tobytes() + b"\x01\x00"
    assert fingerprint(IMAGES, LABELS) == hashlib.sha256(bytes_of).hexdigest()
    assert fingerprint(IMAGES, LABELS[::-1]) != fingerprint(IMAGES, LABELS)
