"""Some images, scored by some models.

The evaluations of an experiment are one family. The rules ask its members questions, and nothing is read out of a name.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

from sbgc.config.analyses import CornerCrops, number_of
from sbgc.config.likelihoods import Likelihood


class Part(NamedTuple):
    """`images` rows of a split, from row `first` on.

    name: what tells it apart from the other parts. split: its path below the experiment's folder of splits, without its
    ending; {model} and {seed} in it stand for the training that is scored. models: who scores it; None for all.
    """

    name: str
    split: str
    images: int
    models: tuple[str, ...] | None = None
    first: int = 0


@dataclass(frozen=True)
class Evaluated:
    """Some images, scored by some models.

    parts: where the images are. models: who scores them. draws, strata: of the dequantization noise. likelihood: in
    place of a model's own. races: whether classes race on these images, in place of a matrix of scores. crops: of each
    image, over which posteriors are averaged; None for the image itself. anew: whether with noise and probes that no
    other evaluation has.
    """

    name: str
    parts: tuple[Part, ...]
    models: tuple[str, ...]
    draws: int
    strata: int
    likelihood: Likelihood | None = None
    races: bool = False
    crops: CornerCrops | None = None
    anew: bool = False

    @property
    def images(self) -> int:
        """How many there are."""
        return sum(part.images for part in self.parts)

    def rows(self, shard: int, shards: int) -> list[tuple[str, int, int]]:
        """The shard-th of `shards` ranges of all images, in the parts: (split, first row, the one after the last)."""
        first, last = (round(self.images * edge / shards) for edge in (shard, shard + 1))
        found, start = [], 0
        for part in self.parts:
            low, high = max(first - start, 0), min(last - start, part.images)
            if low < high:
                found.append((part.split, part.first + low, part.first + high))
            start += part.images
        return found

    def of_part(self, name: str) -> "Evaluated":
        """The same of one part alone."""
        return replace(self, parts=tuple(part for part in self.parts if part.name == name))

    def by(self, model: str) -> "Evaluated":
        """The same, of the parts that one of its models scores."""
        return replace(self, parts=tuple(part for part in self.parts if part.models is None or model in part.models))

    @property
    def work(self) -> int:
        """How many images are scored, each draw and each crop by itself."""
        return self.draws * self.images * (number_of(self.crops) if self.crops else 1)
