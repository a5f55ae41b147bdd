import json

import numpy as np
import pytest

from sbgc import artifacts
from sbgc.artifacts import ArtifactError
from sbgc.steps import import_dataset

SETTINGS = {"name": "mine", "levels": 256, "image_shape": [3, 4, 1], "num_classes": 2}
IMAGES, LABELS = np.arange(48, dtype=np.uint8).reshape(4, 3, 4), np.array([1, 0, 1, 0])


def imported(tmp_path, **changes):
    np.savez(tmp_path / "mine.npz", images=IMAGES, labels=LABELS)
    paths = {"path": tmp_path / "mine.npz", "dataset": json.dumps(SETTINGS | changes), "out": tmp_path / "raw.npz"}
    import_dataset.main([f"--{name}={value}" for name, value in paths.items()])
    return artifacts.read_split(tmp_path / "raw.npz")


def test_the_step_writes_the_dataset_and_says_on_standard_error_what_it_read(tmp_path, capsys):
    found = imported(tmp_path)
    np.testing.assert_array_equal(found.images[..., 0], IMAGES)
    assert found.labels.tolist() == LABELS.tolist()
    assert found.meta["class_names"] == ["0", "1"]
    assert "images of class 1 (1): 2\n" in capsys.readouterr().err


@pytest.mark.parametrize("changes", [{"image_shape": [4, 4, 1]}, {"num_classes": 3}, {"levels": 47}])
def test_a_dataset_that_is_not_as_described_leaves_no_artifact(tmp_path, changes):
    with pytest.raises(ArtifactError, match="^[^\n]*mine.npz: [^\n]*$"):
        imported(tmp_path, **changes)
    assert not (tmp_path / "raw.npz").exists()
