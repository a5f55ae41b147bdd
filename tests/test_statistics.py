import numpy as np
from hand_matrices import SETTINGS

from sbgc.procedures.tables import statistics


def test_two_calls_resample_the_same_images():
    values = np.random.default_rng(0).normal(size=40)
    one, other = (statistics.replicates(v[:, None], SETTINGS)[:, 0] for v in (values, 2.0 * values + 1.0))
    np.testing.assert_allclose(other, 2.0 * one + 1.0)


def test_another_seed_resamples_other_images():
    values = np.arange(20.0)
    other = SETTINGS.model_copy(update={"seed": 1})
    assert statistics.mean(values, SETTINGS) != statistics.mean(values, other)


def test_a_mean_lies_within_its_interval_and_a_constant_has_a_point():
    value, low, high = statistics.mean(np.arange(50.0), SETTINGS)
    assert low < value == 24.5 < high
    assert statistics.mean(np.full(9, 2.0), SETTINGS) == (2.0, 2.0, 2.0)


def test_a_proportion_of_none_has_an_interval_that_is_not_a_point():
    value, low, high = statistics.proportion(np.zeros(16), SETTINGS)
    assert (value, low) == (0.0, 0.0)
    assert 0.15 < high < 0.25
