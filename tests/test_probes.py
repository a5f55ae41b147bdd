import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sbgc.maths import probes

SHAPE, DIM = (4, 4, 1), 16
MATRIX = np.random.default_rng(0).normal(size=(DIM, DIM))
SYMMETRIC = (MATRIX + MATRIX.T) / 2
SQUARES, TRACE = (SYMMETRIC**2).sum(), np.trace(SYMMETRIC)
EACH = pytest.mark.parametrize("family", probes.FAMILIES)


def estimates(family, num_probes, count):
    """`count` independent estimates of the trace, each the mean over a block of probes."""
    keys = jax.random.split(jax.random.key(1), count)
    drawn = jax.vmap(lambda key: probes.draw(family, key, num_probes, SHAPE))(keys).reshape(count, num_probes, DIM)
    return np.einsum("nki,ij,nkj->n", np.asarray(drawn, float), MATRIX, np.asarray(drawn, float)) / num_probes


def variance(family, num_probes):
    """That of the module's docstring."""
    off_diagonal = SQUARES - (np.diag(SYMMETRIC) ** 2).sum()
    if family == "hadamard":
        signs = probes.walsh(num_probes, SHAPE).reshape(num_probes, DIM)
        same_color = signs.T @ signs / num_probes * (1 - np.eye(DIM))
        return 2 * (SYMMETRIC**2 * same_color).sum()
    of_one = {
        "rademacher": 2 * off_diagonal,
        "gaussian": 2 * SQUARES,
        "sphere": 2 * DIM / (DIM + 2) * (SQUARES - TRACE**2 / DIM),
    }
    return of_one[family] / num_probes


@EACH
@pytest.mark.parametrize("num_probes", [1, 2, 4, 8])
def test_the_mean_is_the_trace_and_the_variance_that_of_the_theory(family, num_probes):
    found = estimates(family, num_probes, 20_000)
    assert abs(found.mean() - TRACE) < 4 * found.std() / math.sqrt(len(found))
    assert found.var() == pytest.approx(variance(family, num_probes), rel=0.06)


@pytest.mark.parametrize(("draws", "num_probes"), [(2, 1), (8, 1), (2, 4)])
def test_draws_of_colored_probes_are_as_good_as_one_block(draws, num_probes):
    def of_key(key):
        return jnp.concatenate([probes.draw("hadamard", key, num_probes, SHAPE, number=n) for n in range(draws)])

    drawn = np.asarray(jax.vmap(of_key)(jax.random.split(jax.random.key(1), 20_000)), float)
    drawn = drawn.reshape(len(drawn), -1, DIM)
    found = np.einsum("nki,ij,nkj->n", drawn, MATRIX, drawn) / (draws * num_probes)
    assert abs(found.mean() - TRACE) < 4 * found.std() / math.sqrt(len(found))
    assert found.var() == pytest.approx(variance("hadamard", draws * num_probes), rel=0.06)


@EACH
def test_draws_of_other_numbers_have_other_probes(family):
    """A cycle of colored probes ends in new signs, elsewhere every draw has its own."""
    numbers = (0, 1, probes.CYCLE, probes.CYCLE + 1)
    drawn = [np.asarray(probes.draw(family, jax.random.key(4), 1, SHAPE, number=n)).ravel() for n in numbers]
    assert len(np.unique(np.abs(np.array(drawn) @ drawn[0]).round(3))) > 1
    assert len(np.unique(drawn, axis=0)) == len(numbers)


@EACH
def test_each_probe_alone_is_unbiased(family):
    """E v v' = I for every row of a block, so that any of them may stop being drawn."""
    keys = jax.random.split(jax.random.key(2), 20_000)
    drawn = np.asarray(jax.vmap(lambda key: probes.draw(family, key, 4, SHAPE))(keys), float).reshape(-1, 4, DIM)
    for row in range(4):
        second = drawn[:, row].T @ drawn[:, row] / len(drawn)
        np.testing.assert_allclose(second, np.eye(DIM), atol=0.06)


@EACH
@pytest.mark.parametrize("num_probes", [DIM, 2 * DIM])
def test_as_many_probes_as_dimensions_are_exact(family, num_probes):
    drawn = np.asarray(probes.draw(family, jax.random.key(3), num_probes, SHAPE), float).reshape(-1, DIM)
    np.testing.assert_allclose(drawn.T @ drawn / len(drawn), np.eye(DIM), atol=1e-6)


@pytest.mark.parametrize(("num_probes", "tile"), [(2, None), (4, (2, 2)), (16, (4, 4)), (64, (8, 8))])
def test_within_a_tile_every_pixel_has_its_own_color(num_probes, tile):
    """Orthogonal Walsh columns: their block leaves out these pairs. Two probes part direct neighbors."""
    signs = probes.walsh(num_probes, (16, 16, 1)).reshape(num_probes, 16, 16)
    if tile is None:
        np.testing.assert_array_equal(np.einsum("kij,kij->ij", signs[:, 1:], signs[:, :-1]), 0.0)
        np.testing.assert_array_equal(np.einsum("kij,kij->ij", signs[:, :, 1:], signs[:, :, :-1]), 0.0)
        return
    columns = signs[:, : tile[0], : tile[1]].reshape(num_probes, -1)
    np.testing.assert_array_equal(columns.T @ columns, num_probes * np.eye(num_probes))


def test_four_colors_separate_direct_neighbors_and_the_channels_of_a_pixel():
    signs = probes.walsh(4, (6, 6, 3))
    np.testing.assert_array_equal(np.einsum("kijc,kijd->cd", signs, signs), 4 * 36 * np.eye(3))
    for one, other in ((signs[:, 1:], signs[:, :-1]), (signs[:, :, 1:], signs[:, :, :-1])):
        np.testing.assert_array_equal(np.einsum("kijc,kijc->ijc", one, other), 0.0)


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_with_a_color_for_each_channel_of_each_pixel_a_tile_has_no_pair_of_the_same(channels):
    count = 16 if channels > 2 else 8
    columns = probes.walsh(count, (2, 2, channels)).reshape(count, -1)
    np.testing.assert_array_equal(columns.T @ columns, count * np.eye(columns.shape[1]))


def test_colored_probes_come_in_powers_of_two():
    with pytest.raises(ValueError, match="powers of two, found 3"):
        probes.draw("hadamard", jax.random.key(0), 3, SHAPE)


@EACH
def test_the_same_key_draws_the_same_probes(family):
    first, again, other = (probes.draw(family, jax.random.key(seed), 2, SHAPE) for seed in (4, 4, 5))
    np.testing.assert_array_equal(first, again)
    assert (jnp.abs(first - other) > 0).any()
