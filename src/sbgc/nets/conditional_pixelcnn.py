"""P(x|y) of all classes from one pass of PixelCNN++: one logistic component for each class (Fetaya et al. 2020, E)."""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from sbgc.maths import logistic
from sbgc.nets.class_priors import ClassLogProbs
from sbgc.nets.pixelcnn import Batch, PixelCNN
from sbgc.types import Key

OfClasses = Float[Array, "batch height width classes channels"]
RGB = 3


class ConditionalPixelCNN(nn.Module):
    """The probability of images of grey levels 0..L-1 under each class.

    The levels of a pixel's channels are logistic, given the pixels before it. In a color image the mean of green is
    moved by red, and that of blue by both, by coefficients that the network gives as well (Salimans et al. 2017, 2.2).
    """

    grey_levels: int
    image_shape: tuple[int, int, int]
    num_classes: int
    features: int
    levels: int
    blocks: int
    dropout: float

    def setup(self) -> None:
        """The network, with the moments of every class as its outputs."""
        channels = self.image_shape[2]
        numbers = 2 * channels + (RGB if channels == RGB else 0)
        outputs = self.num_classes * numbers
        self.net = PixelCNN(self.features, self.levels, self.blocks, self.dropout, outputs)

    def __call__(self, grey: Batch, train: bool = False) -> ClassLogProbs:
        """log P(x|y) in nats of every class, for whole grey levels."""
        mean, log_scale = self._moments(grey, train)
        log_p = logistic.log_probability(grey[:, :, :, None, :], mean, log_scale, self.grey_levels)
        return log_p.sum(axis=(1, 2, 4))

    def sample(self, labels: Int[Array, " batch"], key: Key) -> Batch:
        """Images of grey levels 0..L-1, pixel by pixel and channel by channel, each with a pass of the network."""
        height, width, channels = self.image_shape
        rows = jnp.arange(len(labels))
        uniform = jax.random.uniform(key, (len(labels), *self.image_shape), minval=1e-6, maxval=1.0 - 1e-6)

        def step(images: Batch, place: Array) -> tuple[Batch, None]:
            row, column, channel = place
            mean, log_scale = (found[rows, row, column, labels, channel] for found in self._moments(images, False))
            level = logistic.sample(mean, log_scale, self.grey_levels, uniform[:, row, column, channel])
            return images.at[:, row, column, channel].set(level), None

        places = jnp.stack(jnp.meshgrid(*map(jnp.arange, (height, width, channels)), indexing="ij"), axis=-1)
        images, _ = jax.lax.scan(step, jnp.zeros((len(labels), *self.image_shape)), places.reshape(-1, 3))
        return images

    def _moments(self, grey: Batch, train: bool) -> tuple[OfClasses, OfClasses]:
        """Means and log scales of all classes."""
        unit, channels = logistic.centers(grey, self.grey_levels), self.image_shape[2]
        found = self.net(unit, train)
        found = found.reshape(*grey.shape[:3], self.num_classes, -1)
        mean, log_scale = found[..., :channels], found[..., channels : 2 * channels]
        if channels == RGB:
            of_red, of_both_red, of_both_green = jnp.moveaxis(jnp.tanh(found[..., 2 * channels :]), -1, 0)
            red, green = unit[..., None, 0], unit[..., None, 1]
            zero = jnp.zeros_like(of_red)
            mean = mean + jnp.stack([zero, of_red * red, of_both_red * red + of_both_green * green], axis=-1)
        return mean, log_scale


def of(images: dict[str, Any], settings: dict[str, Any]) -> ConditionalPixelCNN:
    """That of images (config/spec.py) and of the settings `net` of a model (config/models.py)."""
    return ConditionalPixelCNN(images["levels"], tuple(images["image_shape"]), images["num_classes"], **settings["net"])
