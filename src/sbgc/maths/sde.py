"""Stochastic differential equations that turn data into noise (Song et al. 2021, section 3).

All of them have Gaussian transition kernels x(t) | x(0) ~ N(alpha(t) x(0), sigma(t)^2 I). The data side is cut off at
t_min, and t_max is 1. `noise_ratio` is sigma / alpha, and its logarithm is minus half the log-SNR. It grows with t, and
its inverse has a closed form.
"""

import dataclasses
import math
from collections.abc import Callable
from typing import Protocol, runtime_checkable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

Time = Float[Array, "..."]


@runtime_checkable
class SDE(Protocol):
    """What the rest of the package asks of an SDE."""

    @property
    def t_min(self) -> float:
        """The time at which the data side is cut off."""
        ...

    @property
    def t_max(self) -> float:
        """The time of the noise side."""
        ...

    def alpha(self, t: Time) -> Time:
        """Mean coefficient: E x(t) = alpha(t) x(0)."""
        ...

    def sigma(self, t: Time) -> Time:
        """Standard deviation of x(t) given x(0)."""
        ...

    def drift_rate(self, t: Time) -> Time:
        """The factor of x in the drift f(x, t)."""
        ...

    def diffusion(self, t: Time) -> Time:
        """g(t), the factor of dw."""
        ...

    def time_of(self, noise_ratio: Time) -> Time:
        """The t at which sigma / alpha has the given value."""
        ...

    def importance(self, t: Time) -> Time:
        """An antiderivative F of g^2 / sigma^2: the cumulative weight of the likelihood weighting, up to an offset."""
        ...

    def importance_time(self, value: Time) -> Time:
        """The t with F(t) = value."""
        ...

    def prior_std(self) -> float:
        """Standard deviation of the noise that the model takes x(1) to be."""
        ...


@dataclasses.dataclass(frozen=True)
class _LinearBeta:
    beta_min: float
    beta_max: float
    t_min: float
    t_max: float = 1.0

    def beta(self, t: Time) -> Time:
        """beta(t), linear from beta_min to beta_max."""
        return self.beta_min + (self.beta_max - self.beta_min) * t

    def integrated_beta(self, t: Time) -> Time:
        """B(t), the integral of beta from 0 to t."""
        return self.beta_min * t + 0.5 * (self.beta_max - self.beta_min) * t**2

    def alpha(self, t: Time) -> Time:
        """exp(-B / 2)."""
        return jnp.exp(-0.5 * self.integrated_beta(t))

    def drift_rate(self, t: Time) -> Time:
        """-beta / 2."""
        return -0.5 * self.beta(t)

    def prior_std(self) -> float:
        """1: the paper's prior is N(0, I)."""
        return 1.0

    def _time_at(self, integrated_beta: Time) -> Time:
        # The textbook root (-b0 + sqrt(...)) / (b1 - b0) loses its digits at small t in float32. This is its conjugate.
        slope = self.beta_max - self.beta_min
        return 2.0 * integrated_beta / (self.beta_min + jnp.sqrt(self.beta_min**2 + 2.0 * slope * integrated_beta))


@dataclasses.dataclass(frozen=True)
class VPSDE(_LinearBeta):
    """dx = -beta(t)/2 x dt + sqrt(beta(t)) dw: variance preserving (Song et al. 2021, eq. 11)."""

    def sigma(self, t: Time) -> Time:
        """sqrt(1 - exp(-B)), computed by expm1. At t = 1e-5 float32 would otherwise lose every digit."""
        return jnp.sqrt(-jnp.expm1(-self.integrated_beta(t)))

    def diffusion(self, t: Time) -> Time:
        """sqrt(beta)."""
        return jnp.sqrt(self.beta(t))

    def time_of(self, noise_ratio: Time) -> Time:
        """B = log(1 + ratio^2), since sigma^2 / alpha^2 = exp(B) - 1."""
        return self._time_at(jnp.log1p(noise_ratio**2))

    def importance(self, t: Time) -> Time:
        """F = log(exp(B) - 1), since F' = beta / (1 - exp(-B))."""
        return jnp.log(jnp.expm1(self.integrated_beta(t)))

    def importance_time(self, value: Time) -> Time:
        """B = log(1 + exp(F))."""
        return self._time_at(jax.nn.softplus(value))


@dataclasses.dataclass(frozen=True)
class SubVPSDE(_LinearBeta):
    """dx = -beta/2 x dt + sqrt(beta (1 - exp(-2 B))) dw: sub-variance preserving (Song et al. 2021, eq. 12)."""

    def sigma(self, t: Time) -> Time:
        """1 - exp(-B)."""
        return -jnp.expm1(-self.integrated_beta(t))

    def diffusion(self, t: Time) -> Time:
        """sqrt(beta (1 - exp(-2 B)))."""
        return jnp.sqrt(self.beta(t) * -jnp.expm1(-2.0 * self.integrated_beta(t)))

    def time_of(self, noise_ratio: Time) -> Time:
        """B = 2 asinh(ratio / 2), since sigma / alpha = 2 sinh(B / 2)."""
        return self._time_at(2.0 * jnp.arcsinh(0.5 * noise_ratio))

    def importance(self, t: Time) -> Time:
        """F = 2 log(2 sinh(B / 2)), since F' = beta coth(B / 2)."""
        return 2.0 * jnp.log(2.0 * jnp.sinh(0.5 * self.integrated_beta(t)))

    def importance_time(self, value: Time) -> Time:
        """B = 2 asinh(exp(F / 2) / 2)."""
        return self._time_at(2.0 * jnp.arcsinh(0.5 * jnp.exp(0.5 * value)))


@dataclasses.dataclass(frozen=True)
class VESDE:
    """dx = g(t) dw, sigma(t) geometric from sigma_min to sigma_max: variance exploding (Song et al. 2021, eq. 9)."""

    sigma_min: float
    sigma_max: float
    t_min: float
    t_max: float = 1.0

    def alpha(self, t: Time) -> Time:
        """1."""
        return jnp.ones_like(t)

    def sigma(self, t: Time) -> Time:
        """sigma_min (sigma_max / sigma_min)^t."""
        return self.sigma_min * jnp.exp(self._log_range() * t)

    def drift_rate(self, t: Time) -> Time:
        """0."""
        return jnp.zeros_like(t)

    def diffusion(self, t: Time) -> Time:
        """sigma sqrt(2 log(sigma_max / sigma_min))."""
        return self.sigma(t) * math.sqrt(2.0 * self._log_range())

    def time_of(self, noise_ratio: Time) -> Time:
        """log(sigma / sigma_min) / log(sigma_max / sigma_min)."""
        return jnp.log(noise_ratio / self.sigma_min) / self._log_range()

    def importance(self, t: Time) -> Time:
        """Linear in t: the geometric schedule is its own importance sampling."""
        return 2.0 * self._log_range() * t

    def importance_time(self, value: Time) -> Time:
        """Linear in F."""
        return value / (2.0 * self._log_range())

    def prior_std(self) -> float:
        """sigma_max."""
        return self.sigma_max

    def _log_range(self) -> float:
        return math.log(self.sigma_max / self.sigma_min)


def from_settings(settings: dict) -> SDE:
    """The SDE of a model's `sde` settings. Raises KeyError for a name that the configuration would have refused."""
    kinds: dict[str, Callable[..., SDE]] = {"vp": VPSDE, "sub_vp": SubVPSDE, "ve": VESDE}
    return kinds[settings["name"]](**{key: value for key, value in settings.items() if key != "name"})


def noise_ratio(sde: SDE, t: Time) -> Time:
    """The ratio sigma / alpha. It is the noise level of x(t) / alpha(t), a process that diffuses without drift."""
    return sde.sigma(t) / sde.alpha(t)


def prior_log_prob(sde: SDE, x: Float[Array, "*shape"]) -> Float[Array, ""]:
    """log N(x; 0, prior_std^2 I) in nats: the density that the model takes x(1) to have."""
    std = sde.prior_std()
    return -0.5 * jnp.sum((x / std) ** 2) - x.size * (math.log(std) + 0.5 * math.log(2.0 * math.pi))
