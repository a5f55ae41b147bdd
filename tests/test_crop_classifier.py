import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tiny
from flax import serialization
from scipy.special import softmax

from sbgc import models
from sbgc.artifacts import Split
from sbgc.config.analyses import CornerCrops
from sbgc.maths import bayes_rule
from sbgc.procedures.scoring import bayes, crop_classifier

KEY = jax.random.key(0)
MEANS = 8.0 + np.random.default_rng(0).normal(0.0, 0.02, (3, 16))
PARAMS = {"mean": MEANS, "chol": np.stack([np.eye(16)] * 3)}


@pytest.fixture(scope="module", params=["resnet", "gaussian"])
def model(request, tmp_path_factory):
    """A classifier, and a density that Bayes' rule makes one of."""
    settings = {"resnet": tiny.RESNET, "gaussian": tiny.GAUSSIAN}[request.param]
    spec = tiny.spec_of(settings)
    params = PARAMS if request.param == "gaussian" else tiny.random_variables(spec, 0.1, 0.3)
    path = tmp_path_factory.mktemp("params") / "params.msgpack"
    path.write_bytes(serialization.msgpack_serialize(params))
    return models.load(spec, path)


def posterior_by_crop(model, x, crops):
    """p(y|x) of each crop, cut out of NumPy's padded image one by one."""
    border = crops.border
    padded = np.pad(x, [(border, border)] * 2 + [(0, 0)], mode=crops.fill)
    ends = (0, 2 * border)
    views = [padded[row : row + 4, column : column + 4] for row in ends for column in ends] + [x]
    views += [view[:, ::-1] for view in views] if crops.mirrored else []
    logits = jax.jit(bayes_rule.classifier_of(model).logits)
    return np.stack([softmax(np.asarray(logits(jnp.asarray(view), KEY), float)) for view in views])


@pytest.mark.parametrize(
    "crops",
    [CornerCrops(border=1, fill="edge", mirrored=False), CornerCrops(border=2, fill="reflect", mirrored=True)],
    ids=["five", "ten"],
)
def test_the_posterior_is_the_mean_of_those_of_the_crops(model, crops):
    x = np.random.default_rng(1).uniform(0, 17, (4, 4, 1)).astype(np.float32)
    found = jax.jit(crop_classifier.cropped(model, crops).logits)(x, KEY)
    each = posterior_by_crop(model, x, crops)
    assert len(each) == (10 if crops.mirrored else 5)
    np.testing.assert_allclose(np.exp(found), each.mean(axis=0), rtol=1e-4)
    assert np.ptp(each, axis=0).max() > 1e-3  # crops differ, or nothing was tested
    np.testing.assert_allclose(np.exp(np.asarray(found, float)).sum(), 1.0, rtol=1e-5)


def test_crops_among_the_surroundings_are_those_of_an_image_with_such_a_border(model):
    x = np.random.default_rng(1).uniform(0, 17, (4, 4, 1)).astype(np.float32)
    framed = np.pad(x, ((2, 2), (2, 2), (0, 0)), mode="edge")
    made, held = (CornerCrops(border=2, fill=fill, mirrored=True) for fill in ("edge", "surroundings"))
    wanted, found = (
        jax.jit(crop_classifier.cropped(model, crops).logits)(image, KEY)
        for crops, image in ((made, x), (held, framed))
    )
    np.testing.assert_allclose(found, wanted, rtol=1e-6)


def test_the_matrix_holds_log_posteriors_of_each_draw_and_counts_the_crops(model):
    crops = CornerCrops(border=1, fill="edge", mirrored=True)
    images = np.random.default_rng(1).uniform(0, 17, (3, 2, 4, 4, 1)).astype(np.float32)
    split = Split(images, np.zeros(3, int), np.arange(3))
    scores, nfe, gives = bayes.matrix(crop_classifier.cropped(model, crops), split, 0, 2)
    assert (gives, scores.shape) == ("logits", (3, 3, 2))
    assert (nfe == 10).all()
    for image, draw in ((0, 0), (2, 1)):
        wanted = np.log(posterior_by_crop(model, images[image, draw], crops).mean(axis=0))
        np.testing.assert_allclose(scores[image, :, draw], wanted, rtol=1e-3)


def test_an_image_that_no_crop_changes_keeps_its_posterior(model):
    """A constant image is its own crop, wherever it is cut out and mirrored."""
    crops = CornerCrops(border=3, fill="edge", mirrored=True)
    x = jnp.full((4, 4, 1), 8.5)
    plain = jax.nn.log_softmax(bayes_rule.classifier_of(model).logits(x, KEY))
    np.testing.assert_allclose(crop_classifier.cropped(model, crops).logits(x, KEY), plain, atol=1e-4)
