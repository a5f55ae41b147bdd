import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sbgc.nets.fixed import FIXED
from sbgc.nets.glow import Glow, Latents

NET, SHAPE = Glow(levels=3, steps=2, features=4), (8, 4, 2)
RANDOM = np.random.default_rng(5)


def images(count):
    return jnp.asarray(RANDOM.normal(size=(count, *SHAPE)))


@pytest.fixture(name="variables", scope="module")
def _variables():
    """Random ones, for at initialization a coupling does not depend on what it is conditioned on."""
    first = jax.jit(NET.init)(jax.random.key(0), images(16))
    moved = jax.tree.map(lambda a: a + 0.05 * RANDOM.normal(size=a.shape).astype(np.float32), first["params"])
    return {"params": moved, FIXED: first[FIXED]}


def wide(variables):
    return jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float64), variables)


def test_images_of_latents_are_the_images(variables):
    with jax.enable_x64(True):
        x = images(3)
        apply = jax.jit(NET.apply)
        latents, _ = apply(wide(variables), x)
        back, _ = apply(wide(variables), latents)
        assert isinstance(latents, Latents)
        assert [part.shape[1:] for part in (*latents.left, latents.top)] == [(8, 4, 1), (4, 2, 2), (2, 1, 8)]
        assert sum(part[0].size for part in (*latents.left, latents.top)) == x[0].size
        np.testing.assert_allclose(back, x, atol=1e-9)


def test_the_log_determinant_is_that_of_the_whole_jacobian(variables):
    """Against slogdet of jax.jacfwd of the map of one image to all its latents, in float64."""
    with jax.enable_x64(True):
        x, widened = images(2), wide(variables)

        def flat(vector):
            (left, top), _ = NET.apply(widened, vector.reshape(1, *SHAPE))
            return jnp.concatenate([part.reshape(-1) for part in (*left, top)])

        _, log_dets = jax.jit(NET.apply)(widened, x)
        for image, log_det in zip(x, log_dets, strict=True):
            wanted = jnp.linalg.slogdet(jax.jit(jax.jacfwd(flat))(image.reshape(-1)))[1]
            np.testing.assert_allclose(log_det, wanted, atol=1e-8)


def test_at_initialization_its_last_step_gives_the_batch_the_moments_of_actnorm_and_gentle_scales():
    """Every actnorm is set by what reaches it: of one step of one level, before the coupling, mean 0 and variance 1."""
    net, x = Glow(levels=1, steps=1, features=4), 3.0 * images(64) + 2.0
    (left, top), log_det = net.apply(net.init(jax.random.key(1), x), x)
    assert left == ()
    kept, moved = top[..., :1], top[..., 1:]
    np.testing.assert_allclose(kept.std(), 1.0, rtol=0.2)  # a rotation of two channels that are nearly uncorrelated
    np.testing.assert_allclose(moved.std(), 0.8808, rtol=0.2)
    assert float(jnp.ptp(log_det)) == pytest.approx(0.0, abs=1e-4)


def test_fixed_variables_are_permutations_and_signs(variables):
    fixed = variables[FIXED]["level_2_step_1"]
    assert sorted(fixed) == ["permutation", "sign"]
    np.testing.assert_allclose(fixed["permutation"].sum(axis=0), 1.0)
    np.testing.assert_allclose(np.abs(fixed["sign"]), 1.0)
