import jax
import jax.numpy as jnp
import numpy as np

from sbgc import closures

WEIGHTS = jnp.asarray(np.random.default_rng(0).normal(size=(300, 300)), jnp.float32)


def test_what_is_closed_over_becomes_an_argument_and_no_constant_of_the_program():
    function, arrays = closures.opened(lambda x: x @ WEIGHTS, jnp.ones((2, 300)))
    lowered = jax.jit(function).lower(arrays, jnp.ones((2, 300)))
    assert len(lowered.as_text()) < 10_000  # 300 x 300 numbers as text would be 200 kB and more
    np.testing.assert_array_equal(jax.tree.leaves(arrays)[0], WEIGHTS)
    np.testing.assert_allclose(function(arrays, jnp.ones((2, 300))), jnp.ones((2, 300)) @ WEIGHTS, rtol=1e-6)


def test_values_and_gradients_are_those_of_the_function():
    def function(x, power):
        return jnp.sum((x @ WEIGHTS) ** power)

    found = closures.compiled(function)
    x = jnp.linspace(-1.0, 1.0, 300)
    for power in (2, 3):  # a number is an argument like any other
        np.testing.assert_allclose(found(x, power), function(x, power), rtol=1e-4)
        gradients = (jax.grad(f)(x, power) for f in (found, function))
        np.testing.assert_allclose(*gradients, rtol=1e-3, atol=1e-2)


def test_each_shape_is_traced_once():
    traced = []

    @closures.compiled
    def function(x):
        traced.append(x.shape)
        return x + 1.0

    for size in (2, 3, 2, 3):
        assert function(jnp.zeros(size)).tolist() == [1.0] * size
    assert traced == [(2,), (3,)]
