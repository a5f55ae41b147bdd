"""Corruptions against closed forms; images are floats on [0, 1] where one function is tested, digits where all are."""

import colorsys
import json
import math

import numpy as np
import pytest
from scipy import fft

from sbgc import artifacts
from sbgc.artifacts import ArtifactError
from sbgc.data import digits, splits
from sbgc.maths.corruptions import KINDS, SEVERITIES, blur, corrupt, corrupt_split, digital, noise, scale, weather
from sbgc.steps import corrupt as step

NOISES = ["gaussian_noise", "shot_noise", "impulse_noise", "speckle_noise"]
BLURS = ["defocus_blur", "gaussian_blur", "motion_blur", "zoom_blur", "pixelate", "elastic_transform"]
SIDES = pytest.mark.parametrize(("side", "g"), [(8, 2.0), (32, 1.0)])
EVERY_SEVERITY = pytest.mark.parametrize("severity", SEVERITIES)


@pytest.fixture(scope="module")
def test_split():
    return splits.cut(digits.load(), 180, 360, 0, {})["test"]


def rng():
    return np.random.default_rng(0)


def many(function, value, side, severity, count=400):
    """A corruption of `count` constant images: all their values."""
    generator = rng()
    return np.stack([function(np.full((side, side, 1), value), severity, generator) for _ in range(count)])


@pytest.mark.parametrize("kind", KINDS)
def test_each_severity_distorts_digits_more_than_the_one_before(kind, test_split):
    clean = test_split.images
    corrupted = [corrupt(clean, test_split.index, kind, severity, 0, 17) for severity in SEVERITIES]
    distortion = [np.mean((images.astype(float) - clean) ** 2) for images in corrupted]
    assert distortion[0] > 0.1  # squared grey levels
    assert (np.diff(distortion) > 0).all()
    assert max(images.max() for images in corrupted) <= 16


@pytest.mark.parametrize("kind", KINDS)
def test_an_image_is_corrupted_alike_in_any_company_and_order(kind, test_split):
    images, index = test_split.images[:6], test_split.index[:6]
    together = corrupt(images, index, kind, 3, 0, 17)
    np.testing.assert_array_equal(corrupt(images[::-1], index[::-1], kind, 3, 0, 17), together[::-1])
    np.testing.assert_array_equal(corrupt(images[4:5], index[4:5], kind, 3, 0, 17), together[4:5])


@pytest.mark.parametrize("kind", [*NOISES, "motion_blur", "fog", "elastic_transform"])
def test_seed_index_and_severity_each_change_what_is_random(kind):
    image = np.tile(digits.load()[0][:1], (2, 1, 1, 1))
    one = corrupt(image, np.array([0, 1]), kind, 4, 0, 17)
    assert (one[0] != one[1]).any()
    assert (corrupt(image, np.array([0, 1]), kind, 4, 1, 17) != one).any()
    assert (corrupt(image, np.array([0, 1]), kind, 5, 0, 17) != one).any()


@pytest.mark.parametrize("kind", KINDS)
def test_color_images_of_256_levels_are_distorted_too_and_most_at_the_highest_severity(kind):
    smooth = np.linspace(0.0, 4.0 * np.pi, 32)
    waves = [
        np.sin(smooth[:, None] * a + phase) * np.cos(smooth * b) for a, b, phase in ((1, 2, 0), (3, 1, 1), (2, 4, 2))
    ]
    image = np.rint(127.5 + 120.0 * np.stack(waves, -1)).astype(np.uint8)
    images, index = np.stack([image] * 8), np.arange(8)
    distortion = [np.mean((corrupt(images, index, kind, s, 0, 256).astype(float) - images) ** 2) for s in SEVERITIES]
    assert min(distortion) > 0
    assert np.argmax(distortion) == 4


@pytest.mark.parametrize("kind", sorted(set(KINDS) - set(NOISES)))
def test_a_grey_picture_in_three_channels_stays_grey(kind):
    grey = digits.load()[0][7] / 16.0
    alone = KINDS[kind](grey, 4, rng())
    colored = KINDS[kind](np.repeat(grey, 3, axis=-1), 4, rng())
    np.testing.assert_allclose(
        colored, np.repeat(alone, 3, axis=-1), atol=0.02 if kind == "jpeg_compression" else 1e-12
    )


def test_the_scale_is_one_on_cifar_10_and_two_on_digits():
    assert scale.coarseness(np.zeros((32, 32, 3))) == 1.0
    assert scale.coarseness(np.zeros((8, 8, 1))) == 2.0


@SIDES
@EVERY_SEVERITY
def test_gaussian_noise_is_normal_with_its_standard_deviation(side, g, severity):
    found = many(noise.gaussian_noise, 0.5, side, severity) - 0.5
    assert found.std() == pytest.approx(g * noise.GAUSSIAN_SIGMA[severity - 1], rel=5 / math.sqrt(2 * found.size))
    assert abs(found.mean()) < 5 * found.std() / math.sqrt(found.size)


@SIDES
@EVERY_SEVERITY
def test_shot_noise_keeps_the_mean_and_has_the_variance_of_its_photons(side, g, severity):
    found = many(noise.shot_noise, 0.5, side, severity)
    variance = 0.5 * g**2 / noise.SHOT_PHOTONS[severity - 1]
    assert found.mean() == pytest.approx(0.5, abs=5 * math.sqrt(variance / found.size))
    assert found.var() == pytest.approx(variance, rel=0.05)


@SIDES
@EVERY_SEVERITY
def test_impulse_noise_hits_its_fraction_of_pixels_half_white_half_black(side, g, severity):
    found = many(noise.impulse_noise, 0.5, side, severity)
    fraction = g * noise.IMPULSE_FRACTION[severity - 1]
    error = 5 * math.sqrt(fraction / found.size)
    assert np.mean(found == 1.0) == pytest.approx(fraction / 2, abs=error)
    assert np.mean(found == 0.0) == pytest.approx(fraction / 2, abs=error)
    assert set(np.unique(found)) == {0.0, 0.5, 1.0}


@SIDES
@EVERY_SEVERITY
def test_speckle_noise_is_in_proportion_to_the_light(side, g, severity):
    sigma = g * noise.SPECKLE_SIGMA[severity - 1]
    assert many(noise.speckle_noise, 0.4, side, severity).std() == pytest.approx(0.4 * sigma, rel=0.05)
    assert (many(noise.speckle_noise, 0.0, side, severity, count=2) == 0.0).all()


@pytest.mark.parametrize("kind", BLURS)
@EVERY_SEVERITY
def test_a_constant_image_looks_the_same_through_every_blur(kind, severity):
    image = np.full((8, 8, 3), 0.3)
    np.testing.assert_allclose(KINDS[kind](image, severity, rng()), image, atol=1e-12)


def impulse(side=33):
    image = np.zeros((side, side, 1))
    image[side // 2, side // 2] = 1.0
    return image


@EVERY_SEVERITY
def test_gaussian_blur_turns_a_point_into_a_gaussian(severity):
    offsets = np.arange(-16, 17)
    density = np.exp(-(offsets[:, None] ** 2 + offsets**2) / (2 * blur.GAUSSIAN_SIGMA[severity - 1] ** 2))
    found = blur.gaussian_blur(impulse(), severity, rng())[..., 0]
    np.testing.assert_allclose(found, density / density.sum(), atol=1e-3)


def test_defocus_blur_turns_a_point_into_its_disk():
    """At severities 4 and 5 the disk has 5 and 9 pixels, and its edge is as good as hard."""
    distance = np.hypot(*np.indices((33, 33)) - 16)
    for severity, radius, pixels in ((4, 1.0, 5), (5, 1.5, 9)):
        found = blur.defocus_blur(impulse(), severity, rng())[..., 0]
        np.testing.assert_allclose(found, np.where(distance <= radius, 1 / pixels, 0.0), atol=1e-5)


def test_defocus_blur_below_a_pixel_is_its_soft_edge():
    for severity in (1, 2, 3):
        side = np.exp(-0.5 / blur.DEFOCUS[severity - 1][1] ** 2)
        line = np.array([side, 1.0, side]) / (1.0 + 2.0 * side)
        found = blur.defocus_blur(impulse(), severity, rng())[15:18, 15:18, 0]
        np.testing.assert_allclose(found, np.outer(line, line), atol=1e-12)


@SIDES
@EVERY_SEVERITY
def test_motion_blur_moves_a_point_by_the_mean_of_its_smear_along_its_angle(side, g, severity):
    length, sigma = blur.MOTION[severity - 1]
    angle = math.radians(rng().uniform(-45.0, 45.0))
    steps = np.arange(int(length / g**2) + 1)
    weights = np.exp(-(steps**2) / (2 * sigma**2))
    image = np.zeros((side, side, 1))
    image[side // 2, 2] = 1.0
    found = blur.motion_blur(image, severity, rng())[..., 0]
    moved = np.array([(grid * found).sum() for grid in np.indices((side, side))]) - [side // 2, 2]
    distance = (weights * steps).sum() / weights.sum()
    assert found.sum() == pytest.approx(1.0, abs=1e-12)
    np.testing.assert_allclose(moved, [distance * math.sin(angle), distance * math.cos(angle)], atol=1e-12)


@SIDES
@EVERY_SEVERITY
def test_zoom_blur_flattens_a_ramp_by_the_mean_of_its_inverse_zooms(side, g, severity):
    ramp = np.broadcast_to(np.arange(side)[:, None, None] - (side - 1) / 2, (side, side, 1))
    zooms = np.arange(1.0, 1.0 + g * (blur.ZOOM[severity - 1] - 1.0), 0.01)
    slope = (1.0 + (1.0 / zooms).sum()) / (1 + len(zooms))
    np.testing.assert_allclose(blur.zoom_blur(ramp, severity, rng()), slope * ramp, atol=1e-12)


@EVERY_SEVERITY
def test_fog_lies_between_none_and_full_on_a_constant_image(severity):
    amount = weather.FOG[severity - 1][0]
    found = weather.fog(np.full((8, 8, 1), 0.6), severity, rng())
    assert found.min() == pytest.approx(0.6 * 0.6 / (0.6 + amount))
    assert found.max() == pytest.approx(0.6)


def test_plasma_is_rougher_where_it_decays_less():
    def roughness(decay):
        field = np.stack([weather.plasma(32, decay, generator) for generator in map(np.random.default_rng, range(50))])
        return np.mean(np.diff(field, axis=1) ** 2) / field.var()

    assert roughness(1.5) > 1.2 * roughness(1.75) > 1.2**2 * roughness(2.0) > 1.2**2 * roughness(3.0)


def test_plasma_has_no_seam():
    """Its opposite borders are neighbors: a step across them is no greater than one inside."""
    fields = np.stack([weather.plasma(16, 3.0, generator) for generator in map(np.random.default_rng, range(200))])
    across, inside = fields[:, 0] - fields[:, -1], fields[:, 1:] - fields[:, :-1]
    assert np.mean(across**2) < 1.5 * np.mean(inside**2)


@SIDES
@EVERY_SEVERITY
def test_brightness_adds_its_amount_to_grey_and_stops_at_white(side, g, severity):
    grey = np.linspace(0.0, 1.0, side * side).reshape(side, side, 1)
    amount = math.sqrt(g) * weather.BRIGHTNESS[severity - 1]
    np.testing.assert_allclose(weather.brightness(grey, severity, rng()), np.minimum(grey + amount, 1.0), atol=1e-12)


def test_brightness_keeps_hue_and_saturation():
    image = rng().random((32, 32, 3))
    found = weather.brightness(image, 3, rng())
    for before, after in zip(image.reshape(-1, 3), found.reshape(-1, 3), strict=True):
        hue, saturation, value = colorsys.rgb_to_hsv(*before)
        np.testing.assert_allclose(after, colorsys.hsv_to_rgb(hue, saturation, min(value + 0.15, 1.0)), atol=1e-12)


@EVERY_SEVERITY
def test_contrast_shrinks_every_channel_towards_its_mean(severity):
    image = rng().random((8, 8, 3))
    found = digital.contrast(image, severity, rng())
    np.testing.assert_allclose(found.mean((0, 1)), image.mean((0, 1)), atol=1e-12)
    np.testing.assert_allclose(found.std((0, 1)), digital.CONTRAST[severity - 1] * image.std((0, 1)), atol=1e-12)


@SIDES
def test_the_elastic_transform_without_bend_is_affine(side, g):
    """A ramp read at affine places is a ramp; between the three corners no pixel moves farther than they do."""
    rows = np.broadcast_to(np.arange(side, dtype=float)[:, None, None], (side, side, 1))
    found = digital.elastic_transform(rows, 1, rng())[..., 0]
    inner = found[2:-2, 2:-2]
    np.testing.assert_allclose(np.diff(inner, n=2, axis=0), 0.0, atol=1e-10)
    np.testing.assert_allclose(np.diff(inner, n=2, axis=1), 0.0, atol=1e-10)
    middle = slice(side // 2 - 1, side // 2 + 1)
    assert np.abs(found - rows[..., 0])[middle, middle].max() <= 0.03 * side
    assert np.abs(found - rows[..., 0]).max() > 0.0


def test_the_bend_of_the_elastic_transform_has_the_spread_of_smoothed_uniform_noise(monkeypatch):
    """A ramp is displaced by alpha (G_sigma * v), whose variance is alpha^2 / 3 times the kernel's squared norm."""
    alpha, sigma = 0.08, 0.06
    monkeypatch.setattr(digital, "ELASTIC", ((alpha, sigma, 0.0),))
    rows = np.broadcast_to(np.arange(32, dtype=float)[:, None, None], (32, 32, 1))
    generator = rng()
    moved = np.stack([digital.elastic_transform(rows, 1, generator) - rows for _ in range(100)])[:, 8:-8]
    offsets = np.arange(-6, 7)
    line = np.exp(-0.5 * (offsets / (32 * sigma)) ** 2)
    spread = (32 * alpha) ** 2 / 3 * ((line / line.sum()) ** 2).sum() ** 2
    assert moved.var() == pytest.approx(spread, rel=0.1)


def test_pixelate_with_tiles_that_fit_is_the_mean_of_each_tile(monkeypatch):
    monkeypatch.setattr(digital, "PIXELATE", (0.5,))
    image = rng().random((8, 6, 2))
    means = image.reshape(4, 2, 3, 2, 2).mean((1, 3))
    np.testing.assert_allclose(digital.pixelate(image, 1, rng()), means.repeat(2, 0).repeat(2, 1), atol=1e-12)


@EVERY_SEVERITY
def test_pixelate_with_any_tiles_agrees_with_a_fine_grid(severity):
    """The oracle samples a row of pixels at 80,000 points, averages them over tiles and then over pixels."""
    row, fraction = rng().random(8), digital.PIXELATE[severity - 1]
    points = (np.arange(80_000) + 0.5) / 10_000
    tile = np.floor((points - 4.0) * fraction + math.ceil(8 * fraction) / 2).astype(int)
    means = np.bincount(tile, row[points.astype(int)]) / np.bincount(tile)
    expected = means[tile].reshape(8, 10_000).mean(1)
    image = np.broadcast_to(row[:, None], (8, 8, 1))
    np.testing.assert_allclose(digital.pixelate(image, severity, rng())[3, :, 0], expected, atol=1e-3)


LUMINANCE = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
)  # ITU-T T.81, table K.1


@EVERY_SEVERITY
def test_jpeg_rounds_the_cosine_transform_to_the_standard_table(severity, test_split):
    """The codec computes with integers: an image is compared where no coefficient is within 0.02 of a tie."""
    quality = digital.JPEG_QUALITY[severity - 1]
    percent = 200 - 2 * quality if quality >= 50 else 5000 // quality
    table = np.clip((LUMINANCE * percent + 50) // 100, 1, 255)
    images = test_split.images / 16.0
    pixels = np.rint(images[..., 0] * 255.0)
    steps = fft.dctn(pixels - 128.0, axes=(1, 2), norm="ortho") / table
    expected = np.clip(fft.idctn(np.round(steps) * table, axes=(1, 2), norm="ortho") + 128.0, 0.0, 255.0)
    found = np.stack([digital.jpeg_compression(image, severity, rng())[..., 0] for image in images]) * 255.0
    clear = np.abs(steps - np.floor(steps) - 0.5).min((1, 2)) > 0.02
    assert clear.sum() > 20
    assert np.abs(found - expected)[clear].max() < 1.0


def test_the_result_is_rounded_to_the_nearest_grey_level(test_split):
    found = corrupt(test_split.images, test_split.index, "contrast", 2, 0, 17)
    x = test_split.images.astype(float)
    exact = (x + x.mean((1, 2), keepdims=True)) / 2.0
    assert found.dtype == np.uint8
    assert np.abs(found - exact).max() <= 0.5 + 1e-9


def test_a_corrupted_split_stacks_the_severities_and_keeps_index_and_labels(test_split):
    clean = test_split.take(slice(7))
    found = corrupt_split(clean, "fog", 3, 17)
    assert found.columns["severity"].tolist() == [1] * 7 + [2] * 7 + [3] * 7 + [4] * 7 + [5] * 7
    for severity in SEVERITIES:
        rows = found.take(found.columns["severity"] == severity)
        np.testing.assert_array_equal(rows.index, clean.index)
        np.testing.assert_array_equal(rows.labels, clean.labels)
        np.testing.assert_array_equal(rows.images, corrupt(clean.images, clean.index, "fog", severity, 3, 17))
    assert found.meta == clean.meta | {"split": "corrupt-fog", "corruption": "fog", "corruption_seed": 3}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "snow"}, "corruption 'snow': unknown; known are gaussian_noise, "),
        ({"severity": 0}, "severity = 0: must be one of 1, 2, 3, 4, 5"),
        ({"severity": 6}, "severity = 6: must be one of 1, 2, 3, 4, 5"),
        ({"images": np.zeros((2, 8, 8, 1))}, r"images: found float64 of shape \[2, 8, 8, 1\], expected uint8"),
        (
            {"images": np.zeros((2, 8, 8), np.uint8)},
            r"images: found uint8 of shape \[2, 8, 8\], expected uint8 \[n, H, W",
        ),
        ({"images": np.full((2, 8, 8, 1), 17, np.uint8)}, "images: found grey level 17, expected at most 16"),
        ({"index": np.arange(3)}, "index: found 3 numbers for 2 images"),
    ],
)
def test_what_cannot_be_corrupted_is_refused_in_one_line(changes, words):
    arguments = {"images": np.zeros((2, 8, 8, 1), np.uint8), "index": np.arange(2), "kind": "fog", "severity": 1}
    with pytest.raises(ArtifactError, match=f"^{words}") as caught:
        corrupt(**(arguments | changes), seed=0, levels=17)
    assert "\n" not in str(caught.value)


def test_the_step_corrupts_the_first_images(tmp_path, test_split):
    (tmp_path / "spec.json").write_text(json.dumps({"images": 4, "seed": 2, "levels": 17}))
    artifacts.write_split(tmp_path / "test.npz", test_split)
    options = [f"--split={tmp_path}/test.npz", f"--spec={tmp_path}/spec.json", f"--out={tmp_path}/out.npz"]
    step.main([*options, "--corruption=pixelate", "--official=none"])
    expected = corrupt_split(test_split.take(slice(4)), "pixelate", 2, 17)
    np.testing.assert_array_equal(artifacts.read_split(tmp_path / "out.npz").images, expected.images)


def test_the_step_refuses_more_images_than_there_are(tmp_path, test_split):
    (tmp_path / "spec.json").write_text(json.dumps({"images": 361, "seed": 2, "levels": 17}))
    artifacts.write_split(tmp_path / "test.npz", test_split)
    options = [f"--split={tmp_path}/test.npz", f"--spec={tmp_path}/spec.json", f"--out={tmp_path}/out.npz"]
    with pytest.raises(ArtifactError, match=r"spec.json: images = 361: .*test.npz has 360$"):
        step.main([*options, "--corruption=pixelate", "--official=none"])
