import io
import json
import pickle
import time
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbgc import artifacts
from sbgc.artifacts import ArtifactError, Matrix, Split


def a_split(n=7):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 17, (n, 4, 4, 1)).astype(np.uint8)
    columns = {"severity": np.arange(n), "t": np.linspace(0.0, 1.0, n)}
    return Split(images, np.arange(n) % 3, np.arange(100, 100 + n), columns, {"split": "test", "levels": 17})


def a_matrix(n=5):
    scores = np.random.default_rng(1).normal(size=(n, 3, 2))
    return Matrix(
        scores, np.full(scores.shape, 60), np.arange(n) % 3, np.arange(n), {}, {"seed": 0, "manifest": {"code": "f00"}}
    )


def assert_same(one, other):
    assert one.meta == other.meta
    assert one.columns.keys() == other.columns.keys()
    for name in one.columns:
        np.testing.assert_array_equal(one.columns[name], other.columns[name], strict=True)
    for name in set(vars(one)) - {"meta", "columns"}:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), strict=True)


def message(reader, path):
    with pytest.raises(ArtifactError) as caught:
        reader(path)
    text = str(caught.value)
    assert str(path) in text
    assert "\n" not in text
    return text


def npz(**members):
    stream = io.BytesIO()
    np.savez(stream, **members)
    return stream.getvalue()


def header(**changes):
    return np.array(json.dumps({"schema": artifacts.SCHEMA_VERSION, "kind": "split", "meta": {}} | changes))


def test_a_split_reads_back_as_it_was_written(tmp_path):
    artifacts.write_split(tmp_path / "s.npz", a_split())
    assert_same(artifacts.read_split(tmp_path / "s.npz"), a_split())


def test_a_matrix_reads_back_as_it_was_written(tmp_path):
    artifacts.write_matrix(tmp_path / "m.npz", a_matrix())
    assert_same(artifacts.read_matrix(tmp_path / "m.npz"), a_matrix())


def test_equal_splits_give_equal_bytes_whatever_the_clock_and_the_memory_layout(tmp_path, monkeypatch):
    split = a_split()
    artifacts.write_split(tmp_path / "one.npz", split)
    monkeypatch.setattr(time, "time", lambda: 2e9)
    meta = dict(reversed(split.meta.items()))
    columns = dict(reversed(split.columns.items()))
    again = Split(np.asfortranarray(split.images), split.labels, split.index, columns, meta)
    artifacts.write_split(tmp_path / "two.npz", again)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


def test_numpy_reads_an_artefact_without_this_package(tmp_path):
    artifacts.write_split(tmp_path / "s.npz", a_split())
    with np.load(tmp_path / "s.npz", allow_pickle=False) as archive:
        np.testing.assert_array_equal(archive["images"], a_split().images)
        np.testing.assert_array_equal(archive["column.severity"], a_split().columns["severity"])


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "s.npz"
    artifacts.write_split(path, a_split())
    before = path.read_bytes()
    with pytest.raises(ValueError, match="Object arrays cannot be saved"):
        artifacts.write_split(path, Split(np.array([{}], object), np.zeros(1), np.zeros(1)))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_reader_never_sees_a_half_written_file(tmp_path):
    path = tmp_path / "deep" / "er.txt"
    with artifacts.atomic_path(path) as temporary:
        temporary.write_text("half")
        assert not path.exists()
    assert path.read_text() == "half"


@pytest.mark.parametrize("fraction", [0.0, 0.001, 0.2, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused_in_one_line(tmp_path, fraction):
    path = tmp_path / "s.npz"
    artifacts.write_split(path, a_split())
    whole = path.read_bytes()
    path.write_bytes(whole[: int(fraction * len(whole))])
    assert "not a split artefact" in message(artifacts.read_split, path)


def test_a_flipped_byte_is_refused_in_one_line_or_changes_nothing(tmp_path):
    path = tmp_path / "s.npz"
    artifacts.write_split(path, a_split())
    whole, refusals = path.read_bytes(), []
    for place in range(0, len(whole), 7):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x5A]) + whole[place + 1 :])
        try:
            assert_same(artifacts.read_split(path), a_split())
        except ArtifactError as error:
            refusals.append(str(error))
    assert refusals
    assert not any("\n" in refusal for refusal in refusals)


@pytest.mark.parametrize(
    "content",
    [
        pickle.dumps({"images": 1}),
        npz(images=np.array([{}], dtype=object), labels=1, index=1, header=header()),
    ],
    ids=["pickle file", "pickle inside"],
)
def test_a_pickle_is_refused(tmp_path, content):
    (tmp_path / "s.npz").write_bytes(content)
    assert "not a split artefact" in message(artifacts.read_split, tmp_path / "s.npz")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (npz(images=1, labels=1, index=1), "'header'"),
        (npz(images=1, labels=1, index=1, header=np.array("[]")), "not a split artefact"),
        (npz(images=1, labels=1, index=1, header=np.array("{")), "not a split artefact"),
        (npz(labels=1, header=header()), "split artefact without images, index"),
        (
            npz(images=1, labels=1, index=1, header=header(schema=99)),
            "found split of schema 99, expected split of schema 1",
        ),
        (npz(images=1, labels=1, index=1, header=header(kind="matrix")), "found matrix of schema 1, expected split"),
    ],
    ids=["no header", "list header", "broken header", "arrays missing", "unknown schema", "another kind"],
)
def test_what_is_no_split_of_this_schema_is_refused_in_one_line(tmp_path, content, words):
    (tmp_path / "s.npz").write_bytes(content)
    assert words in message(artifacts.read_split, tmp_path / "s.npz")


def test_a_split_is_refused_where_a_matrix_is_expected(tmp_path):
    artifacts.write_split(tmp_path / "s.npz", a_split())
    assert "expected matrix of schema 1" in message(artifacts.read_matrix, tmp_path / "s.npz")


def test_a_missing_file_is_named(tmp_path):
    assert "no such file" in message(artifacts.read_split, tmp_path / "none.npz")
    message(artifacts.read_json, tmp_path / "none.json")
    message(artifacts.read_table, tmp_path / "none.parquet")


@pytest.mark.parametrize("reader", [artifacts.read_table, artifacts.read_json, artifacts.read_split])
def test_a_file_that_is_not_there_is_told_apart_from_one_that_is_damaged(tmp_path, reader):
    assert message(reader, tmp_path / "nowhere") == f"{tmp_path / 'nowhere'}: no such file"


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


def test_a_table_reads_back_as_it_was_written(tmp_path):
    table = pd.DataFrame({"model": ["score", "gaussian"], "accuracy": [0.99, np.nan], "severity": [1, 5]})
    artifacts.write_table(tmp_path / "t.parquet", table)
    pd.testing.assert_frame_equal(artifacts.read_table(tmp_path / "t.parquet"), table, check_exact=True)


def test_what_is_no_table_is_refused_in_one_line(tmp_path):
    (tmp_path / "t.parquet").write_bytes(b"model,accuracy\n")
    assert "not a table" in message(artifacts.read_table, tmp_path / "t.parquet")


def test_equal_json_values_give_equal_bytes(tmp_path):
    artifacts.write_json(tmp_path / "one.json", {"a": 1, "b": [0.1, None]})
    artifacts.write_json(tmp_path / "two.json", {"b": [0.1, None], "a": 1})
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    assert artifacts.read_json(tmp_path / "one.json") == {"a": 1, "b": [0.1, None]}


def test_what_is_no_json_is_refused_in_one_line(tmp_path):
    (tmp_path / "j.json").write_bytes(b"\x80{")
    assert "not JSON" in message(artifacts.read_json, tmp_path / "j.json")


def test_members_are_compressed(tmp_path):
    artifacts.write_split(
        tmp_path / "s.npz", Split(np.zeros((1000, 8, 8, 1), np.uint8), np.zeros(1000), np.arange(1000))
    )
    with zipfile.ZipFile(tmp_path / "s.npz") as archive:
        assert archive.getinfo("images.npy").compress_size < 1000
