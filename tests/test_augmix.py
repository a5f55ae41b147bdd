"""AugMix's operations against Pillow's, which the published code calls, and its mixture against the definition."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image, ImageOps

from sbgc.maths import augmix
from sbgc.maths.augmix import GEOMETRIC, LONGEST, TONAL, Settings

PIXELS = np.random.default_rng(0).integers(20, 230, (32, 32, 3)).astype(np.uint8)
IMAGE = jnp.asarray(PIXELS, jnp.float32)
PICTURE = Image.fromarray(PIXELS)
SMOOTH = np.rint(127 + 100 * np.sin(np.arange(32)[:, None, None] / 5 + np.arange(32)[:, None] / 7 + np.arange(3)))


@pytest.mark.parametrize(
    ("name", "level", "theirs"),
    [
        ("autocontrast", 0.0, ImageOps.autocontrast(PICTURE)),
        ("equalize", 0.0, ImageOps.equalize(PICTURE)),
        ("posterize", 0.1, ImageOps.posterize(PICTURE, 4)),
        ("posterize", 0.3, ImageOps.posterize(PICTURE, 3)),
        ("solarize", 0.25, ImageOps.solarize(PICTURE, 192)),
    ],
)
def test_tones_are_changed_as_pillow_does(name, level, theirs):
    ours = augmix.tone(name, IMAGE, jnp.float32(level), 256)
    tolerance = 1.01 if name == "autocontrast" else 0.0  # Pillow cuts fractions off
    np.testing.assert_allclose(ours, np.asarray(theirs, np.float32), atol=tolerance)


@pytest.mark.parametrize("name", TONAL)
def test_an_image_of_one_tone_or_of_few_levels_stays_within_them(name):
    for image in (jnp.full((8, 8, 1), 5.0), jnp.arange(64.0).reshape(8, 8, 1) % 17):
        found = augmix.tone(name, image, jnp.float32(0.3), 17)
        assert (found >= 0).all()
        assert (found <= 16).all()


@pytest.mark.parametrize("level", [0.3, -0.3])
@pytest.mark.parametrize("name", GEOMETRIC)
def test_places_are_moved_as_pillow_does(name, level):
    """Away from the border, where Pillow and a linear read of black surroundings differ."""
    shear, shift = 0.3 * level, math.trunc(32 / 3 * level)
    affine = {
        "shear_x": (1, shear, 0, 0, 1, 0),
        "shear_y": (1, 0, 0, shear, 1, 0),
        "translate_x": (1, 0, shift, 0, 1, 0),
        "translate_y": (1, 0, 0, 0, 1, shift),
    }
    picture = Image.fromarray(SMOOTH.astype(np.uint8))
    if name == "rotate":
        theirs = picture.rotate(math.trunc(30 * level), Image.Resampling.BILINEAR)
    else:
        theirs = picture.transform((32, 32), Image.Transform.AFFINE, affine[name], Image.Resampling.BILINEAR)
    ours = augmix.warped(jnp.asarray(SMOOTH), augmix.matrix(name, jnp.float32(level), 32, 32))
    np.testing.assert_allclose(ours[8:24, 8:24], np.asarray(theirs)[8:24, 8:24], atol=1.0)
    if name.startswith("translate"):
        np.testing.assert_allclose(ours, np.asarray(theirs))


def mixed(count=400, image=IMAGE[:8, :8], levels=256):
    settings = Settings(3.0, 3, levels)
    keys = jax.random.split(jax.random.key(0), count)
    return jax.jit(jax.vmap(lambda key: augmix.augmix(image, key, settings)))(keys)


def test_a_mixture_is_as_far_from_the_image_as_a_uniform_share_of_its_chains(monkeypatch):
    """With chains that are black, the mixture is (1 - m) times the image, m uniform."""
    monkeypatch.setattr(augmix, "_operated", lambda image, key, settings: 0.0 * image)
    shares = np.asarray(1.0 - mixed()[:, 0, 0, 0] / IMAGE[0, 0, 0])
    assert shares.mean() == pytest.approx(0.5, abs=0.06)
    assert np.quantile(shares, [0.25, 0.75]) == pytest.approx([0.25, 0.75], abs=0.08)


def test_weights_are_dirichlet_and_chains_have_one_to_three_operations(monkeypatch):
    """Each operation adds 1: from 0 the mixture is m sum_i w_i length_i, of mean 1/2 x 2 and its own variance."""
    monkeypatch.setattr(augmix, "_operated", lambda image, key, settings: image + 1.0)
    found = np.asarray(mixed(4000, jnp.zeros((2, 2, 1))))[:, 0, 0, 0]
    assert found.max() <= LONGEST
    assert found.mean() == pytest.approx(1.0, abs=0.03)
    # E m^2 = 1/3; E (sum w l)^2 = 4 + var(l) sum E w_i^2 = 4 + 2/3 x 3 x 2/12
    assert (found**2).mean() == pytest.approx((4 + 1 / 3) / 3, rel=0.04)


def test_mixtures_stay_within_the_grey_levels_and_differ():
    for image, levels in ((IMAGE[:8, :8], 256), (jnp.arange(64.0).reshape(8, 8, 1) % 17, 17)):
        found = np.asarray(mixed(100, image, levels=levels))
        assert found.min() >= 0.0
        assert found.max() <= levels - 1
        assert np.unique(found.reshape(100, -1), axis=0).shape[0] == 100


def test_a_stronger_severity_moves_images_farther():
    image, keys = IMAGE[:8, :8], jax.random.split(jax.random.key(0), 400)

    @jax.jit
    def distance(severity):
        mixtures = jax.vmap(lambda key: augmix.augmix(image, key, Settings(severity, 3, 256)))(keys)
        return jnp.abs(mixtures - image).mean()

    assert distance(0.2) < distance(3.0) < distance(10.0)
