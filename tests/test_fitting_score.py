import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import tiny
from jax.flatten_util import ravel_pytree

from sbgc.fitting import score
from sbgc.maths import score_matching
from sbgc.nets.unet import UNet

SHAPE, LEVELS = (2, 2, 1), 17
KEY = jax.random.key(0)


def spec_of(**settings):
    """At one level of 2x2 pixels."""
    small = {"features": 4, "attention_sizes": []}
    return tiny.spec_of(tiny.SCORE, SHAPE, net=small | settings.pop("net", {}), **settings)


def images(count):
    return jnp.asarray(np.random.default_rng(1).uniform(0.3 * LEVELS, 0.7 * LEVELS, (count, *SHAPE)), jnp.float32)


def test_training_shows_the_net_each_image_with_its_class_once(monkeypatch):
    seen = []

    def apply(net, variables, z, position, label, train, rngs):
        seen.extend(zip(np.asarray(z), np.asarray(position), np.asarray(label), strict=True))
        assert train
        assert set(rngs) == {"dropout"}
        return z

    def loss(sde, eps_hat, z, times, weights, key):
        return jnp.mean(eps_hat(z, times))

    monkeypatch.setattr(UNet, "apply", apply)
    monkeypatch.setattr(score_matching, "loss", loss)
    x, labels = images(6), jnp.arange(6)
    found, mutable = score.trainer(spec_of()).loss({"params": {}}, x, labels, KEY)
    assert mutable == {}
    assert float(found) == pytest.approx(float(jnp.mean(2.0 * x / LEVELS - 1.0)), abs=1e-6)
    assert sorted(int(label) for _, _, label in seen) == list(range(6))
    for z, _, label in seen:
        np.testing.assert_allclose(z, 2.0 * x[label] / LEVELS - 1.0, rtol=1e-6)
    assert len({float(position) for _, position, _ in seen}) == 6
    assert all(0 < position <= 999 for _, position, _ in seen)


@pytest.mark.parametrize("cosine", [False, True])
def test_the_optimizer_is_clipped_adam_that_warms_up(cosine):
    """Kingma & Ba 2015, algorithm 1, on gradients scaled to norm 1 at most; the rate from 0 at the first step."""
    settings = {"learning_rate": 0.1, "warmup_steps": 2, "clip_norm": 1.0, "cosine_decay": cosine}
    optimizer = score.trainer(spec_of(optimizer=settings, training={"steps": 6})).optimizer
    rates = [0.0, 0.05, *(0.1 * (0.5 * (1 + math.cos(math.pi * n / 4)) if cosine else 1.0) for n in range(4))]
    params = jnp.zeros(3)
    state, weights, first, second = optimizer.init(params), np.zeros(3), np.zeros(3), np.zeros(3)
    for step, gradient in enumerate(np.random.default_rng(0).normal(size=(6, 3)) * [[0.1], [5], [1], [0.3], [2], [9]]):
        updates, state = optimizer.update(jnp.asarray(gradient, jnp.float32), state, params, at=jnp.int32(step))
        params = optax.apply_updates(params, updates)
        clipped = gradient / max(1.0, np.linalg.norm(gradient))
        first, second = 0.9 * first + 0.1 * clipped, 0.999 * second + 0.001 * clipped**2
        unbiased = first / (1 - 0.9 ** (step + 1)), second / (1 - 0.999 ** (step + 1))
        weights = weights - rates[step] * unbiased[0] / (np.sqrt(unbiased[1]) + 1e-8)
        np.testing.assert_allclose(params, weights, rtol=2e-4, atol=1e-6)


@pytest.mark.usefixtures("strict")
def test_in_bfloat16_the_loss_and_its_gradient_point_the_same_way_and_stay_float32():
    variables, values = tiny.random_variables(spec_of(), -0.7, 0.7), []
    for precision in ("float32", "bfloat16"):
        trainer = score.trainer(spec_of(net={"precision": precision}))
        arguments = images(8), jnp.arange(8) % tiny.CLASSES, KEY
        value = jax.jit(jax.value_and_grad(lambda v, t=trainer, a=arguments: t.loss(v, *a)[0]))
        values.append(value({"params": variables["params"]}))
    (loss, gradient), (rounded, approximate) = values
    assert float(rounded) == pytest.approx(float(loss), rel=3e-2)
    assert {leaf.dtype for leaf in jax.tree.leaves(approximate)} == {jnp.dtype("float32")}
    flat, other = (ravel_pytree(tree)[0] for tree in (gradient, approximate))
    assert float(flat @ other / jnp.linalg.norm(flat) / jnp.linalg.norm(other)) > 0.999
