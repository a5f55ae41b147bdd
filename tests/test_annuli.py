import numpy as np
import pytest
from scipy import integrate, stats

from sbgc.maths.annuli import Annulus, Mixture, log_one_minus_exp

SHAPES = [(0.0, 1.0), (1.0, 1.1), (2.0, 3.0)]


@pytest.mark.parametrize(("inner", "outer"), SHAPES)
@pytest.mark.parametrize("dimension", [1, 2, 5, 40])
def test_densities_integrate_to_1(inner, outer, dimension):
    """Over the radius: the area of a sphere is d r^(d-1) times the volume of the unit ball."""
    annulus = Annulus(inner, outer, dimension)

    def shell(radius):
        return dimension * radius ** (dimension - 1) * np.exp(annulus.log_density(np.array([radius])))[0]

    total, _ = integrate.quad(shell, inner, outer)
    assert total == pytest.approx(1.0, rel=1e-9)
    assert shell(outer + 0.01) == shell(outer + 5.0) == 0.0


def test_volumes_of_thousands_of_dimensions_neither_overflow_nor_vanish():
    for dimension in (10_000, 10**9):
        assert Annulus(2.0, 3.0, dimension).log_volume == pytest.approx(dimension * np.log(3.0), rel=1e-12)
    thin = Annulus(1.0, 1.0 + 1e-9, 1000)
    assert np.exp(thin.log_volume) == pytest.approx(1000 * 1e-9, rel=1e-5)


@pytest.mark.parametrize("x", [-1e-20, -1e-3, -0.7, -5.0, -800.0])
def test_log_one_minus_exp_is_precise_at_both_ends(x):
    """Against its series: log(-x) + x / 2 + x^2 / 24 near 0, and -e^x far from it."""
    near, far = np.log(-x) + x / 2 + x**2 / 24, -np.exp(x) - np.exp(2 * x) / 2 - np.exp(3 * x) / 3
    wanted = near if x > -0.01 else far if x < -4 else np.log(1 - np.exp(x))
    assert log_one_minus_exp(x) == pytest.approx(wanted, rel=1e-7)


@pytest.mark.parametrize(("inner", "outer"), SHAPES)
@pytest.mark.parametrize("dimension", [1, 3, 2000])
def test_samples_are_uniform_in_volume_and_direction(inner, outer, dimension):
    """(|x|^d - inner^d) / (outer^d - inner^d) is uniform; the first coordinate's sign is even (Kolmogorov-Smirnov)."""
    count = 500
    points = Annulus(inner, outer, dimension).sample(np.random.default_rng(0), count)
    radii = np.linalg.norm(points, axis=1)
    assert (radii >= inner * (1 - 1e-12)).all()
    assert (radii <= outer * (1 + 1e-12)).all()
    least = (inner / outer) ** dimension
    shares = ((radii / outer) ** dimension - least) / (1.0 - least)
    assert stats.kstest(shares, "uniform").pvalue > 0.01
    assert abs(np.sign(points[:, 0]).mean()) < 4.0 / count**0.5
    if dimension > 1:
        assert abs(np.corrcoef(points[:, 0], points[:, 1])[0, 1]) < 4.0 / count**0.5


def test_a_mixture_has_the_density_and_the_samples_of_its_parts():
    annuli = Annulus(0.0, 1.0, 3), Annulus(1.0, 2.0, 3)
    mixture = Mixture((0.3, 0.7), annuli)
    densities = np.exp(mixture.log_density(np.array([0.5, 1.5, 2.5])))
    np.testing.assert_allclose(densities, [0.3, 0.7 / 7.0, 0.0], rtol=1e-12)
    radii = np.linalg.norm(mixture.sample(np.random.default_rng(1), 4000), axis=1)
    assert np.mean(radii < 1.0) == pytest.approx(0.3, abs=0.03)
    assert np.mean(radii[:400] < 1.0) == pytest.approx(0.3, abs=0.1)  # in random order
