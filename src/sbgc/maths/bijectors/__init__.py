"""Invertible maps of images, with the logarithm of the absolute determinant of their Jacobians.

Each takes a batch [n, H, W, C] and treats its images one by one. Its parameters are arrays, which a network keeps.
docs/adr/0030-bijectors.md says why no library is used.
"""

from sbgc.maths.bijectors.actnorm import ActNorm
from sbgc.maths.bijectors.cosine import CosineTransform
from sbgc.maths.bijectors.coupling import AffineCoupling, glow_log_scale, soft_clamp
from sbgc.maths.bijectors.haar import Haar
from sbgc.maths.bijectors.invertible_conv import InvertibleConv
from sbgc.maths.bijectors.protocol import Batch, Bijector, Chain, LogDet, Mapped
from sbgc.maths.bijectors.rotation import Rotation
from sbgc.maths.bijectors.scaling import Scaling
from sbgc.maths.bijectors.squeeze import Squeeze

__all__ = [
    "ActNorm",
    "AffineCoupling",
    "Batch",
    "Bijector",
    "Chain",
    "CosineTransform",
    "Haar",
    "InvertibleConv",
    "LogDet",
    "Mapped",
    "Rotation",
    "Scaling",
    "Squeeze",
    "glow_log_scale",
    "soft_clamp",
]
