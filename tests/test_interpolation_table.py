import numpy as np
import pytest
from hand_matrices import SETTINGS, matrix

from sbgc.artifacts import ArtifactError
from sbgc.procedures.tables import matrices
from sbgc.procedures.tables.interpolation_table import interpolation_table, paths_table, threshold_of

POINTS = np.array([0.0, 0.5, 1.0])
LEVELS = np.array([-10.0, -14.0, -30.0, -50.0])  # of the pairs


def lines(rows=slice(None), bend=1.0, wrong=(), **meta):
    """The marginal log p(x) is the pair's level plus bend (t - 1/2)^2; of two classes, p(a|x) is 0.9, 0.5 and 0.1.

    wrong: pairs of which the end b is taken for an image of class a.
    """
    pair, t = np.repeat(np.arange(4), 3), np.tile(POINTS, 4)
    share = np.where(np.isin(pair, wrong) & (t == 1.0), 0.9, 0.9 - 0.8 * t)
    marginal = LEVELS[pair] + bend * (t - 0.5) ** 2 + np.log(2.0)
    scores = marginal[:, None] + np.log(np.stack([share, 1.0 - share], axis=1))
    columns = {"pair": pair, "t": t, "label_a": np.zeros(12, int), "label_b": np.ones(12, int)}
    one = matrix(scores, labels=np.zeros(12, int), index=pair + 100, columns=columns, **meta)
    return matrices.take(one, np.arange(12)[rows])


def images(log_prob):
    """Images of those marginal log p(x)."""
    scores = np.repeat(np.asarray(log_prob)[:, None], 2, axis=1)
    return matrix(scores, labels=np.zeros(len(log_prob), int))


TEST = images([-12.0, -20.0, -40.0, -60.0])


def table_of(matrix=None, accepted=1.0, pairs="all"):
    table = interpolation_table(matrix or lines(), TEST, accepted, SETTINGS)
    return table[table.pairs == pairs]


def test_means_and_deviations_over_pairs_are_those_of_the_closed_form():
    table = table_of()
    assert table["t"].tolist() == [0.0, 0.5, 1.0]
    assert table["log_prob_mean_nats"].tolist() == pytest.approx([-25.75, -26.0, -25.75])
    assert table["log_prob_sd_nats"].tolist() == pytest.approx([np.std(LEVELS, ddof=1)] * 3)
    assert table["posterior_a_mean"].tolist() == pytest.approx([0.9, 0.5, 0.1])
    assert table["posterior_b_mean"].tolist() == pytest.approx([0.1, 0.5, 0.9])
    assert table["num_pairs"].tolist() == [4, 4, 4]


def test_a_pair_is_resampled_with_all_its_points():
    """All pairs have one shape, so the intervals have it too."""
    table = table_of()
    for end in ("ci_low_nats", "ci_high_nats"):
        assert (table[end] - table[end][1]).tolist() == pytest.approx([0.25, 0.0, 0.25])
    assert (table["ci_low_nats"] < table["log_prob_mean_nats"]).all()
    assert table["posterior_a_ci_low"].tolist() == pytest.approx([0.9, 0.5, 0.1])


@pytest.mark.parametrize(
    ("accepted", "threshold", "kept"), [(1.0, -60.0, [0, 1, 2, 3]), (0.75, -40.0, [0, 1, 2]), (0.25, -12.0, [0])]
)
def test_eligible_pairs_have_ends_that_pass_a_threshold_which_a_share_of_test_images_passes(accepted, threshold, kept):
    found = threshold_of(TEST, accepted)
    assert found.log_prob == pytest.approx(threshold)
    assert found.accepted == pytest.approx(accepted)
    table = table_of(accepted=accepted, pairs="eligible")
    assert table["num_pairs"].tolist() == [len(kept)] * 3
    assert table["log_prob_mean_nats"].tolist() == pytest.approx(LEVELS[kept].mean() + np.array([0.25, 0.0, 0.25]))


def test_a_pair_with_an_end_that_is_classified_wrong_is_not_eligible():
    assert table_of(lines(wrong=[1]), pairs="eligible")["num_pairs"].tolist() == [3, 3, 3]
    none = table_of(lines(wrong=[0, 1, 2, 3]), pairs="eligible")
    assert none.empty


def test_a_path_is_accepted_where_all_of_its_points_are():
    """Bent by 4 nats at the ends: the middles lie a nat lower. The threshold of -14.5 stops pair 1 in its middle."""
    limits = images([-14.5, -14.5, -9.0, -9.0])
    (row,) = paths_table(lines(bend=4.0), limits, 1.0, SETTINGS).to_dict("records")
    assert row["eligible_pairs"] == 2  # ends at -9 and -13
    assert row["whole_path_accepted"] == pytest.approx(1.0)
    (row,) = paths_table(lines(bend=4.0), images([-13.5, -13.5]), 1.0, SETTINGS).to_dict("records")
    assert row["eligible_pairs"] == 2
    assert row["whole_path_accepted"] == pytest.approx(0.5)
    assert row["ci_low"] < 0.5 < row["ci_high"]
    assert row["threshold_bits_per_dim"] == pytest.approx(13.5 / 2 / np.log(2.0))
    assert (row["num_pairs"], row["points"], row["accepted_test_images"]) == (4, 3, 1.0)


def test_without_an_eligible_pair_there_is_no_share():
    (row,) = paths_table(lines(), images([-1.0]), 1.0, SETTINGS).to_dict("records")
    assert row["eligible_pairs"] == 0
    assert np.isnan(row["whole_path_accepted"])


def test_the_order_of_the_points_changes_nothing():
    order = np.random.default_rng(0).permutation(12)
    tables = [interpolation_table(one, TEST, 1.0, SETTINGS) for one in (lines(order), lines())]
    assert tables[0].equals(tables[1])


def test_one_pair_has_no_deviation():
    assert table_of(lines(slice(3)))["log_prob_sd_nats"].isna().all()


@pytest.mark.parametrize("rows", [slice(11), [*range(12), 4]])
def test_a_pair_without_a_point_or_with_one_twice_is_refused(rows):
    with pytest.raises(ArtifactError, match="4 pairs and 3 points, but not each pair at each point once"):
        table_of(lines(rows))


def test_a_matrix_without_pairs_is_refused():
    with pytest.raises(ArtifactError, match="test: no column pair, t, label_a, label_b"):
        interpolation_table(matrix(np.zeros((1, 2)), labels=[0]), TEST, 1.0, SETTINGS)
