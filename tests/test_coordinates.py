import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import oracles
import pytest

from sbgc.maths import coordinates, fixed_grid, grids
from sbgc.maths.sde import noise_ratio

KEY = jax.random.key(0)
SHAPE = (2, 2, 1)


@pytest.fixture(autouse=True)
def double_precision():
    with jax.enable_x64(True):
        yield


def turned(seed=0):
    """Coordinates with a random orthonormal basis, a mean and four variances."""
    random = np.random.default_rng(seed)
    basis = np.linalg.qr(random.normal(size=(4, 4)))[0]
    return coordinates.Coordinates(random.normal(0.0, 0.2, SHAPE), np.array([1e-4, 0.02, 0.3, 2.0]), basis)


def gaussian_noise_prediction(axes, process):
    """eps_hat of N(mean, Q diag(variances) Q'), in closed form."""
    covariance = axes.basis @ np.diag(axes.variances) @ axes.basis.T

    def eps_hat(x, t):
        alpha, sigma = process.alpha(t), process.sigma(t)
        full = alpha**2 * covariance + sigma**2 * jnp.eye(4)
        return sigma * jnp.linalg.solve(full, (x - alpha * axes.mean).reshape(-1)).reshape(x.shape)

    return eps_hat


def flow_density(axes, process, z):
    """log p(z) in closed form: each mode grows by the ratio of its standard deviations at t_max and t_min."""
    alpha, sigma = (np.asarray(f(jnp.array([process.t_min, process.t_max]))) for f in (process.alpha, process.sigma))
    stds = np.sqrt(alpha[:, None] ** 2 * axes.variances + sigma[:, None] ** 2)
    growth = stds[1] / stds[0]
    offset = (np.asarray(z) - alpha[0] * axes.mean).reshape(-1) @ axes.basis
    end = axes.basis @ (growth * offset) + alpha[1] * axes.mean.reshape(-1)
    prior = -0.5 * np.sum((end / process.prior_std()) ** 2) - 4 * math.log(process.prior_std() * math.sqrt(2 * math.pi))
    return prior + np.log(growth).sum()


def test_points_and_modes_are_inverse_to_each_other():
    axes, modes = turned(), jnp.asarray(np.random.default_rng(1).normal(size=4))
    np.testing.assert_allclose(axes.project(axes.point(modes) - axes.mean), modes, atol=1e-12)


@pytest.mark.parametrize("process", oracles.SDES.values(), ids=oracles.SDES)
def test_gaussian_data_of_the_coordinates_stand_still_so_three_nodes_are_exact(process):
    """A full covariance with a condition number of 20,000."""
    axes = turned()
    points = grids.grid(process, 3, grids.UNIFORM, axes)
    eps_hat = gaussian_noise_prediction(axes, process)
    drawn = np.random.default_rng(3).normal(size=(5, 4)) * np.sqrt(axes.variances)
    z = jnp.array([axes.point(jnp.asarray(modes)) for modes in drawn])
    solve = jax.jit(jax.vmap(lambda z: fixed_grid.log_prob(process, eps_hat, z, KEY, points, 4, "rademacher").value))
    wanted = [flow_density(axes, process, one) for one in z]
    np.testing.assert_allclose(solve(z), wanted, rtol=0, atol=1e-5)


def test_other_coordinates_change_the_error_and_not_the_limit():
    """Of data that are not Gaussian, on 400 nodes."""
    process, data = oracles.SDES["vp"], oracles.mixture(4)
    eps_hat, z = oracles.noise_prediction(data, process), jnp.asarray(data.sample(np.random.default_rng(2), 3), float)
    found = []
    for axes in (coordinates.isotropic((4,)), turned()._replace(mean=np.full(4, 0.3), variances=np.full(4, 0.2))):
        points = grids.grid(process, 400, grids.Placement(-1.75, 1.0), axes)
        solve = partial(fixed_grid.log_prob, process, eps_hat, key=KEY, grid=points, num_probes=4, family="rademacher")
        found.append(jax.jit(jax.vmap(lambda z, solve=solve: solve(z).value))(z))
    np.testing.assert_allclose(found[0], found[1], rtol=0, atol=2e-4)


def test_of_images_finds_mean_covariance_and_the_variance_of_dequantization():
    """Three images' worth of independent levels 0..3: their variance is 5/4 units^2, that of the noise 1/12."""
    images = np.random.default_rng(0).integers(0, 4, (20_000, *SHAPE))
    axes = coordinates.of_images(images, 4)
    np.testing.assert_allclose(axes.mean, 0.0, atol=0.01)
    np.testing.assert_allclose(axes.variances, (5 / 4 + 1 / 12) / 4, rtol=0.03)
    np.testing.assert_allclose(axes.basis.T @ axes.basis, np.eye(4), atol=1e-10)


def test_correlated_pixels_have_a_mode_of_their_own():
    level = np.random.default_rng(0).integers(0, 8, (5000, 1, 1, 1))
    axes = coordinates.of_images(np.broadcast_to(level, (5000, *SHAPE)), 8)
    np.testing.assert_allclose(np.abs(axes.basis[:, -1]), 0.5, atol=1e-3)
    assert axes.variances[-1] == pytest.approx(4 * (63 / 12) / 16, rel=0.05)
    assert axes.variances[0] == pytest.approx((1 / 12) / 16, rel=0.5)


def test_fewer_images_than_dimensions_leave_no_direction_without_variance():
    axes = coordinates.of_images(np.random.default_rng(0).integers(0, 256, (5, 4, 4, 1)), 256)
    assert axes.variances.min() > 1e-3


def test_above_the_largest_dimension_the_pixels_are_the_axes(monkeypatch):
    monkeypatch.setattr(coordinates, "LARGEST", 3)
    axes = coordinates.of_images(np.random.default_rng(0).integers(0, 4, (5000, *SHAPE)), 4)
    assert axes.basis is None
    np.testing.assert_allclose(axes.variances, (5 / 4 + 1 / 12) / 4, rtol=0.1)


def test_the_scale_is_the_standard_deviation_of_noisy_modes():
    process, axes = oracles.SDES["vp"], turned()
    s = noise_ratio(process, jnp.asarray(0.3))
    np.testing.assert_allclose(axes.scale(s), np.sqrt(axes.variances + float(s) ** 2))
