"""Snow, frost, saturation and spatter against what their definitions come to in simple cases."""

import colorsys
import hashlib

import numpy as np
import pytest

from sbgc.maths.corruptions import SEVERITIES, color, corrupt, ice, motion, scale, spatter, weather

EVERY_SEVERITY = pytest.mark.parametrize("severity", SEVERITIES)
COLORS = np.random.default_rng(1).random((32, 32, 3))


def rng():
    return np.random.default_rng(0)


@EVERY_SEVERITY
def test_without_flakes_snow_whitens_towards_a_brighter_grey(severity, monkeypatch):
    setting = weather.SNOW[severity - 1]
    kept = setting[-1]
    monkeypatch.setattr(weather, "SNOW", ((0.0, 1e-9, *setting[2:]),))
    grey = COLORS @ np.array([0.299, 0.587, 0.114])
    expected = kept * COLORS + (1 - kept) * np.maximum(COLORS, (1.5 * grey + 0.5)[..., None])
    np.testing.assert_allclose(weather.snow(COLORS, 1, rng()), expected, atol=1e-9)


@EVERY_SEVERITY
def test_flakes_add_light_alike_in_all_channels_and_to_the_picture_turned_by_half(severity):
    image = np.zeros((32, 32, 3))
    setting = weather.SNOW[severity - 1]
    light = weather.snow(image, severity, rng()) - (1 - setting[-1]) * 0.5
    assert light.min() > -1e-9
    assert light.max() > 0.05
    np.testing.assert_allclose(light, np.rot90(light, 2), atol=1e-12)
    np.testing.assert_allclose(light, light[..., :1] * np.ones(3), atol=1e-12)


@EVERY_SEVERITY
def test_frost_over_black_is_its_share_of_a_window_of_a_pane(severity):
    share, generator = weather.FROST[severity - 1][1], rng()
    found = weather.frost(np.zeros((8, 8, 3)), severity, rng()) / share
    pane = ice.pane(int(generator.integers(ice.PANES)), 3)
    top, left = (generator.integers(0, ice.PANE_SIDE - 8 + 1) for _ in range(2))
    np.testing.assert_allclose(found, pane[top : top + 8, left : left + 8], atol=1e-12)
    white = weather.frost(np.ones((8, 8, 3)), severity, rng())
    np.testing.assert_allclose(white - share * found, weather.FROST[severity - 1][0], atol=1e-12)


@pytest.mark.parametrize("shape", [(257, 8, 1), (8, 300, 3), (512, 512, 1)])
def test_frost_covers_all_of_an_image_of_up_to_512_pixels(shape):
    found = weather.frost(np.zeros(shape), 1, rng()) / weather.FROST[0][1]
    assert found.shape == shape
    for part in np.array_split(found, 2, axis=int(np.argmax(shape))):
        assert 0.2 < part.mean() < 0.9
        assert part.std() > 0.01


@pytest.mark.parametrize(("pixels", "side"), [(1, 256), (256, 256), (257, 512), (512, 512), (513, 1024)])
def test_panes_hold_the_image_and_have_256_pixels_or_more(pixels, side):
    assert ice.pane_side(pixels) == side


@pytest.mark.parametrize(
    ("shape", "digest"),
    [
        ((8, 8, 1), "5216e832f64c4f9bf53577626979c4d8"),
        ((32, 32, 3), "1338b85fe9e405251213119800076dfa"),
        ((256, 200, 3), "280e676710a851c41ba8d0e6eef98b9e"),
    ],
)
def test_frost_keeps_its_bytes_up_to_256_pixels(shape, digest):
    images = np.arange(np.prod(shape)).astype(np.uint8).reshape(1, *shape)
    found = corrupt(images, np.array([7]), "frost", 5, 0, 256)
    assert hashlib.md5(found.tobytes()).hexdigest() == digest


@pytest.mark.parametrize("side", [256, 512])
def test_panes_are_the_same_at_every_call_bluish_and_neither_dark_nor_white(side):
    first = ice.pane(1, 3, side)
    ice.pane.cache_clear()
    np.testing.assert_array_equal(ice.pane(1, 3, side), first)
    assert first.shape == (side, side, 3)
    assert 0.3 < first.mean() < 0.7
    assert (first[..., 2] >= first[..., 0]).all()
    assert 0.0 <= first.min() <= first.max() <= 1.0
    np.testing.assert_allclose(ice.pane(1, 1, side)[..., 0] * ice.TINT[2], first[..., 2] * np.dot(
        (0.299, 0.587, 0.114), ice.TINT), atol=1e-12)  # fmt: skip


@EVERY_SEVERITY
def test_saturate_keeps_hue_and_value_and_changes_saturation_by_its_factor(severity):
    factor, amount = color.SATURATE[severity - 1]
    found = color.saturate(COLORS, severity, rng())
    for before, after in zip(COLORS.reshape(-1, 3)[:200], found.reshape(-1, 3), strict=False):
        hue, saturation, value = colorsys.rgb_to_hsv(*before)
        expected = colorsys.hsv_to_rgb(hue, min(max(factor * saturation + amount, 0.0), 1.0), value)
        np.testing.assert_allclose(after, expected, atol=1e-12)


@pytest.mark.parametrize("severity", [4, 5])
def test_mud_covers_with_its_color_and_leaves_the_rest(severity):
    covers = [spatter.spatter(np.full((32, 32, 3), value), severity, rng()) for value in (0.0, 1.0)]
    cover = 1.0 - (covers[1] - covers[0])
    np.testing.assert_allclose(covers[0], cover * np.array(spatter.MUD), atol=1e-12)
    assert set(np.unique(cover > 0)) == {False, True}
    assert cover[cover > 0].min() >= spatter.THICK


@pytest.mark.parametrize("severity", [1, 2, 3])
def test_water_adds_its_color_up_to_its_strength(severity):
    strength = spatter.SPATTER[severity - 1][4]
    wet = spatter.spatter(np.zeros((32, 32, 3)), severity, rng())
    np.testing.assert_allclose(wet, wet[..., :1] * np.array(spatter.WATER) / spatter.WATER[0], atol=1e-12)
    assert wet.max() == pytest.approx(strength * max(spatter.WATER))
    assert (wet == 0).mean() > 0.2


def test_a_dry_image_stays_as_it_is(monkeypatch):
    monkeypatch.setattr(spatter, "SPATTER", ((0.0, 0.01, 0.7, 0.7, 0.5, False), (0.0, 0.01, 0.7, 0.7, 0.5, True)))
    for severity in (1, 2):
        np.testing.assert_array_equal(spatter.spatter(COLORS, severity, rng()), COLORS)


def test_one_channel_takes_the_luma_of_a_color():
    assert scale.in_channels((1.0, 0.5, 0.0), np.empty((2, 2, 1))) == pytest.approx([0.299 + 0.587 / 2])
    np.testing.assert_array_equal(scale.in_channels((1.0, 0.5, 0.0), np.empty((2, 2, 3))), [1.0, 0.5, 0.0])
    assert scale.luma(np.ones((2, 2, 3))) == pytest.approx(np.ones((2, 2, 1)))
    np.testing.assert_array_equal(scale.luma(COLORS[..., :1]), COLORS[..., :1])


def test_a_smear_of_one_tap_is_the_image():
    np.testing.assert_allclose(motion.smear(COLORS, 0, 1.0, 30.0), COLORS, atol=1e-12)
