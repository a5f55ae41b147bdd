"""Residual network (He et al. 2016), the counterpart of IB-INNs: a ResNet-50, or one for small images."""

from typing import Literal

import flax.linen as nn
from jaxtyping import Array, Float

from sbgc.nets.residual import BatchOfImages, Conv, Norm

BatchOfFeatures = Float[Array, "batch height_out width_out features_out"]


class Basic(nn.Module):
    """Two 3x3 convolutions, the first of which has the stride (He et al. 2016, figure 5, left)."""

    features: int
    stride: int

    @nn.compact
    def __call__(self, x: BatchOfImages, train: bool) -> BatchOfFeatures:
        """[B, H, W, C] to [B, H / stride, W / stride, features], sizes rounded up."""
        h = nn.relu(Norm(use_running_average=not train)(_conv(self.features, 3, self.stride)(x)))
        return _joined(x, _conv(self.features, 3)(h), self.stride, train)


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions, of which the last has four times the features (figure 5, right).

    The stride is that of the 3x3 convolution, as in the networks that are shared today, and not of the first 1x1. The
    receptive fields in table 1 of Mackowiak et al. 2021 are those of this layout.
    """

    features: int
    stride: int

    @nn.compact
    def __call__(self, x: BatchOfImages, train: bool) -> BatchOfFeatures:
        """[B, H, W, C] to [B, H / stride, W / stride, 4 features], sizes rounded up."""
        h = nn.relu(Norm(use_running_average=not train)(_conv(self.features, 1)(x)))
        h = nn.relu(Norm(use_running_average=not train)(_conv(self.features, 3, self.stride)(h)))
        return _joined(x, _conv(4 * self.features, 1)(h), self.stride, train)


BLOCKS: dict[str, type[Basic] | type[Bottleneck]] = {"basic": Basic, "bottleneck": Bottleneck}


class ResNet(nn.Module):
    """Stages of `blocks` blocks each: every stage but the first halves the image and doubles the features.

    stem: "imagenet" has a 7x7 convolution and a pooling, each of which halves the image (table 1); "plain" has one 3x3
    convolution at full size (section 4.2). features: of the first stage, within its blocks. The last feature map is
    averaged, so that images may have any size. Training updates the collection "batch_stats".
    """

    stem: Literal["plain", "imagenet"]
    block: Literal["basic", "bottleneck"]
    blocks: tuple[int, ...]
    features: int
    num_classes: int

    @nn.compact
    def __call__(self, z: BatchOfImages, train: bool) -> Float[Array, "batch classes"]:
        """The logits of images z in [-1, 1]."""
        large = self.stem == "imagenet"
        x = _conv(self.features, 7, 2, "stem")(z) if large else _conv(self.features, 3, name="stem")(z)
        x = nn.relu(Norm(use_running_average=not train, name="stem_norm")(x))
        if large:
            x = nn.max_pool(x, (3, 3), (2, 2), [(1, 1), (1, 1)])
        for stage, count in enumerate(self.blocks):
            for number in range(count):
                stride = 2 if stage > 0 and number == 0 else 1
                name = f"stage{stage}_block{number}"
                x = BLOCKS[self.block](self.features * 2**stage, stride, name=name)(x, train)
        return nn.Dense(self.num_classes)(x.mean(axis=(1, 2)))


def _conv(features: int, width: int, stride: int = 1, name: str | None = None) -> nn.Conv:
    """With zeros around the image, half the kernel's width on each side."""
    return Conv(features, (width, width), (stride, stride), padding=width // 2, name=name)


def _joined(x: BatchOfImages, residual: BatchOfFeatures, stride: int, train: bool) -> BatchOfFeatures:
    """ReLU of the shortcut and the normalized residual.

    The shortcut is x, or a normalized 1x1 convolution of it where the width or the resolution changes. The norm of the
    residual begins with scales of 0, so that a network begins as its shortcuts (Goyal et al. 2017, section 5.1).
    """
    last = nn.initializers.zeros
    residual = Norm(use_running_average=not train, scale_init=last, name="last_norm")(residual)
    if x.shape[-1] != residual.shape[-1] or stride != 1:
        x = _conv(residual.shape[-1], 1, stride, "shortcut")(x)
        x = Norm(use_running_average=not train, name="shortcut_norm")(x)
    return nn.relu(x + residual)
