import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import oracles
import pytest

from sbgc.maths import coordinates, elbo, fixed_grid, grids, probability_flow
from sbgc.types import LogProb

pytestmark = pytest.mark.usefixtures("strict")
EACH = pytest.mark.parametrize("sde", oracles.SDES.values(), ids=oracles.SDES)
KEY = jax.random.key(0)
TURNED = coordinates.Coordinates(np.array([0.1, -0.2]), np.array([0.1, 0.4]), np.array([[0.6, -0.8], [0.8, 0.6]]))
GRID = grids.grid(oracles.SDES["vp"], 64, grids.Placement(-1.75, 0.7), TURNED)


def of_dimension(dim):
    """A Gaussian, another beside the origin, and a mixture; above a hundred dimensions, of independent coordinates."""
    if dim <= 64:
        return oracles.gaussian(0.0, 0.5, dim), oracles.gaussian(0.3, 0.7, dim), oracles.mixture(dim)
    scalars = oracles.gaussian(0.0, 0.5), oracles.gaussian(0.3, 0.7), oracles.mixture()
    return tuple(oracles.independent(dim, scalar) for scalar in scalars)


@pytest.mark.parametrize("dim", [1, 2, 64, 3072])
@EACH
def test_log_prob_is_that_of_the_closed_forms(sde, dim):
    """At tolerance 1e-5 within 1e-3 bits/dim of p(x(t_min)), which is where the image stands."""

    @jax.jit
    def solve(data, x):
        """The procedure's value, and those of two closed forms."""
        eps_hat, probes = oracles.noise_prediction(data, sde), dim if dim <= 64 else 1
        found = jax.vmap(lambda x: probability_flow.reference(sde, eps_hat, x, KEY, 1e-5, 1e-5, probes).value)(x)
        density = jax.vmap(data.at(sde, jnp.asarray(sde.t_min)).log_prob)(x)
        return found, density, jax.vmap(lambda x: oracles.flow_of_gaussian(sde, 0.3, 0.7, x))(x)

    allowed = 1e-3 * dim * math.log(2.0)
    centered, beside, mixture = of_dimension(dim)
    for data in (centered, mixture):
        found, density, _ = solve(data, data.sample(np.random.default_rng(1), 4))
        np.testing.assert_allclose(found, density, rtol=0, atol=allowed)
    found, _, flow = solve(beside, beside.sample(np.random.default_rng(2), 4))
    np.testing.assert_allclose(found, flow, rtol=0, atol=allowed)


@EACH
def test_the_error_falls_in_proportion_to_the_tolerance_and_at_order_five(sde):
    """Dormand & Prince 1980: N evaluations leave an error of N^-5; against the solution at tolerance 1e-13."""
    with jax.enable_x64(True):
        data = oracles.mixture(2)
        eps_hat, x = oracles.noise_prediction(data, sde), data.sample(np.random.default_rng(1), 8)

        @jax.jit
        @functools.partial(jax.vmap, in_axes=(0, None))
        def solve(x, tolerance):
            return probability_flow.reference(sde, eps_hat, x, KEY, tolerance, tolerance, 2)

        digits = np.array([5, 8, 9, 10, 11])
        solved = [solve(x, jnp.asarray(10.0**-number)) for number in (*digits, 13)]
    errors = np.array([np.abs(np.asarray(one.value - solved[-1].value)).mean() for one in solved[:-1]])
    evaluations = np.array([np.asarray(one.nfe).mean() for one in solved[:-1]])
    by_tolerance, _ = np.polyfit(-digits, np.log10(errors), 1)
    by_evaluations, _ = np.polyfit(np.log(evaluations[1:]), np.log(errors[1:]), 1)
    assert 0.8 < by_tolerance < 1.2
    assert -6.2 < by_evaluations < -4.8
    assert errors[0] < 1e-3 * 2 * math.log(2.0)


@pytest.mark.parametrize(
    "settings",
    [
        {"procedure": "reference", "rtol": 1e-4, "atol": 1e-4, "num_probes": 2},
        {"procedure": "fast", "grid": GRID, "num_probes": 2, "family": "rademacher"},
    ],
    ids=["reference", "fast"],
)
def test_the_density_of_a_random_net_integrates_to_one(settings):
    """No closed form of it is known: what makes it a density is the change of variables alone."""
    sde, rng = oracles.SDES["vp"], np.random.default_rng(0)
    first, second = (jnp.asarray(rng.normal(size=shape), jnp.float32) for shape in ((3, 16), (16, 2)))
    base = oracles.noise_prediction(oracles.gaussian(0.0, 0.5, 2), sde)

    def eps_hat(x, t):
        return base(x, t) + 0.1 * jnp.tanh(jnp.tanh(jnp.append(2.0 * x, t) @ first) @ second)

    axis = np.linspace(-3.0, 3.0, 100, dtype=np.float32)
    plane = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)

    def log_prob(x):
        return probability_flow.estimate(sde=sde, eps_hat=eps_hat, z=x, key=KEY, **settings).value

    density = np.exp(np.asarray(jax.jit(jax.vmap(log_prob))(plane), float))
    assert density.sum() * (axis[1] - axis[0]) ** 2 == pytest.approx(1.0, abs=0.01)
    assert density.max() > 1.3 / (2 * np.pi * 0.5**2)  # far from the Gaussian that it departs from


def test_the_estimate_is_unbiased_over_probes():
    """One probe a key: the mean over keys is the exact trace's value within four standard errors."""
    sde, data = oracles.SDES["vp"], oracles.mixture(6)
    eps_hat, x = oracles.noise_prediction(data, sde), jnp.asarray(data.sample(np.random.default_rng(0), 1)[0])
    solve = jax.jit(jax.vmap(lambda key: probability_flow.reference(sde, eps_hat, x, key, 1e-5, 1e-5).value))
    found = np.asarray(solve(jax.random.split(jax.random.key(2), 400)), float)
    assert found.std() > 0.1
    exact = float(data.at(sde, jnp.asarray(sde.t_min)).log_prob(x))
    assert abs(found.mean() - exact) < 4 * found.std() / 20 + 1e-3


@pytest.mark.parametrize("num_probes", [1, 2])
def test_nfe_counts_the_calls_of_the_net(num_probes):
    sde, data, calls = oracles.SDES["vp"], oracles.mixture(2), []
    exact = oracles.noise_prediction(data, sde)

    def eps_hat(x, t):
        jax.debug.callback(lambda _: calls.append(1), t)
        return exact(x, t)

    x = jnp.asarray(data.sample(np.random.default_rng(0), 1)[0])
    found = jax.jit(lambda x: probability_flow.reference(sde, eps_hat, x, KEY, 1e-3, 1e-3, num_probes))(x)
    jax.effects_barrier()
    assert int(found.nfe) == len(calls) * (1 + num_probes)


def test_the_adjoint_of_a_class_gap_agrees_with_finite_differences():
    """SBGC section 3.3 checks its gradient so; here to 1e-4 of it in float64, along every coordinate of an image."""
    sde, rng = oracles.SDES["vp"], np.random.default_rng(0)
    first, second, x = (rng.normal(size=shape) for shape in ((5, 8), (8, 4), 4))
    with jax.enable_x64(True):
        base = oracles.noise_prediction(oracles.mixture(4), sde)

        def log_prob(x, y):
            def eps_hat(x, t):
                return base(x, t) + 0.3 * jnp.tanh(jnp.tanh(jnp.append(x, t) @ first + y) @ second)

            return probability_flow.reference(sde, eps_hat, x, KEY, 1e-9, 1e-9).value

        gap = jax.jit(lambda x: log_prob(x, 1.0) - log_prob(x, 0.0))
        found, x = jax.jit(jax.grad(gap))(0.4 * x), 0.4 * jnp.asarray(x)
        steps = 1e-4 * jnp.eye(4)
        differences = [(gap(x + step) - gap(x - step)) / 2e-4 for step in steps]
    np.testing.assert_allclose(found, differences, rtol=1e-4)


def test_a_net_that_returns_nan_is_given_up_quickly():
    sde, data = oracles.SDES["vp"], oracles.mixture(2)
    exact = oracles.noise_prediction(data, sde)

    @jax.jit
    def solve(broken_from):
        def eps_hat(x, t):
            return jnp.where(t >= broken_from, jnp.nan, exact(x, t))

        return probability_flow.reference(sde, eps_hat, jnp.ones(2), KEY, 1e-5, 1e-5)

    for broken_from in (0.0, 0.5):
        found = solve(broken_from)
        assert jnp.isnan(found.value)
        assert found.nfe < 1000
    assert jnp.isfinite(solve(2.0).value)


def test_the_drift_is_that_of_the_probability_flow():
    """Song et al. 2021, eq. 13: f - g^2 / 2 score."""
    data, x, t = oracles.mixture(2), jnp.array([0.3, -0.2]), jnp.asarray(0.3)
    for sde in oracles.SDES.values():
        wanted = sde.drift_rate(t) * x - 0.5 * sde.diffusion(t) ** 2 * data.at(sde, t).score(x)
        found = probability_flow.drift(sde, oracles.noise_prediction(data, sde), x, t)
        np.testing.assert_allclose(found, wanted, rtol=1e-5)


@pytest.mark.parametrize("procedure", ["fast", "reference", "elbo"])
def test_the_procedure_of_a_name_gets_its_settings_and_the_draw(procedure, monkeypatch):
    for module, name in ((fixed_grid, "fast"), (elbo, "elbo"), (probability_flow, "reference")):
        function = "reference" if name == "reference" else "log_prob"
        monkeypatch.setattr(module, function, lambda *args, name=name, **settings: LogProb(name, settings))
    settings = {"nodes": 5, "family": "rademacher"}
    found = probability_flow.estimate(procedure, oracles.SDES["vp"], lambda x, t: x, jnp.ones(2), KEY, 3, **settings)
    assert found == LogProb(procedure, settings | {"draw": 3})
