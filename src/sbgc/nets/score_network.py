"""What predicts the noise: one network of all classes, or one for each class."""

from typing import Any

from sbgc.nets.class_networks import ClassNetworks
from sbgc.nets.noise_network import NoiseNetwork, Variables

__all__ = ["ScoreNetwork", "Variables", "of"]

ScoreNetwork = NoiseNetwork | ClassNetworks


def of(num_classes: int, net: dict[str, Any], class_networks: dict[str, Any] | None) -> ScoreNetwork:
    """That of the settings of a score model (config/models.py), without variables."""
    if class_networks is None:
        return NoiseNetwork.create(num_classes, **net)
    return ClassNetworks(NoiseNetwork.create(1, **net), num_classes, class_networks["begin"])
