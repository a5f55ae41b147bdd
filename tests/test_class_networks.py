import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import tiny
from flax import serialization

from sbgc import optimizers
from sbgc.artifacts import Split
from sbgc.fitting import score as fitting
from sbgc.models import score
from sbgc.procedures.training import from_spec, segments

BEGIN = 0.3
SPEC = tiny.spec_of(tiny.SCORE, class_networks={"begin": BEGIN, "shared": 0.25}, net={"dropout": 0.1})
NETWORKS = score.network_of(SPEC)
RANDOM = np.random.default_rng(3)
LABELS = np.arange(36) % tiny.CLASSES
SPLIT = Split(RANDOM.integers(tiny.LEVELS, size=(36, *tiny.SHAPE), dtype=np.uint8), LABELS, np.arange(36))


TRAINER = fitting.trainer(SPEC)  # once, because another one would compile its steps anew


def trained(split, stop):
    """The average after so many steps."""
    settings = from_spec.settings(SPEC)
    state, _ = segments.run(TRAINER, settings, split, 0, segments.initial_state(TRAINER, settings, split, 0), stop)
    return state.ema["params"]


def moved(tree, other, member):
    """The largest change of any parameter of a member."""
    return max(jax.tree.leaves(jax.tree.map(lambda a, b: float(abs(a[member] - b[member]).max()), tree, other)))


@pytest.mark.usefixtures("strict")
def test_an_image_is_predicted_by_the_network_of_its_class_or_at_low_noise_by_that_of_all():
    variables = jax.tree.map(jnp.asarray, tiny.random_variables(SPEC, -0.7, 0.7))
    z = jnp.asarray(RANDOM.normal(size=(3, *tiny.SHAPE)), jnp.float32)
    times, labels = jnp.array([BEGIN, 0.29, 0.9]), jnp.array([2, 0, 1])
    found = NETWORKS.predict(variables, z, times, labels)
    for image, member in enumerate([2, tiny.CLASSES, 1]):
        own = jax.tree.map(lambda leaf, member=member: leaf[member], variables)
        alone = NETWORKS.network.predict(own, z[image : image + 1], times[image : image + 1], jnp.zeros(1, int))
        np.testing.assert_allclose(found[image], alone[0], rtol=1e-4, atol=1e-5)
    other = NETWORKS.predict(variables, z, times, jnp.array([0, 1, 0]))
    np.testing.assert_allclose(other[1], found[1], rtol=1e-5, atol=1e-6)  # at low noise no label counts
    assert all(float(abs(other[image] - found[image]).max()) > 0.1 for image in (0, 2))


@pytest.mark.parametrize("begin", [1e-4, BEGIN])
def test_all_classes_at_once_have_the_log_density_of_each_alone(begin):
    """What they share of the path is solved once, and counted under the first class."""
    spec = tiny.spec_of(SPEC.settings.model_dump(), class_networks={"begin": begin})
    params = serialization.msgpack_serialize(tiny.random_variables(spec))
    model = score.load(spec, params, tiny.FAST)
    x, key = jnp.asarray(RANDOM.uniform(0, tiny.LEVELS, tiny.SHAPE), jnp.float32), jax.random.key(1)
    found = jax.jit(model.class_log_probs)(x, key, 1)
    alone = jax.jit(jax.vmap(lambda y: model.log_prob(x, y, key, 1)))(jnp.arange(tiny.CLASSES))
    np.testing.assert_allclose(found.value, alone.value, rtol=1e-5)
    assert np.ptp(alone.value) > 0.01
    shared = int((model.grid().nodes.t < begin).sum())
    assert shared == {1e-4: 1, BEGIN: 5}[begin]
    assert found.nfe.tolist() == [2 * 9, 2 * (9 - shared), 2 * (9 - shared)]


def test_the_network_of_a_class_learns_nothing_from_images_of_other_classes():
    others = SPLIT.images.copy()
    others[LABELS != 1] = tiny.LEVELS - 1 - others[LABELS != 1]
    found, changed = trained(SPLIT, 6), trained(Split(others, LABELS, np.arange(36)), 6)
    assert moved(found, changed, 1) == 0.0
    for member in (0, 2, tiny.CLASSES):
        assert moved(found, changed, member) > 1e-5


def test_a_step_moves_the_network_of_its_class_and_that_of_all():
    """The third step is that of class 2."""
    before, after = trained(SPLIT, 2), trained(SPLIT, 3)
    assert [moved(after, before, member) for member in (0, 1)] == [0.0, 0.0]
    for member in (2, tiny.CLASSES):
        assert moved(after, before, member) > 1e-4


def test_each_of_several_networks_has_an_optimizer_of_its_own():
    """Clipping sees the norm of one network alone."""
    optimizer = optimizers.adam(0.1, 0, 1.0, False, 10)
    both = optimizers.of_members(optimizer)
    params, gradients = jnp.zeros((2, 3)), jnp.array([[0.3, -0.1, 0.2], [50.0, 20.0, -90.0]])
    state = both.init(params)
    for step in range(3):
        updates, state = both.update(gradients * (1 + step), state, params, at=jnp.int32(step))
    for member in range(2):
        alone = optimizer.init(params[member])
        for step in range(3):
            wanted, alone = optax.with_extra_args_support(optimizer).update(
                gradients[member] * (1 + step), alone, params[member], at=jnp.int32(step)
            )
        np.testing.assert_allclose(updates[member], wanted, rtol=1e-5)
