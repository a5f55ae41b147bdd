"""Corruptions against closed forms; images are floats on [0, 1] where one function is tested, digits where all are."""

import colorsys
import math

import numpy as np
import pytest
from scipy import fft

from sbgc import artifacts
from sbgc.artifacts import ArtifactError
from sbgc.data import digits, splits
from sbgc.maths.corruptions import (
    KINDS,
    OF_COLORS,
    SEVERITIES,
    blur,
    color,
    corrupt,
    corrupt_split,
    digital,
    motion,
    noise,
    scale,
    weather,
)
from sbgc.maths.corruptions.fractal import plasma
from sbgc.steps import corrupt as step

NOISES = ["gaussian_noise", "shot_noise", "impulse_noise", "speckle_noise"]
BLURS = ["defocus_blur", "glass_blur", "gaussian_blur", "motion_blur", "zoom_blur", "pixelate", "elastic_transform"]
GREY = [kind for kind in KINDS if kind not in OF_COLORS]
UNEVEN = {"glass_blur", "frost", "elastic_transform", "spatter"}  # CIFAR-10-C's severities do not all grow in distance
COARSE = {"motion_blur", "pixelate"}  # and these two do not on 8x8 pixels
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


@pytest.mark.parametrize("kind", [kind for kind in GREY if kind not in UNEVEN | COARSE])
def test_each_severity_distorts_digits_more_than_the_one_before(kind, test_split):
    clean = test_split.images
    corrupted = [corrupt(clean, test_split.index, kind, severity, 0, 17) for severity in SEVERITIES]
    distortion = [np.mean((images.astype(float) - clean) ** 2) for images in corrupted]
    assert distortion[0] > 0.1  # squared grey levels
    assert (np.diff(distortion) > 0).all()
    assert max(images.max() for images in corrupted) <= 16


@pytest.mark.parametrize("kind", GREY)
def test_an_image_is_corrupted_alike_in_any_company_and_order(kind, test_split):
    images, index = test_split.images[:6], test_split.index[:6]
    together = corrupt(images, index, kind, 3, 0, 17)
    np.testing.assert_array_equal(corrupt(images[::-1], index[::-1], kind, 3, 0, 17), together[::-1])
    np.testing.assert_array_equal(corrupt(images[4:5], index[4:5], kind, 3, 0, 17), together[4:5])


def test_the_layout_in_memory_changes_nothing():
    """The mean of a channel rounds otherwise where channels lie apart."""
    images = np.random.default_rng(3).integers(0, 256, (50, 32, 32, 3)).astype(np.uint8)
    apart = np.moveaxis(np.ascontiguousarray(np.moveaxis(images, -1, 0)), 0, -1)
    found = [corrupt(each, np.arange(50), "contrast", 5, 0, 256) for each in (images, apart)]
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize(
    "kind", [*NOISES, "motion_blur", "glass_blur", "snow", "frost", "fog", "elastic_transform", "spatter"]
)
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
    assert np.argmax(distortion) == 4 or kind in UNEVEN | OF_COLORS


@pytest.mark.parametrize("kind", sorted(set(GREY) - {*NOISES, "frost", "spatter"}))  # ice, water and mud have colors
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
    image = np.full((8, 8, 3), 51 / 255)
    np.testing.assert_allclose(KINDS[kind](image, severity, rng()), image, atol=1e-6)


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
        np.testing.assert_allclose(found, np.outer(line, line), atol=1e-7)


@SIDES
@EVERY_SEVERITY
def test_motion_blur_spreads_a_point_over_the_taps_of_its_line(side, g, severity):
    """ImageMagick's rule: tap k at the pixel nearest to k steps along the line, halves down; weight exp(-k^2/2s^2)."""
    radius, sigma = blur.MOTION[severity - 1]
    angle = math.radians(rng().uniform(-45.0, 45.0))
    taps = range(2 * math.ceil(radius / g**2) + 1)
    weights = np.exp(-(np.array(taps) ** 2) / (2 * sigma**2))
    image, expected = np.zeros((side, side, 1)), np.zeros((side, side))
    image[side // 2, side - 1] = 1.0  # the pixel that is read from; borders repeat it to the right
    for tap, weight in zip(taps, weights / weights.sum(), strict=True):
        down, across = math.ceil(tap * math.sin(angle) - 0.5), math.ceil(tap * math.cos(angle) - 0.5)
        if 0 <= side // 2 - down < side:
            expected[side // 2 - down, max(0, side - 1 - across) :] += weight
    found = blur.motion_blur(image, severity, rng())[..., 0]
    np.testing.assert_allclose(found, expected, atol=1e-12)


@EVERY_SEVERITY
def test_glass_blur_reads_each_pixel_at_most_a_step_up_and_left_in_each_pass(severity, monkeypatch):
    """Without the Gaussian, on an image of its own coordinates."""
    times = blur.GLASS[severity - 1][1]
    monkeypatch.setattr(blur, "GLASS", ((0.0, times),))
    image = np.stack(np.indices((32, 32)), axis=-1).astype(float)
    moved = image - blur.glass_blur(image, 1, rng())
    assert set(np.unique(moved)) == set(range(times + 1))
    assert (moved[:2] == 0).all()
    assert (moved[:, :2] == 0).all()
    assert moved[2 + times :, 2 + times :].mean() == pytest.approx(times / 2, abs=0.05)


def test_enlarging_is_linear_interpolation_of_the_middle():
    """33 pixels by 1.9: the middle 18 are stretched over 34, corner on corner, of which the first 33 are kept."""
    image = rng().random((33, 33, 2))
    places = np.arange(33) * 17 / 33 + 7
    rows = np.stack([np.stack([np.interp(places, np.arange(33), row[:, c]) for c in (0, 1)], -1) for row in image])
    stretched = np.stack([[np.interp(places, np.arange(33), rows[:, x, c]) for c in (0, 1)] for x in range(33)], axis=1)
    np.testing.assert_allclose(motion.enlarge(image, 1.9), np.moveaxis(stretched, 0, 2).swapaxes(0, 1), atol=1e-12)


@SIDES
@EVERY_SEVERITY
def test_zoom_blur_is_the_mean_of_the_image_and_its_enlargements(side, g, severity):
    image = rng().random((side, side, 1))
    factors = np.arange(1.0, 1.0 + g * (blur.ZOOM[severity - 1] - 1.0), 0.01)
    mean = (image + sum(motion.enlarge(image, factor) for factor in factors)) / (len(factors) + 1)
    np.testing.assert_allclose(blur.zoom_blur(image, severity, rng()), mean, atol=1e-6)


@EVERY_SEVERITY
def test_fog_lies_between_none_and_full_on_a_constant_image(severity):
    amount = weather.FOG[severity - 1][0]
    found = weather.fog(np.full((8, 8, 1), 0.6), severity, rng())
    assert found.min() == pytest.approx(0.6 * 0.6 / (0.6 + amount))
    assert found.max() == pytest.approx(0.6)


def test_plasma_is_rougher_where_it_decays_less():
    def roughness(decay):
        field = np.stack([plasma(32, decay, generator) for generator in map(np.random.default_rng, range(50))])
        return np.mean(np.diff(field, axis=1) ** 2) / field.var()

    assert roughness(1.5) > 1.2 * roughness(1.75) > 1.2**2 * roughness(2.0) > 1.2**2 * roughness(3.0)


def test_plasma_has_no_seam():
    """Its opposite borders are neighbors: a step across them is no greater than one inside."""
    fields = np.stack([plasma(16, 3.0, generator) for generator in map(np.random.default_rng, range(200))])
    across, inside = fields[:, 0] - fields[:, -1], fields[:, 1:] - fields[:, :-1]
    assert np.mean(across**2) < 1.5 * np.mean(inside**2)


@SIDES
@EVERY_SEVERITY
def test_brightness_adds_its_amount_to_grey_and_stops_at_white(side, g, severity):
    grey = np.linspace(0.0, 1.0, side * side).reshape(side, side, 1)
    amount = math.sqrt(g) * color.BRIGHTNESS[severity - 1]
    np.testing.assert_allclose(color.brightness(grey, severity, rng()), np.minimum(grey + amount, 1.0), atol=1e-12)


def test_brightness_keeps_hue_and_saturation():
    image = rng().random((32, 32, 3))
    found = color.brightness(image, 3, rng())
    for before, after in zip(image.reshape(-1, 3), found.reshape(-1, 3), strict=True):
        hue, saturation, value = colorsys.rgb_to_hsv(*before)
        np.testing.assert_allclose(after, colorsys.hsv_to_rgb(hue, saturation, min(value + 0.15, 1.0)), atol=1e-12)


@EVERY_SEVERITY
def test_contrast_shrinks_every_channel_towards_its_mean(severity):
    image = rng().random((8, 8, 3))
    found = color.contrast(image, severity, rng())
    np.testing.assert_allclose(found.mean((0, 1)), image.mean((0, 1)), atol=1e-12)
    np.testing.assert_allclose(found.std((0, 1)), color.CONTRAST[severity - 1] * image.std((0, 1)), atol=1e-12)


@SIDES
def test_the_elastic_transform_without_bend_is_affine(side, g):
    """A ramp moved by an affine map is a ramp, to the 1/32 of a pixel to which OpenCV rounds places."""
    rows = np.broadcast_to(np.arange(side, dtype=float)[:, None, None], (side, side, 1))
    found = digital.elastic_transform(rows, 1, rng())[..., 0]
    inner = found[side // 4 : -side // 4, side // 4 : -side // 4]
    grid = np.stack([*np.indices(inner.shape).reshape(2, -1), np.ones(inner.size)], axis=1)
    fitted = grid @ np.linalg.lstsq(grid, inner.ravel(), rcond=None)[0]
    np.testing.assert_allclose(fitted, inner.ravel(), atol=1 / 16)
    assert 0.0 < np.abs(found - rows[..., 0])[side // 2, side // 2] <= 1.5 * 0.08 * side


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
    image = rng().integers(0, 64, (8, 6, 3)) * 4 / 255.0  # means of four are whole grey levels
    means = image.reshape(4, 2, 3, 2, 3).mean((1, 3))
    np.testing.assert_allclose(digital.pixelate(image, 1, rng()), means.repeat(2, 0).repeat(2, 1), atol=1e-12)


@pytest.mark.parametrize(
    ("side", "tiles"), [(8, (7, 6, 5, 4, 3)), (28, (26, 25, 23, 21, 18)), (32, (30, 28, 27, 24, 20))]
)
def test_pixelate_has_fewer_tiles_at_each_severity_and_cifar_10_c_its_own(side, tiles):
    """To Pillow a pixel belongs to the tile that holds its middle."""
    row = np.arange(side) * 7
    image = np.broadcast_to(row[:, None, None] / 255.0, (side, side, 1))
    for severity, number in zip(SEVERITIES, tiles, strict=True):
        tile = ((np.arange(side) + 0.5) * number / side).astype(int)
        means = np.bincount(tile, row) / np.bincount(tile)
        found = 255.0 * digital.pixelate(image, severity, rng())
        np.testing.assert_allclose(found[:, 0, 0], means[tile], atol=0.51)
        assert len(np.unique(found)) == number


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
    assert found.meta == clean.meta | {
        "split": "corrupt-fog",
        "corruption": "fog",
        "corruption_seed": 3,
        "corruption_source": "CIFAR-10-C style",
    }


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "rain"}, "corruption 'rain': unknown; known are gaussian_noise, "),
        ({"kind": "saturate"}, "corruption 'saturate': needs 3 color channels, found 1"),
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


def run(folder, split, images):
    artifacts.write_split(folder / "test.npz", split)
    settings = ["--corruption=pixelate", "--official=none", f"--images={images}", "--seed=2", "--levels=17"]
    step.main([f"--split={folder}/test.npz", f"--out={folder}/out.npz", *settings])
    return artifacts.read_split(folder / "out.npz")


def test_the_step_corrupts_the_first_images(tmp_path, test_split):
    expected = corrupt_split(test_split.take(slice(4)), "pixelate", 2, 17)
    np.testing.assert_array_equal(run(tmp_path, test_split, 4).images, expected.images)


def test_each_image_that_the_step_writes_tells_its_corruption_severity_and_source(tmp_path, test_split):
    """So that many splits can be evaluated as one."""
    columns = run(tmp_path, test_split, 4).columns
    assert columns.keys() == {"corruption", "severity", "source"}
    assert columns["corruption"].tolist() == ["pixelate"] * 20
    assert columns["severity"].tolist() == np.repeat(SEVERITIES, 4).tolist()
    assert set(columns["source"]) == {"CIFAR-10-C style"}


def test_the_step_refuses_more_images_than_there_are(tmp_path, test_split):
    with pytest.raises(ArtifactError, match=r"test\.npz: 360 images, expected at least 361$"):
        run(tmp_path, test_split, 361)
    assert not (tmp_path / "out.npz").exists()
