import jax
import jax.numpy as jnp
import numpy as np
import oracles
import pytest

from sbgc.maths import coordinates, fixed_grid, grids
from sbgc.maths.gap_map import gap_map

pytestmark = pytest.mark.usefixtures("strict")
KEY, SHAPE, NODES = jax.random.key(0), (2, 3, 1), 12
EACH = pytest.mark.parametrize("process", oracles.SDES.values(), ids=oracles.SDES)


def grid_of(process):
    """Uniform nodes, in coordinates along other axes than the pixels."""
    images = np.random.default_rng(2).integers(0, 17, (200, *SHAPE)).astype(np.uint8)
    return grids.grid(process, NODES, grids.UNIFORM, coordinates.of_images(images, 17).as_dtype(jnp.float32))


def eps_hat(data, process):
    """The noise prediction of data of 6 dimensions, for images of SHAPE."""
    flat = oracles.noise_prediction(data, process)
    return lambda z, t: flat(z.reshape(-1), t).reshape(SHAPE)


@pytest.mark.parametrize("num_probes", [1, 8], ids=["one probe", "the exact trace"])
@EACH
def test_all_parts_add_up_to_the_gap_of_the_two_likelihoods(process, num_probes):
    """Of a mixture and a Gaussian, by the same probes."""
    classes = [eps_hat(data, process) for data in (oracles.mixture(6), oracles.gaussian(0.2, 0.4, 6))]
    z, points = 0.3 * jax.random.normal(jax.random.key(1), SHAPE), grid_of(process)
    settings = {"num_probes": num_probes, "family": "hadamard", "draw": 0}

    @jax.jit
    def both(z):
        found = gap_map(process, *classes, z, KEY, points, **settings)
        log_probs = [fixed_grid.log_prob(process, one, z, KEY, points, **settings).value for one in classes]
        return found, log_probs[0] - log_probs[1]

    found, gap = both(z)
    assert found.path.shape == (NODES, *SHAPE)
    assert abs(float(gap)) > 0.01
    assert float(found.path.sum() + found.end.sum()) == pytest.approx(float(gap), abs=2e-4)


def test_a_pixel_in_which_the_classes_are_alike_adds_nothing():
    """Independent pixels, of which the first three have one distribution under both classes."""
    process = oracles.SDES["vp"]
    points = grids.grid(process, 200, grids.UNIFORM, coordinates.isotropic(SHAPE))

    def prediction(stds):
        def eps(z, t):  # of N(0, std^2) in each pixel: -sigma times the score
            alpha, sigma = process.alpha(t), process.sigma(t)
            return sigma * z / ((alpha * stds.reshape(SHAPE)) ** 2 + sigma**2)

        return eps

    one, other = jnp.array([0.3, 0.3, 0.3, 0.3, 0.3, 0.3]), jnp.array([0.3, 0.3, 0.3, 0.9, 0.1, 0.5])
    z = 0.4 * jnp.ones(SHAPE)
    found = jax.jit(lambda z: gap_map(process, prediction(one), prediction(other), z, KEY, points, 1, "hadamard"))(z)
    by_pixel = np.asarray(found.path.sum(axis=0) + found.end).reshape(-1)
    np.testing.assert_allclose(by_pixel[:3], 0.0, atol=1e-6)
    # In closed form, up to the error of the grid: log N(z; 0, a) - log N(z; 0, b) in each pixel.
    a, b = np.asarray(one, float)[3:], np.asarray(other, float)[3:]
    wanted = np.log(b / a) - 0.08 * (1 / a**2 - 1 / b**2)
    np.testing.assert_allclose(by_pixel[3:], wanted, atol=0.02)
