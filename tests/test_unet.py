import math

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sbgc.nets import layers
from sbgc.nets.unet import Attention, ResidualBlock, UNet, positional

pytestmark = pytest.mark.usefixtures("strict")
TINY = UNet(features=8, multipliers=(1, 2), blocks=1, attention_sizes=(2,), dropout=0.0, num_classes=3)


def shapes(net, side=32, channels=3):
    """The parameters' shapes; nothing is computed."""
    arguments = jnp.zeros((1, side, side, channels)), jnp.zeros(1), jnp.zeros(1, jnp.int32)
    return jax.eval_shape(net.init, jax.random.key(0), *arguments)["params"]


def paths(tree):
    return {"/".join(str(part.key) for part in path): leaf for path, leaf in jax.tree.leaves_with_path(tree)}


def random_params(tree, seed=0):
    rng = np.random.default_rng(seed)
    return jax.tree.map(lambda leaf: jnp.asarray(rng.normal(0.0, 0.3, leaf.shape), leaf.dtype), tree)


@pytest.fixture(scope="module")
def params():
    return random_params(shapes(TINY, side=4, channels=1))


def apply(params, x, t, label):
    return TINY.apply({"params": params}, x, 999.0 * t, label)


@pytest.fixture(scope="module")
def forward():
    return jax.jit(apply)


@pytest.fixture(scope="module")
def initial():
    init = jax.jit(TINY.init)
    return init(jax.random.key(0), *(a[:1] for a in batch()), jnp.zeros(1, jnp.int32))["params"]


def batch(count=3):
    rng = np.random.default_rng(1)
    return jnp.asarray(rng.normal(size=(count, 4, 4, 1)), jnp.float32), jnp.linspace(0.1, 0.9, count)


@pytest.mark.parametrize(("blocks", "count"), [(4, 67_194_499), (8, 115_699_843)], ids=["paper", "deep"])
def test_the_papers_size_has_the_papers_number_of_parameters(blocks, count):
    """SBGC A.1: 67.19 M; only a full second copy of the time path for the class makes it so."""
    net = UNet(128, (1, 2, 2, 2), blocks, (16,), 0.1, 10)
    assert sum(leaf.size for leaf in jax.tree.leaves(shapes(net))) == count


def test_the_papers_size_has_its_44_blocks_and_6_attentions():
    """16 down, 3 halving, 2 middle, 20 up, 3 doubling; attention after 4 blocks at 16x16, in the middle, once up."""
    names = {path.split("/")[0] for path in paths(shapes(UNet(128, (1, 2, 2, 2), 4, (16,), 0.1, 10)))}
    attentions = {name for name in names if name.endswith("attention")}
    blocks = {name for name in names - attentions if name.startswith(("down_", "middle_", "up_"))}
    assert len(blocks) == 44
    assert attentions == {f"down_1_{number}_attention" for number in range(4)} | {"middle_attention", "up_1_attention"}


def test_class_and_time_have_a_path_each_into_every_block(params):
    for name, leaf in paths(params).items():
        if name.endswith("/label/kernel"):
            assert leaf.shape == paths(params)[name.replace("label", "time")].shape
    blocks = sum(name.endswith("/conv_in/kernel") for name in paths(params))
    assert sum(name.endswith("/label/kernel") for name in paths(params)) == blocks


def test_every_class_and_every_time_changes_the_output(params, forward):
    x, t = batch()
    outputs = [forward(params, x, t, jnp.full(3, label)) for label in range(3)]
    outputs.append(forward(params, x, t + 0.01, jnp.full(3, 0)))
    for number, one in enumerate(outputs):
        for other in outputs[:number]:
            assert (jnp.abs(one - other).max(axis=(1, 2, 3)) > 1e-2).all()


def test_without_its_class_projections_the_output_forgets_the_class(params, forward):
    """The class comes in by its own path and by no other."""

    def cut(path, leaf):
        return jnp.zeros_like(leaf) if path[-2].key == "label" else leaf

    x, t = batch()
    blind = jax.tree_util.tree_map_with_path(cut, params)
    outputs = [forward(blind, x, t, jnp.full(3, label)) for label in range(2)]
    np.testing.assert_array_equal(*outputs)


def test_every_parameter_takes_part(params):
    """What a skip connection left out would feed has no gradient; nor has a key's bias, the same in all logits."""
    x, t = batch()
    loss = jax.grad(lambda params: jnp.sum(jnp.sin(apply(params, x, t, jnp.arange(3)))))
    gradient = jax.jit(loss)(params)
    unused = {name for name, leaf in paths(gradient).items() if float(jnp.abs(leaf).max()) < 1e-7}
    assert {name for name in unused if not name.endswith("key/bias")} == set()


def test_at_initialization_the_net_returns_nothing(initial, forward):
    x, t = batch()
    assert float(jnp.abs(forward(initial, x, t, jnp.arange(3))).max()) < 1e-4


def test_what_closes_a_branch_starts_near_zero_and_the_rest_does_not(initial):
    for name, leaf in paths(initial).items():
        closes = name.endswith(("conv_out/kernel", "attention/out/kernel"))
        assert (float(jnp.abs(leaf).max()) < 1e-4) == (closes or name.endswith("bias")), name


def test_a_block_begins_as_the_identity_over_the_root_of_two():
    """Song et al. 2021, appendix G: skip and branch are added, and divided by sqrt 2."""
    block, x, embedding = ResidualBlock(4, 0.0), batch()[0] * jnp.ones((1, 1, 1, 4)), jnp.ones((3, 16))
    arguments = x, embedding, embedding, False
    variables = block.init(jax.random.key(0), *arguments)
    np.testing.assert_allclose(block.apply(variables, *arguments), x / math.sqrt(2.0), atol=1e-4)


def test_attention_is_that_of_the_formula():
    """x / sqrt 2 plus softmax(Q K' / sqrt C) V through the last map, in NumPy."""
    x = jnp.asarray(np.random.default_rng(0).normal(size=(2, 3, 2, 4)), jnp.float32)
    params = random_params(jax.eval_shape(Attention().init, jax.random.key(0), x)["params"])
    norm, query, key, value, out = (
        jax.tree.map(np.asarray, params[name]) for name in ("norm", "query", "key", "value", "out")
    )
    pixels = np.asarray(x, float).reshape(2, 6, 4)
    mean, var = pixels.mean(axis=(1, 2), keepdims=True), pixels.var(axis=(1, 2), keepdims=True)
    h = (pixels - mean) / np.sqrt(var + 1e-6) * norm["scale"] + norm["bias"]
    q, k, v = (h @ one["kernel"] + one["bias"] for one in (query, key, value))
    logits = q @ k.transpose(0, 2, 1) / 2.0
    weights = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    wanted = (pixels + weights @ v @ out["kernel"] + out["bias"]) / math.sqrt(2.0)
    np.testing.assert_allclose(Attention().apply({"params": params}, x), wanted.reshape(x.shape), atol=1e-5)


@pytest.mark.parametrize("features", [4, 12, 256])
def test_group_norm_is_flaxs_with_a_quarter_of_the_channels_as_groups(features):
    x = jnp.asarray(np.random.default_rng(0).normal(1.0, 2.0, (2, 3, 3, features)), jnp.float32)
    norm = layers.group_norm(features)
    params = random_params(jax.eval_shape(norm.init, jax.random.key(0), x)["params"])
    wanted = nn.GroupNorm(num_groups=min(features // 4, 32), epsilon=1e-6).apply({"params": params}, x)
    np.testing.assert_allclose(norm.apply({"params": params}, x), wanted, atol=2e-5)


def test_halving_takes_means_of_tiles_and_undoes_doubling():
    x = jnp.arange(32.0).reshape(1, 4, 4, 2)
    np.testing.assert_array_equal(layers.halve(layers.double(x)), x)
    np.testing.assert_allclose(layers.halve(x).mean(axis=(1, 2)), x.mean(axis=(1, 2)))
    np.testing.assert_allclose(layers.halve(x)[0, 0, 1], x[0, :2, 2:].mean(axis=(0, 1)))
    np.testing.assert_array_equal(layers.double(x)[0, 2:4, 4:6, 1], jnp.full((2, 2), x[0, 1, 2, 1]))


def test_the_time_embedding_is_that_of_transformers():
    """Vaswani et al. 2017: sines, then cosines, of frequencies from 1 down to 1e-4."""
    found = np.asarray(positional(jnp.array([0.0, 3.0]), 8))
    frequencies = 1e4 ** -(np.arange(4) / 3)
    np.testing.assert_allclose(found[0], [0, 0, 0, 0, 1, 1, 1, 1])
    np.testing.assert_allclose(found[1], np.append(np.sin(3 * frequencies), np.cos(3 * frequencies)), rtol=1e-5)


def test_no_output_depends_on_batch_mates(params, forward):
    x, t = batch(3)
    whole = forward(params, x, t, jnp.arange(3))
    other = forward(params, x.at[1:].multiply(-2.0), t, jnp.arange(3).at[1:].set(0))
    np.testing.assert_array_equal(whole[0], other[0])
