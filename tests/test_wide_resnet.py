import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tiny
from flax import serialization

from sbgc.models import wide_resnet
from sbgc.nets.wide_resnet import WideResNet

KEY = jax.random.key(0)


def spec_of(**settings):
    return tiny.spec_of(tiny.WIDE_RESNET, (8, 8, 1), 10, **settings)


def convolve(x, kernel, stride=1):
    """[H, W, C] by [k, k, C, F], zeros around the image, k // 2 of them on each side."""
    width = kernel.shape[0]
    padded = np.pad(x, [(width // 2,) * 2] * 2 + [(0, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, (width, width), axis=(0, 1))[::stride, ::stride]
    return np.einsum("hwcij,ijcf->hwf", windows, kernel)


def norm_relu(x, params, stats):
    return np.maximum((x - stats["mean"]) / np.sqrt(stats["var"] + 1e-5) * params["scale"] + params["bias"], 0.0)


def residual_block(x, params, stats, stride):
    active = norm_relu(x, params["BatchNorm_0"], stats["BatchNorm_0"])
    h = convolve(active, params["Conv_0"]["kernel"], stride)
    h = convolve(norm_relu(h, params["BatchNorm_1"], stats["BatchNorm_1"]), params["Conv_1"]["kernel"])
    return h + (convolve(active, params["shortcut"]["kernel"], stride) if "shortcut" in params else x)


def forward(x, variables):
    """Zagoruyko & Komodakis 2016, figure 1 and table 1, at depth 10: one block a group."""
    params, stats = variables["params"], variables["batch_stats"]
    h = convolve(2 * x / 17 - 1, params["Conv_0"]["kernel"])
    for group, stride in enumerate((1, 2, 2)):
        name = f"group{group}_block0"
        h = residual_block(h, params[name], stats[name], stride)
    h = norm_relu(h, params["BatchNorm_0"], stats["BatchNorm_0"]).mean(axis=(0, 1))
    return h @ params["Dense_0"]["kernel"] + params["Dense_0"]["bias"]


def random_model(spec):
    """No scale is 1 and no mean is 0; variances are positive."""
    variables = tiny.random_variables(spec, 0.1, 0.3)
    return wide_resnet.load(spec, serialization.msgpack_serialize(variables)), variables


@pytest.mark.parametrize(
    ("depth", "widen", "exact", "published_millions"),
    [(28, 12, 52_517_850, 52.5), (28, 10, 36_479_194, 36.5), (16, 8, 10_961_370, 11.0)],
    ids=["WRN-28-12", "WRN-28-10", "WRN-16-8"],
)
def test_the_published_sizes_have_the_published_number_of_parameters(depth, widen, exact, published_millions):
    """Zagoruyko & Komodakis 2016, table 4 and section 3; shapes only, no memory."""
    net = WideResNet(depth, widen, 16, 0.3, 10)
    shapes = jax.eval_shape(lambda key: net.init(key, jnp.zeros((1, 32, 32, 3)), train=False), jax.random.key(0))
    count = sum(leaf.size for leaf in jax.tree.leaves(shapes["params"]))
    assert count == exact
    assert count / 1e6 == pytest.approx(published_millions, abs=0.05)


@pytest.mark.parametrize("widen", [1, 2])
def test_logits_equal_a_forward_pass_written_out_in_numpy(widen):
    model, variables = random_model(spec_of(widen=widen))
    x = np.random.default_rng(1).uniform(0, 17, (8, 8, 1)).astype(np.float32)
    np.testing.assert_allclose(jax.jit(model.logits)(x, KEY), forward(x, variables), rtol=1e-4)


def test_the_classifier_draws_nothing_though_its_training_has_dropout():
    model, _ = random_model(spec_of(dropout=0.5))
    x = np.random.default_rng(1).uniform(0, 17, (8, 8, 1)).astype(np.float32)
    logits = jax.jit(model.logits)
    np.testing.assert_array_equal(*[logits(x, jax.random.key(seed)) for seed in (1, 2)])
