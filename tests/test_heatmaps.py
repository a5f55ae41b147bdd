import numpy as np
import pytest
from scipy import stats
from scipy.special import logsumexp

from sbgc.maths import heatmaps

RANDOM = np.random.default_rng(0)
CONTRASTS = pytest.mark.parametrize("contrast", [0.0, 0.3, 1.0])
# Four classes at 2x3 places, nearly alike; and so far apart that all but one are impossible in float32.
PARTS = {"unsure": RANDOM.normal(size=(4, 2, 3)), "sure": 300.0 * RANDOM.normal(size=(4, 2, 3)) - 1e4}
EACH = pytest.mark.parametrize("parts", PARTS.values(), ids=PARTS)


@EACH
@CONTRASTS
def test_the_map_of_a_class_sums_to_its_log_posterior_for_every_contrast(parts, contrast):
    """Equation 10, with Bayes' rule in closed form."""
    found = heatmaps.posterior(parts, contrast)
    sums = parts.sum(axis=(1, 2))
    np.testing.assert_allclose(found.sum(axis=(1, 2)), sums - logsumexp(sums), rtol=1e-9, atol=1e-9)


@EACH
@CONTRASTS
def test_the_salience_sums_to_log_p_and_bayes_rule_holds_at_every_place(parts, contrast):
    shared = RANDOM.normal(size=(4, 6))
    found = heatmaps.salience(parts, shared, contrast)
    wanted = logsumexp(parts.sum(axis=(1, 2))) - np.log(4) + shared.sum()
    assert found.sum() == pytest.approx(wanted, rel=1e-9)
    joint = np.stack([heatmaps.spread(one, (4, 6)) for one in parts]) + shared - np.log(4) / 24
    maps = np.stack([heatmaps.spread(one, (4, 6)) for one in heatmaps.posterior(parts, contrast)])
    np.testing.assert_allclose(joint - found, maps, atol=1e-9 * np.abs(parts).max())


@EACH
def test_the_contrast_moves_no_difference_between_two_classes(parts):
    maps = [heatmaps.posterior(parts, contrast) for contrast in (0.0, 0.4, 1.0)]
    for one in maps:
        np.testing.assert_allclose(one[1] - one[2], parts[1] - parts[2], atol=1e-9)


def test_a_shared_map_of_any_size_changes_no_posterior():
    parts, shared = PARTS["unsure"], 50.0 * RANDOM.normal(size=(2, 3))
    np.testing.assert_allclose(heatmaps.posterior(parts + shared, 0.7), heatmaps.posterior(parts, 0.7), atol=1e-9)


def test_full_contrast_holds_a_class_against_the_mean_of_all_and_none_leaves_a_certain_class_blank():
    parts = PARTS["sure"]
    best = int(parts.sum(axis=(1, 2)).argmax())
    np.testing.assert_allclose(heatmaps.posterior(parts, 0.0)[best], 0.0, atol=1e-9)
    found = heatmaps.posterior(parts, 1.0)
    against = parts - parts.mean(axis=0)
    np.testing.assert_allclose(np.ptp(found - against, axis=(1, 2)), 0.0, atol=1e-6)


def test_of_independent_places_the_salience_is_that_of_each_where_there_is_one_class():
    x, mean, std = RANDOM.normal(size=(3, 2, 2))
    parts = stats.norm.logpdf(x, mean, np.exp(std))[None]
    np.testing.assert_allclose(heatmaps.salience(parts, np.zeros((2, 2)), 0.5), parts[0], atol=1e-12)


def test_a_coarse_map_is_spread_evenly_and_one_that_does_not_fit_is_refused():
    found = heatmaps.spread(np.array([[4.0, 8.0]]), (2, 4))
    np.testing.assert_array_equal(found, [[1, 1, 2, 2], [1, 1, 2, 2]])
    with pytest.raises(ValueError, match=r"^a map of \(1, 2\) pixels cannot be spread over \(2, 5\)$"):
        heatmaps.spread(np.zeros((1, 2)), (2, 5))
