import numpy as np
import pytest

from sbgc.maths import counterexample_size
from sbgc.procedures.tables.counterexample_table import counterexample_table

TABLE = counterexample_table([0.01, 0.1], [0.05, 0.3], [0.5], 400, 0)


def test_each_combination_has_a_row_with_its_dimensions():
    assert TABLE[["epsilon_nats", "delta"]].to_numpy().tolist() == [[0.01, 0.05], [0.01, 0.3], [0.1, 0.05], [0.1, 0.3]]
    for row in TABLE.itertuples():
        setting = row.epsilon_nats, row.delta, row.width
        assert row.dimension == counterexample_size.smallest_dimension(*setting)
        assert row.dimension_of_equation_19 == counterexample_size.sufficient_dimension(*setting)
        assert max(row.kl_of_data_nats, row.kl_of_model_nats) < row.epsilon_nats


def test_samples_agree_with_the_closed_forms_and_meet_the_conditions():
    for name in ("data", "model"):
        gaps = TABLE[f"kl_of_{name}_sampled_nats"] - TABLE[f"kl_of_{name}_nats"]
        assert (gaps.abs() <= 5 * TABLE[f"kl_of_{name}_std_error_nats"] + 0.02).all()
    assert (TABLE[["flipped", "near", "likely"]] == 1.0).to_numpy().all()
    assert (TABLE.attackable > 1 / 3).all()


def test_the_seed_decides_the_samples():
    again, other = (counterexample_table([0.1], [0.3], [0.5], 100, seed) for seed in (0, 1))
    assert again.equals(counterexample_table([0.1], [0.3], [0.5], 100, 0))
    assert again.attackable.iloc[0] != other.attackable.iloc[0]
    assert np.isfinite(again.to_numpy(float)).all()
    assert again.dimension.iloc[0] == pytest.approx(other.dimension.iloc[0])
