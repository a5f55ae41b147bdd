"""PixelCNN++ (Salimans et al. 2017): for each pixel, what follows from those above it and to its left.

Two streams of gated residual blocks see the rows above, and the current row up to the pixel. Their convolutions look up
only, or up and left only, and the input is shifted by one pixel before the first of them. Images are halved between the
levels, and doubled on the way back, where blocks see those of the way down. The network is the same for all classes.

The published code differs in two things: it normalizes the weights and sets their scales by a first batch, and doubles
the images by transposed convolutions, which have a quarter of the weights of ours.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

Batch = Float[Array, "batch height width channels"]
Mapped = Float[Array, "batch height_out width_out mapped"]
Padding = tuple[tuple[int, int], tuple[int, int]]
# Of a kernel of (rows, columns): the pixels that are added above and below, left and right, so that it looks up only
# ("down": what it sees moves down), or up and left only ("right").
DOWN: dict[tuple[int, int], Padding] = {(2, 3): ((1, 0), (1, 1)), (1, 3): ((0, 0), (1, 1))}
RIGHT: dict[tuple[int, int], Padding] = {(2, 2): ((1, 0), (1, 0)), (2, 1): ((1, 0), (0, 0))}
SHIFTED = {"down": ((2, 3), DOWN[2, 3]), "right": ((2, 2), RIGHT[2, 2])}


def concat_elu(x: Batch) -> Mapped:
    """elu of x and of -x, as twice as many channels."""
    return jax.nn.elu(jnp.concatenate([x, -x], axis=-1))


def shifted_down(x: Batch) -> Batch:
    """Each row sees the one above; the first one sees zeros."""
    return jnp.pad(x, ((0, 0), (1, 0), (0, 0), (0, 0)))[:, :-1]


def shifted_right(x: Batch) -> Batch:
    """Each column sees the one to its left; the first one sees zeros."""
    return jnp.pad(x, ((0, 0), (0, 0), (1, 0), (0, 0)))[:, :, :-1]


def shifted_conv(stream: str, features: int, stride: int = 1, name: str | None = None) -> nn.Conv:
    """The convolution of a stream, "down" or "right"."""
    kernel, padding = SHIFTED[stream]
    return nn.Conv(features, kernel, (stride, stride), padding, name=name)


class GatedBlock(nn.Module):
    """x + a sigmoid(b), where a and b are made of x and of what it sees beside."""

    stream: str
    dropout: float

    @nn.compact
    def __call__(self, x: Batch, beside: Array | None, train: bool) -> Batch:
        """[B, H, W, C] to the same shape; beside: [B, H, W, any]."""
        features = x.shape[-1]
        h = shifted_conv(self.stream, features, name="conv_in")(concat_elu(x))
        if beside is not None:
            h = h + nn.Dense(features, name="beside")(concat_elu(beside))
        h = nn.Dropout(self.dropout)(concat_elu(h), deterministic=not train)
        a, b = jnp.split(shifted_conv(self.stream, 2 * features, name="conv_out")(h), 2, axis=-1)
        return x + a * jax.nn.sigmoid(b)


class Double(nn.Module):
    """Twice the resolution: each pixel becomes a tile of 2x2, none of which sees what comes after the first of them."""

    stream: str
    features: int

    @nn.compact
    def __call__(self, x: Batch) -> Mapped:
        """[B, H, W, C] to [B, 2 H, 2 W, features]."""
        batch, height, width, _ = x.shape
        tiles = shifted_conv(self.stream, 4 * self.features, name="conv")(x)
        tiles = tiles.reshape(batch, height, width, 2, 2, self.features).transpose(0, 1, 3, 2, 4, 5)
        return tiles.reshape(batch, 2 * height, 2 * width, self.features)


class PixelCNN(nn.Module):
    """Images on [-1, 1] to `outputs` numbers at each pixel, which follow from earlier pixels alone.

    levels: resolutions, each half of the one before. blocks: gated residual blocks of each stream at a level, on the
    way down; there is one more on the way up, but for the lowest level.
    """

    features: int
    levels: int
    blocks: int
    dropout: float
    outputs: int

    @nn.compact
    def __call__(self, x: Batch, train: bool = False) -> Mapped:
        """[B, H, W, C] to [B, H, W, outputs]."""
        down, right = self._begin(jnp.concatenate([x, jnp.ones_like(x[..., :1])], axis=-1))
        seen = [(down, right)]
        for level in range(self.levels):
            for number in range(self.blocks):
                name = f"level_{level}_down_{number}"
                down = GatedBlock("down", self.dropout, name=f"{name}_rows")(down, None, train)
                right = GatedBlock("right", self.dropout, name=name)(right, down, train)
                seen.append((down, right))
            if level + 1 < self.levels:
                down = shifted_conv("down", self.features, 2, name=f"level_{level}_halve_rows")(down)
                right = shifted_conv("right", self.features, 2, name=f"level_{level}_halve")(right)
                seen.append((down, right))
        down, right = seen.pop()
        for level in reversed(range(self.levels)):
            for number in range(self.blocks + (level + 1 < self.levels)):
                name, (rows, before) = f"level_{level}_up_{number}", seen.pop()
                down = GatedBlock("down", self.dropout, name=f"{name}_rows")(down, rows, train)
                beside = jnp.concatenate([down, before], axis=-1)
                right = GatedBlock("right", self.dropout, name=name)(right, beside, train)
            if level > 0:
                down = Double("down", self.features, name=f"level_{level}_double_rows")(down)
                right = Double("right", self.features, name=f"level_{level}_double")(right)
        return nn.Dense(self.outputs, name="out")(jax.nn.elu(right))

    def _begin(self, x: Batch) -> tuple[Mapped, Mapped]:
        """Both streams, which see only what is before the pixel: the only place where the image itself is shifted."""

        def conv(kernel: tuple[int, int], padding: Padding, name: str) -> nn.Conv:
            return nn.Conv(self.features, kernel, padding=padding, name=name)

        down = shifted_down(conv((2, 3), DOWN[2, 3], "rows_in")(x))
        above = shifted_down(conv((1, 3), DOWN[1, 3], "above_in")(x))
        return down, above + shifted_right(conv((2, 1), RIGHT[2, 1], "left_in")(x))
