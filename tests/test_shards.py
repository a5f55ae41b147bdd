import numpy as np
import pytest

from sbgc import artifacts
from sbgc.artifacts import ArtifactError, Matrix
from sbgc.procedures.scoring import shards
from sbgc.steps import concatenate_shards

EDGES = [0, 3, 4, 9]


def whole(meta=None, columns=None):
    scores = np.random.default_rng(0).normal(size=(9, 4, 2))
    columns = {"severity": np.repeat([1, 2, 3], 3)} if columns is None else columns
    return Matrix(
        scores, np.arange(72).reshape(9, 4, 2), np.arange(9) % 4, np.tile([7, 5, 6], 3), columns, meta or {"seed": 0}
    )


def pieces(**manifest):
    rows = [slice(*edges) for edges in zip(EDGES[:-1], EDGES[1:], strict=True)]
    return [piece(whole(), at, {"shard": number, "num_shards": 3} | manifest) for number, at in enumerate(rows)]


def piece(matrix, at, manifest):
    columns = {name: values[at] for name, values in matrix.columns.items()}
    meta = matrix.meta | {"manifest": manifest}
    return Matrix(matrix.scores[at], matrix.nfe[at], matrix.labels[at], matrix.index[at], columns, meta)


def changed(matrix, **facts):
    return Matrix(matrix.scores, matrix.nfe, matrix.labels, matrix.index, matrix.columns, matrix.meta | facts)


def test_the_shards_of_a_matrix_give_it_back(tmp_path):
    for number, shard in enumerate(pieces(code="f00")):
        artifacts.write_matrix(tmp_path / f"{number}.npz", shard)
    paths = [str(tmp_path / f"{number}.npz") for number in range(3)]
    concatenate_shards.main(["--shards", *paths, "--out", str(tmp_path / "whole.npz")])
    found = artifacts.read_matrix(tmp_path / "whole.npz")
    for name in ("scores", "nfe", "labels", "index"):
        np.testing.assert_array_equal(getattr(found, name), getattr(whole(), name), strict=True)
    np.testing.assert_array_equal(found.columns["severity"], whole().columns["severity"], strict=True)
    assert found.meta == {"seed": 0, "manifest": [shard.meta["manifest"] for shard in pieces(code="f00")]}


def test_one_shard_is_a_whole():
    joined = shards.join([piece(whole(), slice(None), {})])
    np.testing.assert_array_equal(joined.scores, whole().scores)


def test_shards_of_another_matrix_are_refused():
    one, two, three = pieces()
    with pytest.raises(
        ArtifactError, match="^shard 1 does not belong to the same matrix as shard 0: seed is 1, expected 0$"
    ):
        shards.join([one, changed(two, seed=1), three])
    with pytest.raises(
        ArtifactError, match="shard 2 does not belong to the same matrix as shard 0: model is score, expected None"
    ):
        shards.join([one, two, changed(three, model="score")])


def test_shards_of_another_number_of_draws_are_refused():
    one, two, three = pieces()
    fewer = Matrix(two.scores[..., :1], two.nfe[..., :1], two.labels, two.index, two.columns, two.meta)
    with pytest.raises(ArtifactError, match=r"\[classes, draws\] is \[4, 1\], expected \[4, 2\]"):
        shards.join([one, fewer, three])


def test_shards_with_other_columns_are_refused():
    one, two, three = pieces()
    with pytest.raises(ArtifactError, match=r"columns are \[\], expected \['severity'\]"):
        shards.join([one, Matrix(two.scores, two.nfe, two.labels, two.index, {}, two.meta), three])


@pytest.mark.parametrize("order", [[0, 2], [1, 0, 2], [0, 1, 1], [0, 1, 2, 2]])
def test_a_shard_missing_or_out_of_place_is_refused(order):
    found = pieces()
    with pytest.raises(ArtifactError, match="^found shard"):
        shards.join([found[number] for number in order])


def test_overlapping_shards_are_refused_even_when_they_do_not_say_where_they_belong():
    rows = [slice(0, 4), slice(3, 9)]
    with pytest.raises(ArtifactError, match="^the shards overlap: image 7 occurs 2 times$"):
        shards.join([piece(whole(), at, {}) for at in rows])


def test_an_image_may_come_once_per_severity():
    joined = shards.join([piece(whole(), slice(0, 3), {}), piece(whole(), slice(3, 9), {})])
    assert joined.index.tolist() == [7, 5, 6] * 3


@pytest.mark.parametrize("values", [["fog"] * 3 + ["frost"] * 3 + ["snow"] * 3, [0.1] * 3 + [0.2] * 3 + [np.nan] * 3])
def test_rows_are_told_apart_by_columns_of_text_and_of_fractions(values):
    matrix = whole(columns={"of": np.array(values)})
    joined = shards.join([piece(matrix, slice(0, 4), {}), piece(matrix, slice(4, 9), {})])
    np.testing.assert_array_equal(joined.columns["of"], values)
    with pytest.raises(ArtifactError, match="^the shards overlap: image 7 occurs 2 times$"):
        shards.join([piece(matrix, slice(0, 4), {}), piece(matrix, slice(3, 9), {})])
