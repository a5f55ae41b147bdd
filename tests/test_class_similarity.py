import numpy as np
import pytest
from scipy import integrate
from scipy.special import expit
from scipy.stats import norm

from sbgc.maths import class_similarity

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("distance", [0.3, 1.7, 4.0, 9.0])
def test_the_expected_posterior_is_the_mean_over_the_half_of_the_mixture_in_which_the_other_class_wins(distance):
    """By quadrature over the log-odds t of B against A, which are negative where A wins."""

    def density(t):
        return 0.5 * (norm.pdf(t, 0.5 * distance**2, distance) + norm.pdf(t, -0.5 * distance**2, distance))

    edges = [-60.0 - 5.0 * distance**2, -0.5 * distance**2, 0.0]
    parts = [
        [integrate.quad(f, low, high, epsabs=1e-10)[0] for low, high in zip(edges[:-1], edges[1:], strict=True)]
        for f in (lambda t: density(t) * expit(t), density)
    ]
    wanted = sum(parts[0]) / sum(parts[1])
    assert class_similarity.expected_posterior(np.array([[distance]]))[0, 0] == pytest.approx(wanted, abs=1e-8)


def test_latents_of_the_classes_have_this_posterior_on_average():
    centers = np.array([[0.0, 0, 0], [1.0, 0, 0], [0, 2.5, 0]])
    distance = class_similarity.distances(centers)
    np.testing.assert_allclose(distance[0], [0.0, 1.0, 2.5])
    np.testing.assert_allclose(distance, distance.T)
    found = class_similarity.sampled_posterior(centers, 20_000, RANDOM)
    wanted = class_similarity.expected_posterior(distance)
    for a, b in ((0, 1), (1, 0), (0, 2), (2, 0), (1, 2)):
        assert abs(found.mean[a, b] - wanted[a, b]) < 4.0 * found.error[a, b]
        assert found.error[a, b] < 0.002
    assert np.isnan(found.mean[0, 0])


def test_classes_with_one_center_are_at_no_distance_and_split_every_decision():
    distance = class_similarity.distances(1e3 * np.ones((2, 5)))
    assert distance.tolist() == [[0.0, 0.0], [0.0, 0.0]]
    np.testing.assert_array_equal(class_similarity.expected_posterior(distance), 0.5)
