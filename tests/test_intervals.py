import itertools
import math

import numpy as np
import pytest
from scipy import stats

from sbgc.maths import intervals


def test_the_bootstrap_interval_covers_the_mean_of_bernoulli_data_as_often_as_it_says():
    truth, images, sets = 0.7, 150, 400
    data = np.random.default_rng(1).random((sets, images)) < truth
    ends = [
        intervals.percentile_interval(intervals.bootstrap_means(row[:, None], np.random.default_rng(2), 500)[:, 0], 0.9)
        for row in data.astype(float)
    ]
    covered = np.mean([low <= truth <= high for low, high in ends])
    assert abs(covered - 0.9) < 3 * math.sqrt(0.9 * 0.1 / sets)


def test_bootstrap_means_spread_as_the_standard_error_of_the_mean():
    values = np.random.default_rng(0).normal(size=(200, 1))
    means = intervals.bootstrap_means(values, np.random.default_rng(1), 20_000)[:, 0]
    assert means.mean() == pytest.approx(values.mean(), abs=0.003)
    assert means.std() == pytest.approx(values.std() / math.sqrt(200), rel=0.02)


def test_the_bootstrap_of_two_images_gives_their_three_means_with_probabilities_1_2_1():
    means = intervals.bootstrap_means(np.array([[0.0], [1.0]]), np.random.default_rng(0), 40_000)[:, 0]
    frequencies = [np.mean(means == value) for value in (0.0, 0.5, 1.0)]
    np.testing.assert_allclose(frequencies, [0.25, 0.5, 0.25], atol=0.01)


def test_columns_of_an_image_are_resampled_together():
    column = np.random.default_rng(0).normal(size=50)
    means = intervals.bootstrap_means(np.stack([column, 1.0 - column], axis=1), np.random.default_rng(1), 300)
    np.testing.assert_allclose(means.sum(axis=1), 1.0)


def test_how_many_resamples_are_held_at_once_changes_no_value(monkeypatch):
    values = np.random.default_rng(0).normal(size=(37, 2))
    at_once = intervals.bootstrap_means(values, np.random.default_rng(1), 101)
    monkeypatch.setattr(intervals, "CHUNK", 80)
    np.testing.assert_allclose(intervals.bootstrap_means(values, np.random.default_rng(1), 101), at_once, rtol=1e-13)


def test_a_percentile_interval_of_0_to_100_is_read_off():
    assert intervals.percentile_interval(np.arange(101.0), 0.9) == pytest.approx((5.0, 95.0))


@pytest.mark.parametrize(("successes", "trials"), [(0, 16), (16, 16), (7, 36), (355, 360), (1, 1)])
@pytest.mark.parametrize("confidence", [0.68, 0.95])
def test_the_wilson_interval_is_scipys(successes, trials, confidence):
    expected = stats.binomtest(successes, trials).proportion_ci(confidence, method="wilson")
    np.testing.assert_allclose(intervals.wilson_interval(successes, trials, confidence), expected, atol=1e-12)


def test_the_wilson_interval_at_zero_successes_ends_at_z2_over_n_plus_z2():
    z2 = stats.norm.ppf(0.975) ** 2
    assert intervals.wilson_interval(0, 16, 0.95) == pytest.approx((0.0, z2 / (16 + z2)))


def test_without_trials_the_wilson_interval_is_not_a_number():
    assert all(map(math.isnan, intervals.wilson_interval(0, 0, 0.95)))


def test_every_subset_of_the_draws_is_equally_likely():
    subsets = intervals.random_subsets(5, 2, 20_000, np.random.default_rng(0))
    counts = [np.mean(subsets[:, i] & subsets[:, j]) for i, j in itertools.combinations(range(5), 2)]
    assert set(subsets.sum(axis=1)) == {2}
    np.testing.assert_allclose(counts, 0.1, atol=0.01)
