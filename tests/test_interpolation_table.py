import numpy as np
import pytest
from hand_matrices import SETTINGS, matrix

from sbgc.artifacts import ArtifactError
from sbgc.procedures.tables import matrices
from sbgc.procedures.tables.interpolation_table import interpolation_table

POINTS = np.array([0.0, 0.5, 1.0])
LEVELS = np.array([-10.0, -14.0, -30.0, -50.0])  # of the pairs


def lines(rows=slice(None), **meta):
    """log p(x|y) of every class is the pair's level plus (t - 1/2)^2: so is the marginal."""
    pair, t = np.repeat(np.arange(4), 3), np.tile(POINTS, 4)
    scores = np.repeat((LEVELS[pair] + (t - 0.5) ** 2)[:, None], 10, axis=1)
    one = matrix(scores, labels=np.zeros(12, int), index=pair + 100, columns={"pair": pair, "t": t}, **meta)
    return matrices.take(one, np.arange(12)[rows])


def test_means_and_deviations_over_pairs_are_those_of_the_closed_form():
    table = interpolation_table(lines(), SETTINGS)
    assert table["t"].tolist() == [0.0, 0.5, 1.0]
    assert table["log_prob_mean_nats"].tolist() == pytest.approx([-25.75, -26.0, -25.75])
    assert table["log_prob_sd_nats"].tolist() == pytest.approx([np.std(LEVELS, ddof=1)] * 3)
    assert table["num_pairs"].tolist() == [4, 4, 4]


def test_a_pair_is_resampled_with_all_its_points():
    """All pairs have one shape, so the intervals have it too."""
    table = interpolation_table(lines(), SETTINGS)
    for end in ("ci_low_nats", "ci_high_nats"):
        assert (table[end] - table[end][1]).tolist() == pytest.approx([0.25, 0.0, 0.25])
    assert (table["ci_low_nats"] < table["log_prob_mean_nats"]).all()


def test_the_order_of_the_points_changes_nothing():
    order = np.random.default_rng(0).permutation(12)
    assert interpolation_table(lines(order), SETTINGS).equals(interpolation_table(lines(), SETTINGS))


def test_one_pair_has_no_deviation():
    assert interpolation_table(lines(slice(3)), SETTINGS)["log_prob_sd_nats"].isna().all()


@pytest.mark.parametrize("rows", [slice(11), [*range(12), 4]])
def test_a_pair_without_a_point_or_with_one_twice_is_refused(rows):
    with pytest.raises(ArtifactError, match="4 pairs and 3 points, but not each pair at each point once"):
        interpolation_table(lines(rows), SETTINGS)


def test_a_matrix_without_pairs_is_refused():
    with pytest.raises(ArtifactError, match="test: no column pair, t"):
        interpolation_table(matrix(np.zeros((1, 2)), labels=[0]), SETTINGS)
