"""What an experiment evaluates: splits of its data, lines between images, corruptions, attacks, races.

They are one family. The rules ask its members questions, and nothing is read out of a name.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from sbgc.config import attack_rows
from sbgc.config.analyses import CornerCrops, number_of
from sbgc.config.attacked import CLEAN
from sbgc.config.likelihoods import Fast, Likelihood
from sbgc.config.models import learns_classes
from sbgc.kinds import KINDS

if TYPE_CHECKING:
    from sbgc.config.experiment import Experiment

SEVERITIES = 5
SHARD_BYTES = 1e9  # of dequantized draws, which a shard holds in memory


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


def evaluations(experiment: "Experiment") -> dict[str, Evaluated]:
    """All that an experiment evaluates, by name."""
    made = (*_of_splits(experiment), *_derived(experiment), *_attacked(experiment), *_corrupted(experiment))
    return {one.name: one for one in made}


def grid_nodes(experiment: "Experiment") -> dict[str, int | str]:
    """The models whose own likelihood is taken on a calibrated grid, and how many nodes each takes, or "auto"."""
    own = {name: getattr(model, "likelihood", None) for name, model in experiment.models.items()}
    return {name: likelihood.nodes for name, likelihood in own.items() if isinstance(likelihood, Fast)}


def of_kinds(
    experiment: "Experiment", gives: str | None = None, exact: bool | None = None, classes: bool = False
) -> tuple[str, ...]:
    """The models whose kind gives that (log_prob or logits), and whose log p is exact or estimated as asked.

    classes: only those that learn classes.
    """
    return tuple(
        name
        for name, model in experiment.models.items()
        if gives in (None, KINDS[model.kind].gives)
        and exact in (None, KINDS[model.kind].exact)
        and (learns_classes(model) or not classes)
    )


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


def _of_splits(experiment: "Experiment") -> Iterator[Evaluated]:
    models = tuple(experiment.models)
    for name, one in experiment.evaluations.items():
        yield Evaluated(
            name, (Part(one.split, one.split, one.images),), models, one.draws, experiment.strata, one.likelihood
        )


def _derived(experiment: "Experiment") -> Iterator[Evaluated]:
    estimated = of_kinds(experiment, exact=False)
    densities = of_kinds(experiment, gives="log_prob", classes=True)
    if ten := experiment.ten_crops:
        exact = of_kinds(experiment, exact=True, classes=True)
        parts = (Part("test", "test", ten.images),)
        yield Evaluated("ten_crops", parts, exact, ten.draws, experiment.strata, crops=ten.crops)
    if one := experiment.convergence:
        yield Evaluated(
            "convergence", (Part("test", "test", one.images),), densities, one.draws, one.strata, one.likelihood
        )
    if cross := experiment.crosscheck:
        for name, likelihood in (("crosscheck_own", None), ("crosscheck_reference", cross.reference)):
            yield Evaluated(name, (Part("test", "test", cross.images),), estimated, 1, experiment.strata, likelihood)
    if lines := experiment.interpolation:
        parts = (Part("interpolation", "interpolation", lines.pairs * lines.points),)
        yield Evaluated("interpolation", parts, densities, lines.draws, experiment.strata, lines.likelihood)
    if race := experiment.race:
        other = experiment.evaluations[race.variances]
        parts = (Part(other.split, other.split, other.images),)
        yield Evaluated("screening", parts, estimated, 1, experiment.strata, race.screen)
        parts = (Part("test", "test", race.images),)
        yield Evaluated("race", parts, estimated, race.draws, experiment.strata, other.likelihood, races=True)


def _attacked(experiment: "Experiment") -> Iterator[Evaluated]:
    """The images of all attacks on a model, after those before any; and those of some attacks on the others."""
    if (one := experiment.attacks) is None:
        return
    scored = of_kinds(experiment, classes=True)
    densities = of_kinds(experiment, gives="log_prob", classes=True)
    on = {name: attack_rows.on(method, scored, densities) for name, method in one.methods.items()}
    every = {CLEAN: scored} | on
    parts = tuple(
        Part(name, f"attacks/{{model}}/seed{{seed}}/{name}", attack_rows.rows(one, name), models)
        for name, models in every.items()
    )
    own = Evaluated("attacks", parts, scored, one.draws, experiment.strata, one.likelihood)
    yield own
    if one.judged_again:
        yield replace(own, name="attacks_again", anew=True)
    if one.transfers:
        others = {model: tuple(other for other in scored if other != model) for model in scored}
        parts = tuple(
            Part(
                f"{model}/{name}",
                f"attacks/{model}/seed{{seed}}/{name}",
                one.images,
                others[model],
                attack_rows.transferred(one, one.transfers, name),
            )
            for model in scored
            for name in one.transfers.methods
            if model in on[name]
        )
        yield replace(own, name="transfers", parts=parts)


def _corrupted(experiment: "Experiment") -> Iterator[Evaluated]:
    models, strata = tuple(experiment.models), experiment.strata
    if damaged := experiment.corruptions:
        parts = tuple(Part(kind, f"corruptions/{kind}", SEVERITIES * damaged.images) for kind in damaged.kinds)
        yield Evaluated("corruptions", parts, models, damaged.draws, strata, damaged.likelihood)
    if odd := experiment.outliers:
        parts = tuple(Part(name, f"outliers/{name}", odd.images) for name in (*odd.sets, *odd.experiments))
        densities = of_kinds(experiment, gives="log_prob")
        yield Evaluated("outliers", parts, densities, odd.draws, strata, odd.likelihood)
    if damaged and damaged.raced and (race := experiment.race):
        other = experiment.evaluations[race.variances]
        images = SEVERITIES * damaged.raced.images
        parts = tuple(Part(kind, f"raced_corruptions/{kind}", images) for kind in damaged.kinds)
        racing, scored = of_kinds(experiment, exact=False), of_kinds(experiment, exact=True)
        yield Evaluated("raced_corruptions", parts, racing, race.draws, strata, other.likelihood, races=True)
        yield Evaluated("all_corruptions", parts, scored, damaged.draws, strata, damaged.likelihood)
