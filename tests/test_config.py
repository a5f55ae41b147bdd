import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import jax
import jax.numpy as jnp
import jsonschema
import pytest

from sbgc import config
from sbgc.config.evaluations import Corruption
from sbgc.nets.unet import UNet
from sbgc.steps import schema

ROOT = Path(__file__).parents[1]
SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.json"
RAW = json.dumps(config.read(ROOT / "config.yaml"))  # as text: no two places share a mapping, as YAML's aliases would
ABSENT = "(the key is deleted)"  # a text, so that every process of a test run names its tests alike
REGEX = "^[a-z][a-z0-9_]*$"
CORRUPTIONS = ", ".join(map(repr, get_args(Corruption)))
FAMILIES = "'rademacher', 'gaussian', 'sphere', 'hadamard'"
SPLITS = "'train', 'validation', 'test'"
POINT_AND_SIGN = "YAML needs the point and the sign, as in 2.0e-4 or 1.0e+3"
CLEAN = "must be at most 360, evaluations.test.images: the clean ones"
UNQUOTED = "without quotes; inside the braces of --config all is quoted, so use --configfile"
SDE, NET, ADAM = "~.models.score.sde", "~.models.score.net", "~.models.score.optimizer"
GAUSSIAN = {"kind": "gaussian", "shrinkage": 0.1}
FAST = {"procedure": "fast", "nodes": 30, "num_probes": 1, "family": "rademacher"}
EVALUATION = {
    "split": "test",
    "images": 4,
    "draws": 1,
    "dequantization": {"kind": "uniform", "strata": 1},
    "likelihood": FAST,
}

KINDS = "'uniform', 'truncated_normal'"
DIGITS = json.loads(RAW)["experiments"]["digits"]
NOT_ITS = "must be 'generated', for CIFAR-10-C has images of cifar10 alone"
COLORS = "needs 3 color channels, and image_shape has 1; leave it out"
EXPERIMENTS = "'digits', 'digits_all', 'digits_augmix', 'mnist', 'cifar10', 'cifar10_augmix'"
LESS = "must be less than 60000, to leave images to train on"
EXECUTION = "segments, shards, batch_size, memory_mib, peak_teraflops, sustained_teraflops"
DATASETS, OWN = "'digits', 'mnist', 'cifar10'", "for images of your own, `path` says where they are"
EVALUATIONS = "'train', 'validation', 'test', 'screening', 'convergence', 'crosscheck_fast', 'crosscheck_reference'"

# A place in config.yaml (~ stands for experiments.digits), what is put there, and what the line says of this place.
ONE_SETTING: list[tuple[str, Any, str]] = [
    # an impossible value
    (f"{SDE}.beta_min", -0.1, " = -0.1: must be greater than 0"),
    (f"{SDE}.beta_max", 0.05, " = 0.05: must be at least beta_min = 0.1"),
    (f"{SDE}.beta_max", float("inf"), " = inf: must be finite"),
    (f"{SDE}.t_min", 1, " = 1: must be less than 1"),
    ("~.evaluations.test.draws", 0, " = 0: must be at least 1"),
    ("~.models.gaussian.shrinkage", 1.5, " = 1.5: must be at most 1"),
    (f"{NET}.features", 30, " = 30: must be a multiple of 4"),
    (f"{NET}.multipliers", [], " = []: must have an entry"),
    ("~.models.wide_resnet.depth", 12, " = 12: must be 6 n + 4: three groups of n blocks of two convolutions"),
    ("~.seeds", [0, 1, 0], " = [0, 1, 0]: must not repeat 0"),
    ("~.corruptions.kinds", [], " = []: must have an entry"),
    # a choice that does not exist
    (f"{SDE}.name", "edm", " = 'edm': must be one of 'vp', 'sub_vp', 've'"),
    (f"{SDE}.name", 5, " = 5: must be one of 'vp', 'sub_vp', 've'"),
    ("~.models.score.kind", "glow", " = 'glow': must be one of 'score', 'gaussian', 'wide_resnet'"),
    ("~.evaluations.test.split", "tset", f" = 'tset': must be one of {SPLITS} (did you mean test?)"),
    ("~.evaluations.test.likelihood.procedure", "exact", " = 'exact': must be one of 'fast', 'reference', 'elbo'"),
    ("~.corruptions.kinds[8]", "frog", f" = 'frog': must be one of {CORRUPTIONS} (did you mean fog?)"),
    ("~.attacks.attacked.procedure", "elbo", " = 'elbo': must be one of 'fast', 'reference'"),
    ("~.dataset.name", "cifar11", f" = 'cifar11': must be one of {DATASETS} (did you mean cifar10?); {OWN}"),
    ("~.dataset.name", "Digits", f" = 'Digits': a name, part of file paths, must match {REGEX}"),
    ("~.dataset.path", "here.npz", " = 'here.npz': digits is known; give images of your own another name"),
    ("~.corruptions.source", "cifar10c", f" = 'cifar10c': {NOT_ITS}"),
    ("~.corruptions.source", "cifar10c_if_present", f" = 'cifar10c_if_present': {NOT_ITS}"),
    ("~.corruptions.kinds[8]", "saturate", f" = 'saturate': {COLORS}"),
    ("~.corruptions.raced", {"images": 361, "reach": 1.0}, f".images = 361: {CLEAN}"),
    ("~.corruptions.baseline", "mlp", " = 'mlp': must be one of 'score', 'gaussian', 'wide_resnet'"),
    ("~.models.score.training.accumulation", 3, " = 3: must divide batch_size = 128"),
    ("~.models.score.training.crops", 8, " = 8: must be at most 7, less than the image's side"),
    ("~.models.score.training.augmix", {"severity": 11, "width": 3}, ".severity = 11: must be at most 10"),
    ("~.models.wide_resnet.consistency", 12.0, " = 12.0: needs training.augmix, whose views it compares; or 0"),
    ("~.models.wide_resnet.optimizer.stairs", {"at": [1.0], "factor": 0.2}, ".at[0] = 1.0: must be less than 1"),
    ("experiments.mnist.dataset.test", 10001, " = 10001: must be at most 10000, those set aside for tests"),
    ("experiments.mnist.dataset.validation", 60000, f" = 60000: validation {LESS}"),
    ("experiments.raw", DIGITS, ": a folder of the results has this name; choose another"),
    ("experiment", "digit", f" = 'digit': must be one of {EXPERIMENTS} (did you mean digits?)"),
    # a wrong type
    (SDE, "vp", " = 'vp': must be a mapping of keys to values"),
    (NET, None, " = null: must be a mapping of keys to values"),
    ("~.models.score.training.steps", 2500.0, " = 2500.0: must be a whole number"),
    ("~.models.score.training.steps", True, " = true: must be a whole number"),
    ("~.models.score.training.steps", "2500", f" = '2500': must be a whole number {UNQUOTED}"),
    (f"{ADAM}.cosine_decay", "true", f" = 'true': must be true or false {UNQUOTED}"),
    (f"{ADAM}.cosine_decay", "on", " = 'on': must be true or false"),
    (f"{ADAM}.clip_norm", "one\ntwo", " = 'one\\ntwo': must be a number"),
    (f"{ADAM}.learning_rate", "2e-4", f" = '2e-4': must be a number; {POINT_AND_SIGN}"),
    (f"{NET}.multipliers", 2, " = 2: must be a list"),
    ("~.dataset.image_shape", [8], " = [8]: must have 3 entries"),
    ("~.dataset.image_shape", [8, 8, 1, 1], " = [8, 8, 1, 1]: must have 3 entries"),
    ("quoted.table1[0].accuracy", "67 %", " = '67 %': must be a number"),
    ("experiment", 3, " = 3: must be text"),
    # a key that is not there, or should not be
    (f"{SDE}.beta_min", ABSENT, ": this key is missing"),
    (f"{SDE}.name", ABSENT, ": this key is missing; it must be one of 'vp', 'sub_vp', 've'"),
    ("~.evaluations.crosscheck_fast", ABSENT, ": this key is missing"),
    ("quoted.table2", ABSENT, ": this key is missing"),
    (f"{SDE}.beta", 1.0, ": no such key (did you mean beta_min?); allowed: name, beta_min, beta_max, t_min"),
    (f"{SDE}.vp", 1.0, ": no such key; allowed: name, beta_min, beta_max, t_min"),
    ("~.models.gaussian.gaussian", 1, ": no such key; allowed: kind, shrinkage"),
    ("~.execution.shard", 2, f": no such key (did you mean shards?); allowed: {EXECUTION}"),
    # a name
    ("~.models.Score-2", GAUSSIAN, f": a name, part of file paths, must match {REGEX}"),
    ("~.models.tables", GAUSSIAN, ": a folder of the results has this name; choose another for the model"),
    ("~.evaluations.corrupt-fog", EVALUATION, f": a name, part of file paths, must match {REGEX}"),
    ("~.evaluations.pgd-linf", EVALUATION, f": a name, part of file paths, must match {REGEX}"),
    ("~.evaluations.interpolation", EVALUATION, ": the workflow gives this name to an evaluation of its own"),
    ("~.evaluations.attack_clean", EVALUATION, ": the workflow gives this name to an evaluation of its own"),
    # a contradiction with another setting
    ("~.dataset.levels", 256, " = 256: must be 17, as digits has"),
    ("~.dataset.image_shape", [8, 8, 3], " = [8, 8, 3]: must be [8, 8, 1], as digits has"),
    ("~.dataset.test", 1617, " = 1617: validation + test must be less than 1797, to leave images to train on"),
    ("~.evaluations.test.split", "train", " = 'train': must be 'test', as the evaluation's name says"),
    ("~.evaluations.train.images", 1258, " = 1258: must be at most 1257, the size of the train split"),
    ("~.evaluations.validation.images", 181, " = 181: must be at most 180, the size of the validation split"),
    ("~.evaluations.convergence.images", 361, " = 361: must be at most 360, the size of the test split"),
    ("~.evaluations.test.likelihood.family", "xtrace", f" = 'xtrace': must be one of {FAMILIES}"),
    ("~.attacks.attacked.num_probes", 0, " = 0: must be at least 1"),
    ("~.evaluations.convergence.dequantization.strata", 3, " = 3: must be a power of two"),
    ("~.evaluations.convergence.dequantization.kind", "variational", f" = 'variational': must be one of {KINDS}"),
    ("~.race.variances", "validatio", f" = 'validatio': must be one of {EVALUATIONS} (did you mean validation?)"),
    ("~.race.variances", "convergence", " = 'convergence': must be an evaluation of another split than test"),
    ("~.race.variances", "train", " = 'train': must be an evaluation of 2 draws or more"),
    ("~.race.screening", "screen", f" = 'screen': must be one of {EVALUATIONS} (did you mean screening?)"),
    ("~.race.screening", "test", " = 'test': must be an evaluation of another split than test"),
    ("~.race.screening", "validation", " = 'validation': must be an evaluation by race.screen, of race.dequantization"),
    ("~.race.images", 361, " = 361: must be at most 360, the size of the test split"),
    ("~.evaluations.crosscheck_reference.images", 5, " = 5: must be 12, as in crosscheck_fast"),
    ("~.evaluations.crosscheck_reference.split", "train", " = 'train': must be 'test', as in crosscheck_fast"),
    ("~.corruptions.images", 361, " = 361: must be at most 360, evaluations.test.images: the clean ones"),
    ("~.corruptions.noises", ["fog", "fog"], " = ['fog', 'fog']: must not repeat 'fog'"),
    ("~.attacks.images", 361, " = 361: must be at most 360, the size of the test split"),
    ("~.interpolation.pairs", 361, " = 361: must be at most 360, the size of the test split"),
    ("~.models.score.training.batch_size", 1258, " = 1258: must be at most 1257, the size of the train split"),
    ("~.models.wide_resnet.training.batch_size", 1258, " = 1258: must be at most 1257, the size of the train split"),
    (f"{ADAM}.warmup_steps", 2500, " = 2500: must be less than training.steps = 2000"),
    (f"{NET}.multipliers", [1, 2, 2, 2, 2], " = [1, 2, 2, 2, 2]: 8x8 pixels cannot be halved 4 times for 5 levels"),
    (f"{NET}.attention_sizes[0]", 16, " = 16: must be one of 8, 4"),
    (f"{NET}.features", 72, " = 72: must be a multiple of 32, for 32 groups do not divide the width 144"),
]  # fmt: skip

# The same, where the lines speak of other places than the one that is changed.
ELSEWHERE: list[tuple[str, Any, list[str]]] = [
    (
        SDE,
        {"name": "ve", "sigma_min": 0.01, "sigma_max": 0.01, "t_min": 1e-5},
        ["~.models.score.sde.sigma_max = 0.01: must be greater than sigma_min = 0.01"],
    ),
    (
        SDE,
        {"name": "vp", "beta_mn": 0.1, "beta_max": 0, "t_min": 1e-5},
        [
            "~.models.score.sde.beta_max = 0: must be greater than 0",
            "~.models.score.sde.beta_mn: no such key (did you mean beta_min?); "
            "allowed: name, beta_min, beta_max, t_min",
        ],
    ),
    (
        "~.models.gaussian",
        {"knd": "gaussian", "shrinkage": 0.1},
        [
            "~.models.gaussian.knd: no such key (did you mean kind?); allowed: kind, sde, net, objective, optimizer, "
            "training, shrinkage, depth, widen, base_features, dropout, consistency"
        ],
    ),
    (
        "~.corruptions.kinds",
        ["fog", "shot_noise", "impulse_noise"],
        [
            "~.corruptions.noises = ['gaussian_noise', 'shot_noise', 'impulse_noise']: must be among kinds, "
            "and 'gaussian_noise' is not"
        ],
    ),
    (
        "~.evaluations.crosscheck_fast.likelihood",
        {"procedure": "reference", "rtol": 1e-5, "atol": 1e-5},
        [
            "~.evaluations.crosscheck_fast.likelihood.procedure = 'reference': must be 'fast', "
            "as the evaluation's name says"
        ],
    ),
    ("~.corruptions.dequantization.strata", 1, ["~.corruptions.dequantization: must be that of evaluations.test"]),
    (
        "~.evaluations.convergence",
        EVALUATION
        | {
            "dequantization": {"kind": "truncated_normal", "strata": 1, "width": 3.0},
            "likelihood": {"procedure": "elbo", "samples": 4},
        },
        [
            "~.evaluations.convergence.dequantization.kind = 'truncated_normal': "
            "must be 'uniform' for the procedure elbo"
        ],
    ),
    (
        "~.race",
        json.loads(RAW)["experiments"]["digits"]["race"]
        | {
            "dequantization": {"kind": "truncated_normal", "strata": 4, "width": 3.0},
            "screen": {"procedure": "elbo", "samples": 4},
        },
        [
            "~.race.variances = 'validation': must be an evaluation by race.likelihood, of race.dequantization",
            "~.race.screening = 'screening': must be an evaluation by race.screen, of race.dequantization",
            "~.race.dequantization.kind = 'truncated_normal': must be 'uniform' for the procedure elbo",
        ],
    ),
    (
        "~.evaluations.crosscheck_reference.dequantization.strata",
        1,
        ["~.evaluations.crosscheck_reference.dequantization: must be that of evaluations.crosscheck_fast"],
    ),
    (
        "~.race.likelihood.nodes",
        9,
        ["~.race.variances = 'validation': must be an evaluation by race.likelihood, of race.dequantization"],
    ),
    (
        "~.race.screen.nodes",
        9,
        ["~.race.screening = 'screening': must be an evaluation by race.screen, of race.dequantization"],
    ),
    (
        "~.evaluations.screening.images",
        121,
        ["~.evaluations.screening.images = 121: must be at most 120, as many as validation has"],
    ),
    ("~.models", {1: GAUSSIAN}, ["~.models[1]: a key must be text"]),
    ("~.models", {"a\nb": GAUSSIAN}, [f"~.models.a b: a name, part of file paths, must match {REGEX}"]),
    ("experiments", {}, ["experiments = {}: must have an entry"]),
]


def parts(place: str) -> list[str | int]:
    found = re.findall(r"\[(\d+)\]|([^.\[]+)", place.replace("~", "experiments.digits"))
    return [int(index) if index else key for index, key in found]


def changed(place: str, value: Any, raw: Any = None) -> dict[str, Any]:
    """config.yaml, or `raw`, with another value at a place."""
    *above, last = parts(place)
    inner = raw = raw or json.loads(RAW)
    for part in above:
        inner = inner[part]
    if value == ABSENT:
        del inner[last]
    else:
        inner[last] = value
    return raw


def complaint(raw: Any) -> list[str]:
    with pytest.raises(config.ConfigError) as caught:
        config.load(raw)
    return str(caught.value).splitlines()


def places(value: object, place: str = "") -> Iterator[tuple[str, object]]:
    """Every place of config.yaml with its value, outermost first."""
    if place:
        yield place, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, f"{place}.{key}".removeprefix("."))
    if isinstance(value, list):
        for number, inner in enumerate(value):
            yield from places(inner, f"{place}[{number}]")


def keys(but: str) -> list[str]:
    """The places that are keys, without those that a regular expression describes."""
    found = [place for place, _ in places(json.loads(RAW)) if not place.endswith("]")]
    return [place for place in found if not re.fullmatch(but, place)]


def test_config_yaml_loads_without_losing_or_changing_a_value():
    raw = json.loads(RAW)
    assert config.load(raw).model_dump(mode="json", exclude_unset=True) == raw


@pytest.mark.parametrize(("place", "value", "told"), ONE_SETTING, ids=lambda value: str(value)[:40])
def test_a_mistake_is_one_line_with_the_place_the_value_and_the_rule(place, value, told):
    assert complaint(changed(place, value)) == [f"config.yaml: {place}{told}".replace("~", "experiments.digits")]


@pytest.mark.parametrize(("place", "value", "told"), ELSEWHERE, ids=lambda value: str(value)[:40])
def test_each_mistake_has_its_own_line_and_its_own_place(place, value, told):
    assert complaint(changed(place, value)) == [
        f"config.yaml: {line}".replace("~", "experiments.digits") for line in told
    ]


@pytest.mark.parametrize("raw", [None, [], "digits"])
def test_what_is_no_mapping_is_refused(raw):
    (line,) = complaint(raw)
    assert line.endswith(": must be a mapping of keys to values")


def test_a_wrong_type_anywhere_is_told_at_its_own_place():
    """Every number, text and truth value in turn becomes a mapping; no union's tag may slip into the place."""
    leaves = [place for place, value in places(json.loads(RAW)) if not isinstance(value, (dict, list))]
    leaves = [place for place in leaves if not place.endswith((".augmix", ".raced", ".stairs"))]  # null or a mapping
    for place in leaves:
        (line,) = complaint(changed(place, {}))
        assert line.startswith(f"config.yaml: {place} = {{}}: must be "), line


def test_a_key_missing_anywhere_is_named():
    """Every key in turn is left out, but for the names that a person chooses and for what a paper did not print."""
    for place in keys(
        but=r"experiments\.\w+(\.models\.\w+|\.attacks\.norms\.\w+)?|quoted\.\w+\[\d\]\.(?!model|source)\w+"
    ):
        (line,) = complaint(changed(place, ABSENT))
        assert line.startswith(f"config.yaml: {place}: this key is missing"), line


def test_a_misspelt_key_anywhere_is_named_with_the_key_that_was_meant():
    """Every key in turn gets a letter too many, but for the names that a person chooses."""
    values = dict(places(json.loads(RAW)))
    for place in keys(but=r"experiments\.\w+(\.(models|evaluations)\.\w+)?"):
        (line,) = complaint(changed(f"{place}x", values[place], changed(place, ABSENT)))
        key = place.rpartition(".")[2]
        assert line.startswith(f"config.yaml: {place}x: no such key (did you mean {key}?); allowed: "), line


def test_an_experiment_that_the_command_line_adds_can_be_chosen():
    raw = json.loads(RAW)
    raw["experiments"]["bgmnist-0"] = raw["experiments"]["digits"]
    assert config.load(raw | {"experiment": "bgmnist-0"}).experiment == "bgmnist-0"


@pytest.mark.parametrize("multipliers", [(1,), (1, 2), (2, 3)], ids=str)
@pytest.mark.parametrize(("features", "blocks"), [(32, 1), (40, 1), (44, 1), (44, 2), (48, 1)])
def test_a_net_is_refused_exactly_when_flax_refuses_its_groups(features, multipliers, blocks):
    net = {"features": features, "multipliers": multipliers, "blocks": blocks, "attention_sizes": (8,), "dropout": 0.0}
    unet = UNet(**net, num_classes=10)
    image = jnp.zeros((1, 8, 8, 1))

    def init() -> object:
        return unet.init(jax.random.key(0), image, jnp.zeros(1), jnp.zeros(1, int))

    try:
        jax.eval_shape(init)
    except ValueError:
        (line,) = complaint(changed(NET, net | {"precision": "float32"}))
        assert "32 groups do not divide" in line
    else:
        config.load(changed(NET, net | {"precision": "float32"}))


def test_the_committed_schema_is_the_one_of_the_models(tmp_path):
    schema.main(["--out", str(tmp_path / "schema.json")])
    command = "python -m sbgc.steps.schema --out workflow/schemas/config.schema.json"
    assert SCHEMA.read_text() == (tmp_path / "schema.json").read_text(), f"sbgc.config has changed; run: {command}"


def test_the_schema_accepts_config_yaml():
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))
    validator.check_schema(validator.schema)
    assert not list(validator.iter_errors(json.loads(RAW)))


@pytest.mark.parametrize(
    ("place", "value"),
    [(f"{SDE}.beta_min", -0.1), (f"{SDE}.beta_mn", 0.1), (f"{SDE}.name", "edm"), ("~.models.A-b", GAUSSIAN)],
    ids=str,
)
def test_the_schema_refuses_what_one_setting_alone_can_break(place, value):
    assert not jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).is_valid(changed(place, value))


def test_the_configuration_loads_without_any_numerical_package():
    """Snakemake reads it in the main process and again in every job."""
    heavy = "{'jax', 'numpy', 'pandas', 'scipy', 'sklearn', 'flax'}"
    code = f"import sys, sbgc.config; sys.exit(', '.join({heavy} & set(sys.modules)) or None)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
