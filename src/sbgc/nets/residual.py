"""What residual networks that classify are made of (He et al. 2016): the layers and how they begin."""

from functools import partial

import flax.linen as nn
from jaxtyping import Array, Float

BatchOfImages = Float[Array, "batch height width channels"]

# Batch normalization keeps running statistics, which are state besides the parameters. GroupNorm would spare the
# training procedure that state, but it would not be the published baseline.
Norm = partial(nn.BatchNorm, momentum=0.9, epsilon=1e-5)
Conv = partial(nn.Conv, use_bias=False, kernel_init=nn.initializers.variance_scaling(2.0, "fan_out", "normal"))
