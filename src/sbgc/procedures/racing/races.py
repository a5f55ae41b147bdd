"""Racing: the class of highest density, with no more evaluations than the decision takes.

All classes are screened once by a cheap estimate; those within reach of the leader go on. They draw on, all of an
image's on the same noise, until the leader's gap to each is significant by a paired t-test on its draws. It is the race
of Maron & Moore 1994, with Student's t of moderated variances in the place of Hoeffding's bound. What variances and
the errors of a screening are like is learned elsewhere and given: an image's race depends on no other image.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import stats

from sbgc.maths import moderated
from sbgc.maths.uncertainty import Draws
from sbgc.procedures.scoring.bayes import PairScores

RIVALS = 2  # of a winner, whose gaps tell what variances are like


@dataclass(frozen=True)
class Race:
    """reach: in nats, how far behind the leader of the screening a class may lie and go on.

    error: bound of the probability that the tests eliminate an image's best class, shared out among all of them
    (Bonferroni). max_draws: after these the leader wins. prior: of the variance of a gap over draws, in nats^2; it lets
    a single draw decide where the gap is wide. screening: of the squared error of a gap of the screening, in nats^2.
    """

    reach: float
    error: float
    max_draws: int
    prior: moderated.Prior
    screening: moderated.Prior


class Outcome(NamedTuple):
    """Of each image [n]: the winner, its closest rival, their gap in nats and its standard error, draws, nfe.

    flip: the probability that the gap's sign is wrong, so that more draws would change the decision. Where the
    screening left one class, draws is 0, and the gap is that of the screening, its standard error with the screening's
    bias in it.
    """

    winner: np.ndarray
    rival: np.ndarray
    gap: np.ndarray
    std_error: np.ndarray
    flip: np.ndarray
    draws: np.ndarray
    nfe: np.ndarray


def race(screen: PairScores, fine: PairScores, num_images: int, num_classes: int, settings: Race) -> Outcome:
    """Run all images' races side by side, so that each draw is one large batch of pairs (image, class)."""
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
    """What variances of gaps are like, in nats^2: those of the winner to its two rivals, of images that do not race.

    Raises ValueError for a single draw.
    """
    if log_prob.shape[2] < 2:
        raise ValueError("one draw has no variance: draws must be at least 2")
    gaps = _winner_gaps(log_prob, log_prob)
    return moderated.fit(gaps.var(axis=2, ddof=1).ravel(), log_prob.shape[2] - 1)


def learned_screening(screened: np.ndarray, log_prob: Draws) -> moderated.Prior:
    """What a screening's errors of gaps are like, in nats^2: Student's t around 0, of images that do not race.

    screened: of the first images of log_prob, [m, classes, draws]. The errors, of the winner's gaps to its two rivals,
    are those against the mean over draws of log_prob.
    """
    log_prob = log_prob[: len(screened)]
    errors = _winner_gaps(screened, log_prob) - _winner_gaps(log_prob, log_prob).mean(axis=2, keepdims=True)
    degrees, _, scale = stats.t.fit(errors, floc=0.0)
    return moderated.Prior(float(scale**2), float(degrees))


def gap_test(gaps: np.ndarray, prior: moderated.Prior) -> tuple[float, float, float]:
    """Mean, standard error and degrees of freedom of one pair's gaps [draws], their variance moderated by the prior."""
    degrees = len(gaps) - 1
    variance, total = moderated.moderate(gaps.var(ddof=1) if degrees else 0.0, degrees, prior)
    return float(gaps.mean()), float(np.sqrt(variance / len(gaps))), total


def _beaten(values: np.ndarray, alive: np.ndarray, settings: Race) -> np.ndarray:
    """Which living classes the leader beats, of one image's values [classes, draws]."""
    beaten, level = np.zeros_like(alive), settings.error / (settings.max_draws * (len(alive) - 1))
    leader = np.where(alive, values.mean(axis=1), -np.inf).argmax()
    for rival in np.flatnonzero(alive):
        gap, error, degrees = gap_test(values[leader] - values[rival], settings.prior)
        beaten[rival] = rival != leader and gap > error * stats.t.isf(level, degrees)
    return beaten


def _winner_gaps(scores: np.ndarray, log_prob: np.ndarray) -> np.ndarray:
    """Scores of each image's winner less those of its rivals, [images, rivals, draws]; both those of mean log_prob."""
    order = log_prob.mean(axis=2).argsort(axis=1)[:, : -1 - RIVALS - 1 : -1]
    best = np.take_along_axis(scores, order[:, :, None], axis=1)
    return best[:, :1] - best[:, 1:]


def _decision(
    scores: np.ndarray, values: np.ndarray, alive: np.ndarray, settings: Race
) -> tuple[int, int, float, float, float, int]:
    """One image's outcome, without its nfe, from its screening [classes], draws [classes, draws] and survivors."""
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
