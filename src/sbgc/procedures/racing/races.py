"""Racing: find the class of highest density with no more network evaluations than the decision needs.

All classes are screened once by a cheap estimate, and those within reach of the leader stay in the race. They get
further draws, in which all classes of an image share their noise. A class leaves the race when the leader's gap to it
is significant by a paired t-test on the draws. This is the race of Maron & Moore 1994, with Student's t of moderated
variances in place of Hoeffding's bound. The typical variances and the errors of a screening are learned on other images
and passed in, so that the race of an image depends on no other image.
"""

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from scipy import stats

from sbgc.maths import moderated
from sbgc.maths.uncertainty import Draws
from sbgc.procedures.scoring.bayes import PairScores

RIVALS = 2  # the number of a winner's rivals whose gaps show what variances are typical


@dataclass(frozen=True)
class Race:
    """The settings of a race.

    reach: how far behind the leader of the screening, in nats, a class may lie and stay in the race.
    error: a bound on the probability that the tests eliminate an image's best class, shared among all tests
    (Bonferroni).
    max_draws: the number of draws after which the leader wins.
    prior: the prior of the variance of a gap over draws, in nats^2. With it a single draw can decide where a gap is
    wide. screening: the prior of the squared error of a gap in the screening, in nats^2.
    """

    reach: float
    error: float
    max_draws: int
    prior: moderated.Prior
    screening: moderated.Prior


class Outcome(NamedTuple):
    """For each image [n]: the winner, its closest rival, their gap in nats and its standard error, draws and nfe.

    flip: the probability that the gap has the wrong sign, so that more draws would change the decision. Where the
    screening left only one class, draws is 0. The gap is then that of the screening, and its standard error includes
    the screening's bias.
    """

    winner: np.ndarray
    rival: np.ndarray
    gap: np.ndarray
    std_error: np.ndarray
    flip: np.ndarray
    draws: np.ndarray
    nfe: np.ndarray


def race(screen: PairScores, fine: PairScores, num_images: int, num_classes: int, settings: Race) -> Outcome:
    """Run the races of all images side by side, so that each draw is one large batch of pairs (image, class)."""
    rows, classes = (indices.ravel() for indices in np.indices((num_images, num_classes)))
    scores, cost = (values.reshape(num_images, num_classes) for values in screen(rows, classes, 0))
    nfe, alive = cost.sum(axis=1), scores >= scores.max(axis=1, keepdims=True) - settings.reach
    values = np.full((num_images, num_classes, settings.max_draws), np.nan)
    for draw in range(settings.max_draws):
        rows, classes = np.nonzero(alive & (alive.sum(axis=1, keepdims=True) > 1))
        if not len(rows):
            break
        values[rows, classes, draw], cost = fine(rows, classes, draw)
        np.add.at(nfe, rows, cost)
        for row in np.unique(rows):
            alive[row] &= ~_beaten(values[row, :, : draw + 1], alive[row], settings)
    found = [_decision(*of_image, settings) for of_image in zip(scores, values, alive, strict=True)]
    return Outcome._make([*(np.array(column) for column in zip(*found, strict=True)), nfe])


def learned_prior(log_prob: Draws) -> moderated.Prior:
    """The prior of the variances of gaps, in nats^2, learned on images that do not race.

    The gaps are those of each image's winner to its two closest rivals. Raises ValueError for a single draw.
    """
    if log_prob.shape[2] < 2:
        raise ValueError("one draw has no variance: draws must be at least 2")
    gaps = _winner_gaps(log_prob, log_prob)
    return moderated.fit(gaps.var(axis=2, ddof=1).ravel(), log_prob.shape[2] - 1)


def learned_screening(screened: np.ndarray, log_prob: Draws) -> moderated.Prior:
    """The prior of the squared errors of a screening's gaps, in nats^2, learned on images that do not race.

    Student's t around 0 is fitted to the errors of the gaps between each image's winner and its two closest rivals. An
    error is the difference from the mean over draws of log_prob. screened: the screening's scores of the first images
    of log_prob, [m, classes, draws].
    """
    log_prob = log_prob[: len(screened)]
    errors = _winner_gaps(screened, log_prob) - _winner_gaps(log_prob, log_prob).mean(axis=2, keepdims=True)
    degrees, _, scale = stats.t.fit(errors, floc=0.0)
    return moderated.Prior(float(scale**2), float(degrees))


def gap_test(gaps: np.ndarray, prior: moderated.Prior) -> tuple[float, float, float]:
    """The mean, standard error and degrees of freedom of one pair's gaps [draws], with a moderated variance."""
    degrees = len(gaps) - 1
    variance, total = moderated.moderate(gaps.var(ddof=1) if degrees else 0.0, degrees, prior)
    return float(gaps.mean()), float(np.sqrt(variance / len(gaps))), total


def _beaten(values: np.ndarray, alive: np.ndarray, settings: Race) -> np.ndarray:
    """Which of the classes still in the race the leader beats, by one image's values [classes, draws]."""
    beaten, level = np.zeros_like(alive), settings.error / (settings.max_draws * (len(alive) - 1))
    leader = np.where(alive, values.mean(axis=1), -np.inf).argmax()
    for rival in np.flatnonzero(alive):
        gap, error, degrees = gap_test(values[leader] - values[rival], settings.prior)
        beaten[rival] = rival != leader and gap > error * _critical(level, degrees)
    return beaten


@cache
def _critical(level: float, degrees: float) -> float:
    """The value that Student's t exceeds with probability `level`; kept, since all races of a draw need the same."""
    return float(stats.t.isf(level, degrees))


def _winner_gaps(scores: np.ndarray, log_prob: np.ndarray) -> np.ndarray:
    """The scores of each image's winner minus those of its rivals, [images, rivals, draws], ranked by mean log_prob."""
    order = log_prob.mean(axis=2).argsort(axis=1)[:, : -1 - RIVALS - 1 : -1]
    best = np.take_along_axis(scores, order[:, :, None], axis=1)
    return best[:, :1] - best[:, 1:]


def _decision(
    scores: np.ndarray, values: np.ndarray, alive: np.ndarray, settings: Race
) -> tuple[int, int, float, float, float, int]:
    """The outcome for one image, without nfe, from its screening [classes], draws [classes, draws] and survivors."""
    drawn = ~np.isnan(values)
    if not drawn.any():
        rival, winner = np.argsort(scores)[-2:]
        gap, error, degrees = gap_test(scores[[winner]] - scores[[rival]], settings.screening)
        return int(winner), int(rival), gap, error, float(stats.t.sf(gap / error, degrees)), 0
    last = drawn.sum(axis=1)
    means = np.array([row[seen].mean() if seen.any() else -np.inf for row, seen in zip(values, drawn, strict=True)])
    winner = int(np.where(alive, means, -np.inf).argmax())
    others = np.where(np.arange(len(means)) == winner, -np.inf, means)
    rival = int(others.argmax())
    both = min(last[winner], last[rival])
    gap, error, degrees = gap_test(values[winner, :both] - values[rival, :both], settings.prior)
    return winner, rival, gap, error, float(stats.t.sf(gap / error, degrees)), int(last.max())
