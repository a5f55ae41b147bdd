"""Wide residual network (Zagoruyko & Komodakis 2016), the discriminative baseline."""

import flax.linen as nn
from jaxtyping import Array, Float

from sbgc.nets.residual import BatchOfImages, Conv, Norm


class Block(nn.Module):
    """Pre-activation block: norm, ReLU, 3x3, norm, ReLU, dropout, 3x3, with the shortcut added.

    The shortcut is the input itself, or a 1x1 convolution of the activated input where the width or the resolution
    changes.
    """

    features: int
    stride: int
    dropout: float

    @nn.compact
    def __call__(self, x: BatchOfImages, train: bool) -> Float[Array, "batch height_out width_out features"]:
        """[B, H, W, C] to [B, H / stride, W / stride, features]."""
        strides = (self.stride, self.stride)
        active = nn.relu(Norm(use_running_average=not train)(x))
        if x.shape[-1] != self.features or self.stride != 1:
            x = Conv(self.features, (1, 1), strides, name="shortcut")(active)
        residual = Conv(self.features, (3, 3), strides, padding=1)(active)
        residual = nn.relu(Norm(use_running_average=not train)(residual))
        residual = nn.Dropout(self.dropout, deterministic=not train)(residual)
        return x + Conv(self.features, (3, 3), padding=1)(residual)


class WideResNet(nn.Module):
    """WRN-depth-widen: three groups of (depth - 4) / 6 blocks of strides 1, 2, 2 and widths widen * base * (1, 2, 4).

    It takes images of any resolution, because it averages the last feature map. In training it needs a "dropout" key
    and updates the collection "batch_stats".
    """

    depth: int
    widen: int
    base_features: int
    dropout: float
    num_classes: int

    @nn.compact
    def __call__(self, z: BatchOfImages, train: bool) -> Float[Array, "batch classes"]:
        """The logits of images z in [-1, 1]."""
        x = Conv(self.base_features, (3, 3), padding=1)(z)
        for group in range(3):
            for block in range((self.depth - 4) // 6):
                stride = 2 if group > 0 and block == 0 else 1
                features = self.base_features * self.widen * 2**group
                x = Block(features, stride, self.dropout, name=f"group{group}_block{block}")(x, train)
        x = nn.relu(Norm(use_running_average=not train)(x))
        return nn.Dense(self.num_classes)(x.mean(axis=(1, 2)))
