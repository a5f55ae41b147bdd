import numpy as np
import pytest

from sbgc import artifacts
from sbgc.artifacts import ArtifactError, Split
from sbgc.data import stacked


def split(corruption, first=0, shape=(2, 2, 1), dtype=np.uint8, columns=None):
    images = (first + np.arange(4 * np.prod(shape))).reshape(4, *shape).astype(dtype)
    columns = columns or {"corruption": np.array([corruption] * 4), "severity": np.arange(4)}
    return Split(images, np.arange(4) % 3, first + np.arange(4), columns, {"split": "corrupted", "source": corruption})


@pytest.fixture
def paths(tmp_path):
    found = [tmp_path / "fog.npz", tmp_path / "snow.npz"]
    for path, part in zip(found, (split("fog"), split("frozen_snow", first=100)), strict=True):
        artifacts.write_split(path, part)
    return found


def test_rows_of_several_splits_come_one_after_another_with_their_columns(paths):
    found = stacked.read_rows(paths, [(1, 3), (0, 2)])
    assert found.index.tolist() == [1, 2, 100, 101]
    assert found.labels.tolist() == [1, 2, 0, 1]
    assert found.columns["corruption"].tolist() == ["fog", "fog", "frozen_snow", "frozen_snow"]
    assert found.columns["severity"].tolist() == [1, 2, 0, 1]
    np.testing.assert_array_equal(found.images[:2], split("fog").images[1:3])
    np.testing.assert_array_equal(found.images[2:], split("", first=100).images[:2])


def test_facts_that_the_splits_do_not_share_are_left_out(paths):
    assert stacked.read_rows(paths, [(0, 4), (0, 4)]).meta == {"split": "corrupted"}
    assert stacked.read_rows(paths[:1], [(0, 4)]).meta == {"split": "corrupted", "source": "fog"}


def test_no_rows_of_a_split_are_none_of_it(paths):
    assert stacked.read_rows(paths, [(2, 2), (0, 1)]).index.tolist() == [100]
    assert len(stacked.read_rows(paths, [(2, 2), (4, 4)])) == 0


def test_more_rows_than_a_split_has_are_refused(paths):
    with pytest.raises(ArtifactError, match=r"snow.npz: 4 images, expected at least 5$"):
        stacked.read_rows(paths, [(0, 4), (0, 5)])


OTHERS = {
    "shape": split("snow", shape=(2, 3, 1)),
    "dtype": split("snow", dtype=np.float32),
    "columns": split("snow", columns={"severity": np.arange(4)}),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_images_of_another_form_are_refused_with_both_files(paths, other):
    artifacts.write_split(paths[1], other)
    with pytest.raises(ArtifactError, match=r"snow.npz: images of \S+ \[.*\] with columns .*, but \S+fog.npz has \S+"):
        stacked.read_rows(paths, [(0, 4), (0, 4)])


def test_a_range_is_its_first_row_and_the_one_after_its_last():
    assert stacked.row_range("3:17") == (3, 17)


@pytest.mark.parametrize("text", ["", "3", "3:", "a:b", "1:2:3", "-2:4", "7:4"])
def test_what_is_no_range_is_refused(text):
    with pytest.raises(ValueError, match=r"expected 0 <= START <= STOP|invalid literal|values to unpack"):
        stacked.row_range(text)
