import numpy as np
import pytest

from sbgc.maths.typicality import p_values


def test_a_p_value_counts_the_references_at_least_as_far_from_their_mean_to_either_side():
    reference = np.array([-3.0, -1.0, 0.0, 1.0, 3.0])
    found = p_values(np.array([0.0, 0.5, -0.5, 1.0, 2.0, -2.0, 3.0, 10.0, -10.0]), reference)
    np.testing.assert_allclose(found * 6, [6, 5, 5, 5, 3, 3, 3, 1, 1])


def test_too_high_a_likelihood_is_as_untypical_as_too_low_a_one():
    reference = np.random.default_rng(0).normal(size=999)
    center = reference.mean()
    low, high = p_values(np.array([center - 4.0, center + 4.0]), reference)
    assert low == pytest.approx(high)
    assert high == 1 / 1000


def test_p_values_of_images_like_the_references_are_uniform():
    random = np.random.default_rng(1)
    found = p_values(random.normal(size=20_000), random.normal(size=20_000))
    np.testing.assert_allclose(np.quantile(found, [0.05, 0.25, 0.5, 0.9]), [0.05, 0.25, 0.5, 0.9], atol=0.015)


def test_they_do_not_depend_on_each_other_or_on_the_order_of_the_references():
    random = np.random.default_rng(2)
    reference, asked = random.normal(size=50), random.normal(size=7)
    one_by_one = [float(p_values(asked[[place]], random.permutation(reference))[0]) for place in range(7)]
    np.testing.assert_array_equal(p_values(asked, reference), one_by_one)
