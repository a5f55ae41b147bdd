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


def test_the_value_is_the_fields_and_the_unit_vectors_give_the_trace():
    value, trace = estimate(math.sqrt(DIM) * jnp.eye(DIM).reshape(DIM, *SHAPE))
    np.testing.assert_allclose(value, field(X), rtol=1e-6)
    assert float(trace) == pytest.approx(np.trace(jacobian()), abs=1e-5)


def test_over_all_signs_a_probe_has_the_trace_as_mean_and_the_off_diagonal_as_variance():
    """Hutchinson 1990: the variance is twice the sum of squares off the diagonal of the symmetrized Jacobian."""
    traces = np.asarray(each(SIGNS), float)
    symmetric = (jacobian() + jacobian().T) / 2
    off_diagonal = symmetric - np.diag(np.diag(symmetric))
    assert traces.mean() == pytest.approx(np.trace(symmetric), abs=1e-5)
    assert traces.var() == pytest.approx(2 * (off_diagonal**2).sum(), rel=1e-5)


def test_the_estimate_of_several_probes_is_the_mean_of_theirs():
    probes = SIGNS[::17].reshape(-1, *SHAPE)
    value, trace = estimate(probes)
    np.testing.assert_allclose(value, field(X), rtol=1e-6)
    assert float(trace) == pytest.approx(float(each(probes).mean()), abs=1e-5)


def test_one_probe_is_exact_for_a_diagonal_jacobian_however_many_dimensions():
    x = jnp.linspace(-1.0, 1.0, 3072)
    probes = jax.random.rademacher(jax.random.key(6), (1, 3072), jnp.float32)
    _, trace = divergence.value_and_divergence(lambda x: x**3, x, probes)
    assert float(trace) == pytest.approx(float(jnp.sum(3 * x**2)), rel=1e-5)


def test_the_shares_of_the_components_add_up_to_the_divergence_and_are_its_diagonal():
    """All sign vectors together: the mean of v v' is the identity."""
    value, shares = jax.jit(lambda v: divergence.value_and_shares(field, X, v))(SIGNS.reshape(-1, *SHAPE))
    np.testing.assert_allclose(value, field(X), rtol=1e-6)
    np.testing.assert_allclose(np.asarray(shares).reshape(-1), np.diag(jacobian()), atol=1e-5)
    one = SIGNS[5].reshape(1, *SHAPE)
    _, shares = jax.jit(lambda v: divergence.value_and_shares(field, X, v))(one)
    assert float(shares.sum()) == pytest.approx(float(estimate(one)[1]), abs=1e-5)
