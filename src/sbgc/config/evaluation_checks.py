"""The rules between evaluations: the same images, the same noise, procedures that fit their names."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sbgc.config.mistakes import MISSING, Mistake, Place, equal, most, one_of

if TYPE_CHECKING:
    from sbgc.config import Experiment
    from sbgc.config.evaluations import Evaluation, Race

EVALUATED = ("train", "validation", "test")  # each evaluates the split of its name
CROSSCHECK = ("reference", "fast")  # crosscheck_* evaluate the same images, each by the procedure of its name
REQUIRED = (*EVALUATED, "convergence", "screening", *(f"crosscheck_{procedure}" for procedure in CROSSCHECK))
LEARNED = {"variances": "likelihood", "screening": "screen"}  # what a race learns from: the procedure of its evaluation
# What the workflow names itself; corrupt-*, raced-*, all-* and pgd-* too, but names here have no hyphen.
RESERVED_EVALUATIONS = ("attack_clean", "interpolation", "race")


def mistakes(experiment: "Experiment") -> Iterator[Mistake]:
    """Every broken rule; places count from the experiment."""
    yield from _evaluations(experiment.evaluations)
    yield from _crosscheck(experiment.evaluations)
    yield from _race(experiment)
    yield from _same_noise(experiment)
    yield from _bounds(experiment)


def _evaluations(evaluations: dict[str, "Evaluation"]) -> Iterator[Mistake]:
    for name in REQUIRED:
        if name not in evaluations:
            yield Mistake(("evaluations", name), MISSING)
    for name in RESERVED_EVALUATIONS:
        if name in evaluations:
            yield Mistake(("evaluations", name), "the workflow gives this name to an evaluation of its own")
    for name in EVALUATED:
        if name in evaluations:
            place = ("evaluations", name, "split")
            yield from equal(place, evaluations[name].split, name, "as the evaluation's name says")


def _crosscheck(evaluations: dict[str, "Evaluation"]) -> Iterator[Mistake]:
    for procedure in CROSSCHECK:
        name = f"crosscheck_{procedure}"
        if name in evaluations:
            place = ("evaluations", name, "likelihood", "procedure")
            found = evaluations[name].likelihood.procedure
            yield from equal(place, found, procedure, "as the evaluation's name says")
    reference, fast = (evaluations.get(f"crosscheck_{procedure}") for procedure in CROSSCHECK)
    for key in ("split", "images", "draws"):
        if reference and fast:
            wanted, why = getattr(fast, key), "as in crosscheck_fast"
            yield from equal(("evaluations", "crosscheck_reference", key), getattr(reference, key), wanted, why)


def _race(experiment: "Experiment") -> Iterator[Mistake]:
    """What a race learns comes from other images than its own, by the procedures of its own."""
    race, found = experiment.race, {}
    for key in LEARNED:
        name = getattr(race, key)
        if name in experiment.evaluations:
            found[key] = experiment.evaluations[name]
        elif name not in REQUIRED:  # or it is missing itself, which is said above
            yield Mistake(("race", key), one_of(name, experiment.evaluations), name)
    wrong = [mistake for key, by in LEARNED.items() if key in found for mistake in _learns(key, by, found[key], race)]
    yield from wrong
    if not wrong and len(found) == len(LEARNED):
        place, why = ("evaluations", race.screening, "images"), f"as many as {race.variances} has"
        yield from most(place, found["screening"].images, found["variances"].images, why)


def _learns(key: str, by: str, other: "Evaluation", race: "Race") -> Iterator[Mistake]:
    rule = None
    if other.split == race.split:
        rule = f"must be an evaluation of another split than {race.split}"
    elif key == "variances" and other.draws < 2:
        rule = "must be an evaluation of 2 draws or more"
    elif (other.likelihood, other.dequantization) != (getattr(race, by), race.dequantization):
        rule = f"must be an evaluation by race.{by}, of race.dequantization"
    if rule:
        yield Mistake(("race", key), rule, getattr(race, key))


def _same_noise(experiment: "Experiment") -> Iterator[Mistake]:
    """A damaged image keeps the noise of the clean one, and so does an image that two procedures evaluate."""
    parts = _dequantized(experiment)
    same = [("evaluations", "test"), ("corruptions",), ("attacks",)]
    cross = [("evaluations", f"crosscheck_{procedure}") for procedure in reversed(CROSSCHECK)]
    for first, *others in (same, cross):
        for place in (place for place in others if first in parts and place in parts):
            if parts[place].dequantization != parts[first].dequantization:
                yield Mistake((*place, "dequantization"), f"must be that of {'.'.join(first)}")


def _bounds(experiment: "Experiment") -> Iterator[Mistake]:
    """The evidence lower bound takes an image for x(t_min), without noise of its own."""
    for place, part in _dequantized(experiment).items():
        likelihoods = [part.likelihood, experiment.race.screen] if place == ("race",) else [part.likelihood]
        if part.dequantization.kind != "uniform" and "elbo" in [likelihood.procedure for likelihood in likelihoods]:
            rule = "must be 'uniform' for the procedure elbo"
            yield Mistake((*place, "dequantization", "kind"), rule, part.dequantization.kind)


def _dequantized(experiment: "Experiment") -> dict[Place, Any]:
    """All parts that say how images are dequantized, by their places."""
    parts: dict[Place, Any] = {("evaluations", name): part for name, part in experiment.evaluations.items()}
    return parts | {(name,): getattr(experiment, name) for name in ("corruptions", "attacks", "interpolation", "race")}
