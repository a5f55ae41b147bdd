"""An invertible network laid out like a ResNet (Mackowiak et al. 2021, section 4 and table 1).

A stage halves the image by Haar wavelets and continues with coupling blocks. At the end a cosine transform takes the
place of the average over pixels. Table 1 gives sizes, blocks and receptive fields; the appendix with the details is not
public text. From a block to the next the receptive field grows by two pixels, which is one 3x3 convolution, so the
network within a coupling is the bottleneck of a ResNet-50: 1x1, 3x3, 1x1.
"""

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from sbgc.maths.bijectors import ActNorm, AffineCoupling, Chain, CosineTransform, Haar, Rotation, soft_clamp
from sbgc.maths.bijectors.protocol import Batch, LogDet, Mapped
from sbgc.nets.fixed import FIXED
from sbgc.nets.narrow_conv import ChannelMap, NarrowConv

Latent = Float[Array, "batch dim"]


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions, the last of which begins at zero; without the 3x3 where there is one pixel."""

    features: int
    channels: int

    @nn.compact
    def __call__(self, x: Batch) -> Mapped:
        """[n, H, W, C] to [n, H, W, channels]."""
        normal = nn.initializers.he_normal()
        single = x.shape[1] * x.shape[2] == 1
        x = nn.relu(ChannelMap(self.features, normal, name="reduce")(x))
        if not single:
            x = nn.relu(NarrowConv(self.features, normal, name="conv")(x))
        return ChannelMap(self.channels, nn.initializers.zeros, name="expand")(x)


class Block(nn.Module):
    """An affine coupling with soft-clamped scales, actnorm, and a fixed rotation of the channels.

    clamp: the largest |log scale|.
    """

    features: int
    clamp: float

    @nn.compact
    def __call__(self, x: Batch, inverse: bool = False) -> tuple[Batch, LogDet]:
        """y and the log-determinant; or x, and zeros, for `inverse`. Actnorm takes its moments from the first x."""
        channels = x.shape[-1]
        kept = channels // 2
        network = Bottleneck(self.features, 2 * (channels - kept), name="bottleneck")
        coupling = AffineCoupling(kept, network, soft_clamp(self.clamp))
        if inverse:
            return Chain((coupling, self._actnorm(x), self._rotation(channels))).inverse(x), jnp.zeros(len(x), x.dtype)
        y, log_det = coupling.forward_and_log_det(x)
        y, more = Chain((self._actnorm(y), self._rotation(channels))).forward_and_log_det(y)
        return y, log_det + more

    def _actnorm(self, x: Batch) -> ActNorm:
        return ActNorm(
            self.param("log_scale", lambda key: ActNorm.of(x).log_scale),
            self.param("shift", lambda key: ActNorm.of(x).shift),
        )

    def _rotation(self, channels: int) -> Rotation:
        def begin() -> Array:
            return nn.initializers.orthogonal()(self.make_rng("params"), (channels, channels))

        return Rotation(self.variable(FIXED, "rotation", begin).value)


class InvertibleResNet(nn.Module):
    """Images [n, H, W, C] to latents [n, H W C] and back.

    blocks, features: of each stage; features are those of the networks within couplings. dense: features of one more
    coupling of all latents, 0 for none.
    """

    image_shape: tuple[int, int, int]
    blocks: tuple[int, ...]
    features: tuple[int, ...]
    dense: int
    clamp: float

    @nn.compact
    def __call__(self, given: Batch | Latent, inverse: bool = False) -> tuple[Batch | Latent, LogDet]:
        """The latents of images and the log-determinant of the whole map; or images, and zeros, for `inverse`."""
        return self._images(given) if inverse else self._latents(given)

    def _latents(self, x: Batch) -> tuple[Latent, LogDet]:
        log_det = jnp.zeros(len(x), x.dtype)
        for stage, count in enumerate(self.blocks):
            x, _ = Haar().forward_and_log_det(x)
            for number in range(count):
                x, more = self._block(stage, number)(x)
                log_det = log_det + more
        x, _ = self._pooling().forward_and_log_det(x)
        if self.dense:
            x, more = self._dense()(x)
            log_det = log_det + more
        return x.reshape(len(x), -1), log_det

    def _images(self, z: Latent) -> tuple[Batch, LogDet]:
        x = z.reshape(len(z), 1, 1, -1)
        if self.dense:
            x, _ = self._dense()(x, inverse=True)
        x = self._pooling().inverse(x)
        for stage, count in reversed(list(enumerate(self.blocks))):
            for number in reversed(range(count)):
                x, _ = self._block(stage, number)(x, inverse=True)
            x = Haar().inverse(x)
        return x, jnp.zeros(len(x), x.dtype)

    def _block(self, stage: int, number: int) -> Block:
        return Block(self.features[stage], self.clamp, name=f"stage_{stage}_block_{number}")

    def _dense(self) -> Block:
        return Block(self.dense, self.clamp, name="dense")

    def _pooling(self) -> CosineTransform:
        height, width, _ = self.image_shape
        return CosineTransform(height >> len(self.blocks), width >> len(self.blocks))
