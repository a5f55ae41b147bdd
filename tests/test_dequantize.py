import numpy as np
import pytest
from scipy import stats

from sbgc.artifacts import ArtifactError, Split
from sbgc.data import dequantize

SHAPE = (8, 8, 1)


def a_split(n=6, levels=17, shape=SHAPE):
    images = np.random.default_rng(0).integers(0, levels, (n, *shape)).astype(np.uint8)
    return Split(images, np.arange(n) % 10, np.arange(50, 50 + n), {"severity": np.arange(n)}, {"split": "test"})


def test_noise_is_uniform():
    """Kolmogorov-Smirnov against U[0, 1), and its first four moments 1 / (k + 1)."""
    u = dequantize.noise(0, np.arange(40), 20, SHAPE).astype(np.float64).ravel()
    assert stats.kstest(u, "uniform").pvalue > 0.01
    for k in range(1, 5):
        error = np.sqrt((1 / (2 * k + 1) - 1 / (k + 1) ** 2) / u.size)
        assert abs(np.mean(u**k) - 1 / (k + 1)) < 4 * error


def test_noise_of_images_draws_and_pixels_is_uncorrelated():
    u = dequantize.noise(0, np.arange(200), 10, SHAPE).astype(np.float64) - 0.5
    bound = 4 / 12 / np.sqrt(u[1:].size)
    assert abs((u[1:] * u[:-1]).mean()) < bound
    assert abs((u[:, 1:] * u[:, :-1]).mean()) < bound * np.sqrt(10 / 9)
    assert abs((u[..., 1:, :, :] * u[..., :-1, :, :]).mean()) < bound * np.sqrt(8 / 7)


def test_noise_of_an_image_depends_on_nothing_but_its_index_and_draw():
    index = np.array([3, 1796, 0, 41])
    together = dequantize.noise(5, index, 4, SHAPE)
    np.testing.assert_array_equal(dequantize.noise(5, index[::-1], 4, SHAPE), together[::-1])
    np.testing.assert_array_equal(dequantize.noise(5, index, 2, SHAPE), together[:, :2])
    for row, number in enumerate(index):
        np.testing.assert_array_equal(dequantize.noise(5, np.array([number]), 4, SHAPE), together[row : row + 1])


@pytest.mark.parametrize("strata", [2, 8])
def test_a_block_of_draws_falls_once_into_each_stratum_of_every_pixel(strata):
    u = dequantize.noise(0, np.arange(30), 2 * strata, SHAPE, strata)
    for block in (u[:, :strata], u[:, strata:]):
        ranks = np.sort(np.floor(strata * block).astype(int), axis=1)
        assert (ranks == np.arange(strata)[:, None, None, None]).all()


def test_each_stratified_draw_is_uniform_and_its_pixels_are_uncorrelated():
    u = dequantize.noise(0, np.arange(400), 4, SHAPE, 4).astype(np.float64)
    for draw in range(4):
        assert stats.kstest(u[:, draw].ravel(), "uniform").pvalue > 0.01
    bound = 4 / 12 / np.sqrt(u.size)
    assert abs(((u[..., 1:, :, :] - 0.5) * (u[..., :-1, :, :] - 0.5)).mean()) < bound * np.sqrt(8 / 7)


def test_means_over_a_block_lose_the_noise_of_what_is_additive_over_pixels():
    """Of a linear function a Latin hypercube sample of n leaves 1 / n^2 of the variance of n independent draws."""
    u = dequantize.noise(0, np.arange(2000), 4, SHAPE, 4).astype(np.float64)
    linear = (u * np.random.default_rng(1).normal(size=SHAPE)).sum(axis=(2, 3, 4))
    alone, together = linear.var(axis=0).mean(), linear.mean(axis=1).var()
    assert together == pytest.approx(alone / 4 / 16, rel=0.15)


def test_stratified_noise_depends_on_nothing_but_index_and_draw():
    together = dequantize.noise(5, np.array([3, 9]), 6, SHAPE, 4)
    np.testing.assert_array_equal(dequantize.noise(5, np.array([9]), 3, SHAPE, 4), together[1:, :3])


def test_the_seed_changes_the_noise():
    assert (dequantize.noise(0, np.arange(2), 1, SHAPE) != dequantize.noise(1, np.arange(2), 1, SHAPE)).mean() > 0.99


def test_the_sum_of_any_grey_level_and_any_noise_is_exact_in_float32():
    """Every value that the noise can take, at levels with few bits to spare: x stays in its cell [k, k + 1)."""
    u = (np.arange(1 << dequantize.BITS) + 0.5) / (1 << dequantize.BITS)
    for k in (0, 1, 16, 127, 128, 255):
        x = np.float32(k) + u.astype(np.float32)
        np.testing.assert_array_equal(x.astype(np.float64), k + u)
        assert x.dtype == np.float32
        assert (np.floor(x) == k).all()


def test_noise_takes_only_the_middles_of_equal_parts():
    parts = dequantize.noise(0, np.arange(20), 3, SHAPE).astype(np.float64) * (1 << dequantize.BITS) - 0.5
    np.testing.assert_array_equal(parts, np.round(parts))
    assert parts.min() >= 0
    assert parts.max() < 1 << dequantize.BITS


def test_rounding_down_gives_the_image_back():
    split = a_split(levels=256, shape=(4, 4, 3))
    drawn = dequantize.dequantize(split, 0, 3)
    assert drawn.images.dtype == np.float32
    np.testing.assert_array_equal(np.floor(drawn.images), np.repeat(split.images[:, None], 3, axis=1))


def test_images_keep_labels_index_and_columns():
    drawn = dequantize.dequantize(a_split(4), 7, 2, 8)
    assert drawn.images.shape == (4, 2, *SHAPE)
    assert drawn.index.tolist() == [50, 51, 52, 53]
    assert drawn.columns["severity"].tolist() == [0, 1, 2, 3]
    assert drawn.meta == {"split": "test", "draws": 2, "noise_seed": 7, "strata": 8}


def test_a_changed_image_keeps_the_noise_of_the_clean_one():
    clean = a_split()
    changed = Split((16 - clean.images).astype(np.float32), clean.labels, clean.index)
    of_clean = dequantize.dequantize(clean, 0, 2).images - clean.images[:, None]
    of_changed = dequantize.dequantize(changed, 0, 2).images - changed.images[:, None]
    np.testing.assert_array_equal(of_clean, of_changed)


def test_images_between_the_grey_levels_stay_below_the_number_of_levels():
    just_below = np.nextafter(np.float32(255.0), np.float32(0.0))
    for top in (255.0, just_below, 254.999):
        split = Split(np.full((200, *SHAPE), top, np.float32), np.zeros(200), np.arange(200))
        assert dequantize.dequantize(split, 0, 20).images.max() < 256.0


def test_an_image_is_dequantized_once_only():
    once = dequantize.dequantize(a_split(), 0, 1)
    with pytest.raises(
        ArtifactError, match=r"^split test: images of shape \[6, 1, 8, 8, 1\], expected \[n, H, W, C\]$"
    ):
        dequantize.dequantize(once, 0, 1)


@pytest.mark.parametrize("strata", [1, 2])
@pytest.mark.parametrize("num_shards", [2, 3, 8])
def test_shards_hold_the_noise_of_the_whole(num_shards, strata):
    split = a_split(5)
    whole = dequantize.dequantize(split, 11, 3, strata)
    parts = [dequantize.dequantize(split.shard(shard, num_shards), 11, 3, strata) for shard in range(num_shards)]
    for name in ("images", "index"):
        np.testing.assert_array_equal(np.concatenate([getattr(part, name) for part in parts]), getattr(whole, name))
