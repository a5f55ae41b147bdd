import os

import numpy as np
import pytest
from PIL import Image

from sbgc.artifacts import ArtifactError
from sbgc.data import own

IMAGES, LABELS = np.arange(48, dtype=np.uint8).reshape(4, 3, 4), np.array([1, 0, 1, 0])


def read(path, shape=(3, 4, 1), num_classes=2, levels=256):
    """The dataset, and what was said of it."""
    said = []
    return own.read(path, "mine", shape, num_classes, levels, said.append), said


@pytest.fixture
def npz(tmp_path):
    def write(**arrays):
        np.savez(tmp_path / "mine.npz", **arrays)
        return tmp_path / "mine.npz"

    return write


def test_an_npz_and_a_folder_of_the_same_images_are_the_same_dataset(tmp_path, npz):
    order = [1, 3, 0, 2]  # by class
    for number, (image, label) in enumerate(zip(IMAGES, LABELS, strict=True)):
        (tmp_path / f"mine/{label}").mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(tmp_path / f"mine/{label}/{number}.png")
    one, two = read(npz(images=IMAGES[order], labels=LABELS[order]))[0], read(tmp_path / "mine")[0]
    for name in ("images", "labels", "index"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    facts = {"dataset": "mine", "official_test": 0, "levels": 256, "class_names": ["0", "1"]}
    assert one.meta == two.meta == facts


def test_the_number_of_images_of_each_class_is_said(tmp_path, npz):
    cut = {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES[:3] + 100, "y_test": LABELS[:3]}
    path = npz(**cut)
    assert read(path)[1] == [
        "class 0 (0): 2 images, and 1 for tests",
        "class 1 (1): 2 images, and 2 for tests",
        f"{path}: 4 images of 2 classes, and 3 for tests",
    ]


def test_images_that_occur_twice_are_counted_and_said(npz):
    path = npz(images=IMAGES[[0, 1, 0, 1]], labels=LABELS)
    assert read(path)[1][-1] == f"{path}: 2 of 4 images equal an earlier one, to the last pixel"
    path = npz(
        x_train=IMAGES,
        y_train=LABELS,
        x_test=IMAGES[:3] + np.array([0, 99, 0])[:, None, None].astype("u1"),
        y_test=LABELS[:3],
    )
    line = f"{path}: 2 of 3 images for tests are also among those for training, to the last pixel"
    assert read(path)[1][-1] == line


@pytest.mark.parametrize(
    ("labels", "line"),
    [
        (LABELS - 1, "found the label -1, expected 0 to 1, since num_classes is 2"),
        (LABELS + 1, "found the label 2, expected 0 to 1, since num_classes is 2"),
        (LABELS * 0, r"the dataset has no image of class 1 \(1\)"),
        (LABELS * 0 + 1, r"the dataset has no image of class 0 \(0\)"),
    ],
)
def test_labels_are_those_of_all_classes_or_refused(npz, labels, line):
    with pytest.raises(ArtifactError, match=f"mine.npz: {line}"):
        read(npz(images=IMAGES, labels=labels))


@pytest.mark.parametrize(("part", "line"), [("train", "the training set"), ("test", "the test set")])
def test_a_part_that_lacks_a_class_is_refused_with_its_name(npz, part, line):
    cut = {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES, "y_test": LABELS} | {f"y_{part}": LABELS * 0}
    with pytest.raises(ArtifactError, match=rf"mine.npz: {line} has no image of class 1 \(1\)"):
        read(npz(**cut))


def test_gray_levels_beyond_the_last_are_refused(npz):
    path = npz(images=IMAGES, labels=LABELS)
    assert read(path, levels=48)
    with pytest.raises(ArtifactError, match=r"mine.npz: gray level 47, expected at most 46"):
        read(path, levels=47)


@pytest.mark.parametrize("channels", [2, 4])
def test_two_and_four_channels_are_refused(tmp_path, npz, channels):
    path = npz(images=np.zeros((2, 3, 4, channels), np.uint8), labels=[0, 1])
    for source in (path, tmp_path):
        with pytest.raises(ArtifactError, match=f"image_shape has {channels} channels, expected 1 or 3"):
            read(source, (3, 4, channels))


def test_what_is_neither_a_folder_nor_a_file_is_refused_and_never_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ArtifactError, match="pipe: a named pipe, expected a folder of images or an .npz"):
        read(tmp_path / "pipe")
    with pytest.raises(ArtifactError, match="none: cannot be read: No such file or directory"):
        read(tmp_path / "none")


@pytest.mark.parametrize(("side", "channels", "classes"), [(8, 1, 1), (512, 3, 2), (8, 3, 1000)])
def test_one_to_a_thousand_classes_of_8_to_512_pixels_are_taken(npz, side, channels, classes):
    images = np.zeros((classes, side, side, channels), np.uint8)
    found, _ = read(npz(images=images, labels=np.arange(classes)), (side, side, channels), classes)
    assert (len(found), len(found.meta["class_names"])) == (classes, classes)
