import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate

from sbgc.nets.class_priors import MixturePrior, SplitPrior
from sbgc.nets.conditional_flow import ConditionalFlow

RANDOM = np.random.default_rng(6)
CLASSES, LEVELS = 3, 5


def flow_of(shape, levels, prior, border=0):
    return ConditionalFlow(LEVELS, shape, CLASSES, border, levels, 2, 4, prior)


def started(flow, count=8):
    """Random variables of the right shapes, around those at initialization."""
    x = jnp.asarray(RANDOM.uniform(0.0, LEVELS, (count, *flow.image_shape)), jnp.float32)
    keys = jax.random.split(jax.random.key(1), count)
    variables = jax.jit(flow.init)(jax.random.key(0), x, keys)
    moved = jax.tree.map(lambda a: a + 0.1 * RANDOM.normal(size=a.shape).astype(np.float32), variables["params"])
    return variables | {"params": moved}, x, keys


PRIORS = {"mixture": MixturePrior(CLASSES, 16, "normal", 0.0), "split": SplitPrior(CLASSES, 16, 0.5, 4)}


@pytest.mark.parametrize("name", PRIORS)
def test_all_classes_come_from_the_change_of_variables(name):
    """Against the prior's density at the latent, plus slogdet of the map's Jacobian by jacfwd, in float64.

    The map is that of the image and its noise in grey levels, whose density is 1 / 2 for each number.
    """
    flow = flow_of((2, 2, 2), 2, PRIORS[name].clone(dimensions=8))
    with jax.enable_x64(True):
        variables, x, keys = jax.tree.map(
            lambda leaf: leaf.astype(jnp.float64) if leaf.dtype == jnp.float32 else leaf, started(flow)
        )
        found, _ = jax.jit(flow.apply)(variables, x, keys)

        def extended(x, key):
            return flow.apply(variables, x, key, method="_extended")

        def latents(vector):
            scaled = vector.reshape(1, 2, 2, 4) / LEVELS - 0.5
            (left, top), _ = flow.apply(variables, scaled, method=lambda module, scaled: module.glow(scaled))
            return jnp.concatenate([left[0].reshape(-1), top.reshape(-1)])

        jacobian = jax.jit(jax.jacfwd(latents))
        for number in range(2):
            vector = extended(x[number], keys[number]).reshape(-1)
            z = latents(vector)
            top = z[8:].reshape(1, -1)
            priors = flow.apply(variables, top, method=lambda module, z: module.prior(z))[0]
            normal = (-0.5 * z[:8] ** 2 - 0.5 * np.log(2 * np.pi)).sum()
            wanted = priors + normal + jnp.linalg.slogdet(jacobian(vector))[1] + 8 * np.log(2.0)
            np.testing.assert_allclose(found[number], wanted, rtol=1e-9)


def test_its_joint_density_with_the_noise_integrates_to_1():
    """One pixel of one channel and its noise: a density on the plane, by quadrature beyond the cube.

    log p(x, u) = found - 2 log(2) / 2 in grey levels; the flow's own density of x and of 2 u.
    """
    flow = flow_of((1, 1, 1), 1, MixturePrior(CLASSES, 2, "normal", 0.0))
    variables, _, _ = started(flow)
    grid = np.linspace(-15.0, 20.0, 701)
    plane = jnp.asarray(np.stack(np.meshgrid(grid, grid, indexing="ij"), axis=-1).reshape(-1, 1, 1, 2), jnp.float32)

    def joint(module, extended):
        scaled, first = module._scaling.forward_and_log_det(extended)
        latents, second = module.glow(scaled)
        return module.prior(latents.top.reshape(len(extended), -1)) + (first + second)[:, None]

    densities = np.exp(np.asarray(flow.apply(variables, plane, method=joint), float)).reshape(701, 701, CLASSES)
    total = integrate.trapezoid(integrate.trapezoid(densities, grid, axis=0), grid, axis=0)
    np.testing.assert_allclose(total, 1.0, atol=2e-3)


@pytest.mark.parametrize("name", PRIORS)
def test_an_image_with_a_border_does_not_depend_on_its_batch(name):
    flow = flow_of((6, 6, 1), 3, PRIORS[name].clone(dimensions=2 * 2 * 8), border=1)
    variables, x, keys = started(flow)
    apply = jax.jit(flow.apply)
    together, logits = apply(variables, x, keys)
    assert together.shape == logits.shape == (8, CLASSES)
    for number in (0, 5):
        alone, of_alone = apply(variables, x[number : number + 1], keys[number : number + 1])
        np.testing.assert_allclose(together[number], alone[0], rtol=1e-4)
        np.testing.assert_allclose(logits[number], of_alone[0], rtol=1e-3, atol=1e-3)


def test_the_border_is_a_dequantized_grey_level_of_0_and_the_noise_fills_two_levels():
    flow = flow_of((2, 2, 1), 1, MixturePrior(CLASSES, 2 * 6 * 6, "normal", 0.0), border=2)
    x = jnp.full((2, 2, 1), 3.5)
    drawn = jax.vmap(lambda key: flow.apply({}, x, key, method="_extended"))(jax.random.split(jax.random.key(0), 500))
    assert drawn.shape == (500, 6, 6, 2)
    np.testing.assert_array_equal(drawn[:, 2:4, 2:4, 0], 3.5)
    edge = np.asarray(drawn[:, :2, :, 0])
    np.testing.assert_allclose([edge.min(), edge.max(), edge.mean()], [0.0, 1.0, 0.5], atol=0.01)
    noise = np.asarray(drawn[..., 1])
    np.testing.assert_allclose([noise.min(), noise.max(), noise.mean()], [0.0, 2.0, 1.0], atol=0.02)


@pytest.mark.parametrize("name", PRIORS)
def test_samples_are_images_of_latents_of_their_class(name):
    """Mapped back, the latents are standard normal where they left, and those of the prior's own samples at the top."""
    flow, labels, key = flow_of((4, 4, 1), 2, PRIORS[name]), jnp.arange(60) % CLASSES, jax.random.key(2)
    variables, _, _ = started(flow)
    images = flow.apply(variables, labels, key, method="sample")
    drawn = flow.apply(variables, labels, key, method="_drawn")
    whole, _ = flow.apply(variables, drawn, method=lambda module, latents: module.glow(latents))
    np.testing.assert_allclose(images, np.clip((whole[..., :1] + 0.5) * LEVELS, 0.0, LEVELS), atol=1e-4)
    back, _ = flow.apply(variables, whole, method=lambda module, x: module.glow(x))
    np.testing.assert_allclose(back.top, drawn.top, atol=1e-3)
    np.testing.assert_allclose(back.left[0], drawn.left[0], atol=1e-3)
    (of_top, _), top = jax.random.split(key, 2), drawn.top.reshape(60, -1)
    wanted = flow.apply(variables, labels, of_top, method=lambda module, *given: module.prior.sample(*given))
    np.testing.assert_allclose(top, wanted, rtol=1e-6)
    np.testing.assert_allclose([drawn.left[0].mean(), drawn.left[0].std()], [0.0, 1.0], atol=0.15)
