"""A noise prediction that begins as the exact one of Gaussian data, and of which a network learns the rest.

Trained from nothing, a network spends most of a short training on what two moments of the images tell it at once: at
high noise, where images of different classes differ most, it is worse than a Gaussian for a long time
(docs/adr/0029-corrected-gaussians.md). Karras et al. 2022 ("EDM") do the same with one variance for all directions.
"""

from dataclasses import dataclass
from typing import Any

from jaxtyping import Array, Float, Int

from sbgc.maths import class_gaussians
from sbgc.maths.class_gaussians import ClassGaussians
from sbgc.maths.sde import SDE
from sbgc.nets.noise_network import Batch, NoiseNetwork, Variables

MEASURED = "gaussians"  # the variables that are measured before training, and stay as they are


@dataclass(frozen=True)
class CorrectedGaussians:
    """eps_hat = eps_G + c(t) F: eps_G of Gaussians, c the size of its error on Gaussian data, F of a network.

    The network sees eps_G beside z. Otherwise it could not take back, where the data are far from Gaussian, what a
    matrix of all pixels has put in. directions: in which classes have moments of their own.
    """

    network: NoiseNetwork
    process: SDE
    directions: int

    def init(self, key: Array, image_shape: tuple[int, int, int]) -> Variables:
        """The variables before training, with standard normal distributions in the place of the measured ones."""
        height, width, channels = image_shape
        params = self.network.init(key, image_shape, beside=True)
        classes = self.network.unet.num_classes
        return params | {MEASURED: class_gaussians.empty(height * width * channels, classes, self.directions)._asdict()}

    def predict(
        self,
        variables: Variables,
        z: Batch,
        times: Float[Array, " batch"],
        labels: Int[Array, " batch"],
        **training: Any,
    ) -> Batch:
        """eps_hat of a batch; eps_G in the precision of z."""
        gaussians, params = ClassGaussians(**variables[MEASURED]), {"params": variables["params"]}
        alpha, sigma = self.process.alpha(times), self.process.sigma(times)
        linear = gaussians.eps_hat(z, alpha, sigma, labels)
        correction = self.network.predict(params, z, times, labels, beside=linear, **training)
        return linear + gaussians.error(alpha, sigma)[:, None, None, None] * correction
