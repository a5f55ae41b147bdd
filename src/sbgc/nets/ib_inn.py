"""log p(x|y) of all classes from one pass of an invertible network, whose latents are N(mu_y, I).

Mackowiak et al. 2021, equations 1 to 4.
"""

import math
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from sbgc.maths.bijectors import Scaling
from sbgc.maths.bijectors.protocol import Batch
from sbgc.nets.class_means import ClassMeans, Means
from sbgc.nets.invertible_resnet import InvertibleResNet, Latent
from sbgc.types import Key

SHIFT = -0.5  # of images on [0, 1)

Variables = dict[str, Any]


class IBINN(nn.Module):
    """p(x|y) on [0, L)^D through an invertible network and one Gaussian of unit variance per class; grey_levels: L."""

    grey_levels: int
    network: InvertibleResNet
    means: ClassMeans

    @property
    def num_classes(self) -> int:
        """The number of centers."""
        return self.means.num_classes

    @property
    def dimensions(self) -> int:
        """D, of images and of latents."""
        return math.prod(self.network.image_shape)

    def __call__(self, x: Batch) -> tuple[Float[Array, " batch"], Float[Array, "batch classes"]]:
        """Two summands of log p(x|y) in nats: what all classes share, and the rest [n, classes]."""
        z, log_det = self.latent(x)
        shared = log_det - 0.5 * (z**2).sum(axis=1) - 0.5 * self.dimensions * math.log(2.0 * math.pi)
        return shared, self.means.logits(z)

    def latent(self, x: Batch) -> tuple[Latent, Float[Array, " batch"]]:
        """z, and the log-determinant of dz / dx."""
        scaled, first = self._scaling.forward_and_log_det(x)
        z, second = self.network(scaled)
        return z, first + second

    def sample(self, labels: Int[Array, " batch"], key: Key) -> Batch:
        """An image on [0, L)^D of each label; the flow may put it a little outside, and then it is clipped."""
        z = self.means()[labels] + jax.random.normal(key, (len(labels), self.dimensions))
        images, _ = self.network(z, inverse=True)
        return jnp.clip(self._scaling.inverse(images), 0.0, self.grey_levels)

    def centers(self) -> Means:
        """mu_y of every class."""
        return self.means()

    @property
    def _scaling(self) -> Scaling:
        return Scaling(1.0 / self.grey_levels, SHIFT)


def of(images: dict[str, Any], net: dict[str, Any], means: dict[str, Any]) -> IBINN:
    """That of images (config/spec.py) and of the settings `net` and `means` of a model (config/models.py)."""
    network, low_rank = InvertibleResNet(tuple(images["image_shape"]), **net), means["low_rank"] or {}
    free = {name: means[name] for name in ("learned", "distance")}
    centers = ClassMeans(images["num_classes"], math.prod(images["image_shape"]), **free, **low_rank)
    return IBINN(images["levels"], network, centers)


def start(net: IBINN, key: Key) -> Variables:
    """Variables before training, of one grey image: what a training begins with has the same shapes."""
    return dict(net.init(key, jnp.full((1, *net.network.image_shape), 0.5 * net.grey_levels)))
