"""The images that adversarial training sees, where the worst ones within a bound are known."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import tiny
from attack_loop import sizes
from test_cross_entropy import Linear

from sbgc.fitting import cross_entropy, wide_resnet
from sbgc.fitting.inner_attack import InnerAttack
from sbgc.maths.attacks.pgd import PGD
from sbgc.procedures.training import descent, from_spec, step_cost
from sbgc.procedures.training.descent import TrainState

LEVELS, SHAPE, KEY = 17, (3, 4, 1), jax.random.key(0)
RANDOM = np.random.default_rng(0)
WEIGHTS = jnp.asarray(RANDOM.normal(size=(2, 12)), jnp.float32)
DIRECTION = np.asarray(WEIGHTS[0] - WEIGHTS[1], float)
DUAL = {"linf": np.abs(DIRECTION).sum(), "l2": np.linalg.norm(DIRECTION)}
# Steps longer than the ball, so that the last ones are at its end in the best direction, wherever they began.
FAR = {"linf": PGD("linf", 2, 3.0), "l2": PGD("l2", 8, 20.0)}


def linear(x):
    """The scores of two classes, whose difference is linear in the image."""
    return 0.1 * x.reshape(len(x), -1) @ WEIGHTS.T


def batch(count, low, high):
    grey = RANDOM.integers(low, high + 1, (count, *SHAPE)).astype(np.float32)
    return jnp.asarray(grey), jnp.asarray(RANDOM.random(grey.shape), jnp.float32), jnp.arange(count) % 2


def losses(logits, x, labels):
    return np.asarray(optax.softmax_cross_entropy_with_integer_labels(logits(x), labels), float)


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_against_a_linear_classifier_the_loss_grows_by_the_bound_times_the_dual_norm(norm):
    """Of two classes it is softplus(-gap), and the gap falls by epsilon times the dual norm of its gradient."""
    images, noise, labels = batch(6, 6, 10)
    attack = InnerAttack(FAR[norm], 0.1, LEVELS)
    found = jax.jit(partial(attack.attacked, linear))(images, noise, labels, KEY)
    gap = 0.1 * np.where(labels == 0, 1, -1) * (np.asarray(images + noise, float).reshape(6, -1) @ DIRECTION)
    worst = np.logaddexp(0.0, -(gap - 0.1 * (LEVELS - 1) * 0.1 * DUAL[norm]))
    np.testing.assert_allclose(losses(linear, found + noise, labels), worst, rtol=1e-5)


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_no_image_leaves_the_ball_or_the_grey_levels_and_every_loss_grows(norm):
    images, noise, labels = batch(20, 0, LEVELS - 1)
    attack = InnerAttack(PGD(norm, 5, 0.5), 0.3, LEVELS)
    found = jax.jit(partial(attack.attacked, linear))(images, noise, labels, KEY)
    assert float(found.min()) == 0.0
    assert float(found.max()) == LEVELS - 1
    assert sizes(norm, images / (LEVELS - 1), found / (LEVELS - 1)).max() <= 0.3 * (1 + 1e-6)
    assert (losses(linear, found + noise, labels) > losses(linear, images + noise, labels)).all()


def test_the_attack_knows_the_noise_that_its_image_will_have():
    """The score falls with the distance from the middle of a grey level: the noise says which way is away from it."""
    images, noise, _ = batch(4, 6, 10)
    attack = InnerAttack(PGD("linf", 2, 3.0), 1e-4, LEVELS)

    def logits(x):
        own = -((x - images - 0.5) ** 2).sum(axis=(1, 2, 3))
        return jnp.stack([own, jnp.zeros_like(own)], axis=1)

    away = jax.jit(partial(attack.attacked, logits))(images, noise, jnp.zeros(4, int), KEY) - images
    clear = np.abs(noise - 0.5) > 0.01
    np.testing.assert_allclose(away[clear], 16e-4 * np.sign(noise - 0.5)[clear], atol=1e-5)


def test_accelerators_make_in_a_loop_the_steps_that_a_cpu_makes_one_by_one(monkeypatch):
    images, noise, labels = batch(6, 0, LEVELS - 1)
    attack, found = InnerAttack(PGD("linf", 3, 0.5), 0.3, LEVELS), []
    for platform in ("cpu", "default"):
        monkeypatch.setattr(
            jax.lax, "platform_dependent", lambda begun, platform=platform, **branches: branches[platform](begun)
        )
        found.append(jax.jit(partial(attack.attacked, linear))(images, noise, labels, KEY))
    np.testing.assert_allclose(found[1], found[0], atol=1e-5)


def after_a_step(attack, parts=1):
    """The weights of a linear network of three classes after a step of training, and what the step reports."""
    trainer = cross_entropy.trainer(Linear(), (2, 3, 1), LEVELS, 0.0, attack, optax.sgd(0.1))
    images, labels = jnp.asarray(IMAGES), jnp.arange(12) % 3
    variables = trainer.init(KEY, images, labels)
    average = jax.tree.map(jnp.copy, variables)
    state = TrainState(jnp.zeros((), jnp.int32), variables, average, trainer.optimizer.init(variables["params"]))
    settings = descent.Settings(12, 0.9, parts, flips=False, crops=None, augmix=None)
    state, report = descent.train_step(trainer, settings, state, images, labels, KEY)
    return np.asarray(state.variables["params"]["Dense_0"]["kernel"]), float(report.loss)


IMAGES = np.random.default_rng(1).integers(0, LEVELS, (12, 2, 3, 1)).astype(np.float32)


def test_within_a_vanishing_bound_training_is_that_on_the_images_themselves():
    plain, loss = after_a_step(None)
    weights, found = after_a_step(InnerAttack(PGD("linf", 2, 0.5), 1e-9, LEVELS))
    np.testing.assert_allclose(weights, plain, rtol=1e-6)
    assert found == pytest.approx(loss, rel=1e-6)
    assert after_a_step(InnerAttack(PGD("linf", 2, 0.5), 0.1, LEVELS))[1] > 1.05 * loss


def test_each_part_of_a_batch_is_attacked_as_the_whole_is():
    """The attack ends where its direction says, wherever it began, so that parts differ in rounding alone."""
    attack = InnerAttack(FAR["linf"], 0.1, LEVELS)
    whole, parts = after_a_step(attack), after_a_step(attack, parts=3)
    np.testing.assert_allclose(parts[0], whole[0], rtol=1e-5)
    assert parts[1] == pytest.approx(whole[1], rel=1e-5)


AT = {"norm": "linf", "epsilon": 0.1, "steps": 1, "relative_step": 0.5}


def test_what_is_found_for_an_image_depends_on_no_other_image_and_on_no_dropout():
    spec = tiny.spec_of(tiny.WIDE_RESNET, dropout=0.5, adversarial=AT)
    attacked, variables = jax.jit(wide_resnet.trainer(spec).attacked), tiny.random_variables(spec, 0.1, 0.3)
    images = jnp.asarray(RANDOM.integers(0, LEVELS, (2, 4, *tiny.SHAPE)), jnp.float32)
    mixed = jnp.concatenate([images[0, :1], images[1, 1:]])
    found = [attacked(variables, x, jnp.full(x.shape, 0.5), jnp.arange(4) % 3, KEY) for x in (images[0], mixed)]
    np.testing.assert_array_equal(found[0][0], found[1][0])
    assert (np.abs(found[0] - images[0]).max(axis=(1, 2, 3)) > 0.5).all()


def test_every_step_of_the_attack_counts_among_the_operations_of_a_training_step():
    """As many again: a step's forward and backward pass, though the attack asks for no gradient of the weights."""

    def flop(attack):
        spec = tiny.spec_of(tiny.WIDE_RESNET, adversarial=attack)
        return step_cost.flop_per_image(wide_resnet.trainer(spec), from_spec.settings(spec), tiny.split(8))

    plain, one, two, five = (flop(AT | {"steps": steps} if steps else None) for steps in (0, 1, 2, 5))
    assert 0.5 * plain < two - one < plain
    assert five - two == pytest.approx(3 * (two - one), rel=1e-4)
