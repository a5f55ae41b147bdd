import time
from dataclasses import replace

import numpy as np
import pytest
from hand_artifacts import a_matrix, a_split, assert_same, message
from hypothesis import given
from hypothesis import strategies as st

from sbgc import artifacts
from sbgc.artifacts import Split


def test_a_split_reads_back_as_it_was_written(tmp_path):
    artifacts.write_split(tmp_path / "s.npz", a_split())
    assert_same(artifacts.read_split(tmp_path / "s.npz"), a_split())


def test_a_matrix_reads_back_as_it_was_written(tmp_path):
    artifacts.write_matrix(tmp_path / "m.npz", a_matrix())
    assert_same(artifacts.read_matrix(tmp_path / "m.npz"), a_matrix())


def test_a_shard_of_no_image_reads_back(tmp_path):
    artifacts.write_matrix(tmp_path / "m.npz", a_matrix(0))
    assert artifacts.read_matrix(tmp_path / "m.npz").scores.shape == (0, 3, 2)


def test_equal_splits_give_equal_bytes_whatever_the_clock_and_the_memory_layout(tmp_path, monkeypatch):
    split = a_split()
    artifacts.write_split(tmp_path / "one.npz", split)
    another_day = time.struct_time((2033, 5, 18, 3, 33, 20, 2, 138, 0))
    monkeypatch.setattr(time, "time", lambda: 2e9)
    monkeypatch.setattr(time, "localtime", lambda *_: another_day)
    meta = dict(reversed(split.meta.items()))
    columns = {name: np.repeat(values, 2)[::2] for name, values in reversed(split.columns.items())}
    again = Split(np.asfortranarray(split.images), split.labels, split.index, columns, meta)
    artifacts.write_split(tmp_path / "two.npz", again)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


def test_numpy_reads_an_artefact_without_this_package(tmp_path):
    artifacts.write_split(tmp_path / "s.npz", a_split())
    with np.load(tmp_path / "s.npz", allow_pickle=False) as archive:
        np.testing.assert_array_equal(archive["images"], a_split().images)
        np.testing.assert_array_equal(archive["column.severity"], a_split().columns["severity"])


SPLITS = {
    "labels are float64": {"labels": np.zeros(7)},
    r"labels are int64 \[7, 1\]": {"labels": np.zeros((7, 1), int)},
    "7 images, but 6 labels": {"labels": np.arange(6)},
    "labels: found -1, expected": {"labels": np.arange(7) - 1},
    "7 images, but 8 index": {"index": np.arange(8)},
    "index are <U1": {"index": np.array(list("abcdefg"))},
    "index: found -5": {"index": np.arange(7) - 5},
    "images are float64": {"images": np.zeros((7, 4, 4, 1))},
    "images are int64": {"images": np.zeros((7, 4, 4, 1), int)},
    r"images are uint8 \[7, 16\], expected": {"images": np.zeros((7, 16), np.uint8)},
    r"images are uint8 \[7, 0, 4, 1\]: there is no image": {"images": np.zeros((7, 0, 4, 1), np.uint8)},
    "column severity has shape": {"columns": {"severity": np.arange(6)}},
    r"column t has shape \[\]": {"columns": {"t": np.array(1.0)}},
}


@pytest.mark.parametrize("words", SPLITS)
def test_a_split_that_contradicts_itself_is_refused_in_one_line(tmp_path, words):
    artifacts.write_split(tmp_path / "s.npz", replace(a_split(), **SPLITS[words]))
    with pytest.raises(artifacts.ArtifactError, match=f"^{tmp_path}/s.npz: {words}[^\n]*$"):
        artifacts.read_split(tmp_path / "s.npz")


def test_a_split_without_images_is_refused_in_one_line(tmp_path):
    artifacts.write_split(tmp_path / "s.npz", a_split(0))
    assert "there is no image" in message(artifacts.read_split, tmp_path / "s.npz")


MATRICES = {
    "labels are float64": {"labels": np.zeros(5)},
    "5 images, but 4 labels": {"labels": np.arange(4)},
    "labels: found -3": {"labels": np.arange(5) - 3},
    r"scores are float64 \[5, 3\], expected float64 \[n, classes, draws\]": {"scores": np.zeros((5, 3))},
    "scores are float32": {"scores": np.zeros((5, 3, 2), np.float32)},
    r"nfe are int64 \[5, 3, 1\]": {"nfe": np.zeros((5, 3, 1), int)},
    "nfe are float64": {"nfe": np.zeros((5, 3, 2))},
    "column severity has shape": {"columns": {"severity": np.arange(6)}},
}


@pytest.mark.parametrize("words", MATRICES)
def test_a_matrix_that_contradicts_itself_is_refused_in_one_line(tmp_path, words):
    artifacts.write_matrix(tmp_path / "m.npz", replace(a_matrix(), **MATRICES[words]))
    with pytest.raises(artifacts.ArtifactError, match=f"^{tmp_path}/m.npz: {words}[^\n]*$"):
        artifacts.read_matrix(tmp_path / "m.npz")


def test_a_split_is_refused_where_a_matrix_is_expected(tmp_path):
    artifacts.write_split(tmp_path / "s.npz", a_split())
    assert "expected matrix of schema 1" in message(artifacts.read_matrix, tmp_path / "s.npz")


@given(n=st.integers(0, 40), num_shards=st.integers(1, 12))
def test_shards_cover_every_image_once_in_order_and_evenly(n, num_shards):
    split = a_split(n)
    shards = [split.shard(shard, num_shards) for shard in range(num_shards)]
    np.testing.assert_array_equal(np.concatenate([shard.index for shard in shards]), split.index)
    np.testing.assert_array_equal(np.concatenate([shard.images for shard in shards]), split.images)
    np.testing.assert_array_equal(
        np.concatenate([shard.columns["severity"] for shard in shards]), split.columns["severity"]
    )
    assert max(map(len, shards)) - min(map(len, shards)) <= 1


def test_take_keeps_images_labels_index_and_columns_together():
    split, rows = a_split(), np.array([4, 1])
    taken = split.take(rows)
    assert taken.index.tolist() == [104, 101]
    assert taken.labels.tolist() == [1, 1]
    assert taken.columns["severity"].tolist() == [4, 1]
    np.testing.assert_array_equal(taken.images, split.images[rows])
