"""What must hold of every bijector: one dictionary of constructors, and the same tests for each of them."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sbgc.maths import bijectors

SHAPES = [(2, 2, 2), (4, 2, 4), (2, 6, 3)]
RANDOM = np.random.default_rng(7)


def random(*shape, scale=1.0):
    """In float64 where JAX allows it, and in float32 elsewhere."""
    return jnp.asarray(scale * RANDOM.normal(size=shape))


def coupling(shape, log_scale):
    """Its conditioner mixes pixels and channels and is not linear."""
    height, width, channels = shape
    kept = channels // 2
    count = height * width * kept
    weight, bias = random(count, 2 * height * width * (channels - kept), scale=count**-0.5), random(1)

    def conditioner(first):
        flat = jnp.sin(first.reshape(len(first), -1) @ weight + bias)
        return 3.0 * flat.reshape(len(first), height, width, -1)

    return bijectors.AffineCoupling(kept, conditioner, log_scale)


def invertible_conv(shape):
    """With scales that are not those of a rotation, and numbers where none count."""
    made = bijectors.InvertibleConv.random(jax.random.key(3), shape[-1])
    noise = [random(*leaf.shape, scale=0.3) for leaf in made[2:]]
    return made._replace(**{n: getattr(made, n) + e for n, e in zip(made._fields[2:], noise, strict=True)})


def chain(shape):
    """Parts whose log-determinants are not zero, between maps that move pixels."""
    return bijectors.Chain(
        (
            bijectors.Scaling(2.0 / 17, -1.0),
            CONSTRUCTORS["coupling of Glow"](shape),
            CONSTRUCTORS["actnorm"](shape),
            bijectors.Squeeze(),
            invertible_conv((shape[0] // 2, shape[1] // 2, 4 * shape[2])),
        )
    )


CONSTRUCTORS = {
    "actnorm": lambda shape: bijectors.ActNorm(random(shape[-1]), random(shape[-1])),
    "actnorm of a batch": lambda shape: bijectors.ActNorm.of(random(5, *shape, scale=2.0)),
    "chain": chain,
    "cosine transform": lambda shape: bijectors.CosineTransform(*shape[:2]),
    "coupling of Glow": partial(coupling, log_scale=bijectors.glow_log_scale),
    "coupling of IB-INN": partial(coupling, log_scale=bijectors.soft_clamp(0.7)),
    "Haar wavelets": lambda shape: bijectors.Haar(),
    "invertible convolution": invertible_conv,
    "rotation": lambda shape: bijectors.Rotation(jax.random.orthogonal(jax.random.key(1), shape[-1])),
    "scaling": lambda shape: bijectors.Scaling(1 / 256, -0.5),
    "squeeze": lambda shape: bijectors.Squeeze(),
}
every = pytest.mark.parametrize("name", CONSTRUCTORS)
shaped = pytest.mark.parametrize("shape", SHAPES, ids=str)


@pytest.fixture(name="wide", params=[False, True], ids=["float32", "float64"])
def _wide(request):
    with jax.enable_x64(request.param):
        yield request.param


@every
@shaped
def test_the_inverse_gives_back_what_was_mapped(name, shape, wide):
    bijector, x = CONSTRUCTORS[name](shape), random(3, *shape)
    y, _ = jax.jit(bijector.forward_and_log_det)(x)
    back = jax.jit(bijector.inverse)(y)
    assert y.dtype == back.dtype == (jnp.float64 if wide else jnp.float32)
    np.testing.assert_allclose(back, x, atol=1e-12 if wide else 1e-3)  # rounding, times the condition of the map


@every
@shaped
def test_the_log_determinant_is_that_of_the_jacobian(name, shape, wide):
    """Against slogdet of jax.jacfwd of the map of one image as a vector."""
    bijector, x = CONSTRUCTORS[name](shape), random(2, *shape)
    _, log_dets = jax.jit(bijector.forward_and_log_det)(x)
    assert log_dets.dtype == (jnp.float64 if wide else jnp.float32)

    def flat(vector):
        return bijector.forward_and_log_det(vector.reshape(1, *shape))[0].reshape(-1)

    jacobian = jax.jit(jax.jacfwd(flat))
    for image, log_det in zip(x, log_dets, strict=True):
        wanted = np.linalg.slogdet(np.asarray(jacobian(image.reshape(-1)), float))[1]
        np.testing.assert_allclose(log_det, wanted, atol=1e-10 if wide else 1e-3)


@every
def test_an_image_does_not_depend_on_those_beside_it(name):
    bijector, x = CONSTRUCTORS[name]((2, 6, 3)), random(3, 2, 6, 3)
    forward = jax.jit(bijector.forward_and_log_det)
    together, log_dets = forward(x)
    for number in range(3):
        alone, log_det = forward(x[number : number + 1])
        np.testing.assert_allclose(together[number], alone[0], atol=1e-5)
        np.testing.assert_allclose(log_dets[number], log_det[0], atol=1e-4)


def test_actnorm_gives_its_first_batch_mean_0_and_variance_1_and_a_constant_channel_stays_finite():
    x = random(20, 4, 4, 3, scale=5.0) + jnp.array([1.0, -2.0, 0.0])
    y, _ = bijectors.ActNorm.of(x).forward_and_log_det(x)
    np.testing.assert_allclose(y.mean(axis=(0, 1, 2)), 0.0, atol=1e-5)
    np.testing.assert_allclose(y.std(axis=(0, 1, 2)), 1.0, rtol=1e-5)
    constant = bijectors.ActNorm.of(jnp.ones((2, 2, 2, 1)))
    assert np.isfinite(constant.forward_and_log_det(jnp.ones((2, 2, 2, 1)))[0]).all()


def test_a_random_convolution_begins_as_a_rotation():
    made = bijectors.InvertibleConv.random(jax.random.key(0), 5)
    x = random(2, 3, 3, 5)
    y, log_det = made.forward_and_log_det(x)
    np.testing.assert_allclose(jnp.sum(y**2, axis=-1), jnp.sum(x**2, axis=-1), rtol=1e-5)
    np.testing.assert_allclose(log_det, 0.0, atol=1e-5)


def test_the_first_channels_of_wavelets_and_of_the_cosine_transform_are_means():
    x = random(2, 4, 6, 3)
    halves = x.reshape(2, 2, 2, 3, 2, 3).mean(axis=(2, 4))
    np.testing.assert_allclose(bijectors.Haar().forward_and_log_det(x)[0][..., :3], 2.0 * halves, atol=1e-5)
    coefficients = bijectors.CosineTransform(4, 6).forward_and_log_det(x)[0]
    np.testing.assert_allclose(coefficients[:, 0, 0, :3], 24**0.5 * x.mean(axis=(1, 2)), atol=1e-5)


def test_a_squeeze_keeps_the_pixels_of_a_tile_together():
    x = jnp.arange(16.0).reshape(1, 4, 4, 1)
    y, _ = bijectors.Squeeze().forward_and_log_det(x)
    np.testing.assert_array_equal(y[0, 0, 0], [0, 1, 4, 5])
    np.testing.assert_array_equal(y[0, 1, 1], [10, 11, 14, 15])


def test_the_scales_of_couplings_begin_where_their_papers_have_them_and_stay_within_bounds():
    raw = jnp.array([0.0, -1e3, 1e3]).reshape(1, 1, 3, 1)
    glow, clamped = (jnp.exp(f(raw)).reshape(-1) for f in (bijectors.glow_log_scale, bijectors.soft_clamp(0.7)))
    np.testing.assert_allclose(glow, [0.880797, 0.0, 1.0], atol=1e-6)
    np.testing.assert_allclose(clamped, jnp.exp(jnp.array([0.0, -0.7, 0.7])), rtol=1e-6)
