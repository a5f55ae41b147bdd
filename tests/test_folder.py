import shutil

import numpy as np
import pytest
from PIL import Image

from sbgc.artifacts import ArtifactError
from sbgc.data.formats import folder

SHAPE = (4, 6, 3)
PIXELS = np.random.default_rng(0).integers(0, 256, (3, *SHAPE)).astype(np.uint8)


def write(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def read(root, shape=SHAPE, num_classes=2):
    """The dataset, and what was said of it."""
    said = []
    return folder.read(root, shape, num_classes, said.append), said


@pytest.fixture
def root(tmp_path):
    for name, pixels in zip(("dog/b.png", "cat/z.png", "dog/a.bmp"), PIXELS, strict=True):
        write(tmp_path / "mine" / name, pixels)
    return tmp_path / "mine"


def test_classes_and_files_come_in_the_order_of_their_names(root):
    found, said = read(root)
    np.testing.assert_array_equal(found.images, PIXELS[[1, 2, 0]])  # cat/z, dog/a, dog/b
    assert (found.labels.tolist(), found.official_test, found.class_names) == ([0, 1, 1], 0, ("cat", "dog"))
    assert found.labels.dtype == np.int64
    assert said == []


def test_classes_that_are_named_by_numbers_come_in_the_order_of_the_numbers(tmp_path):
    for number in range(12):
        write(tmp_path / f"{number}/x.png", np.full(SHAPE, number, np.uint8))
    found, _ = read(tmp_path, num_classes=12)
    assert found.images[:, 0, 0, 0].tolist() == found.labels.tolist() == list(range(12))
    assert found.class_names == tuple(map(str, range(12)))


def test_a_thousand_classes_are_read(tmp_path):
    for number in range(1000):
        write(tmp_path / f"{number}/x.png", np.full((1, 2), number % 256, np.uint8))
    found, _ = read(tmp_path, (1, 2, 1), 1000)
    assert found.labels.tolist() == list(range(1000))


def test_one_class_of_large_images_is_read(tmp_path):
    write(tmp_path / "only/x.png", np.zeros((512, 512, 3), np.uint8))
    found, _ = read(tmp_path, (512, 512, 3), 1)
    assert (found.images.shape, found.class_names) == ((1, 512, 512, 3), ("only",))


def test_folders_train_and_test_are_kept_apart(root, tmp_path):
    shutil.copytree(root, tmp_path / "cut/train")
    shutil.copytree(root, tmp_path / "cut/test")
    found, _ = read(tmp_path / "cut")
    assert (found.labels.tolist(), found.official_test) == ([0, 1, 1] * 2, 3)


def test_what_is_skipped_and_converted_is_said(root):
    (root / "dog/.hidden").write_text("not read")
    write(root / "cat/gray.png", PIXELS[0, ..., 0])
    _, said = read(root)
    assert said == [
        f"{root}: 1 hidden files or folders were skipped",
        f"{root}: 1 of 4 images were changed from gray to three equal channels",
    ]


def test_what_is_no_such_image_is_named(root):
    for content, line in ((b"text", "not an image"), ((root / "dog/b.png").read_bytes()[:60], "not an image")):
        (root / "dog/c.png").write_bytes(content)
        with pytest.raises(ArtifactError, match=f"dog/c.png: {line}") as error:
            read(root)
        assert "\n" not in str(error.value)


def test_another_number_of_classes_is_refused_with_their_names(root, tmp_path):
    with pytest.raises(ArtifactError, match=r"mine: num_classes is 2 \(cat, dog\), expected 3"):
        read(root, num_classes=3)
    for number in range(12):
        write(tmp_path / f"many/{number}/x.png", PIXELS[0])
    with pytest.raises(ArtifactError, match=r"num_classes is 12 \(0, 1, 2, 3, 4, ...\), expected 3"):
        read(tmp_path / "many", num_classes=3)
