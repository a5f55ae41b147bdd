"""The rules between the settings of an experiment: what no single value can break alone."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sbgc.config import attack_checks, dataset_checks, explained, model_checks, plan_checks
from sbgc.config.datasets import FACTS
from sbgc.config.defences import Averaging
from sbgc.config.mistakes import MISSING, Mistake, equal, most, of_training, one_of
from sbgc.config.models import DefendedModel, learns_classes
from sbgc.kinds import KINDS, Kind

if TYPE_CHECKING:
    from sbgc.config.analyses import Evaluation
    from sbgc.config.experiment import Experiment

RESERVED_MODELS = ("figures", "logs", "pictures", "splits", "tables")  # folders of an experiment's results
SPLITS = ("train", "validation", "test")  # an evaluation of one of these names is of the split of that name
# The workflow gives these names to evaluations that it derives from the analyses (config/evaluations.py).
RESERVED_EVALUATIONS = (
    "all_corruptions", "attacks", "attacks_again", "convergence", "corruptions", "crosscheck_own",
    "crosscheck_reference", "interpolation", "outliers", "race", "raced_corruptions", "screening", "ten_crops",
    "transfers",
)  # fmt: skip
ARCHIVE_OF = "cifar10"  # whose test images CIFAR-10-C has
OF_COLORS = "saturate"  # the corruption that leaves an image without colors as it is
OF_TEST_IMAGES = (
    ("ten_crops", "images"), ("convergence", "images"), ("crosscheck", "images"), ("race", "images"),
    ("interpolation", "pairs"),
)  # fmt: skip


def mistakes(experiment: "Experiment") -> Iterator[Mistake]:
    """Every broken rule; places count from the experiment."""
    wrong = [*_evaluations(experiment), *_race(experiment), *_corruptions(experiment), *_densities(experiment)]
    wrong += [*_weights(experiment), *_defended(experiment), *_outliers(experiment), *explained.mistakes(experiment)]
    wrong += attack_checks.mistakes(experiment)
    wrong += list(dataset_checks.mistakes(experiment.dataset)) or list(
        _images(experiment)
    )  # a wrong dataset tells no sizes
    yield from wrong or plan_checks.mistakes(experiment)


def _evaluations(experiment: "Experiment") -> Iterator[Mistake]:
    if "test" not in experiment.evaluations:
        yield Mistake(("evaluations", "test"), MISSING)
    for name, evaluation in experiment.evaluations.items():
        if name in RESERVED_EVALUATIONS:
            yield Mistake(("evaluations", name), "the workflow gives this name to an evaluation of its own")
        if name in SPLITS:
            yield from equal(("evaluations", name, "split"), evaluation.split, name, "as the evaluation's name says")


def _weights(experiment: "Experiment") -> Iterator[Mistake]:
    """Weights are those of one training."""
    for name, model in experiment.models.items():
        if getattr(model, "weights", None) is not None and len(experiment.seeds) > 1:
            rule = f"are of one training, and there are {len(experiment.seeds)} seeds"
            yield Mistake(("models", name, "weights"), rule)


def _defended(experiment: "Experiment") -> Iterator[Mistake]:
    """What is defended is another model of the experiment, whose scores of classes JAX can trace.

    An image climbs densities alone; those of whole grey levels have no slope.
    """
    for name, model in experiment.models.items():
        if not isinstance(model, DefendedModel):
            continue
        able = [
            other
            for other, one in experiment.models.items()
            if KINDS[one.kind].exact
            and not isinstance(one, DefendedModel)
            and learns_classes(one)
            and (isinstance(model.defence, Averaging) or _has_slope(KINDS[one.kind]))
        ]
        if model.of not in able:
            rule = one_of(model.of, able) if able else "needs a model that can be defended so, and models has none"
            yield Mistake(("models", name, "of"), rule, model.of)


def _has_slope(kind: Kind) -> bool:
    return kind.gives == "log_prob" and not kind.discrete


def _race(experiment: "Experiment") -> Iterator[Mistake]:
    """A race learns from other images than its own."""
    race = experiment.race
    if race is None:
        return
    learned, rule = experiment.evaluations.get(race.variances), None
    if learned is None:
        rule = one_of(race.variances, experiment.evaluations)
    elif learned.split == "test":
        rule = "must be an evaluation of another split than test"
    elif learned.draws < 2:
        rule = "must be an evaluation of 2 draws or more"
    if rule:
        yield Mistake(("race", "variances"), rule, race.variances)


def _corruptions(experiment: "Experiment") -> Iterator[Mistake]:
    corruptions, dataset = experiment.corruptions, experiment.dataset
    if corruptions is None:
        return
    if corruptions.source != "generated" and dataset.name != ARCHIVE_OF:
        rule = f"must be 'generated', for CIFAR-10-C has images of {ARCHIVE_OF} alone"
        yield Mistake(("corruptions", "source"), rule, corruptions.source)
    if OF_COLORS in corruptions.kinds and dataset.image_shape[2] != 3:
        rule = f"needs 3 color channels, and image_shape has {dataset.image_shape[2]}; leave it out"
        yield Mistake(("corruptions", "kinds", corruptions.kinds.index(OF_COLORS)), rule, OF_COLORS)
    if corruptions.baseline is not None and corruptions.baseline not in experiment.models:
        rule = f"{one_of(corruptions.baseline, experiment.models)}; null leaves mCE out"
        yield Mistake(("corruptions", "baseline"), rule, corruptions.baseline)
    if corruptions.raced and experiment.race is None:
        yield Mistake(("corruptions", "raced"), "needs the section race, whose settings it takes; or null")


def _outliers(experiment: "Experiment") -> Iterator[Mistake]:
    """Outliers are told from training images, and are not the images of the experiment itself."""
    odd, dataset = experiment.outliers, experiment.dataset
    if odd is None:
        return
    yield from of_training(("outliers", "reference"), odd.reference, experiment.evaluations)
    if not odd.sets and not odd.experiments:
        yield Mistake(("outliers", "sets"), "names no set, and experiments none either; or leave the section out")
    for place, name in enumerate(odd.sets):
        if name == dataset.name:
            yield Mistake(("outliers", "sets", place), "the experiment's own dataset; name another one", name)
        if facts := FACTS.get(name):
            why = f"those of {name} that are for tests"
            yield from most(("outliers", "images"), odd.images, facts.official_test or facts.images, why)


def _densities(experiment: "Experiment") -> Iterator[Mistake]:
    """What only some kinds of model can do."""
    kinds = [KINDS[model.kind] for model in experiment.models.values()]
    named = [KINDS[model.kind] for model in experiment.models.values() if learns_classes(model)]
    if not named:
        yield Mistake(("models",), "none of them learns classes, and one must; give a bottleneck another beta than 0")
    densities = any(kind.gives == "log_prob" for kind in named)
    estimated, exact = any(not kind.exact for kind in kinds), any(kind.exact for kind in named)
    able = {
        "ten_crops": (exact, "a model with classes whose scores are exact"),
        "convergence": (densities, "a model with a density and classes"),
        "interpolation": (densities, "a model with a density and classes"),
        "labels": (densities, "a model with a density and classes"),
        "outliers": (any(kind.gives == "log_prob" for kind in kinds), "a model with a density"),
        "race": (estimated, "a model whose likelihood is estimated"),
        "crosscheck": (estimated, "a model whose likelihood is estimated"),
        "samples": (any(kind.samples for kind in kinds), "a model that can be sampled from"),
    }
    for section, (possible, needed) in able.items():
        if getattr(experiment, section) is not None and not possible:
            yield Mistake((section,), f"needs {needed}, and models has none; leave the section out, or null")
    if estimated and experiment.calibration is None:
        yield Mistake(("calibration",), MISSING)
    if densities and experiment.evaluations.get("test") and experiment.evaluations["test"].draws < 2:
        rule = "must be at least 2, for the decisions of densities are told with their standard errors"
        yield Mistake(("evaluations", "test", "draws"), rule, experiment.evaluations["test"].draws)


def _images(experiment: "Experiment") -> Iterator[Mistake]:
    """No part asks for more images than there are, and every model can be made for these images."""
    sizes = dataset_checks.split_sizes(experiment.dataset)
    for name, evaluation in experiment.evaluations.items():
        why = f"the size of the {evaluation.split} split"
        yield from most(("evaluations", name, "images"), evaluation.images, sizes[evaluation.split], why)
    for section, key in OF_TEST_IMAGES:
        if part := getattr(experiment, section):
            yield from most((section, key), getattr(part, key), sizes["test"], "the size of the test split")
    yield from _crops(experiment)
    if one := experiment.calibration:
        why = "the size of the validation split"
        yield from most(("calibration", "images"), one.images, sizes["validation"], why)
    if clean := experiment.evaluations.get("test"):
        yield from _damaged(experiment, clean)
    for name, model in experiment.models.items():
        if name in RESERVED_MODELS:
            yield Mistake(("models", name), "a folder of the results has this name; choose another for the model")
        of = _images_of(experiment)
        yield from model_checks.mistakes(("models", name), model, of, experiment.execution.segments)
    yield from _files(experiment)


def _images_of(experiment: "Experiment") -> model_checks.Data:
    dataset, train = experiment.dataset, dataset_checks.split_sizes(experiment.dataset)["train"]
    margin = dataset.ilsvrc.margin if dataset.ilsvrc else 0
    return model_checks.Data(dataset.image_shape, dataset.num_classes, train, margin)


def _files(experiment: "Experiment") -> Iterator[Mistake]:
    """Images that lie in files are in so many, and no fit asks for all of them at once."""
    place, files = ("execution", "image_files"), experiment.execution.image_files
    if experiment.dataset.ilsvrc is None:
        if files is not None:
            yield Mistake(place, "must be null, for the images of this dataset lie in one file", files)
        return
    if files is None:
        yield Mistake(place, MISSING)
    for name, model in experiment.models.items():
        if KINDS[model.kind].fitted == "at_once":
            rule = f"{model.kind} is fitted to all training images at once, which no memory holds; null leaves it out"
            yield Mistake(("models", name), rule)


def _crops(experiment: "Experiment") -> Iterator[Mistake]:
    """A border is narrower than the image, and no model is shown mirror images that its training has not shown it."""
    if experiment.ten_crops is None:
        return
    crops, place = experiment.ten_crops.crops, ("ten_crops", "crops")
    yield from model_checks.crops(place, crops, _images_of(experiment))
    for name, model in experiment.models.items():
        training = getattr(model, "training", None)
        if crops.mirrored and KINDS[model.kind].exact and training and not training.flips:
            rule = f"must be false, for models.{name}.training.flips is: it was shown no mirror images"
            yield Mistake((*place, "mirrored"), rule, crops.mirrored)


def _damaged(experiment: "Experiment", clean: "Evaluation") -> Iterator[Mistake]:
    """Damaged images need their clean ones, with as many draws."""
    images, draws = "evaluations.test.images: the clean ones", "evaluations.test.draws: those of the clean ones"
    for section in ("corruptions", "outliers", "attacks"):
        if part := getattr(experiment, section):
            yield from most((section, "images"), part.images, clean.images, images)
            yield from most((section, "draws"), part.draws, clean.draws, draws)
    if experiment.corruptions and (raced := experiment.corruptions.raced):
        yield from most(("corruptions", "raced", "images"), raced.images, clean.images, images)
