"""A near-perfect model that is fooled on half of the data: the annuli of Fetaya et al. 2020, section 2 and appendix D.

The data of class 0 are in the unit ball with a small probability lambda_1, and else in the shell around it, of width
Delta; those of class 1 are in the ball with a smaller probability lambda_2, and else far out. The model knows class 1
and takes class 0 for uniform on ball and shell together. In high dimensions the ball is so small a part of these that
the model leaves it to class 1. So nearly every point of the shell can be moved into the ball, by less than Delta, where
the data are still of class 0, and the model is sure of class 1 and finds the point likely.

docs/theory.md says where the bounds of the paper are loose, and which of its seven conditions does not hold.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from scipy.special import expit, xlogy

from sbgc.maths.annuli import Annulus, Mixture, Points, Radii, log_one_minus_exp

FAR = (2.0, 3.0)  # radii of class 1
PRIOR = 0.5  # of either class
SLACK = 1e-6  # a share of lambda, so that no comparison hangs on rounding


class Estimate(NamedTuple):
    """A mean over samples [nats], and its standard error."""

    value: float
    std_error: float


class Rates(NamedTuple):
    """What an attack reaches: the shares of points for which a condition of proposition 1 holds."""

    attackable: float  # of all data: in the shell, where both data and model are sure of class 0 (condition 1)
    flipped: float  # of those: the model's class changes, the data's does not (2), both with confidence (3)
    near: float  # of those: the point moves by less than Delta (4)
    likely: float  # of those: the model's density is at least the median of its density on data (5)


@dataclass(frozen=True)
class Counterexample:
    """The data p and the model q in dimension d (equations 2, 3).

    width: Delta. data_ball: lambda_1, the probability of the ball in class 0. other_ball: lambda_2, that in class 1.
    """

    dimension: int
    width: float
    data_ball: float
    other_ball: float

    @classmethod
    def weakest(cls, dimension: int, width: float, delta: float) -> "Counterexample":
        """That of the smallest lambda_1 with which both sides are surer than 1 - delta inside the ball.

        lambda_1 = ((1 - delta) / delta)^2 (1 + Delta)^-d and lambda_2 = delta / (1 - delta) lambda_1 reach 1 - delta
        exactly; SLACK above and below they exceed it.
        """
        odds = (1.0 - delta) / delta
        data_ball = float(np.exp(2.0 * np.log(odds) - dimension * np.log1p(width))) * (1.0 + SLACK) ** 2
        return cls(dimension, width, data_ball, data_ball / odds / (1.0 + SLACK))

    @cached_property
    def data(self) -> tuple[Mixture, Mixture]:
        """p(x|0) and p(x|1)."""
        ball, shell = self._annulus(0.0, 1.0), self._annulus(1.0, 1.0 + self.width)
        return Mixture((self.data_ball, 1.0 - self.data_ball), (ball, shell)), self._class_1

    @cached_property
    def model(self) -> tuple[Mixture, Mixture]:
        """q(x|0) and q(x|1)."""
        return Mixture((1.0,), (self._annulus(0.0, 1.0 + self.width),)), self._class_1

    @property
    def log_model_ball(self) -> float:
        """log (1 + Delta)^-d: the ball's probability under q(x|0)."""
        return -self.dimension * float(np.log1p(self.width))

    def kl_of_data(self) -> float:
        """KL(p(x, y) || q(x, y)) in nats: half of that of class 0, which is one of two probabilities of the ball."""
        return PRIOR * _binary_kl(np.log(self.data_ball), self.log_model_ball)

    def kl_of_model(self) -> float:
        """KL(q(x, y) || p(x, y)) in nats."""
        return PRIOR * _binary_kl(self.log_model_ball, np.log(self.data_ball))

    def sampled_kls(self, random: np.random.Generator, count: int) -> tuple[Estimate, Estimate]:
        """Both divergences, of data and of model, as means over samples of what is averaged; `count` of each class."""
        found = []
        for sampled, other in ((self.data, self.model), (self.model, self.data)):
            gaps = []
            for one, another in zip(sampled, other, strict=True):
                radii = np.linalg.norm(one.sample(random, count), axis=1)
                gaps.append(one.log_density(radii) - another.log_density(radii))
            variance = sum(gap.var(ddof=1) for gap in gaps) / count  # of twice the mean over classes
            found.append(Estimate(float(np.mean(gaps)), float(PRIOR * variance**0.5)))
        return found[0], found[1]

    def confidence(self) -> tuple[float, float]:
        """p(0|x) and q(1|x) inside the ball (lemma 1)."""
        model = float(expit(np.log(self.other_ball) - self.log_model_ball))
        return self.data_ball / (self.data_ball + self.other_ball), model

    def largest_ball(self, radius: float) -> float:
        """An upper bound of p(B) over all balls of a radius: of each annulus, the share of volume that fits (6)."""
        share, log_ball = 0.0, self.dimension * np.log(radius)
        for mixture in self.data:
            for weight, annulus in zip(mixture.weights, mixture.annuli, strict=True):
                share += PRIOR * weight * float(np.exp(min(0.0, log_ball - annulus.log_volume)))
        return share

    def total_variation(self) -> float:
        """The integral of |grad p(x)|: at each border the jump of the density times the area, d r^(d-1) C_d (7)."""
        borders, step = np.array([1.0, 1.0 + self.width, *FAR]), 1e-9
        sides = [_marginal(self.data, borders * (1.0 + side)) for side in (-step, step)]
        higher, lower = np.maximum(*sides), np.minimum(*sides)
        log_areas = np.log(self.dimension) + (self.dimension - 1) * np.log(borders)
        return float(np.exp(log_areas + higher + log_one_minus_exp(lower - higher)).sum())

    def attack(self, random: np.random.Generator, count: int, certainty: float) -> Rates:
        """Sample data, move what lies in the shell straight into the ball, and see what that does.

        certainty: 1 - delta, that p and q must have of their classes.
        """
        labels = random.random(count) < PRIOR
        points = self._sample(random, labels)
        radii = np.linalg.norm(points, axis=1)
        shell = points[(radii > 1.0) & (radii < 1.0 + self.width) & self._sure(radii, certainty)]
        before = np.linalg.norm(shell, axis=1)
        # Halfway between the nearest radius that is allowed and the border of the ball.
        after = 0.5 * (np.maximum(before - self.width, 0.0) + 1.0)
        moved = shell * (after / before)[:, None]
        at = np.linalg.norm(moved, axis=1)
        data, model = (_posterior(side, at) for side in (self.data, self.model))
        typical = np.median(_marginal(self.model, radii))
        return Rates(
            attackable=len(shell) / count,
            flipped=float(np.mean((data >= certainty) & (1.0 - model >= certainty))),
            near=float(np.mean(np.linalg.norm(moved - shell, axis=1) < self.width)),
            likely=float(np.mean(_marginal(self.model, at) >= typical)),
        )

    @cached_property
    def _class_1(self) -> Mixture:
        return Mixture((self.other_ball, 1.0 - self.other_ball), (self._annulus(0.0, 1.0), self._annulus(*FAR)))

    def _annulus(self, inner: float, outer: float) -> Annulus:
        return Annulus(inner, outer, self.dimension)

    def _sample(self, random: np.random.Generator, labels: Bool[np.ndarray, " points"]) -> Points:
        parts = [mixture.sample(random, int(np.sum(labels == label))) for label, mixture in enumerate(self.data)]
        return np.concatenate(parts)

    def _sure(self, radii: Radii, certainty: float) -> Bool[np.ndarray, " points"]:
        return (_posterior(self.data, radii) >= certainty) & (_posterior(self.model, radii) >= certainty)


def _marginal(side: tuple[Mixture, Mixture], radii: Radii) -> Radii:
    """log of the mean of both classes' densities."""
    return np.logaddexp(*(mixture.log_density(radii) for mixture in side)) + np.log(PRIOR)


def _posterior(side: tuple[Mixture, Mixture], radii: Radii) -> Float[np.ndarray, " points"]:
    """The probability of class 0 (Bayes' rule)."""
    first, second = (mixture.log_density(radii) for mixture in side)
    return np.exp(first - np.logaddexp(first, second))


def _binary_kl(log_a: float, log_b: float) -> float:
    """KL of two probabilities a and b of one event, given as logarithms."""
    a = np.exp(log_a)
    rest = log_one_minus_exp(log_a) - log_one_minus_exp(log_b)
    return float(xlogy(a, a) - a * log_b + (1.0 - a) * rest) if a > 0.0 else float(rest)
