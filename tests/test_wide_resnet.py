import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import serialization
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sbgc.models import wide_resnet
from sbgc.nets.wide_resnet import WideResNet


def spec_of(depth=10, widen=2, base_features=4, dropout=0.0, steps=100, learning_rate=0.1):
    optimizer = {"learning_rate": learning_rate, "momentum": 0.9, "weight_decay": 5e-4, "stairs": None}
    sizes = {"depth": depth, "widen": widen, "base_features": base_features, "dropout": dropout}
    settings = {**sizes, "optimizer": optimizer, "training": {"steps": steps}, "consistency": 0.0}
    return {"dataset": {"levels": 17, "num_classes": 10, "image_shape": [8, 8, 1]}, "settings": settings}


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


def random_variables(spec):
    """Variables of the net's shapes, but no scale 1, no mean 0; variances are positive. Nothing is compiled for it."""
    rng = np.random.default_rng(0)
    shapes = jax.eval_shape(wide_resnet.trainer(spec).init, jax.random.key(0))
    return jax.tree.map(lambda leaf: rng.uniform(0.1, 0.3, leaf.shape).astype(np.float32), shapes)


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
    spec = spec_of(widen=widen)
    variables = random_variables(spec)
    model = wide_resnet.load(spec, serialization.msgpack_serialize(variables))
    x = np.random.default_rng(1).uniform(0, 17, (8, 8, 1)).astype(np.float32)
    np.testing.assert_allclose(jax.jit(model.logits)(x, jax.random.key(0)), forward(x, variables), rtol=1e-4)


def test_training_moves_the_running_statistics_a_tenth_of_the_way_to_the_batch():
    trainer, variables = wide_resnet.trainer(spec_of()), random_variables(spec_of())
    images = np.random.default_rng(1).uniform(0, 17, (6, 8, 8, 1)).astype(np.float32)
    _, state = jax.jit(trainer.loss)(variables, images, jnp.arange(6), jax.random.key(1))
    first = np.stack([convolve(2 * x / 17 - 1, variables["params"]["Conv_0"]["kernel"]) for x in images])
    old, new = (stats["group0_block0"]["BatchNorm_0"] for stats in (variables["batch_stats"], state))
    np.testing.assert_allclose(new["mean"], 0.9 * old["mean"] + 0.1 * first.mean(axis=(0, 1, 2)), atol=1e-5)
    np.testing.assert_allclose(new["var"], 0.9 * old["var"] + 0.1 * first.var(axis=(0, 1, 2)), rtol=1e-4)


def test_dropout_follows_the_key_and_is_absent_from_the_classifier():
    spec = spec_of(dropout=0.5)
    variables = random_variables(spec)
    images = np.random.default_rng(1).uniform(0, 17, (4, 8, 8, 1)).astype(np.float32)
    loss = jax.jit(wide_resnet.trainer(spec).loss)
    losses = [float(loss(variables, images, jnp.arange(4), jax.random.key(seed))[0]) for seed in (1, 1, 2)]
    assert losses[0] == losses[1] != losses[2]
    model = wide_resnet.load(spec, serialization.msgpack_serialize(variables))
    logits = jax.jit(model.logits)
    np.testing.assert_array_equal(*[logits(images[0], jax.random.key(seed)) for seed in (1, 2)])


def test_the_optimizer_is_nesterov_descent_with_decay_along_a_cosine():
    optimizer = wide_resnet.trainer(spec_of(steps=4, learning_rate=0.2)).optimizer
    weight, velocity, params = 1.5, 0.0, jnp.asarray(1.5)
    state = optimizer.init(params)
    for step in range(4):
        gradient = weight**3 + 5e-4 * weight
        velocity = 0.9 * velocity + gradient
        updates, state = optimizer.update(params**3, state, params)
        params = optax.apply_updates(params, updates)
        weight -= 0.1 * (1 + np.cos(np.pi * step / 4)) * (gradient + 0.9 * velocity)
        assert float(params) == pytest.approx(weight, rel=1e-5)


def test_a_small_one_learns_the_digits_in_a_hundred_steps():
    data = load_digits()
    train, test, labels, test_labels = train_test_split(
        data.images[..., None], data.target, test_size=360, stratify=data.target, random_state=0
    )
    spec = spec_of(base_features=8, steps=100)
    trainer = wide_resnet.trainer(spec)
    variables = trainer.init(jax.random.key(0))
    state = trainer.optimizer.init(variables["params"])

    @jax.jit
    def step(variables, state, images, labels, key):
        def loss(params):
            return trainer.loss({**variables, "params": params}, images, labels, key)

        gradient, batch_stats = jax.grad(loss, has_aux=True)(variables["params"])
        updates, state = trainer.optimizer.update(gradient, state, variables["params"])
        return {"params": optax.apply_updates(variables["params"], updates), "batch_stats": batch_stats}, state

    rng = np.random.default_rng(0)
    for _ in range(100):
        rows = rng.integers(0, len(train), 128)
        images = (train[rows] + rng.random((128, 8, 8, 1))).astype(np.float32)
        variables, state = step(variables, state, images, labels[rows], jax.random.key(0))
    model = wide_resnet.load(spec, serialization.msgpack_serialize(jax.tree.map(np.asarray, variables)))
    x = jnp.asarray(test + rng.random(test.shape), jnp.float32)
    logits = jax.jit(jax.vmap(lambda x: model.logits(x, jax.random.key(0))))(x)
    assert (np.argmax(logits, axis=1) == test_labels).mean() >= 0.97


def test_the_jensen_shannon_divergence_is_the_mean_of_relative_entropies_to_the_mean():
    p = np.array([[[0.5, 0.5], [0.9, 0.1], [0.2, 0.8]], [[0.3, 0.7]] * 3])
    mean = p.mean(axis=1, keepdims=True)
    expected = (p * np.log(p / mean)).sum(axis=2).mean(axis=1)
    np.testing.assert_allclose(wide_resnet.jensen_shannon(jnp.log(p) + 3.0), expected, atol=1e-6)


def test_consistency_adds_its_multiple_of_the_divergence_between_views():
    """Views of which all are the image: the divergence vanishes; other views: the classification is of the first."""
    spec = spec_of()
    consistent = wide_resnet.trainer({**spec, "settings": {**spec["settings"], "consistency": 12.0}})
    plain = wide_resnet.trainer(spec)
    variables, labels = consistent.init(jax.random.key(0)), jnp.array([3, 1])
    views = jax.random.uniform(jax.random.key(1), (2, 3, 8, 8, 1)) * 17
    alike = jnp.repeat(views[:, :1], 3, axis=1)
    key = jax.random.key(2)
    assert (consistent.views, plain.views) == (3, 1)
    np.testing.assert_allclose(
        consistent.loss(variables, alike, labels, key)[0], plain.loss(variables, views[:, 0], labels, key)[0], rtol=1e-5
    )
    assert consistent.loss(variables, views, labels, key)[0] > 0


def test_stairs_fall_by_their_factor_at_fractions_of_the_training():
    """A step of plain descent is the rate: the published recipe has 0.1, then 0.02, 0.004, 0.0008."""
    spec = spec_of(steps=10)
    settings = {"momentum": 0.0, "weight_decay": 0.0, "stairs": {"at": [0.3, 0.6, 0.8], "factor": 0.2}}
    optimizer = wide_resnet.trainer(
        {**spec, "settings": {**spec["settings"], "optimizer": {**settings, "learning_rate": 0.1}}}
    ).optimizer
    state, rates = optimizer.init(jnp.zeros(())), []
    for _ in range(10):
        update, state = optimizer.update(jnp.ones(()), state, jnp.zeros(()))
        rates.append(-float(update))
    np.testing.assert_allclose(rates, [0.1] * 3 + [0.02] * 3 + [0.004] * 2 + [0.0008] * 2, rtol=1e-6)
