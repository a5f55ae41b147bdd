"""The step that splits a dataset."""

import json

import numpy as np
import pytest

from sbgc import artifacts
from sbgc.data import digits, splits
from sbgc.data.labeled import as_split
from sbgc.steps import split_dataset

FACTS = {"levels": 17, "image_shape": [8, 8, 1], "num_classes": 10}
SETTINGS = {"name": "digits", "validation": 180, "test": 360, "seed": 3} | FACTS
NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def run(folder, dataset):
    artifacts.write_split(folder / "raw.npz", as_split(dataset, "digits", 17))
    outputs = [f"--{name}={folder / name}.npz" for name in ("train", "validation", "test")]
    split_dataset.main([f"--images={folder}/raw.npz", "--dataset", json.dumps(SETTINGS), *outputs])
    return {name: artifacts.read_split(folder / f"{name}.npz") for name in ("train", "validation", "test")}


@pytest.mark.parametrize("names", [(), NAMES])
def test_the_step_writes_the_three_splits_with_the_names_of_their_classes(tmp_path, names):
    dataset = digits.load()._replace(class_names=names)
    found = run(tmp_path, dataset)
    for name, expected in splits.cut(dataset, 180, 360, 3, {"dataset": "digits"}).items():
        np.testing.assert_array_equal(found[name].index, expected.index)
        np.testing.assert_array_equal(found[name].images, expected.images)
        assert found[name].meta.items() >= ({"dataset": "digits", "split": name, "seed": 3} | FACTS).items()
        assert found[name].meta["class_names"] == list(names)


def test_test_images_that_equal_an_image_of_another_split_are_counted_on_standard_error(tmp_path, capsys):
    dataset = digits.load()
    run(tmp_path, dataset)
    assert "equal an image" not in capsys.readouterr().err
    alike = dataset._replace(images=np.repeat(dataset.images[::2], 2, axis=0)[: len(dataset.images)])
    count = run(tmp_path, alike)["test"].meta["duplicates_across_splits"]
    assert count > 0
    assert f"{count} test images equal an image of another split to the last pixel\n" == capsys.readouterr().err
