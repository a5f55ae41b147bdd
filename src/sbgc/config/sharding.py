"""In how many shards each evaluation of a model is made."""

import math
from typing import TYPE_CHECKING

from sbgc.config.evaluated import Evaluated
from sbgc.config.evaluations import evaluations
from sbgc.kinds import KINDS

if TYPE_CHECKING:
    from sbgc.config.experiment import Experiment

SHARD_BYTES = 1e9  # of dequantized draws, which a shard holds in memory


def shards(evaluated: Evaluated, largest: Evaluated, most: int, cost: float, dim: int) -> int:
    """How many shards an evaluation is made in, `most` being those of the largest: each starts Python and compiles.

    cost: of the model's kind, relative to a score model. dim: dimensions of an image, whose draws are held in memory.
    """
    in_memory = math.ceil(4 * dim * evaluated.draws * evaluated.images / SHARD_BYTES)
    return max(math.ceil(most * evaluated.work / largest.work * cost), in_memory, 1)


def pieces(experiment: "Experiment", model: str) -> dict[str, int]:
    """In how many shards each evaluation of a model is made; races in `execution.shards`."""
    found = {name: one.by(model) for name, one in evaluations(experiment).items() if model in one.models}
    scored = [one for one in found.values() if not one.races]
    most, cost = experiment.execution.shards, KINDS[experiment.models[model].kind].cost
    largest, (height, width, channels) = max(scored, key=lambda one: one.work), experiment.dataset.image_shape

    def dim(one: Evaluated) -> int:
        border = 2 * one.crops.border if one.crops else 0
        return (height + border) * (width + border) * channels

    return {name: most if one.races else shards(one, largest, most, cost, dim(one)) for name, one in found.items()}
