"""All classes along one path, against densities in closed form: mixtures whose scores are exact."""

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import oracles
import pytest

from sbgc.maths import coordinates, fixed_grid, grids, shared_path

pytestmark = pytest.mark.usefixtures("strict")
EACH = pytest.mark.parametrize("process", oracles.SDES.values(), ids=oracles.SDES)
KEY = jax.random.key(0)
PLACEMENT = grids.Placement(-1.75, 0.7)


def classes(dim, count=3):
    """Mixtures with other means for each class, their arrays stacked."""
    found = [oracles.mixture(dim, seed=seed) for seed in range(count)]
    return jax.tree.map(lambda *arrays: jnp.stack(arrays), *found)


def of_class(data, y):
    return jax.tree.map(lambda array: array[y], data)


def noise_predictions(data, process):
    return lambda x, t, y: oracles.noise_prediction(of_class(data, y), process)(x, t)


def solved(process, data, x, nodes, num_probes, key=KEY, placement=PLACEMENT):
    grid = grids.grid(process, nodes, placement, coordinates.isotropic(x.shape[1:]))
    one = partial(shared_path.class_log_probs, process, noise_predictions(data, process), jnp.arange(3))
    return jax.jit(jax.vmap(lambda x: one(x, key, grid, num_probes, "rademacher")))(x)


def exact(process, data, x):
    """log p of x(t_min) under each class, [n, classes]."""
    at = [of_class(data, y).at(process, jnp.asarray(process.t_min)) for y in range(3)]
    return np.stack([jax.vmap(one.log_prob)(x) for one in at], axis=1)


@pytest.mark.parametrize("dim", [1, 2, 16])
@EACH
def test_log_prob_is_that_of_the_closed_forms(process, dim):
    """On one path for all classes, within 2e-3 bits/dim; the images are of class 0, and so off the others' paths."""
    data = classes(dim)
    x = jnp.asarray(of_class(data, 0).sample(np.random.default_rng(1), 4))
    found = solved(process, data, x, 160, dim).value
    np.testing.assert_allclose(found, exact(process, data, x), rtol=0, atol=2e-3 * dim * math.log(2.0))


def test_without_the_curves_own_direction_the_result_is_another():
    """The test above would notice a missing or doubled term: it is worth nats."""
    process, data = oracles.SDES["vp"], classes(16)
    x = jnp.asarray(of_class(data, 0).sample(np.random.default_rng(1), 4))
    grid = grids.grid(process, 160, PLACEMENT, coordinates.isotropic((16,)))

    @jax.jit
    def along_the_mean(x):
        """The divergences along the same path, alone."""
        predictions = noise_predictions(data, process)
        mean = lambda x, t: jnp.mean(jax.vmap(lambda y: predictions(x, t, y))(jnp.arange(3)), axis=0)  # noqa: E731
        return fixed_grid.log_prob(process, mean, x, KEY, grid, 16, "rademacher").value

    alone = jax.vmap(along_the_mean)(x)
    assert np.abs(np.asarray(alone)[:, None] - exact(process, data, x)).min() > 0.1


def test_one_class_is_the_flow_itself():
    process, data = oracles.SDES["vp"], oracles.mixture(6)
    x, grid = jnp.asarray(data.sample(np.random.default_rng(0), 1)[0]), None
    grid = grids.grid(process, 30, PLACEMENT, coordinates.isotropic((6,)))
    eps_hat = oracles.noise_prediction(data, process)
    settings = {"key": KEY, "grid": grid, "num_probes": 2, "family": "hadamard"}
    alone = shared_path.class_log_probs(process, lambda x, t, y: eps_hat(x, t), jnp.arange(1), x, draw=3, **settings)
    flow = fixed_grid.log_prob(process, eps_hat, x, draw=3, **settings)
    assert float(alone.value[0]) == pytest.approx(float(flow.value), abs=1e-4)
    assert alone.nfe.tolist() == [int(flow.nfe)]


def test_the_estimate_is_unbiased_and_classes_share_their_probes():
    """So much that a gap is less noisy than either class."""
    process, data = oracles.SDES["vp"], classes(6)
    x = jnp.asarray(of_class(data, 0).sample(np.random.default_rng(0), 1))
    keys = jax.random.split(jax.random.key(2), 1000)
    grid = grids.grid(process, 30, PLACEMENT, coordinates.isotropic((6,)))
    one = partial(shared_path.class_log_probs, process, noise_predictions(data, process), jnp.arange(3), x[0])
    noisy = np.asarray(jax.jit(jax.vmap(lambda key: one(key, grid, 1, "rademacher").value))(keys), float)
    whole = np.asarray(solved(process, data, x, 30, 6).value[0])
    assert (np.abs(noisy.mean(axis=0) - whole) < 4 * noisy.std(axis=0) / math.sqrt(1000)).all()
    assert (noisy[:, 0] - noisy[:, 1]).std() < np.hypot(noisy[:, 0].std(), noisy[:, 1].std())
