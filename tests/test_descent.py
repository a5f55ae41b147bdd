import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from sbgc.maths import augmix
from sbgc.procedures.training import descent
from sbgc.procedures.training.descent import Settings, TrainState
from sbgc.trainer import Trainer

IMAGES = np.random.default_rng(0).integers(0, 17, (12, 2, 3, 1)).astype(np.float32)
LABELS = np.arange(12) % 3
KEY = jax.random.key(0)


def linear(mutable=False, sees=None):
    """Loss of params w: mean over images of (w . x - y)^2; the mutable state counts the batches it has seen."""

    def loss(variables, images, labels, key):
        if sees is not None:
            jax.debug.callback(lambda x: sees.append(np.asarray(x)), images)
        error = images.reshape(len(images), -1) @ variables["params"]["w"] - labels
        return jnp.mean(error**2), {"counts": variables["counts"] + 1.0} if mutable else {}

    return Trainer(lambda key, images, labels: {}, loss, optax.sgd(1e-3))


def step(trainer, settings, mutable=False, features=6):
    variables = {"params": {"w": jnp.linspace(-1.0, 1.0, features)}}
    variables |= {"counts": jnp.zeros(())} if mutable else {}
    average = jax.tree.map(jnp.copy, variables)
    state = TrainState(jnp.zeros((), jnp.int32), variables, average, trainer.optimizer.init(variables["params"]))
    return descent.train_step(trainer, settings, state, IMAGES, LABELS, KEY)


@pytest.mark.parametrize("parts", [2, 3, 4, 12])
def test_parts_of_a_batch_give_the_gradient_and_loss_of_the_whole(parts):
    """This loss draws nothing, so that parts differ in rounding alone."""
    whole, report = step(linear(), Settings(12, 0.9, 1, flips=False, crops=None, augmix=None))
    found, parted = step(linear(), Settings(12, 0.9, parts, flips=False, crops=None, augmix=None))
    np.testing.assert_allclose(found.variables["params"]["w"], whole.variables["params"]["w"], rtol=1e-6)
    np.testing.assert_allclose([parted.loss, parted.grad_norm], [report.loss, report.grad_norm], rtol=1e-6)


def test_parts_hand_the_mutable_state_on():
    state, _ = step(linear(mutable=True), Settings(12, 0.9, 4, flips=False, crops=None, augmix=None), mutable=True)
    assert float(state.variables["counts"]) == 4.0


def test_flips_mirror_some_images_left_to_right_and_change_no_other():
    sees = []
    step(linear(sees=sees), Settings(12, 0.9, 1, flips=True, crops=None, augmix=None))
    jax.effects_barrier()
    grey = np.floor(sees[0])
    same, mirrored = ((grey == images).all(axis=(1, 2, 3)) for images in (IMAGES, IMAGES[:, :, ::-1]))
    assert (same | mirrored).all()
    assert 2 <= mirrored.sum() <= 10


def test_noise_is_within_a_grey_level_and_new_for_each_image():
    sees = []
    step(linear(sees=sees), Settings(12, 0.9, 1, flips=False, crops=None, augmix=None))
    jax.effects_barrier()
    noise = sees[0] - IMAGES
    assert 0.0 <= noise.min() <= noise.max() < 1.0
    assert len(np.unique(noise)) == noise.size


@pytest.mark.parametrize("parts", [1, 4])
def test_an_attack_sees_the_present_state_grey_levels_and_noise_and_its_images_get_that_noise(parts):
    sees, attacks = [], []

    def attacked(variables, images, noise, labels, key):
        told = variables["counts"], variables["params"]["w"], images, noise, labels, jax.random.key_data(key)
        jax.debug.callback(lambda *told: attacks.append([np.asarray(one) for one in told]), *told)
        return images + 100.0

    trainer = linear(mutable=True, sees=sees)._replace(attacked=attacked)
    step(trainer, Settings(12, 0.9, parts, flips=False, crops=None, augmix=None), mutable=True)
    jax.effects_barrier()
    attacks.sort(key=lambda told: told[0])
    assert [float(told[0]) for told in attacks] == list(range(parts))
    assert len({told[5].tobytes() for told in attacks}) == parts
    seen = {x.tobytes() for x in sees}
    for number, (_, weights, images, noise, labels, _) in enumerate(attacks):
        np.testing.assert_array_equal(weights, np.asarray(jnp.linspace(-1.0, 1.0, 6)))
        np.testing.assert_array_equal(images, IMAGES[number::parts])
        np.testing.assert_array_equal(labels, LABELS[number::parts])
        assert (images + np.float32(100) + noise).tobytes() in seen


def test_a_loss_of_several_views_sees_the_image_and_its_mixtures_each_with_noise_of_its_own():
    sees = []
    trainer = linear(sees=sees)._replace(views=3)
    mixing = augmix.Settings(severity=3.0, width=3, levels=17)
    step(trainer, Settings(12, 0.9, 1, flips=False, crops=None, augmix=mixing), features=18)
    jax.effects_barrier()
    assert sees[0].shape == (12, 3, 2, 3, 1)
    np.testing.assert_array_equal(np.floor(sees[0][:, 0]), IMAGES)
    assert (np.abs(sees[0][:, 1] - sees[0][:, 2]).max(axis=(1, 2, 3)) > 1.0).any()
    noise = sees[0][:, 0] - IMAGES
    assert (np.abs(noise - np.modf(sees[0][:, 1])[0]) > 1e-3).any()


def test_one_view_with_augmix_sees_mixtures_alone():
    sees = []
    mixing = augmix.Settings(severity=10.0, width=1, levels=17)
    step(linear(sees=sees), Settings(12, 0.9, 1, flips=False, crops=None, augmix=mixing))
    jax.effects_barrier()
    assert sees[0].shape == IMAGES.shape
    assert (np.abs(sees[0] - IMAGES).max(axis=(1, 2, 3)) > 1.0).sum() > 6
    assert 0.0 <= sees[0].min() <= sees[0].max() < 17.0
