import itertools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sbgc.maths import divergence

pytestmark = pytest.mark.usefixtures("strict")
SHAPE, DIM = (2, 3, 1), 6
MATRIX = jnp.asarray(np.random.default_rng(0).normal(size=(DIM, DIM)), jnp.float32)
X = jnp.asarray(np.random.default_rng(1).normal(size=SHAPE), jnp.float32)
SIGNS = jnp.array(list(itertools.product((-1.0, 1.0), repeat=DIM)))


def field(x):
    """Not linear, its Jacobian neither diagonal nor symmetric."""
    return jnp.tanh(MATRIX @ x.reshape(-1)).reshape(SHAPE) * x


def jacobian():
    return np.asarray(jax.jacfwd(lambda x: field(x.reshape(SHAPE)).reshape(-1))(X.reshape(-1)), float)


@jax.jit
def estimate(probes):
    return divergence.value_and_divergence(field, X, probes)


@jax.jit
def each(signs):
    return jax.vmap(lambda v: divergence.value_and_divergence(field, X, v.reshape(1, *SHAPE))[1])(signs)


@pytest.mark.parametrize("num_probes", [DIM, 3 * DIM])
def test_with_as_many_probes_as_dimensions_the_trace_is_exact(num_probes):
    value, trace = estimate(divergence.rademacher(jax.random.key(0), num_probes, SHAPE))
    np.testing.assert_allclose(value, field(X), rtol=1e-6)
    assert float(trace) == pytest.approx(np.trace(jacobian()), abs=1e-5)


def test_over_all_signs_a_probe_has_the_trace_as_mean_and_the_off_diagonal_as_variance():
    """Hutchinson 1990: the variance is twice the sum of squares off the diagonal of the symmetrized Jacobian."""
    traces = np.asarray(each(SIGNS), float)
    symmetric = (jacobian() + jacobian().T) / 2
    off_diagonal = symmetric - np.diag(np.diag(symmetric))
    assert traces.mean() == pytest.approx(np.trace(symmetric), abs=1e-5)
    assert traces.var() == pytest.approx(2 * (off_diagonal**2).sum(), rel=1e-5)


def test_over_many_keys_the_estimate_is_unbiased():
    """Within four standard errors, and its spread is that of the theory."""
    signs = jax.vmap(lambda key: divergence.rademacher(key, 1, SHAPE)[0])(jax.random.split(jax.random.key(2), 5000))
    traces = np.asarray(each(signs), float)
    assert abs(traces.mean() - np.trace(jacobian())) < 4 * traces.std() / math.sqrt(5000)
    assert traces.std() == pytest.approx(np.asarray(each(SIGNS), float).std(), rel=0.05)


def test_the_estimate_of_several_probes_is_the_mean_of_theirs():
    probes = divergence.rademacher(jax.random.key(3), 4, SHAPE)
    value, trace = estimate(probes)
    np.testing.assert_allclose(value, field(X), rtol=1e-6)
    assert float(trace) == pytest.approx(float(each(probes).mean()), abs=1e-5)


def test_the_probes_are_signs_that_differ_between_probes_and_keys():
    probes = [divergence.rademacher(jax.random.key(seed), 2, (4, 4, 2)) for seed in (4, 4, 5)]
    np.testing.assert_array_equal(jnp.abs(probes[0]), 1.0)
    np.testing.assert_array_equal(probes[0], probes[1])
    assert (probes[0] != probes[2]).any()
    assert (probes[0][0] != probes[0][1]).any()


def test_one_probe_is_exact_for_a_diagonal_jacobian_however_many_dimensions():
    x = jnp.linspace(-1.0, 1.0, 3072)
    probes = divergence.rademacher(jax.random.key(6), 1, x.shape)
    _, trace = divergence.value_and_divergence(lambda x: x**3, x, probes)
    assert float(trace) == pytest.approx(float(jnp.sum(3 * x**2)), rel=1e-5)
