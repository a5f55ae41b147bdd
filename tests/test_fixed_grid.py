import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import oracles
import pytest
from scipy.stats import norm

from sbgc.maths import coordinates, fixed_grid, grids, probability_flow

pytestmark = pytest.mark.usefixtures("strict")
EACH = pytest.mark.parametrize("process", oracles.SDES.values(), ids=oracles.SDES)
KEY = jax.random.key(0)
PLACEMENT = grids.Placement(-1.75, 0.7)
NODES = 96  # where the error on the hardest data here is below 1e-3 bits/dim


def uniform(process, nodes, shape):
    """A grid with nodes uniform in log(sigma / alpha), and the pixels as axes."""
    return grids.grid(process, nodes, grids.UNIFORM, coordinates.isotropic(shape))


def solver(process, nodes, num_probes):
    """(data, points) -> the procedure's values and the densities of x(t_min)."""

    @jax.jit
    def solve(data, x):
        eps_hat = oracles.noise_prediction(data, process)
        points = grids.grid(process, nodes, PLACEMENT, coordinates.isotropic(x.shape[1:]))
        found = jax.vmap(
            lambda x: fixed_grid.log_prob(process, eps_hat, x, KEY, points, num_probes, "rademacher").value
        )(x)
        return found, jax.vmap(data.at(process, jnp.asarray(process.t_min)).log_prob)(x)

    return solve


@EACH
def test_gaussian_data_of_the_cubes_variance_is_exact_on_three_nodes(process):
    """In w nothing moves: the linear part is all there is."""
    data = oracles.gaussian(0.0, math.sqrt(1 / 3), 2)
    found, wanted = solver(process, 3, 1)(data, data.sample(np.random.default_rng(0), 4))
    np.testing.assert_allclose(found, wanted, rtol=0, atol=4e-4)


@pytest.mark.parametrize("dim", [1, 2, 64, 3072])
@EACH
def test_log_prob_is_that_of_the_closed_forms(process, dim):
    """Within 1e-3 bits/dim at NODES nodes; above a hundred dimensions of independent coordinates."""
    solve = solver(process, NODES, dim if dim <= 64 else 1)
    for make in (partial(oracles.gaussian, 0.0, 0.5), oracles.mixture):
        data = make(dim) if dim <= 64 else oracles.independent(dim, make())
        found, wanted = solve(data, data.sample(np.random.default_rng(1), 4))
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-3 * dim * math.log(2.0))


def test_a_finer_grid_falls_in_error_at_second_order_or_faster():
    """Against the adaptive solution at tolerance 1e-12."""
    process = oracles.SDES["vp"]
    with jax.enable_x64(True):
        data = oracles.mixture(2)
        eps_hat, x = oracles.noise_prediction(data, process), data.sample(np.random.default_rng(1), 8)
        adaptive = partial(probability_flow.reference, process, eps_hat, key=KEY, rtol=1e-12, atol=1e-12)
        wanted = jax.jit(jax.vmap(lambda x: adaptive(x, num_probes=2).value))(x)
        found = [solver(process, nodes, 2)(data, x)[0] for nodes in (33, 65, 129)]
    errors = [np.abs(np.asarray(values - wanted)).mean() for values in found]
    assert (np.diff(np.log2(errors)) < -1.9).all()


def test_the_estimate_is_unbiased_and_probes_are_new_at_every_node():
    process, data = oracles.SDES["vp"], oracles.mixture(6)
    eps_hat, x = oracles.noise_prediction(data, process), jnp.asarray(data.sample(np.random.default_rng(0), 1)[0])

    @partial(jax.jit, static_argnums=1)
    def values(keys, num_probes):
        settings = {"grid": uniform(process, 30, (6,)), "num_probes": num_probes, "family": "rademacher"}
        return jax.vmap(lambda key: fixed_grid.log_prob(process, eps_hat, x, key, **settings).value)(keys)

    noisy = np.asarray(values(jax.random.split(jax.random.key(2), 2000), 1), float)
    exact = float(values(jax.random.split(KEY, 1), 6)[0])
    assert abs(noisy.mean() - exact) < 4 * noisy.std() / math.sqrt(2000)
    four = np.asarray(values(jax.random.split(jax.random.key(3), 2000), 4), float)
    assert four.std() == pytest.approx(noisy.std() / 2, rel=0.1)
    drawn = [fixed_grid.probes_at(KEY, 0, node, "rademacher", 1, x) for node in (3, 3, 4)]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert (drawn[0] != drawn[2]).any()


@pytest.mark.parametrize("num_probes", [1, 2, 5])
def test_nfe_counts_the_calls_of_the_net(num_probes):
    process, data, calls = oracles.SDES["vp"], oracles.mixture(2), []
    exact = oracles.noise_prediction(data, process)

    def eps_hat(x, t):
        jax.debug.callback(lambda _: calls.append(1), t)
        return exact(x, t)

    grid = uniform(process, 7, (2,))
    nfe = jax.jit(lambda x: fixed_grid.log_prob(process, eps_hat, x, KEY, grid, num_probes, "gaussian").nfe)
    found = nfe(jnp.ones(2))
    jax.effects_barrier()
    assert len(calls) == 7
    assert int(found) == len(calls) * (1 + min(num_probes, 2))


@EACH
def test_a_sample_keeps_the_quantile_of_its_noise(process):
    """In one dimension the flow is monotone: P(x(t_min) < sample) = P(x(1) < noise), both closed forms."""
    data = oracles.mixture(1)
    eps_hat = oracles.noise_prediction(data, process)
    noise = process.prior_std() * np.linspace(-2.0, 2.0, 41, dtype=np.float32)[:, None]
    points = grids.grid(process, NODES, PLACEMENT, coordinates.isotropic((1,)))
    found = jax.jit(jax.vmap(lambda noise: fixed_grid.sample(eps_hat, noise, points)))(noise)

    def share_below(x, t):
        ends = data.at(process, jnp.asarray(t))
        return norm.cdf(x, np.asarray(ends.means)[:, 0], np.asarray(ends.stds)) @ np.array([0.5, 0.3, 0.2])

    below = share_below(np.asarray(found), process.t_min)
    np.testing.assert_allclose(below, share_below(noise, process.t_max), atol=2e-3)
