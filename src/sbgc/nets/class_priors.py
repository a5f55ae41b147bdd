"""The density of a flow's latents given the class: one location and scale per class, or the split prior.

Both give all classes at once, and the logits that a training may weight (equation 6). z is the last level's latent as a
vector [n, D]: what left a flow at the levels before it has one density for all classes. The paper does not say which of
the hidden dimensions know the class.
"""

import math

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from sbgc.maths import location_scale
from sbgc.types import Key

Latent = Float[Array, "batch dim"]
ClassLogProbs = Float[Array, "batch classes"]


class MixturePrior(nn.Module):
    """p(z|y): independent numbers of a family (maths/location_scale.py), with learned locations and scales per class.

    With Gaussians it is the mixture that Fetaya et al. 2020 take (A.1): N(mu_y, Sigma_y) with a diagonal Sigma_y.
    smoothing: the probability that z comes from another class's cluster (C.2).
    """

    num_classes: int
    dimensions: int
    family: str
    smoothing: float

    def setup(self) -> None:
        """Locations begin near 0, and apart from each other; scales begin at 1."""
        shape = (self.num_classes, self.dimensions)
        self.location = self.param("location", nn.initializers.normal(0.1), shape)
        self.log_scale = self.param("log_scale", nn.initializers.zeros, shape)

    def __call__(self, z: Latent) -> ClassLogProbs:
        """log p(z|y) in nats for every class."""
        standard = (z[:, None, :] - self.location[None]) * jnp.exp(-self.log_scale)[None]
        log_density = location_scale.LOG_DENSITIES[self.family](standard)
        log_probs = (log_density - self.log_scale[None]).sum(axis=2)
        return smoothed(log_probs, self.smoothing) if self.smoothing else log_probs

    def logits(self, z: Latent) -> ClassLogProbs:
        """What is trained to tell the class: log p(z|y)."""
        return self(z)

    def sample(self, labels: Int[Array, " batch"], key: Key) -> Latent:
        """One z of each label."""
        of_noise, *of_cluster = jax.random.split(key, 3)
        noise = location_scale.sample(self.family, of_noise, (len(labels), self.dimensions))
        if self.smoothing:
            strays = jax.random.bernoulli(of_cluster[0], self.smoothing, labels.shape)
            others = labels + jax.random.randint(of_cluster[1], labels.shape, 1, self.num_classes)
            labels = jnp.where(strays, others % self.num_classes, labels)
        return self.location[labels] + jnp.exp(self.log_scale[labels]) * noise


class SplitPrior(nn.Module):
    """p(z_s, z_n|y) = N(z_s; e_y, std^2 I) N(z_n; m(z_s, y), diag s(z_s, y)^2) (Fetaya et al. 2020, A.4).

    z_s are the first numbers of z, one for each class, whose unit vectors e_y are the means. m and log s are made by a
    network with one hidden layer, which begins at 0. A.4 says that they are functions "of y and z_n"; z_s is what must
    be meant.
    """

    num_classes: int
    dimensions: int
    std: float
    features: int

    def setup(self) -> None:
        """The network of m and log s."""
        self.hidden = nn.Dense(self.features)
        self.out = nn.Dense(2 * (self.dimensions - self.num_classes), kernel_init=nn.initializers.zeros)

    def __call__(self, z: Latent) -> ClassLogProbs:
        """log p(z|y) in nats for every class."""
        semantic, rest = z[:, : self.num_classes], z[:, self.num_classes :]
        count, classes = len(z), self.num_classes
        every = jnp.broadcast_to(jnp.eye(classes, dtype=z.dtype)[None], (count, classes, classes))
        mean, log_std = self._rest(jnp.broadcast_to(semantic[:, None, :], every.shape), every)
        of_rest = location_scale.normal((rest[:, None, :] - mean) * jnp.exp(-log_std)) - log_std
        return self.logits(z) + of_rest.sum(axis=2)

    def logits(self, z: Latent) -> ClassLogProbs:
        """What is trained to tell the class: log p(z_s|y) in nats."""
        offset = (z[:, None, : self.num_classes] - jnp.eye(self.num_classes, dtype=z.dtype)[None]) / self.std
        return location_scale.normal(offset).sum(axis=2) - self.num_classes * math.log(self.std)

    def sample(self, labels: Int[Array, " batch"], key: Key) -> Latent:
        """One z of each label."""
        means, (first, second) = jax.nn.one_hot(labels, self.num_classes), jax.random.split(key)
        semantic = means + self.std * jax.random.normal(first, means.shape)
        mean, log_std = self._rest(semantic, means)
        return jnp.concatenate([semantic, mean + jnp.exp(log_std) * jax.random.normal(second, mean.shape)], axis=1)

    def _rest(self, semantic: Array, label: Array) -> tuple[Array, Array]:
        """m and log s of z_n, of one-hot labels."""
        raw = self.out(nn.relu(self.hidden(jnp.concatenate([semantic, label], axis=-1))))
        mean, log_std = jnp.split(raw, 2, axis=-1)
        return mean, log_std


def smoothed(log_probs: ClassLogProbs, epsilon: float) -> ClassLogProbs:
    """log p(z|y) where the cluster that z comes from is y with probability 1 - epsilon, and else another one's.

    Fetaya et al. 2020, C.2: the other clusters share epsilon evenly, and bound what a sure mistake costs.
    """
    classes = log_probs.shape[-1]
    eye = jnp.eye(classes, dtype=log_probs.dtype)
    weights = (1.0 - epsilon) * eye + epsilon / (classes - 1) * (1.0 - eye)
    return jax.nn.logsumexp(log_probs[:, None, :], axis=2, b=weights[None])
