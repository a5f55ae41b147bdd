import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sbgc.nets.conditional_pixelcnn import ConditionalPixelCNN
from sbgc.nets.pixelcnn import PixelCNN

RANDOM = np.random.default_rng(2)


def moved(net, *given):
    """Random variables around those at initialization."""
    begun = jax.jit(net.init)(jax.random.key(0), *given)
    return jax.tree.map(lambda a: a + 0.3 * RANDOM.normal(size=a.shape).astype(np.float32), begun)


@pytest.mark.parametrize(("levels", "side"), [(1, 4), (2, 4), (3, 8)])
def test_a_pixel_s_outputs_follow_from_earlier_pixels_alone_and_from_all_of_them(levels, side):
    """The Jacobian of outputs in pixels by jax.jacrev: nothing on or after the diagonal, in reading order."""
    net, x = PixelCNN(4, levels, 1, 0.0, 2), jnp.asarray(RANDOM.uniform(-1, 1, (1, side, side, 1)), jnp.float32)
    variables = moved(net, x)
    jacobian = jax.jit(jax.jacrev(lambda x: net.apply(variables, x)))(x)
    sizes = np.abs(np.asarray(jacobian)).sum(axis=3).reshape(side * side, side * side)
    assert (np.triu(sizes) == 0.0).all()
    last = sizes[-1, :-1]
    assert (last > 0.0).mean() > 0.9  # nothing before the last pixel is hidden from it
    assert sizes[1, 0] > 0.0


@pytest.mark.parametrize("shape", [(2, 2, 1), (2, 1, 3)])
def test_the_probabilities_of_all_images_add_up_to_1(shape):
    """Of every image of three grey levels, for each class: 81 of four pixels, 729 of two pixels of three channels."""
    levels = 3
    net = ConditionalPixelCNN(levels, shape, 2, 4, 1, 1, 0.0)
    every = jnp.asarray(list(itertools.product(range(levels), repeat=int(np.prod(shape)))), jnp.float32)
    every = every.reshape(-1, *shape)
    variables = moved(net, every[:1])
    log_probs = np.asarray(jax.jit(net.apply)(variables, every), float)
    np.testing.assert_allclose(np.exp(log_probs).sum(axis=0), 1.0, rtol=1e-4)
    assert np.abs(log_probs[:, 0] - log_probs[:, 1]).max() > 0.1


def test_samples_have_the_probabilities_of_their_class():
    """Of the 9 images of two pixels of three levels, each class's frequencies in 4,000 samples."""
    net = ConditionalPixelCNN(3, (1, 2, 1), 2, 4, 1, 1, 0.0)
    every = jnp.asarray(list(itertools.product(range(3), repeat=2)), jnp.float32).reshape(-1, 1, 2, 1)
    variables = moved(net, every[:1])
    labels = jnp.arange(8000) % 2
    drawn = np.asarray(
        jax.jit(lambda v, y, k: net.apply(v, y, k, method="sample"))(variables, labels, jax.random.key(1))
    )
    wanted = np.exp(np.asarray(net.apply(variables, every)))
    for label in range(2):
        codes = (drawn[label::2].reshape(-1, 2) @ [3, 1]).astype(int)
        np.testing.assert_allclose(np.bincount(codes, minlength=9) / 4000, wanted[:, label], atol=0.035)


def test_dropout_acts_in_training_alone():
    net, x = PixelCNN(4, 1, 1, 0.5, 2), jnp.asarray(RANDOM.uniform(-1, 1, (1, 4, 4, 1)), jnp.float32)
    variables = moved(net, x)
    first, second = (net.apply(variables, x, True, rngs={"dropout": jax.random.key(n)}) for n in (0, 1))
    assert float(abs(first - second).max()) > 1e-3
    np.testing.assert_array_equal(net.apply(variables, x), net.apply(variables, x))
