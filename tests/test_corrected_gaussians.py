import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tiny

from sbgc.artifacts import ArtifactError, Split
from sbgc.fitting import score as fitting
from sbgc.maths import sde
from sbgc.maths.class_gaussians import ClassGaussians
from sbgc.models import score
from sbgc.nets.corrected_gaussians import MEASURED
from sbgc.procedures.training import from_spec, segments

SPEC = tiny.spec_of(tiny.SCORE, gaussians={"directions": 3, "shrinkage": 0.1}, net={"dropout": 0.0})
RANDOM = np.random.default_rng(3)
SPLIT = Split(
    RANDOM.integers(tiny.LEVELS, size=(32, *tiny.SHAPE), dtype=np.uint8),
    np.arange(32) % tiny.CLASSES,
    np.arange(32),
)
TIMES, LABELS = jnp.array([0.01, 0.3, 0.9]), jnp.array([2, 0, 1])
Z = jnp.asarray(RANDOM.normal(size=(3, *tiny.SHAPE)), jnp.float32)


@pytest.fixture(name="trained", scope="module")
def _trained():
    trainer, settings = fitting.trainer(SPEC), from_spec.settings(SPEC)
    before = segments.initial_state(trainer, settings, SPLIT, 0)
    kept = jax.tree.map(jnp.copy, before)  # a training reuses the buffers that it is given
    after, _ = segments.run(trainer, settings, SPLIT, 0, before, 6)
    return kept, after


def gaussians_prediction(variables, z=Z, times=TIMES):
    process = sde.from_settings(SPEC.settings.sde.model_dump())
    gaussians = ClassGaussians(**variables[MEASURED])
    return gaussians.eps_hat(z, process.alpha(times), process.sigma(times), LABELS)


@pytest.mark.usefixtures("strict")
def test_before_training_it_predicts_what_the_gaussians_of_the_training_images_do(trained):
    variables = trained[0].variables
    found = score.network_of(SPEC).predict(variables, Z, TIMES, LABELS)
    np.testing.assert_allclose(found, gaussians_prediction(variables), atol=1e-4)  # its last kernels begin at 1e-5
    flat = (SPLIT.images.reshape(32, -1) + 0.5) * 2.0 / tiny.LEVELS - 1.0
    np.testing.assert_allclose(variables[MEASURED]["mean"], flat.mean(axis=0), rtol=1e-5, atol=1e-6)


def test_training_changes_the_network_and_leaves_what_was_measured_as_it_is(trained):
    before, after = trained
    for tree in (after.variables, after.ema):
        for name, leaf in tree[MEASURED].items():
            np.testing.assert_allclose(leaf, before.variables[MEASURED][name], rtol=3e-7, atol=0, err_msg=name)
    moved = jax.tree.map(lambda a, b: float(abs(a - b).max()), after.variables["params"], before.variables["params"])
    assert max(jax.tree.leaves(moved)) > 1e-3
    found = score.network_of(SPEC).predict(after.variables, Z, TIMES, LABELS)
    assert float(abs(found - gaussians_prediction(after.variables)).max()) > 1e-3


def test_the_correction_is_as_large_as_the_error_of_the_gaussians_would_be(trained):
    """At high noise little is left to learn, so the correction vanishes with sqrt of the signal-to-noise ratio."""
    variables, network = trained[1].variables, score.network_of(SPEC)
    sizes = []
    for time in (0.5, 1.0):
        times = jnp.full(3, time)
        size = network.predict(variables, Z, times, LABELS) - gaussians_prediction(variables, times=times)
        error = ClassGaussians(**variables[MEASURED]).error(network.process.alpha(times), network.process.sigma(times))
        beside = gaussians_prediction(variables, times=times)
        alone = network.network.predict({"params": variables["params"]}, Z, times, LABELS, beside=beside)
        np.testing.assert_allclose(size, error[:, None, None, None] * alone, rtol=1e-3, atol=1e-6)
        sizes.append(float(error[0]))
    assert sizes[1] < 0.02 < sizes[0]


def test_in_bfloat16_only_the_network_is_rounded(trained):
    half = tiny.spec_of(
        tiny.SCORE, gaussians={"directions": 3, "shrinkage": 0.1}, net={"dropout": 0.0, "precision": "bfloat16"}
    )
    before, after = (state.variables for state in trained)
    found = score.network_of(half).predict(before, Z, TIMES, LABELS)
    np.testing.assert_allclose(found, gaussians_prediction(before), atol=1e-4)
    found, wanted = (score.network_of(spec).predict(after, Z, TIMES, LABELS) for spec in (half, SPEC))
    assert found.dtype == jnp.float32
    assert 0 < float(abs(found - wanted).max()) < 0.02


def test_a_training_split_without_a_class_is_refused_in_one_line():
    keep = np.flatnonzero(SPLIT.labels != 1)
    part = Split(SPLIT.images[keep], SPLIT.labels[keep], SPLIT.index[keep])
    with pytest.raises(ArtifactError, match="^the training split has no image of class 1$"):
        segments.initial_state(fitting.trainer(SPEC), from_spec.settings(SPEC), part, 0)
