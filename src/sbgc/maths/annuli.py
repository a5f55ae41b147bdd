"""Uniform densities on annuli of R^d and mixtures of them, in logarithms: d may be thousands.

They depend on the radius alone. Densities are relative to that of the unit ball, 1 / C_d with its volume C_d. C_d
cancels in every ratio, and alone leaves the range of float64 at d of a few hundred.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import logsumexp

Radii = Float[np.ndarray, " points"]
Points = Float[np.ndarray, "points dimension"]


def log_one_minus_exp(x: Float[np.ndarray, "*shape"] | float) -> Float[np.ndarray, "*shape"]:
    """log(1 - e^x) for x <= 0, precise at both ends (Maechler 2012)."""
    exponents = np.asarray(x, float)
    with np.errstate(divide="ignore"):
        return np.where(exponents > -np.log(2.0), np.log(-np.expm1(exponents)), np.log1p(-np.exp(exponents)))


@dataclass(frozen=True)
class Annulus:
    """The uniform density on {inner <= |x| <= outer} of R^d; a ball where `inner` is 0."""

    inner: float
    outer: float
    dimension: int

    @property
    def log_volume(self) -> float:
        """log(outer^d - inner^d): the volume in units of the unit ball's."""
        whole = self.dimension * np.log(self.outer)
        if self.inner == 0.0:
            return float(whole)
        return float(whole + log_one_minus_exp(self.dimension * np.log(self.inner / self.outer)))

    def log_density(self, radii: Radii) -> Radii:
        """In nats, relative to the unit ball's; minus infinity outside."""
        inside = (radii >= self.inner) & (radii <= self.outer)
        return np.where(inside, -self.log_volume, -np.inf)

    def sample(self, random: np.random.Generator, count: int) -> Points:
        """Points, uniform in the annulus: a uniform direction, and |x|^d uniform between inner^d and outer^d."""
        with np.errstate(divide="ignore"):  # of log(0) where the annulus is a ball
            least = self.dimension * np.log(self.inner)
            powers = np.logaddexp(least, np.log1p(-random.random(count)) + self.log_volume)
        directions = random.standard_normal((count, self.dimension))
        radii = np.clip(np.exp(powers / self.dimension), self.inner, self.outer)
        return directions * (radii / np.linalg.norm(directions, axis=1))[:, None]


@dataclass(frozen=True)
class Mixture:
    """sum_k weight_k U_k of annuli; the weights add up to 1."""

    weights: tuple[float, ...]
    annuli: tuple[Annulus, ...]

    def log_density(self, radii: Radii) -> Radii:
        """In nats, relative to the unit ball's; on a border that two annuli share, both count."""
        parts = np.stack([annulus.log_density(radii) for annulus in self.annuli])
        return logsumexp(parts, axis=0, b=np.array(self.weights)[:, None])

    def sample(self, random: np.random.Generator, count: int) -> Points:
        """Points of the mixture, in random order."""
        counts = random.multinomial(count, self.weights).tolist()
        parts = [annulus.sample(random, number) for annulus, number in zip(self.annuli, counts, strict=True)]
        return random.permutation(np.concatenate(parts))
