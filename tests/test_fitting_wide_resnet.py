import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import tiny

from sbgc.fitting import wide_resnet

KEY = jax.random.key(0)


def spec_of(**settings):
    return tiny.spec_of(tiny.WIDE_RESNET, (8, 8, 1), 10, **settings)


@pytest.fixture(scope="module")
def dropping():
    """A trainer with dropout, its compiled loss and random variables."""
    spec = spec_of(dropout=0.5)
    return jax.jit(wide_resnet.trainer(spec).loss), tiny.random_variables(spec, 0.1, 0.3)


def images(count):
    return np.random.default_rng(1).uniform(0, 17, (count, 8, 8, 1)).astype(np.float32)


def test_training_moves_the_running_statistics_a_tenth_of_the_way_to_the_batch(dropping):
    """Those of the first norm, which nothing that is dropped comes before."""
    loss, variables = dropping
    _, state = loss(variables, images(6), jnp.arange(6), KEY)
    z = 2 * images(6) / 17 - 1
    kernel = variables["params"]["Conv_0"]["kernel"]
    first = jax.lax.conv_general_dilated(z, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
    first = np.asarray(first, float)
    old, new = (stats["group0_block0"]["BatchNorm_0"] for stats in (variables["batch_stats"], state["batch_stats"]))
    np.testing.assert_allclose(new["mean"], 0.9 * old["mean"] + 0.1 * first.mean(axis=(0, 1, 2)), atol=1e-5)
    np.testing.assert_allclose(new["var"], 0.9 * old["var"] + 0.1 * first.var(axis=(0, 1, 2)), rtol=1e-4)


def test_dropout_follows_the_key(dropping):
    loss, variables = dropping
    losses = [float(loss(variables, images(6), jnp.arange(6), jax.random.key(seed))[0]) for seed in (1, 1, 2)]
    assert losses[0] == losses[1] != losses[2]


def test_the_optimizer_is_nesterov_descent_with_decay_along_a_cosine():
    optimizer = wide_resnet.trainer(spec_of(optimizer={"learning_rate": 0.2}, training={"steps": 4})).optimizer
    weight, velocity, params = 1.5, 0.0, jnp.asarray(1.5)
    state = optimizer.init(params)
    for step in range(4):
        gradient = weight**3 + 5e-4 * weight
        velocity = 0.9 * velocity + gradient
        updates, state = optimizer.update(params**3, state, params, at=jnp.int32(step))
        params = optax.apply_updates(params, updates)
        weight -= 0.1 * (1 + np.cos(np.pi * step / 4)) * (gradient + 0.9 * velocity)
        assert float(params) == pytest.approx(weight, rel=1e-5)


def test_consistency_adds_its_multiple_of_the_divergence_between_views():
    """Views of which all are the image: the divergence vanishes; other views: the classification is of the first."""
    mixed = {"augmix": {"severity": 3.0, "width": 2}}
    consistent, plain = wide_resnet.trainer(spec_of(consistency=12.0, training=mixed)), wide_resnet.trainer(spec_of())
    variables, labels = tiny.random_variables(spec_of(), 0.1, 0.3), jnp.array([3, 1])
    views = jax.random.uniform(jax.random.key(1), (2, 3, 8, 8, 1)) * 17
    alike = jnp.repeat(views[:, :1], 3, axis=1)
    of_views, of_images = (jax.jit(trainer.loss) for trainer in (consistent, plain))
    assert (consistent.views, plain.views) == (3, 1)
    wanted, _ = of_images(variables, views[:, 0], labels, KEY)
    np.testing.assert_allclose(of_views(variables, alike, labels, KEY)[0], wanted, rtol=1e-5)
    assert of_views(variables, views, labels, KEY)[0] > 0


def test_stairs_fall_by_their_factor_at_fractions_of_the_training():
    """A step of plain descent is the rate: the published recipe has 0.1, then 0.02, 0.004, 0.0008."""
    settings = {"learning_rate": 0.1, "momentum": 0.0, "weight_decay": 0.0}
    settings |= {"stairs": {"at": [0.3, 0.6, 0.8], "factor": 0.2}}
    optimizer = wide_resnet.trainer(spec_of(optimizer=settings, training={"steps": 10})).optimizer
    state, rates = optimizer.init(jnp.zeros(())), []
    for step in range(10):
        update, state = optimizer.update(jnp.ones(()), state, jnp.zeros(()), at=jnp.int32(step))
        rates.append(-float(update))
    np.testing.assert_allclose(rates, [0.1] * 3 + [0.02] * 3 + [0.004] * 2 + [0.0008] * 2, rtol=1e-6)
