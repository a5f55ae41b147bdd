"""What an experiment evaluates: splits of its data, lines between images, corruptions, attacks, races."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from sbgc.config import attack_rows
from sbgc.config.attacked import CLEAN
from sbgc.config.evaluated import Evaluated, Part
from sbgc.config.members import of_kinds

if TYPE_CHECKING:
    from sbgc.config.experiment import Experiment

SEVERITIES = 5


def evaluations(experiment: "Experiment") -> dict[str, Evaluated]:
    """All that an experiment evaluates, by name."""
    made = (*_of_splits(experiment), *_derived(experiment), *_attacked(experiment), *_corrupted(experiment))
    return {one.name: one for one in made}


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
