import jax
import jax.numpy as jnp
import numpy as np
import optax
import plain_resnet
import pytest
import tiny
from scipy.special import log_softmax

from sbgc.fitting import resnet

KEY = jax.random.key(0)


def spec_of(**settings):
    return tiny.spec_of(tiny.RESNET, (8, 8, 1), 10, **settings)


def batch(count):
    x = np.random.default_rng(1).uniform(0, 17, (count, 8, 8, 1)).astype(np.float32)
    return x, np.arange(count) % 10


@pytest.mark.parametrize("block", ["basic", "bottleneck"])
def test_the_loss_and_its_gradient_are_those_of_a_network_written_out_in_numpy(block):
    """In training, norms take the batch's moments. The derivative is along a random direction, by differences."""
    spec = spec_of(block=block)
    variables, (x, labels) = tiny.random_variables(spec), batch(6)
    random = np.random.default_rng(2)
    direction = jax.tree.map(lambda leaf: random.normal(size=leaf.shape), variables["params"])
    trainer = resnet.trainer(spec)

    def loss(params):
        return trainer.loss(variables | {"params": params}, jnp.asarray(x), jnp.asarray(labels), KEY)[0]

    def plain(step):
        params = jax.tree.map(lambda leaf, along: leaf + step * along, variables["params"], direction)
        return -log_softmax(plain_resnet.logits(x.astype(float), params), axis=1)[np.arange(6), labels].mean()

    value, gradient = jax.jit(jax.value_and_grad(loss))(variables["params"])
    along = sum(
        float((one * other).sum())
        for one, other in zip(jax.tree.leaves(gradient), jax.tree.leaves(direction), strict=True)
    )
    assert float(value) == pytest.approx(plain(0.0), rel=1e-5)
    assert along == pytest.approx((plain(1e-6) - plain(-1e-6)) / 2e-6, rel=1e-3)


def test_training_moves_the_running_statistics_a_tenth_of_the_way_to_the_batch():
    spec = spec_of()
    variables, (x, labels) = tiny.random_variables(spec, 0.1, 0.3), batch(6)
    _, state = jax.jit(resnet.trainer(spec).loss)(variables, jnp.asarray(x), jnp.asarray(labels), KEY)
    first = plain_resnet.convolved(2 * x.astype(float) / 17 - 1, variables["params"]["stem"]["kernel"])
    old, new = (stats["stem_norm"] for stats in (variables["batch_stats"], state["batch_stats"]))
    np.testing.assert_allclose(new["mean"], 0.9 * old["mean"] + 0.1 * first.mean(axis=(0, 1, 2)), atol=1e-5)
    np.testing.assert_allclose(new["var"], 0.9 * old["var"] + 0.1 * first.var(axis=(0, 1, 2)), rtol=1e-4)


def test_at_the_start_only_the_last_scales_and_the_way_of_shortcuts_have_gradients():
    trainer, (x, labels) = resnet.trainer(spec_of()), batch(6)
    variables = trainer.init(KEY, jnp.asarray(x), jnp.asarray(labels))

    def loss(params):
        return trainer.loss(variables | {"params": params}, jnp.asarray(x), jnp.asarray(labels), KEY)[0]

    gradient = jax.jit(jax.grad(loss))(variables["params"])
    for name in ("stage0_block0", "stage1_block0"):
        moved = {
            part for part, tree in gradient[name].items() if any(jnp.abs(leaf).max() > 0 for leaf in tree.values())
        }
        assert moved == {"last_norm", *(part for part in gradient[name] if part.startswith("shortcut"))}, name


def test_the_optimizer_is_descent_with_momentum_and_decay_along_stairs():
    settings = {"learning_rate": 0.2, "stairs": {"at": [0.5, 0.75], "factor": 0.1}}
    optimizer = resnet.trainer(spec_of(optimizer=settings, training={"steps": 4})).optimizer
    weight, velocity, params = 1.5, 0.0, jnp.asarray(1.5)
    state = optimizer.init(params)
    for step, rate in enumerate((0.2, 0.2, 0.02, 0.002)):
        velocity = 0.9 * velocity + weight**3 + 1e-4 * weight
        updates, state = optimizer.update(params**3, state, params, at=jnp.int32(step))
        params = optax.apply_updates(params, updates)
        weight -= rate * velocity
        assert float(params) == pytest.approx(weight, rel=1e-5)


def test_views_are_compared_where_the_settings_ask_for_it():
    mixed = {"augmix": {"severity": 3.0, "width": 2}}
    assert resnet.trainer(spec_of(consistency=12.0, training=mixed)).views == 3
    assert resnet.trainer(spec_of(training=mixed)).views == 1
