"""What predicts the noise: a network alone, or one that corrects what a Gaussian per class predicts."""

from typing import Any

from sbgc.maths import sde as sdes
from sbgc.nets.corrected_gaussians import CorrectedGaussians
from sbgc.nets.noise_network import NoiseNetwork, Variables

__all__ = ["ScoreNetwork", "Variables", "of"]

ScoreNetwork = NoiseNetwork | CorrectedGaussians


def of(num_classes: int, net: dict[str, Any], sde: dict[str, Any], gaussians: dict[str, Any] | None) -> ScoreNetwork:
    """That of the settings of a score model (config/models.py), without variables."""
    network = NoiseNetwork.create(num_classes, **net)
    if gaussians is None:
        return network
    return CorrectedGaussians(network, sdes.from_settings(sde), gaussians["directions"])
