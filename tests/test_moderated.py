import numpy as np
import pytest
from scipy import stats

from sbgc.maths import moderated
from sbgc.maths.moderated import Prior


def samples(prior, count, draws, seed=0):
    """Normal samples [count, draws] of mean 0 whose variances follow the prior."""
    rng = np.random.default_rng(seed)
    variances = prior.degrees * prior.variance / rng.chisquare(prior.degrees, count)
    return np.sqrt(variances)[:, None] * rng.standard_normal((count, draws))


@pytest.mark.parametrize("draws", [2, 5])
def test_the_prior_that_made_the_variances_is_found_again(draws):
    wanted = Prior(3.0, 6.0)
    found = moderated.fit(samples(wanted, 1_000_000, draws).var(axis=1, ddof=1), draws - 1)
    assert found.variance == pytest.approx(wanted.variance, rel=0.05)
    assert found.degrees == pytest.approx(wanted.degrees, rel=0.1)


def test_equal_variances_leave_only_the_prior():
    values = np.random.default_rng(0).normal(0.0, 2.0, (5_000, 4))
    prior = moderated.fit(values.var(axis=1, ddof=1), 3)
    assert prior.variance == pytest.approx(4.0, rel=0.05)
    assert prior.degrees > 100


def test_a_single_sample_teaches_nothing_about_others():
    assert moderated.fit(np.array([2.5]), 1) == Prior(2.5, 0.0)
    np.testing.assert_array_equal(moderated.moderate(np.array([2.5, 1.0]), 3, Prior(2.5, 0.0))[0], [2.5, 1.0])


def test_without_a_positive_variance_there_is_no_prior():
    with pytest.raises(ValueError, match="no sample variance is positive"):
        moderated.fit(np.zeros(3), 1)


@pytest.mark.parametrize("draws", [1, 2, 5])
def test_the_moderated_t_statistic_is_students(draws):
    """Its distribution function is uniform: Smyth 2004, section 4; with one draw there is only the prior."""
    prior = Prior(3.0, 6.0)
    values = samples(prior, 20_000, draws)
    own = values.var(axis=1, ddof=1) if draws > 1 else np.zeros(len(values))
    variances, degrees = moderated.moderate(own, draws - 1, prior)
    assert degrees == prior.degrees + draws - 1
    uniform = stats.t.cdf(values.mean(axis=1) / np.sqrt(variances / draws), degrees)
    assert stats.kstest(uniform, "uniform").pvalue > 0.01
