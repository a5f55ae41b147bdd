"""How much an experiment may plan: Snakemake holds every job in memory, and a command line has a largest length."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sbgc.config import evaluations, sharding
from sbgc.config.mistakes import Mistake
from sbgc.config.models import is_trained

if TYPE_CHECKING:
    from sbgc.config.experiment import Experiment

MOST_JOBS = 10_000
MOST_PATHS = 550  # one command's: each has at most 217 characters, and Linux passes 128 KiB to a shell
ADVICE = "take fewer seeds, shards, images or draws"


def mistakes(experiment: "Experiment") -> Iterator[Mistake]:
    """Plans that are too large, of an experiment whose settings are right otherwise."""
    pieces = {name: sharding.pieces(experiment, name) for name in experiment.models}
    segments = sum(is_trained(model) for model in experiment.models.values())
    jobs = segments * experiment.execution.segments + sum(sum(of_model.values()) for of_model in pieces.values())
    jobs *= len(experiment.seeds)
    if jobs > MOST_JOBS:
        yield Mistake(("execution",), f"{jobs} trainings and shards are more than {MOST_JOBS}; {ADVICE}")
        return
    for name, paths in _gathered(experiment, pieces).items():
        if paths > MOST_PATHS:
            rule = f"one command would gather {paths} files of {name}, which are more than {MOST_PATHS}; {ADVICE}"
            yield Mistake(("execution",), rule)


def _gathered(experiment: "Experiment", pieces: dict[str, dict[str, int]]) -> dict[str, int]:
    """The most files that a single command reads, for each group of results that are gathered."""
    seeds, trainings = len(experiment.seeds), len(experiment.seeds) * len(experiment.models)
    measured = len(experiment.evaluations) + (experiment.ten_crops is not None)
    gathered, bundles = {"all evaluations": trainings * measured}, {}
    for name, one in evaluations.evaluations(experiment).items():
        of_models = {model: of_model[name] for model, of_model in pieces.items() if name in of_model}
        bundles[name] = sum(min(len(one.by(model).parts), number) for model, number in of_models.items())
        shards = of_models.values()
        gathered[f"the evaluation {name}"] = max(
            seeds * (sum(shards) if one.races else bundles[name]), *([0] if one.races else shards)
        )
        if name == "attacks":
            gathered["attacked images"] = bundles[name] + len(of_models) * len(one.parts)
        if name == "transfers":
            gathered["attacks and transfers"] = seeds * (bundles["attacks"] + bundles[name])
    return gathered
