import itertools

import numpy as np
import pytest
from scipy.special import ndtr
from scipy.stats import mannwhitneyu, norm

from sbgc.maths import roc

RANDOM = np.random.default_rng(0)
INSIDE, OUTSIDE = RANDOM.normal(size=40), RANDOM.normal(0.8, size=30)
APART = np.arange(70)  # every score a cluster of its own


def area(inside=INSIDE, outside=OUTSIDE, confidence=0.95):
    clusters = np.arange(len(inside) + len(outside))
    return roc.area(inside, outside, clusters[: len(inside)], clusters[len(inside) :], confidence)


def test_the_area_is_the_share_of_pairs_in_which_the_outlier_is_above_with_ties_as_halves():
    inside, outside = np.array([0.0, 1.0, 1.0, 3.0]), np.array([1.0, 2.0, -1.0])
    pairs = [1.0 if b > a else 0.5 if b == a else 0.0 for a, b in itertools.product(inside, outside)]
    assert area(inside, outside).value == pytest.approx(np.mean(pairs))
    u = mannwhitneyu(OUTSIDE, INSIDE).statistic
    assert area().value == pytest.approx(u / (len(INSIDE) * len(OUTSIDE)))


def test_the_area_of_two_normals_is_the_closed_form():
    inside, outside = RANDOM.normal(size=40_000), RANDOM.normal(1.2, size=40_000)
    assert area(inside, outside).value == pytest.approx(ndtr(1.2 / np.sqrt(2.0)), abs=0.004)


def test_without_clusters_the_interval_is_that_of_delong():
    value, low, high = area()
    first, second = 1.0 - roc.placements(INSIDE, OUTSIDE), roc.placements(OUTSIDE, INSIDE)
    variance = first.var(ddof=1) / len(first) + second.var(ddof=1) / len(second)
    half = norm.ppf(0.975) * np.sqrt(variance) / (value * (1.0 - value))
    logit = np.log(value / (1.0 - value))
    assert [low, high] == pytest.approx([1 / (1 + np.exp(half - logit)), 1 / (1 + np.exp(-half - logit))], abs=2e-3)


def covered(shared, images=60, worlds=400):
    """How often the 90 % interval holds the truth, where outliers are the inliers moved by 1 and some noise."""
    random, hits = np.random.default_rng(1), 0
    truth = float(ndtr(1.0 / np.sqrt(2.0 + 0.3**2)))
    for _ in range(worlds):
        clean = random.normal(size=images)
        moved = (clean if shared else random.normal(size=images)) + 1.0 + 0.3 * random.normal(size=images)
        clusters = np.arange(images)
        found = roc.area(clean, moved, clusters, clusters if shared else clusters + images, 0.9)
        hits += found.low <= truth <= found.high
    return hits / worlds


@pytest.mark.parametrize("shared", [True, False])
def test_the_interval_holds_the_truth_as_often_as_it_says(shared):
    assert covered(shared) == pytest.approx(0.9, abs=0.045)


def test_an_image_and_its_corruption_vary_together_so_that_the_interval_is_narrower():
    clean = np.arange(50.0)
    together, apart = (roc.area(clean, clean + 9.5, APART[:50], APART[:50] + shift, 0.95) for shift in (0, 50))
    assert together.value == apart.value
    assert together.high - together.low < 0.5 * (apart.high - apart.low)


def test_sets_that_do_not_overlap_have_a_single_point():
    assert area(np.zeros(3), np.ones(4)) == (1.0, 1.0, 1.0)
    assert area(np.ones(3), np.zeros(4)) == (0.0, 0.0, 0.0)


def test_the_curve_is_the_share_above_the_threshold_that_so_many_inliers_exceed():
    rates = np.array([0.0, 0.1, 0.5, 1.0])
    thresholds = [np.sort(INSIDE)[::-1][int(rate * 40)] if rate < 1 else -np.inf for rate in rates]
    assert roc.detected(INSIDE, OUTSIDE, rates).tolist() == [float((one < OUTSIDE).mean()) for one in thresholds]


def test_the_area_under_the_curve_is_the_area():
    rates = np.linspace(0.0, 1.0, 2001)
    found = roc.detected(RANDOM.normal(size=2000), OUTSIDE, rates)
    wide = RANDOM.normal(size=200_000)
    assert np.trapezoid(found, rates) == pytest.approx(area(wide, OUTSIDE).value, abs=0.02)


def test_a_p_value_counts_the_references_at_least_as_large_and_the_image_itself():
    found = roc.p_values(np.array([0.0, 1.0, 1.5, 9.0]), np.array([1.0, 2.0, 3.0]))
    np.testing.assert_allclose(found, [1.0, 1.0, 0.75, 0.25])
