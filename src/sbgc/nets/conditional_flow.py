"""log p(x|y) of all classes from one pass of a flow: what surrounds the image, the invertible network, and the prior.

Channels of uniform noise double those of the image, and a border may enlarge it (Fetaya et al. 2020, A.3 and B). Both
are random numbers u of a known density. The flow's joint density with them therefore gives a lower bound,
log p(x|y) >= E log p(x, u|y) - log p(u), which one draw of u estimates without a bias (docs/theory.md).
"""

import math
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from sbgc.maths import location_scale
from sbgc.maths.bijectors import Scaling
from sbgc.maths.bijectors.protocol import Batch
from sbgc.nets.class_priors import ClassLogProbs, Latent, MixturePrior, SplitPrior
from sbgc.nets.glow import Glow, Latents
from sbgc.types import Image, Key, Keys

Extended = Float[Array, "high wide double"]
NOISE = 2.0  # grey levels: the range of the added channels (2 / 256 of the whole range of 256 levels)
SHIFT = -0.5  # of images on [0, 1)
PRIORS = {"mixture": MixturePrior, "split": SplitPrior}

Variables = dict[str, Any]


class ConditionalFlow(nn.Module):
    """p(x|y) on [0, L)^D through Glow and a class prior.

    grey_levels: L. border: pixels of grey level 0 on each side, dequantized like all others. levels, steps, features:
    of Glow. prior: what stands at the top.
    """

    grey_levels: int
    image_shape: tuple[int, int, int]
    num_classes: int
    border: int
    levels: int
    steps: int
    features: int
    prior: MixturePrior | SplitPrior

    def setup(self) -> None:
        """The invertible network."""
        self.glow = Glow(self.levels, self.steps, self.features)

    def __call__(self, x: Batch, keys: Keys) -> tuple[ClassLogProbs, ClassLogProbs]:
        """log p(x|y) in nats for every class, and the logits that are trained to tell the class.

        keys: of the noise beside each image. The logits of the split prior are those of its semantic part alone.
        """
        z, common = self._latent(x, keys)
        return self.prior(z) + common[:, None], self.prior.logits(z)

    def sample(self, labels: Int[Array, " batch"], key: Key) -> Batch:
        """An image on [0, L)^D of each label; a flow may put it a little outside, and then it is clipped."""
        images, _ = self.glow(self._drawn(labels, key))
        assert not isinstance(images, Latents)
        images = self._scaling.inverse(images)
        (height, width, channels), edge = self.image_shape, self.border
        inside = images[:, edge : edge + height, edge : edge + width, :channels]
        return jnp.clip(inside, 0.0, self.grey_levels)

    def _drawn(self, labels: Int[Array, " batch"], key: Key) -> Latents:
        """Latents of each label."""
        of_top, *of_left = jax.random.split(key, self.levels)
        count, (high, wide, double) = len(labels), self._extended_shape
        shapes = [(count, high >> n, wide >> n, (double << n) // 2) for n in range(self.levels - 1)]
        left = tuple(jax.random.normal(one, shape) for one, shape in zip(of_left, shapes, strict=True))
        scale = self.levels - 1
        top = self.prior.sample(labels, of_top).reshape(count, high >> scale, wide >> scale, double << scale)
        return Latents(left, top)

    @property
    def _extended_shape(self) -> tuple[int, int, int]:
        height, width, channels = self.image_shape
        return height + 2 * self.border, width + 2 * self.border, 2 * channels

    @property
    def _scaling(self) -> Scaling:
        return Scaling(1.0 / self.grey_levels, SHIFT)

    def _latent(self, x: Batch, keys: Keys) -> tuple[Latent, Float[Array, " batch"]]:
        """The top latent, and the part of log p(x|y) that all classes share."""
        extended = jax.vmap(self._extended)(x, keys)
        scaled, first = self._scaling.forward_and_log_det(extended)
        latents, second = self.glow(scaled)
        assert isinstance(latents, Latents)
        normal = [location_scale.normal(part).sum(axis=(1, 2, 3)) for part in latents.left]
        noise = math.prod(self._extended_shape) // 2 * math.log(NOISE)  # minus log of its density
        return latents.top.reshape(len(x), -1), sum(normal, first + second + noise)

    def _extended(self, x: Image, key: Key) -> Extended:
        """The image within its border, and as many channels of noise."""
        high, wide, double = self._extended_shape
        around, beside = (jax.random.uniform(one, (high, wide, double // 2), x.dtype) for one in jax.random.split(key))
        (height, width, _), edge = x.shape, self.border
        framed = around.at[edge : edge + height, edge : edge + width].set(x)
        return jnp.concatenate([framed, NOISE * beside], axis=-1)


def of(images: dict[str, Any], settings: dict[str, Any]) -> ConditionalFlow:
    """That of images (config/spec.py) and of the settings `net` and `prior` of a model (config/models.py)."""
    net, prior, classes = settings["net"], dict(settings["prior"]), images["num_classes"]
    height, width, channels = images["image_shape"]
    (high, wide), last = (side + 2 * net["border"] for side in (height, width)), net["levels"] - 1
    dimensions = (high >> last) * (wide >> last) * (2 * channels << last)
    kind = PRIORS[prior.pop("name")]
    top = kind(num_classes=classes, dimensions=dimensions, **prior)
    return ConditionalFlow(images["levels"], tuple(images["image_shape"]), classes, **net, prior=top)


def start(net: ConditionalFlow, key: Key) -> Variables:
    """Variables before training, of one grey image: what a training begins with has the same shapes."""
    images = jnp.full((1, *net.image_shape), 0.5 * net.grey_levels)
    return dict(net.init(key, images, jax.random.split(key, 1)))
