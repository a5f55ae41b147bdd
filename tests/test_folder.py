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


@pytest.fixture
def root(tmp_path):
    for name, pixels in zip(("dog/b.png", "cat/z.png", "dog/a.bmp"), PIXELS, strict=True):
        write(tmp_path / "mine" / name, pixels)
    return tmp_path / "mine"


def test_classes_and_files_come_in_the_order_of_their_names(root):
    (root / "dog/.hidden").write_text("not read")
    found = folder.read(root, SHAPE)
    np.testing.assert_array_equal(found.images, PIXELS[[1, 2, 0]])  # cat/z, dog/a, dog/b
    assert (found.labels.tolist(), found.official_test) == ([0, 1, 1], 0)


def test_gray_images_are_read_where_one_channel_is_asked_for(tmp_path):
    write(tmp_path / "one/a.png", PIXELS[0, ..., 0])
    np.testing.assert_array_equal(folder.read(tmp_path, (4, 6, 1)).images, PIXELS[:1, ..., :1])


def test_folders_train_and_test_are_kept_apart(root, tmp_path):
    shutil.copytree(root, tmp_path / "cut/train")
    shutil.copytree(root, tmp_path / "cut/test")
    found = folder.read(tmp_path / "cut", SHAPE)
    assert (found.labels.tolist(), found.official_test) == ([0, 1, 1] * 2, 3)
    (tmp_path / "cut/test/cat").rename(tmp_path / "cut/test/cow")
    with pytest.raises(ArtifactError, match=r"different classes: \['cat', 'dog'\] and \['cow', 'dog'\]"):
        folder.read(tmp_path / "cut", SHAPE)


def test_what_is_no_such_image_is_named(root, tmp_path):
    for content, line in ((b"text", "not an image"), ((root / "dog/b.png").read_bytes()[:60], "not an image")):
        (root / "dog/c.png").write_bytes(content)
        with pytest.raises(ArtifactError, match=f"dog/c.png: {line}") as error:
            folder.read(root, SHAPE)
        assert "\n" not in str(error.value)
    write(root / "dog/c.png", PIXELS[0, :3])
    with pytest.raises(ArtifactError, match="dog/c.png: 3 x 6 pixels, expected 4 x 6"):
        folder.read(root, SHAPE)


def test_folders_without_classes_or_images_are_refused(root, tmp_path):
    (root / "empty").mkdir()
    for path, line in ((root, "empty: holds no image"), (root / "empty", "expected a folder with a sub-folder")):
        with pytest.raises(ArtifactError, match=line):
            folder.read(path, SHAPE)
    with pytest.raises(ArtifactError, match="image_shape has 4 channels"):
        folder.read(root, (4, 6, 4))
