import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import tiny
from flax import serialization

from sbgc.artifacts import ArtifactError
from sbgc.fitting import glow as fitting
from sbgc.models import glow
from sbgc.nets.fixed import FIXED
from sbgc.types import AllClasses, Classifier, ConditionalDensity

KEY = jax.random.key(0)
RANDOM = np.random.default_rng(0)
SPLIT = {"prior": {"name": "split", "std": 0.5, "features": 4}}
SPECS = {
    "base": tiny.spec_of(tiny.GLOW),
    "split": tiny.spec_of(tiny.GLOW | SPLIT, classification=2.0),
    "border": tiny.spec_of(tiny.GLOW, net={"border": 2}, classification=1.0),
}


def images(count=6):
    return jnp.asarray(RANDOM.uniform(0, tiny.LEVELS, (count, *tiny.SHAPE)), jnp.float32)


def begun(spec):
    """Variables that are moved away from those at initialization, whose couplings do nothing."""
    first = jax.jit(fitting.trainer(spec).init)(KEY, images(), jnp.arange(6) % tiny.CLASSES)
    moved = jax.tree.map(lambda a: a + 0.05 * RANDOM.normal(size=a.shape).astype(np.float32), first["params"])
    return first | {"params": moved}


def density(spec, variables):
    return glow.load(spec, serialization.msgpack_serialize(variables))


@pytest.mark.parametrize("name", SPECS)
def test_a_flow_gives_all_classes_from_one_pass_and_one_class_as_the_same_value(name):
    model, x = density(SPECS[name], begun(SPECS[name])), images(1)[0]
    assert isinstance(model, ConditionalDensity)
    assert isinstance(model, AllClasses)
    assert isinstance(model, Classifier)
    of_all, of_one = (jax.jit(function) for function in (model.class_log_probs, model.log_prob))
    found = of_all(x, KEY, 3)
    assert int(found.nfe.sum()) == 1
    for label in range(tiny.CLASSES):
        one = of_one(x, jnp.asarray(label), KEY, 3)
        np.testing.assert_allclose(one.value, found.value[label], rtol=1e-6)
        assert int(one.nfe) == 1
    other = of_all(x, KEY, 4)
    assert float(abs(other.value - found.value).min()) > 0.0  # another draw has other noise beside the image
    assert model.sample(jnp.asarray(1), KEY, 9).shape == tiny.SHAPE


@pytest.mark.parametrize("name", SPECS)
def test_the_loss_is_nats_per_dimension_and_weighted_cross_entropy(name):
    """Against the density's own values, with the noise that the loss takes; D counts the border."""
    spec = SPECS[name]
    variables, x, labels = begun(spec), images(), jnp.arange(6) % tiny.CLASSES
    found, kept = jax.jit(fitting.trainer(spec).loss)(variables, x, labels, KEY)
    net = density(spec, variables).net
    log_probs, logits = jax.jit(net.apply)(variables, x, jax.random.split(KEY, 6))
    border = spec.settings.net.border
    own = -log_probs[jnp.arange(6), labels].mean() / (4 + 2 * border) ** 2
    entropy = -jax.nn.log_softmax(logits)[jnp.arange(6), labels].mean()
    np.testing.assert_allclose(found, own + spec.settings.classification * entropy, rtol=1e-5)
    assert jax.tree.all(jax.tree.map(lambda a, b: bool((a == b).all()), kept, {FIXED: variables[FIXED]}))


def test_a_training_begins_with_actnorm_of_its_first_batch():
    """Of the first step, before anything has changed the channels: those of the image and of the noise."""
    variables = jax.jit(fitting.trainer(SPECS["base"]).init)(KEY, images(64), jnp.zeros(64, int))
    first = variables["params"]["glow"]["level_0_step_0"]
    assert float(first["shift"][0]) == pytest.approx(0.0, abs=0.1)  # uniform grey levels less their half
    np.testing.assert_allclose(first["log_scale"][0], np.log(12**0.5), atol=0.1)
    np.testing.assert_allclose(first["shift"][1], 0.5 - 1.0 / tiny.LEVELS, atol=0.02)


@pytest.mark.parametrize("rule", ["adam", "adamax"])
def test_the_rate_rises_and_then_falls_in_stairs(rule):
    optimizer = tiny.GLOW["optimizer"] | {"rule": rule, "warmup_steps": 4, "stairs": {"at": [0.5, 0.75], "factor": 0.1}}
    trainer = fitting.trainer(tiny.spec_of(tiny.GLOW, optimizer=optimizer))  # of 40 steps
    params, rates = jnp.ones(1), []
    for at in (0, 2, 4, 19, 20, 29, 30):
        state = trainer.optimizer.init(params)
        updates, _ = trainer.optimizer.update(jnp.full(1, 0.5), state, params, at=jnp.int32(at))
        rates.append(-float(updates[0]))  # a first step of Adam and of Adamax is the rate itself
    np.testing.assert_allclose(rates, [0, 5e-4, 1e-3, 1e-3, 1e-4, 1e-4, 1e-5], rtol=1e-4)


def test_parameters_of_another_flow_are_refused_in_one_line():
    content = serialization.msgpack_serialize(begun(SPECS["base"]))
    with pytest.raises(ArtifactError, match="^not parameters of glow: it "):
        glow.load(tiny.spec_of(tiny.GLOW, net={"steps": 2}), content)


def test_training_lowers_the_loss_and_reweighting_tells_classes_apart():
    """Three classes of constant images with noise: 60 steps of Adam by hand on one batch."""
    spec = tiny.spec_of(tiny.GLOW, classification=1.0, optimizer={"learning_rate": 1e-2})
    trainer, labels = fitting.trainer(spec), jnp.arange(24) % tiny.CLASSES
    x = jnp.asarray(3.0 + 5.0 * np.asarray(labels)[:, None, None, None] + RANDOM.uniform(0, 2, (24, *tiny.SHAPE)))
    x = x.astype(jnp.float32)
    variables = jax.jit(trainer.init)(KEY, x, labels)
    rule = optax.adam(1e-2)

    @jax.jit
    def step(params, state, key):
        value, gradient = jax.value_and_grad(
            lambda p: trainer.loss({"params": p, FIXED: variables[FIXED]}, x, labels, key)[0]
        )(params)
        updates, state = rule.update(gradient, state)
        return optax.apply_updates(params, updates), state, value

    params, state, values = variables["params"], rule.init(variables["params"]), []
    for number in range(60):
        params, state, value = step(params, state, jax.random.key(number))
        values.append(float(value))
    assert values[-1] < values[0] - 1.0
    model = density(spec, {"params": params, FIXED: variables[FIXED]})
    logits = jax.jit(jax.vmap(lambda image: model.logits(image, KEY)))(x)
    assert float((logits.argmax(axis=1) == labels).mean()) == 1.0
