import numpy as np
import pandas as pd
import pytest
from hand_matrices import hand, matrix
from hand_tables import raced

from sbgc import artifacts
from sbgc.procedures.tables.decisions import class_table, decision_table
from sbgc.steps import tabulate_decisions as step


def noisy(draws=4, **meta):
    """Two images, three classes; log p(x|y) is known but for noise of standard deviation 1, half of it shared."""
    rng = np.random.default_rng(0)
    truth = np.array([[0.0, -30.0, -60.0], [-50.0, -8.0, 0.0]])[:, :, None]
    scores = truth + rng.standard_normal((2, 1, draws)) + rng.standard_normal((2, 3, draws))
    return matrix(scores, labels=[0, 1], index=[7, 3], **meta)


def test_a_decision_has_its_winner_its_rival_their_gap_and_its_error():
    made, table = noisy(), decision_table(noisy()).set_index("index")
    assert table[["label", "winner", "rival"]].to_numpy().tolist() == [[0, 0, 1], [1, 2, 1]]
    gaps = made.scores[[0, 1], [0, 2]] - made.scores[[0, 1], [1, 1]]
    np.testing.assert_allclose(table["gap_nats"], gaps.mean(axis=1))
    assert (table["gap_std_error_nats"] < 2.0).all()
    assert (table["flip_probability"] < 0.01).all()
    assert table["nfe"].tolist() == [59 * 3 * 4] * 2
    assert (table["draws"] == 4).all()


def test_each_log_prob_has_its_standard_error():
    made, table = noisy(), class_table(noisy())
    of_image = table[table["index"] == 3]
    np.testing.assert_allclose(of_image["log_prob_nats"], made.scores[1].mean(axis=1))
    np.testing.assert_allclose(of_image["log_prob_std_error_nats"], made.scores[1].std(axis=1, ddof=1) / 2)
    assert of_image["class"].tolist() == [0, 1, 2]
    assert of_image["label"].tolist() == [1, 1, 1]


def test_standard_errors_are_of_blocks_of_balanced_draws():
    made, table = noisy(strata=2), class_table(noisy(strata=2))
    blocks = made.scores.reshape(2, 3, 2, 2).mean(axis=3)
    np.testing.assert_allclose(table["log_prob_std_error_nats"], (blocks.std(axis=2, ddof=1) / np.sqrt(2)).ravel())


def test_races_and_matrices_make_tables_of_the_same_columns():
    assert list(raced().columns) == list(decision_table(hand(draws=2)).columns)
    assert raced()["draws"].tolist() == [0, 1, 2]


def test_a_single_draw_is_refused():
    with pytest.raises(ValueError, match="at least 2"):
        decision_table(hand())


def run(tmp_path, *races):
    artifacts.write_matrix(tmp_path / "m.npz", noisy())
    paths = ["--races", *(races or ["none"]), f"--out={tmp_path}/d.parquet", f"--classes={tmp_path}/c.parquet"]
    step.main([f"--matrices={tmp_path}/m.npz", *paths])
    return artifacts.read_table(tmp_path / "d.parquet")


def test_the_step_writes_both_tables(tmp_path):
    found = run(tmp_path).sort_values("index", ignore_index=True)
    assert len(artifacts.read_table(tmp_path / "c.parquet")) == 6
    pd.testing.assert_frame_equal(found, decision_table(noisy()).sort_values("index", ignore_index=True))


def test_the_step_puts_races_after_the_decisions_of_matrices(tmp_path):
    artifacts.write_table(tmp_path / "r.parquet", raced())
    found = run(tmp_path, f"{tmp_path}/r.parquet")
    assert found["evaluation"].tolist() == ["test"] * 2 + ["race"] * 3
    pd.testing.assert_frame_equal(found[2:].reset_index(drop=True), raced())
