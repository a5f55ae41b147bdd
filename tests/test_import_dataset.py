import json

import numpy as np
import pytest
from PIL import Image

from sbgc import artifacts
from sbgc.artifacts import ArtifactError
from sbgc.steps import import_dataset

SETTINGS = {"name": "mine", "levels": 256, "image_shape": [3, 4, 1], "num_classes": 2}
IMAGES, LABELS = np.arange(48, dtype=np.uint8).reshape(4, 3, 4), np.array([1, 0, 1, 0])


def imported(tmp_path, path, **changes):
    (tmp_path / "dataset.json").write_text(json.dumps(SETTINGS | changes))
    import_dataset.main([f"--path={path}", f"--dataset={tmp_path}/dataset.json", f"--out={tmp_path}/raw.npz"])
    return artifacts.read_split(tmp_path / "raw.npz")


def test_an_npz_and_a_folder_of_the_same_images_are_the_same_dataset(tmp_path):
    order = [1, 3, 0, 2]  # by class
    np.savez(tmp_path / "mine.npz", images=IMAGES[order], labels=LABELS[order])
    for number, (image, label) in enumerate(zip(IMAGES, LABELS, strict=True)):
        (tmp_path / f"mine/{label}").mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(tmp_path / f"mine/{label}/{number}.png")
    one, two = (imported(tmp_path, tmp_path / name) for name in ("mine.npz", "mine"))
    for name in ("images", "labels", "index"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    assert one.meta == two.meta == {"dataset": "mine", "official_test": 0, "levels": 256}


@pytest.mark.parametrize(
    ("changes", "labels", "line"),
    [
        ({"image_shape": [4, 4, 1]}, LABELS, r"image_shape is \[3, 4, 1\], expected \[4, 4, 1\]"),
        ({"num_classes": 3}, LABELS, "num_classes is 2, expected 3"),
        ({"levels": 47}, LABELS, "grey level 47, expected at most 46"),
        ({}, LABELS - 1, "num_classes is 1, expected 2"),
        ({}, np.array([1, -1, 1, 0]), "smallest label is -1, expected 0"),
    ],
)
def test_a_dataset_that_is_not_as_described_is_refused_in_one_line(tmp_path, changes, labels, line):
    np.savez(tmp_path / "mine.npz", images=IMAGES, labels=labels)
    with pytest.raises(ArtifactError, match=f"mine.npz: {line}"):
        imported(tmp_path, tmp_path / "mine.npz", **changes)
    assert not (tmp_path / "raw.npz").exists()
