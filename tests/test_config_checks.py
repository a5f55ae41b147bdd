"""The rules between the settings of an experiment (config/checks.py)."""

from typing import Any

import pytest
from configurations import GAUSSIAN_ALONE, WIDE_RESNET_ALONE, experiment, mine, refusal

from sbgc.config import checks
from sbgc.config.evaluations import evaluations

CLEAN = "must be at most 360, evaluations.test.images: the clean ones"
TEST, LESS = "must be at most 360, the size of the test split", "must be less than 60000, to leave images to train on"
RESERVED = "the workflow gives this name to an evaluation of its own"
EVALUATIONS = "'train', 'validation', 'test'"
KNOWN, OWN = "'digits', 'mnist', 'kmnist', 'cifar10'", "for images of your own, `path` says where they are"
ARCHIVE = "must be 'generated', for CIFAR-10-C has images of cifar10 alone"
NO_DENSITY = "needs a model with a density and classes, and models has none; leave the section out, or null"
NOT_ESTIMATED = "needs a model whose likelihood is estimated, and models has none; leave the section out, or null"
EVALUATION = {"split": "test", "images": 4, "draws": 1}
FAST = {"procedure": "fast", "nodes": 9, "num_probes": 1, "family": "rademacher"}
RACED = {"images": 10, "reach": 1.0}
CROPS = {"border": 1, "fill": "edge", "mirrored": False}
TEN = {"images": 4, "draws": 1, "crops": CROPS}
COMPOSED = {"digits": "digits", "grounds": "photographs", "blur": 0.0}
UNNAMED_ALONE = {
    "extends": "digits_ibinn",
    "models": dict.fromkeys(("score", "gaussian", "base", "split", "resnet")) | {"beta": {"sweep": {"values": [0]}}},
    "corruptions": {"baseline": None},
    **dict.fromkeys(("ten_crops", "convergence", "interpolation", "labels", "explanations")),
}

SQUARE = {"method": "square", "norm": "linf", "loss": "margin", "steps": 100, "area": 0.8, "restarts": 1}
ONLY_L2 = dict.fromkeys(("pgd_linf", "noise_linf"))
ONLY_LINF = dict.fromkeys(("pgd_l2",))
UNNAMED_NORM = {"attacks": {"epsilons": {"linf": None}, "methods": ONLY_L2 | {"square": SQUARE}}}
WEIGHED = {
    "method": "carlini_wagner",
    "norm": "l2",
    "steps": 9,
    "searches": 2,
    "learning_rate": 0.1,
    "first_weight": 1.0,
}
WEIGHED |= {"confidence": 0.0, "targets": 0}
DETECTION = {"reference": "train", "false_positive_rate": 0.05, "within": {"l2": 1.0}}
OF_LINF = {"epsilons": {"linf": 0.125, "l2": 1.0}}
TRANSFERS = {"methods": ["pgd_linf"], "epsilons": {"linf": 0.125}}
SHOWN = {"images": [0], "models": ["gaussian"], "draws": 1, "contrast": 1.0, "samples": 100}
AT = {"epsilon": 0.1, "norm": "linf", "relative_step": 0.3, "steps": 5}
GUARD = {"kind": "defended", "of": "wide_resnet", "defence": {"name": "averaging", "std": 0.1, "draws": 4}}
CLIMBS = {"name": "maximization", "epsilon": 0.1, "steps": 5, "step": 0.03}
UNDEFENDED = "must be one of 'gaussian', 'wide_resnet'"
MIXED = {"severity": 3.0, "width": 3}
GIVEN = {"objective": None, "optimizer": None, "training": None, "weights": {"file": "w.npz", "sha256": 64 * "a"}}
GIVEN_NETWORK = {section: GIVEN[section] for section in ("optimizer", "training", "weights")}

# How an experiment that extends digits differs, and what the one line says.
BROKEN: list[tuple[dict[str, Any], str]] = [
    (
        {"seeds": [0, 1], "models": {"score": GIVEN}},
        "models.score.weights: are of one training, and there are 2 seeds",
    ),
    (
        {"models": {"score": GIVEN | {"weights": {"file": "w.npz", "sha256": "aa"}}}},
        "models.score.weights.sha256 = 'aa': must be a SHA-256 as 64 hexadecimal digits, 0 to 9 and a to f",
    ),
    (
        {"models": {"wide_resnet": {"adversarial": AT, "consistency": 1.0, "training": {"augmix": MIXED}}}},
        f"models.wide_resnet.adversarial = {AT}: needs consistency = 0, for an attack is on one view of an image; "
        "or null",
    ),
    (
        {"models": {"wide_resnet": GIVEN_NETWORK | {"adversarial": AT}}},
        f"models.wide_resnet.adversarial = {AT}: must be null, for the model is given its weights",
    ),
    ({"models": {"guard": GUARD | {"of": "score"}}}, f"models.guard.of = 'score': {UNDEFENDED}"),
    (
        {"models": {"guard": GUARD, "twice": GUARD | {"of": "guard"}}},
        f"models.twice.of = 'guard': {UNDEFENDED}",
    ),
    ({"models": {"guard": GUARD | {"of": "resnet"}}}, f"models.guard.of = 'resnet': {UNDEFENDED}"),
    ({"models": {"guard": GUARD | {"defence": CLIMBS}}}, "models.guard.of = 'wide_resnet': must be 'gaussian'"),
    ({"dataset": {"levels": 256}}, "dataset.levels = 256: must be 17, as digits has"),
    ({"dataset": {"image_shape": [8, 8, 3]}}, "dataset.image_shape = [8, 8, 3]: must be [8, 8, 1], as digits has"),
    ({"dataset": {"num_classes": 9}}, "dataset.num_classes = 9: must be 10, as digits has"),
    (
        {"dataset": {"test": 1617}},
        "dataset.test = 1617: validation + test must be less than 1797, to leave images to train on",
    ),
    (
        {"dataset": {"name": "cifar11"}},
        f"dataset.name = 'cifar11': must be one of {KNOWN} (did you mean cifar10?); {OWN}",
    ),
    (
        {"dataset": {"path": "here.npz"}},
        "dataset.path = 'here.npz': digits is known; give images of your own another name",
    ),
    (
        {"dataset": {"composed": COMPOSED}},
        "dataset.composed: digits is known; give what is composed another name",
    ),
    (
        {"dataset": {"name": "mine", "path": "here.npz", "composed": COMPOSED}},
        "dataset.path = 'here.npz': must be null where composed says where the images come from",
    ),
    (
        {"dataset": {"name": "mine", "composed": COMPOSED, "levels": 256}},
        "dataset.levels = 256: must be 17, as digits has",
    ),
    ({"evaluations": {"test": None}}, "evaluations.test: this key is missing"),
    (
        {"evaluations": {"test": {"split": "train"}}},
        "evaluations.test.split = 'train': must be 'test', as the evaluation's name says",
    ),
    (
        {"evaluations": {"test": {"draws": 1}}},
        "evaluations.test.draws = 1: must be at least 2, for the decisions of densities are told with their standard "
        "errors",
    ),
    (
        {"evaluations": {"train": {"images": 1258}}},
        "evaluations.train.images = 1258: must be at most 1257, the size of the train split",
    ),
    (
        {"evaluations": {"validation": {"images": 181}}},
        "evaluations.validation.images = 181: must be at most 180, the size of the validation split",
    ),
    (
        {"race": {"variances": "validatio"}},
        f"race.variances = 'validatio': must be one of {EVALUATIONS} (did you mean validation?)",
    ),
    (
        {"race": {"variances": "test"}},
        "race.variances = 'test': must be an evaluation of another split than test",
    ),
    ({"race": {"variances": "train"}}, "race.variances = 'train': must be an evaluation of 2 draws or more"),
    ({"race": {"images": 361}}, f"race.images = 361: {TEST}"),
    ({"convergence": {"images": 361}}, f"convergence.images = 361: {TEST}"),
    ({"crosscheck": {"images": 361}}, f"crosscheck.images = 361: {TEST}"),
    ({"interpolation": {"pairs": 361}}, f"interpolation.pairs = 361: {TEST}"),
    ({"corruptions": {"images": 361}}, f"corruptions.images = 361: {CLEAN}"),
    (
        {"corruptions": {"draws": 5}},
        "corruptions.draws = 5: must be at most 4, evaluations.test.draws: those of the clean ones",
    ),
    ({"attacks": {"images": 361}}, f"attacks.images = 361: {CLEAN}"),
    (
        {"attacks": {"attacked": {"draws": 2}}},
        "attacks.attacked.draws = 2: must be at most 1, attacks.draws, of the judge, whose noise it has; or add noise "
        "to attacks.attacked.fresh",
    ),
    (
        {"attacks": {"methods": {"worst": SQUARE}}},
        "attacks.methods.worst: the tables give this name to what is no attack; choose another",
    ),
    (
        {"attacks": {"methods": {"pgd_linf": {"targets": 10}}}},
        "attacks.methods.pgd_linf.targets = 10: must be at most 9, the number of wrong classes",
    ),
    (
        {"attacks": {"methods": {"cw": WEIGHED | {"evades": "typicality"}}}},
        "attacks.methods.cw.evades = 'typicality': needs the section attacks.detection; or null",
    ),
    (
        {"attacks": {"methods": {"pgd_l2": {"loss": "dlr", "evades": "likelihood"}}, "detection": DETECTION}},
        "attacks.methods.pgd_l2.loss = 'dlr': must be margin where a test is evaded: both goals are in nats",
    ),
    (
        {"attacks": {"methods": {"pgd_l2": {"relative_step": 0.1, "last_step": 0.2}}}},
        "attacks.methods.pgd_l2.last_step = 0.2: must be at most 0.1, relative_step",
    ),
    (
        {"attacks": {"methods": {"pgd_l2": {"undefended": True}}}},
        "attacks.methods.pgd_l2.undefended = true: needs `models` that name models of the kind defended alone; "
        "without a defence: score, gaussian, wide_resnet",
    ),
    (
        {
            "models": {"guard": GUARD},
            "attacks": {
                "methods": {"pgd_l2": {"undefended": True, "models": ["guard"], "evades": "typicality"}},
                "detection": DETECTION,
            },
        },
        "attacks.methods.pgd_l2.evades = 'typicality': must be null where undefended: the models have no likelihood",
    ),
    (
        {"attacks": {"methods": {"cw": WEIGHED | {"detector_weight": 66.0}}}},
        "attacks.methods.cw.detector_weight = 66.0: needs `evades`, the test that it weighs; or null",
    ),
    (
        {"attacks": {"methods": {"cw": WEIGHED | {"confidence": "infinity"}}}},
        "attacks.methods.cw.searches = 2: must be 1 where confidence is infinity: no margin is enough, and the weight "
        "is given",
    ),
    (
        {"attacks": {"methods": {"cw": WEIGHED | {"models": ["score", "flow"]}}}},
        "models.flow: this key is missing, and attacks.methods.cw.models[1] names it; it must be one of 'score', "
        "'gaussian', 'wide_resnet'",
    ),
    (
        {"attacks": {"detection": DETECTION | {"reference": "test"}}},
        "attacks.detection.reference = 'test': must be an evaluation of the split train, and this one is of test",
    ),
    (
        {"attacks": {"epsilons": {"l2": None}, "methods": ONLY_LINF, "detection": DETECTION}},
        "attacks.detection.within.l2: must be 'linf', as attacks.epsilons has them",
    ),
    (
        UNNAMED_NORM,
        "attacks.methods.square.norm: must be 'l2', as attacks.epsilons has them",
    ),
    (
        {"attacks": {"pictures": [0, 16]}},
        "attacks.pictures[1] = 16: must be at most 15, the last row that is attacked",
    ),
    (
        {"attacks": {"transfers": TRANSFERS | {"methods": ["pgd_linf", "pgd_12"]}}},
        "attacks.transfers.methods[1] = 'pgd_12': must be one of 'pgd_linf', 'pgd_l2', "
        "'noise_linf' (did you mean pgd_l2?)",
    ),
    (
        {"attacks": {"transfers": TRANSFERS | {"epsilons": {"linf": 0.2}}}},
        "attacks.transfers.epsilons.linf = 0.2: must be one of 0.03137254901960784, 0.0625, 0.125, 0.25, as "
        "attacks.epsilons.linf has them",
    ),
    (
        {"attacks": {"transfers": TRANSFERS | {"epsilons": {"linf": 0.125, "l2": 1.0}}}},
        "attacks.transfers.epsilons.l2: no method of transfers is of this norm; null leaves it out",
    ),
    (
        {"attacks": {"transfers": TRANSFERS | {"methods": ["pgd_linf", "pgd_l2"]}}},
        "attacks.transfers.epsilons.l2: this key is missing, and a method of transfers is of this norm",
    ),
    (
        {"attacks": UNNAMED_NORM["attacks"] | {"methods": ONLY_L2, "transfers": {"methods": ["pgd_l2"], **OF_LINF}}},
        "attacks.transfers.epsilons.linf = 0.125: attacks.epsilons has no such norm",
    ),
    (
        GAUSSIAN_ALONE | {"attacks": {"transfers": TRANSFERS}},
        "attacks.transfers: needs 2 models with classes; leave it out, or null",
    ),
    (
        {"explanations": SHOWN | {"images": [0, 360]}},
        "explanations.images[1] = 360: must be at most 359, the last row of the test split",
    ),
    (
        {"explanations": SHOWN | {"models": ["gausian"]}},
        "models.gausian: this key is missing, and explanations.models[0] names it; it must be one of 'score', "
        "'gaussian' (did you mean gaussian?)",
    ),
    (
        {"explanations": SHOWN | {"models": ["gaussian", "wide_resnet"]}},
        "explanations.models[1] = 'wide_resnet': must be one of 'score', 'gaussian'",
    ),
    (
        {"explanations": SHOWN | {"contrast": 1.5}},
        "explanations.contrast = 1.5: must be at most 1",
    ),
    (
        WIDE_RESNET_ALONE | {"corruptions": {"baseline": None}, "explanations": SHOWN | {"models": ["wide_resnet"]}},
        "explanations: needs a model that learns classes, with maps or with latents, and models has none; leave the "
        "section out, or null",
    ),
    (
        {"extends": "digits_ibinn", "explanations": {"models": ["beta_0"]}},
        "explanations.models[0] = 'beta_0': must be one of 'score', 'gaussian', 'beta_1', 'beta_2', 'beta_4', "
        "'beta_8', 'beta_16', 'beta_32', 'beta_infinity' (did you mean beta_8?)",
    ),
    ({"corruptions": {"raced": RACED | {"images": 361}}}, f"corruptions.raced.images = 361: {CLEAN}"),
    ({"corruptions": {"source": "cifar10c"}}, f"corruptions.source = 'cifar10c': {ARCHIVE}"),
    ({"corruptions": {"source": "cifar10c_if_present"}}, f"corruptions.source = 'cifar10c_if_present': {ARCHIVE}"),
    (
        {"corruptions": {"kinds": ["fog", "saturate"], "noises": []}},
        "corruptions.kinds[1] = 'saturate': needs 3 color channels, and image_shape has 1; leave it out",
    ),
    ({"ten_crops": TEN | {"images": 361}}, f"ten_crops.images = 361: {TEST}"),
    (
        {"ten_crops": TEN | {"crops": CROPS | {"border": 8}}},
        "ten_crops.crops.border = 8: must be at most 7, less than the image's side",
    ),
    (
        {"ten_crops": TEN | {"crops": CROPS | {"mirrored": True}}},
        "ten_crops.crops.mirrored = true: must be false, for models.wide_resnet.training.flips is: it was",
    ),
    (
        {"ten_crops": TEN, "models": {"gaussian": None, "wide_resnet": None}, "corruptions": {"baseline": None}},
        "ten_crops: needs a model with classes whose scores are exact, and models has none; leave the section out",
    ),
    (
        {"ten_crops": TEN | {"crops": CROPS | {"fill": "surroundings"}}},
        "ten_crops.crops.fill = 'surroundings': is for images with a margin (dataset.ilsvrc); others have none",
    ),
    (
        {"execution": {"image_files": 2}},
        "execution.image_files = 2: must be null, for the images of this dataset lie in one file",
    ),
    (
        {"corruptions": {"baseline": "mlp"}},
        "corruptions.baseline = 'mlp': must be one of 'score', 'gaussian', 'wide_resnet'; null leaves mCE out",
    ),
    (
        {"race": None, "corruptions": {"raced": RACED}},
        "corruptions.raced: needs the section race, whose settings it takes; or null",
    ),
    *[({"evaluations": {name: EVALUATION}}, f"evaluations.{name}: {RESERVED}") for name in checks.RESERVED_EVALUATIONS],
    *[
        ({"models": {name: {"extends": "gaussian"}}}, f"models.{name}: a folder of the results has this name; choose")
        for name in checks.RESERVED_MODELS
    ],
    (UNNAMED_ALONE, "models: none of them learns classes, and one must; give a bottleneck another beta than 0"),
    *[(WIDE_RESNET_ALONE | {section: {}}, f"{section}: {NO_DENSITY}") for section in ("convergence", "interpolation")],
    *[(WIDE_RESNET_ALONE | {section: {}}, f"{section}: {NOT_ESTIMATED}") for section in ("race", "crosscheck")],
    *[(GAUSSIAN_ALONE | {section: {}}, f"{section}: {NOT_ESTIMATED}") for section in ("race", "crosscheck")],
    (
        {"outliers": {"reference": "night"}},
        "outliers.reference = 'night': must be one of 'train', 'validation', 'test'",
    ),
    (
        {"outliers": {"reference": "validation"}},
        "outliers.reference = 'validation': must be an evaluation of the split train, and this one is of validation",
    ),
    ({"outliers": {"sets": []}}, "outliers.sets: names no set, and experiments none either; or leave the section out"),
    ({"outliers": {"sets": ["mnist", "digits"]}}, "outliers.sets[1] = 'digits': the experiment's own dataset; name"),
    (
        {"outliers": {"images": 361}},
        "outliers.images = 361: must be at most 360, evaluations.test.images: the clean ones",
    ),
    ({"outliers": {"experiments": ["nigth"]}}, "outliers.experiments[0] = 'nigth': must be one of "),
    ({"outliers": {"experiments": ["mine"]}}, "outliers.experiments[0] = 'mine': must be one of "),
    (
        {"outliers": {"sets": ["mnist"], "experiments": ["mnist"]}},
        "outliers.experiments[0] = 'mnist': stands in sets, too, and one name cannot be two sets",
    ),
    (GAUSSIAN_ALONE | {"samples": {}}, "samples: needs a model that can be sampled from, and models has none"),
    (GAUSSIAN_ALONE | {"corruptions": {}}, "corruptions.baseline = 'wide_resnet': must be 'gaussian'; null leaves"),
]


@pytest.mark.parametrize(("changes", "told"), BROKEN, ids=lambda value: str(value)[:60])
def test_settings_that_contradict_each_other_are_one_line(changes, told):
    (line,) = refusal(mine(**changes))
    assert line.startswith(f"mine.yaml: experiments.mine.{told}"), line


@pytest.mark.parametrize(
    ("dataset", "told"),
    [
        ({"test": 10001}, "dataset.test = 10001: must be at most 10000, those set aside for tests"),
        ({"validation": 60000}, f"dataset.validation = 60000: validation {LESS}"),
    ],
    ids=str,
)
def test_test_images_are_those_that_the_publishers_set_aside(dataset, told):
    (line,) = refusal({"experiment": "mine", "experiments": {"mine": {"extends": "mnist", "dataset": dataset}}})
    assert line == f"mine.yaml: experiments.mine.{told}"


def test_a_wrong_dataset_is_told_without_what_follows_from_its_sizes():
    (line,) = refusal(mine(dataset={"validation": 1600, "test": 300}))
    assert "dataset.test" in line


def test_every_evaluation_that_the_workflow_derives_has_a_reserved_name():
    attacks = {"judged_again": True, "transfers": TRANSFERS}
    every = experiment(corruptions={"raced": RACED}, ten_crops=TEN, attacks=attacks)
    derived = set(evaluations(every)) - set(every.evaluations)
    assert derived == set(checks.RESERVED_EVALUATIONS)


def test_there_are_as_many_outliers_as_the_other_dataset_or_experiment_has_test_images():
    changes = {"evaluations": {"test": {"images": 5000}}, "outliers": {"images": 4000, "sets": ["digits"]}}
    mnist = {"experiment": "mine", "experiments": {"mine": {"extends": "mnist", **changes}}}
    (line,) = refusal(mnist)
    assert line.endswith("outliers.images = 4000: must be at most 1797, those of digits that are for tests")
    mnist["experiments"]["mine"]["outliers"] = {"images": 400, "sets": ["kmnist"], "experiments": ["digits"]}
    (line,) = refusal(mnist)
    assert line.endswith("outliers.images = 400: must be at most 360, the test images of digits")


def test_a_dataset_of_test_images_alone_trains_nothing():
    (line,) = refusal(mine(dataset={"name": "kmnist", "levels": 256, "image_shape": [28, 28, 1]}))
    assert line.endswith("dataset.name = 'kmnist': only its test images are known, so that nothing can be trained")


IN_FILES = [
    ({"execution": {"image_files": None}}, "execution.image_files: this key is missing"),
    ({"dataset": {"levels": 17}}, "dataset.levels = 17: must be 256, as pictures have"),
    ({"dataset": {"image_shape": [224, 224, 1]}}, "dataset.image_shape[2] = 1: must be 3, as pictures have"),
    ({"dataset": {"path": "here"}}, "dataset.path = 'here': must be null where ilsvrc says where the images come"),
    (
        {
            "models": {"gaussian": {"kind": "gaussian", "shrinkage": 0.1}},
            "dataset": {"image_shape": [32, 32, 3], "num_classes": 10},
        },
        "models.gaussian: gaussian is fitted to all training images at once, which no memory holds; null leaves it out",
    ),
    (
        {"models": {"resnet": {"training": {"crops": {"border": 17}}}}},
        "models.resnet.training.crops.border = 17: must be at most 16, dataset.ilsvrc.margin",
    ),
    (
        {"ten_crops": {"crops": {"border": 20}}},
        "ten_crops.crops.border = 20: must be at most 16, dataset.ilsvrc.margin",
    ),
]


@pytest.mark.parametrize(("changes", "message"), IN_FILES)
def test_images_in_files_have_rules_of_their_own(changes, message):
    lines = refusal({"experiments": {"mine": {"extends": "imagenet_ibinn", **changes}}})
    assert any(line.startswith(f"mine.yaml: experiments.mine.{message}") for line in lines), lines
