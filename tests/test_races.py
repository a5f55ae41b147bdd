import numpy as np
import pytest

from sbgc.maths.moderated import Prior
from sbgc.procedures.racing import races
from sbgc.procedures.racing.races import Race

PRIOR, SCREENING = Prior(4.0, 8.0), Prior(9.0, 5.0)
LEARNED = {"prior": PRIOR, "screening": SCREENING}
RACE = Race(reach=20.0, error=0.01, max_draws=30, **LEARNED)


def scorer(truth, prior, seed, nfe, calls=None):
    """Normal noise of the prior's variances around the truth, by (image, class, draw) alone."""
    rng = np.random.default_rng(seed)
    images, classes = truth.shape
    std = np.sqrt(prior.degrees * prior.variance / 2 / rng.chisquare(prior.degrees, (images, 1, 1)))
    values = truth[:, :, None] + std * rng.standard_normal((images, classes, RACE.max_draws))

    def scores(rows, labels, draw):
        if calls is not None:
            calls.extend(zip(rows, labels, [draw] * len(rows), strict=True))
        return values[rows, labels, draw], np.full(len(rows), nfe)

    return scores


def exact(truth, nfe=1):
    return lambda rows, labels, draw: (truth[rows, labels], np.full(len(rows), nfe))


def test_without_noise_the_best_class_wins_at_the_cost_of_the_screening():
    truth = np.random.default_rng(0).normal(0.0, 100.0, (50, 10))
    found = races.race(exact(truth), exact(truth, 100), *truth.shape, Race(1e-9, 0.01, 5, **LEARNED))
    np.testing.assert_array_equal(found.winner, truth.argmax(axis=1))
    ranked = np.sort(truth, axis=1)
    np.testing.assert_allclose(found.gap, ranked[:, -1] - ranked[:, -2])
    assert (found.nfe == 10).all()
    assert (found.draws == 0).all()


@pytest.mark.parametrize("gap", [0.5, 3.0])
def test_the_best_class_is_eliminated_no_more_often_than_the_setting_allows(gap):
    """Two classes alone, so that every loss of the better one before the last draw is a wrong elimination."""
    truth = np.tile([gap, 0.0], (4_000, 1))
    settings = Race(reach=np.inf, error=0.05, max_draws=30, **LEARNED)
    found = races.race(exact(truth), scorer(truth, PRIOR, 1, 1), *truth.shape, settings)
    wrong = (found.winner != 0) & (found.draws < settings.max_draws)
    assert wrong.mean() <= settings.error


def test_draws_are_spent_where_the_gap_is_small():
    truth = np.concatenate([np.tile([15.0, 0.0, -60.0], (300, 1)), np.tile([1.0, 0.0, -60.0], (300, 1))])
    calls = []
    found = races.race(exact(truth), scorer(truth, PRIOR, 2, 7, calls), *truth.shape, RACE)
    assert found.draws[:300].mean() < 4 < 15 < found.draws[300:].mean()
    assert all(label != 2 for _, label, _ in calls)  # the third is out of reach
    np.testing.assert_array_equal(found.nfe, 3 + 7 * np.bincount([row for row, _, _ in calls], minlength=600))


def test_flip_is_the_frequency_of_wrong_signs():
    """Of gaps of unknown sign: those that are said to flip with probability p do so in a share p of cases."""
    rng = np.random.default_rng(3)
    truth = np.stack([rng.uniform(-3.0, 3.0, 6_000), np.zeros(6_000)], axis=1)
    settings = Race(reach=np.inf, error=1e-9, max_draws=2, **LEARNED)
    found = races.race(exact(truth), scorer(truth, PRIOR, 4, 1), *truth.shape, settings)
    wrong = found.winner != truth.argmax(axis=1)
    assert wrong.mean() == pytest.approx(found.flip.mean(), abs=0.02)


def test_flip_of_a_decision_by_the_screening_is_the_frequency_of_its_errors():
    """Errors of the screening's gaps are Student's t, as those it was learned from; all gaps are within a few of it."""
    rng = np.random.default_rng(8)
    truth = np.stack([rng.uniform(-9.0, 9.0, 20_000), np.zeros(20_000)], axis=1)
    error = np.sqrt(SCREENING.variance) * rng.standard_t(SCREENING.degrees, 20_000)
    screened = truth + error[:, None] * [0.5, -0.5]
    found = races.race(exact(screened), exact(truth), *truth.shape, Race(1e-9, 0.01, 5, **LEARNED))
    wrong = found.winner != truth.argmax(axis=1)
    assert (found.draws == 0).all()
    assert (found.std_error == np.sqrt(SCREENING.variance)).all()
    assert wrong.mean() == pytest.approx(found.flip.mean(), abs=0.02)


def test_an_image_races_alone():
    truth = np.random.default_rng(5).normal(0.0, 3.0, (40, 4))
    fine, settings = scorer(truth, PRIOR, 6, 1), RACE
    together = races.race(exact(truth), fine, *truth.shape, settings)
    for row in range(0, 40, 7):
        alone = races.race(
            lambda rows, labels, draw, row=row: exact(truth)(rows + row, labels, draw),
            lambda rows, labels, draw, row=row: fine(rows + row, labels, draw),
            1, 4, settings,
        )  # fmt: skip
        for column, values in zip(alone, together, strict=True):
            np.testing.assert_array_equal(column[0], values[row])


def test_the_prior_is_learned_from_the_gaps_of_winners():
    """Draws of known variances of gaps, whatever noise the classes share."""
    rng = np.random.default_rng(3)
    std = np.sqrt(PRIOR.degrees * PRIOR.variance / rng.chisquare(PRIOR.degrees, (20_000, 1, 1)) / 2)
    own = std * rng.standard_normal((20_000, 4, 4))
    values = np.array([90.0, 60.0, 30.0, 0.0])[:, None] + 20.0 * rng.standard_normal((20_000, 1, 4)) + own
    found = races.learned_prior(values)
    assert found.variance == pytest.approx(PRIOR.variance, rel=0.05)
    assert found.degrees == pytest.approx(PRIOR.degrees, rel=0.2)


def test_the_errors_of_the_screening_are_learned_from_the_gaps_of_winners():
    """Whatever the noise of all draws, and whatever the screening makes of classes far behind."""
    rng = np.random.default_rng(9)
    values = np.array([90.0, 60.0, 30.0, 0.0])[:, None] + 0.01 * rng.standard_normal((9_000, 4, 4))
    error = (
        np.sqrt(SCREENING.variance) * rng.standard_t(SCREENING.degrees, (9_000, 4, 1)) * [[0.0], [1.0], [1.0], [5.0]]
    )
    found = races.learned_screening(values.mean(axis=2, keepdims=True) + error, values)
    assert found.variance == pytest.approx(SCREENING.variance, rel=0.05)
    assert found.degrees == pytest.approx(SCREENING.degrees, rel=0.1)


def test_a_single_draw_teaches_nothing():
    with pytest.raises(ValueError, match="at least 2"):
        races.learned_prior(np.zeros((3, 4, 1)))
