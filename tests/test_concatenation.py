import pandas as pd
import pytest

from sbgc import artifacts
from sbgc.artifacts import ArtifactError
from sbgc.procedures.tables import concatenation

IDENTITY = {"experiment": "digits", "dataset": "digits", "model": "score", "kind": "score", "seed": 0}


def written(tmp_path, *tables):
    paths = [tmp_path / f"{number}.parquet" for number in range(len(tables))]
    for path, table in zip(paths, tables, strict=True):
        artifacts.write_table(path, table)
    return paths


def curve(first, steps, **identity):
    table = pd.DataFrame({"step": range(first, first + steps), "loss": 1.0, "grad_norm": 0.5})
    return table.assign(**IDENTITY | identity)


def test_rows_are_joined_in_the_order_given(tmp_path):
    paths = written(tmp_path, pd.DataFrame({"a": [3, 1]}), pd.DataFrame({"a": [2]}))
    assert concatenation.concatenate(paths)["a"].tolist() == [3, 1, 2]


def test_a_table_with_other_columns_is_refused_by_name(tmp_path):
    paths = written(tmp_path, pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]}))
    with pytest.raises(ArtifactError, match=r"1\.parquet: columns b; .*0\.parquet has a") as caught:
        concatenation.concatenate(paths)
    assert "\n" not in str(caught.value)


def test_segments_become_one_curve_a_model_and_seed_whatever_their_order(tmp_path):
    paths = written(tmp_path, curve(6, 5), curve(1, 5, seed=1), curve(1, 5))
    table = concatenation.losses(paths)
    assert table["step"].tolist() == [*range(1, 11), *range(1, 6)]
    assert table["seed"].tolist() == [0] * 10 + [1] * 5


def test_a_segment_given_twice_is_refused(tmp_path):
    with pytest.raises(ArtifactError, match="score seed 0: step 4 comes twice"):
        concatenation.losses(written(tmp_path, curve(1, 5), curve(4, 5)))


def test_a_table_that_is_no_loss_curve_is_refused(tmp_path):
    with pytest.raises(ArtifactError, match=r"0\.parquet: not a loss curve: lacks loss, grad_norm"):
        concatenation.losses(written(tmp_path, curve(1, 5).drop(columns=["loss", "grad_norm"])))
