import numpy as np
import pytest

from sbgc.artifacts import ArtifactError
from sbgc.data.formats import arrays

IMAGES, LABELS = np.arange(48, dtype=np.uint8).reshape(4, 3, 4), np.array([1, 0, 1, 0])


def test_images_and_labels_are_one_pool(tmp_path):
    np.savez(tmp_path / "mine.npz", images=IMAGES, labels=LABELS, names=["a", "b"])
    found = arrays.read(tmp_path / "mine.npz")
    np.testing.assert_array_equal(found.images[..., 0], IMAGES)
    assert (found.labels.tolist(), found.official_test) == ([1, 0, 1, 0], 0)


def test_a_test_set_in_keras_names_is_kept_apart(tmp_path):
    np.savez(tmp_path / "mine.npz", x_train=IMAGES[:3], y_train=LABELS[:3], x_test=IMAGES[3:], y_test=LABELS[3:])
    found = arrays.read(tmp_path / "mine.npz")
    np.testing.assert_array_equal(found.images[..., 0], IMAGES)
    assert (found.labels.tolist(), found.official_test) == ([1, 0, 1, 0], 1)


def test_pickled_objects_are_refused(tmp_path):
    np.savez(tmp_path / "mine.npz", images=np.array([object()] * 4), labels=LABELS)
    with pytest.raises(ArtifactError, match=r"mine.npz: not an .npz of arrays: .*allow_pickle"):
        arrays.read(tmp_path / "mine.npz")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"text"])
def test_what_is_no_npz_is_refused_in_one_line(tmp_path, content):
    (tmp_path / "mine.npz").write_bytes(content)
    with pytest.raises(ArtifactError, match=r"mine.npz: not an .npz of arrays") as error:
        arrays.read(tmp_path / "mine.npz")
    assert "\n" not in str(error.value)


def test_other_names_are_told(tmp_path):
    np.savez(tmp_path / "mine.npz", x=IMAGES, y=LABELS)
    with pytest.raises(ArtifactError, match="holds x, y; expected images, labels, or x_train, y_train, x_test, y_test"):
        arrays.read(tmp_path / "mine.npz")
