import numpy as np
import pytest

from sbgc.maths import uncertainty


def noisy(truth, draws, shared, own, seed=0):
    """Draws around truth [images, classes]: noise that the classes share, and noise of their own."""
    rng = np.random.default_rng(seed)
    images, classes = truth.shape
    common = shared * rng.standard_normal((images, 1, draws))
    return truth[:, :, None] + common + own * rng.standard_normal((images, classes, draws))


def test_the_standard_error_is_the_spread_of_the_mean():
    values = noisy(np.zeros((20_000, 2)), 4, 2.0, 1.0)
    errors = uncertainty.log_prob_std_error(values)
    assert np.sqrt((errors**2).mean()) == pytest.approx(values.mean(axis=2).std(), rel=0.02)


def test_blocks_of_balanced_draws_repeat_and_their_members_do_not():
    """Draws that cancel within a block but for a tenth: the error is that of the tenth, or too large for one block."""
    rng = np.random.default_rng(0)
    signs, rest = np.array([1.0, -1.0, 1.0, -1.0]), rng.standard_normal((20_000, 1, 4)) / 10
    values = signs * rng.standard_normal((20_000, 1, 2)).repeat(2, axis=2) + rest
    errors = uncertainty.log_prob_std_error(values, strata=2)
    assert np.sqrt((errors**2).mean()) == pytest.approx(values.mean(axis=2).std(), rel=0.02)
    assert uncertainty.log_prob_std_error(values[:, :, :2], strata=2).mean() > values[:, :, :2].mean(axis=2).std()
    np.testing.assert_array_equal(uncertainty.replicates(values[:, :, :3], 2), values[:, :, :3])


def test_what_the_classes_share_is_no_noise_of_their_gap():
    found = uncertainty.decisions(noisy(np.tile([9.0, 0.0], (5_000, 1)), 3, 50.0, 1.0))
    assert found.gap.std() == pytest.approx(np.sqrt(2 / 3), rel=0.03)
    np.testing.assert_allclose(found.std_error.mean(), np.sqrt(2 / 3), rtol=0.03)


@pytest.mark.parametrize("draws", [2, 8])
def test_the_flip_probability_is_the_share_of_wrong_decisions(draws):
    """Gaps of unknown sign: over images, the mean probability is the frequency of the wrong class ahead."""
    truth = np.stack([np.random.default_rng(1).uniform(-4.0, 4.0, 20_000), np.zeros(20_000)], axis=1)
    found = uncertainty.decisions(noisy(truth, draws, 5.0, 1.0))
    assert found.flip.mean() == pytest.approx((found.winner != truth.argmax(axis=1)).mean(), abs=0.01)
    likely = found.flip > 0.2
    assert (found.winner != truth.argmax(axis=1))[likely].mean() == pytest.approx(found.flip[likely].mean(), abs=0.04)


def test_equal_draws_leave_nothing_uncertain():
    found = uncertainty.decisions(np.repeat(np.array([[1.0, 3.0, 2.5]]), 2, axis=0)[:, :, None] * np.ones(4))
    np.testing.assert_array_equal(found.winner, 1)
    np.testing.assert_array_equal(found.rival, 2)
    np.testing.assert_array_equal(found.std_error, 0.0)
    np.testing.assert_array_equal(found.flip, 0.0)


@pytest.mark.parametrize("function", [uncertainty.log_prob_std_error, uncertainty.decisions])
def test_one_draw_has_no_standard_error(function):
    with pytest.raises(ValueError, match="draws must be at least 2"):
        function(np.zeros((3, 2, 1)))
