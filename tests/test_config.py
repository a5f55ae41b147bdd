"""The configuration as a person writes it: every file loads, and a mistake anywhere is one line at its own place."""

import json
import math
import re
import subprocess
import sys
from typing import Any, get_args

import pytest
import yaml
from configurations import ABSENT, FILES, ROOT, WHOLE, loaded, places, refusal_of_one

from sbgc.config.analyses import Corruption
from sbgc.config.file import read
from sbgc.config.loading import Source, load
from sbgc.config.wording import DISCRIMINATORS
from sbgc.kinds import KINDS

CORRUPTIONS = " or ".join(", ".join(map(repr, get_args(Corruption))).rsplit(", ", 1))
POINT_AND_SIGN = "YAML needs the point and the sign, as in 2.0e-4 or 1.0e+3"
UNQUOTED = "without quotes; inside the braces of --config all is quoted, so use --configfile"
NAME = "must be a name of at most 40 lowercase letters, digits and _, a letter first; paths contain it"
PATH = "must be a path without braces, line breaks and other control characters, and without a hyphen in front"
EXECUTION = "segments, shards, batch_size, memory_mib, peak_teraflops, sustained_teraflops, image_files"
SDE, NET, ADAM = "~.models.score.sde", "~.models.score.net", "~.models.score.optimizer"
TRAINING, RESNET = "~.models.score.training", "~.models.wide_resnet"
GAUSSIAN = {"kind": "gaussian", "shrinkage": 0.1}
AT = {"norm": "linf", "epsilon": 0.1, "steps": 5, "relative_step": 0.3}

# A place in config.yaml (~ stands for experiments.digits), what is put there, and what the line says of this place.
ONE_SETTING: list[tuple[str, Any, str]] = [
    # an impossible value
    (f"{SDE}.beta_min", -0.1, " = -0.1: must be greater than 0"),
    (f"{SDE}.beta_min", 1e-300, " = 1e-300: must be at least 1e-12, or float32 may round it to 0"),
    (f"{SDE}.beta_max", 0.05, " = 0.05: must be at least beta_min = 0.1"),
    (f"{SDE}.beta_max", 300, " = 300: must be at most 159.9, or float32 overflows"),
    (f"{SDE}.beta_max", math.inf, " = inf: must be finite"),
    (f"{SDE}.t_min", 0.999, " = 0.999: must be at most 0.1"),
    (f"{SDE}.t_min", 1e-20, " = 1e-20: must be at least 0.00000001"),
    ("~.evaluations.test.draws", 0, " = 0: must be at least 1"),
    ("~.models.gaussian.shrinkage", 1.5, " = 1.5: must be at most 1"),
    (f"{NET}.features", 30, " = 30: must be a multiple of 4"),
    (f"{NET}.multipliers", [], " = []: must have at least one entry"),
    (f"{NET}.dropout", 1, " = 1: must be at most 0.999999"),
    (f"{RESNET}.depth", 12, " = 12: must be 6 n + 4: three groups of n blocks of two convolutions"),
    (f"{RESNET}.consistency", 12.0, " = 12.0: needs training.augmix, whose views it compares; or 0"),
    (f"{RESNET}.adversarial", AT | {"epsilon": 0}, ".epsilon = 0: must be greater than 0"),
    (f"{RESNET}.adversarial", AT | {"norm": "l1"}, ".norm = 'l1': must be 'linf' or 'l2'"),
    (f"{RESNET}.optimizer.stairs", {"at": [1.0], "factor": 0.2}, ".at[0] = 1.0: must be less than 1"),
    (f"{TRAINING}.accumulation", 3, " = 3: must divide batch_size = 128"),
    (f"{TRAINING}.augmix", {"severity": 11, "width": 3}, ".severity = 11: must be at most 10"),
    (f"{ADAM}.warmup_steps", 2500, " = 2500: must be less than training.steps = 2000"),
    ("~.models.score.likelihood.nodes", 2, " = 2: must be at least 3"),
    ("~.models.score.likelihood.nodes", "many", " = 'many': must be a whole number, or auto"),
    ("~.models.score.likelihood.nodes", "18", f" = '18': must be a whole number {UNQUOTED}"),
    ("~.calibration", None, ": this key is missing"),
    ("~.calibration.images", 181, " = 181: must be at most 180, the size of the validation split"),
    ("~.calibration.probes", 3, " = 3: must be a power of two"),
    ("~.seeds", [0, 1, 0], " = [0, 1, 0]: must not repeat 0"),
    ("~.strata", 3, " = 3: must be a power of two"),
    ("~.corruptions.kinds", [], " = []: must have at least one entry"),
    ("~.corruptions.kinds", ["fog", "fog"], " = ['fog', 'fog']: must not repeat 'fog'"),
    ("~.corruptions.noises", ["saturate"], " = ['saturate']: must be among kinds, and 'saturate' is not"),
    ("~.attacks.attacked.likelihood.num_probes", 0, " = 0: must be at least 1"),
    ("~.dataset.num_classes", 1, " = 1: must be at least 2, for a classifier chooses between classes"),
    ("~.dataset.image_shape", [8, 8, 2], " = [8, 8, 2]: must have 1 channel (grey) or 3 (color)"),
    ("~.dataset.image_shape", [8], " = [8]: must have 3 entries: pixels high, pixels wide, channels"),
    ("~.dataset.image_shape", [8, 8, 1, 1], " = [8, 8, 1, 1]: must have 3 entries: pixels high, pixels wide, channels"),
    ("~.dataset.path", "{a}", f" = '{{a}}': {PATH}"),
    ("~.dataset.path", "--out", f" = '--out': {PATH}"),
    ("~.dataset.name", "Digits", f" = 'Digits': {NAME}"),
    # a choice that does not exist
    (f"{SDE}.name", "edm", " = 'edm': must be one of 'vp', 'sub_vp', 've'"),
    (f"{SDE}.name", 5, " = 5: must be one of 'vp', 'sub_vp', 've'"),
    ("~.models.score.kind", "vae", f" = 'vae': must be one of {', '.join(map(repr, KINDS))}"),
    ("~.evaluations.test.split", "tset", " = 'tset': must be 'train', 'validation' or 'test' (did you mean test?)"),
    ("~.convergence.likelihood.procedure", "exact", " = 'exact': must be one of 'fast', 'reference', 'elbo'"),
    ("~.convergence.likelihood.family", "sphere", " = 'sphere': must be 'rademacher' or 'hadamard'"),
    ("~.corruptions.kinds[8]", "frog", f" = 'frog': must be {CORRUPTIONS} (did you mean fog?)"),
    ("~.attacks.attacked.likelihood.procedure", "elbo", " = 'elbo': must be one of 'fast', 'reference'"),
    ("experiment", "digit", " = 'digit': must be 'digits' (did you mean digits?)"),
    # a wrong type
    (SDE, "vp", " = 'vp': must be a mapping of keys to values"),
    (NET, None, " = null: must be a mapping of keys to values"),
    ("~.convergence", 5, " = 5: must be a mapping of keys to values"),
    (f"{TRAINING}.steps", 2500.0, " = 2500.0: must be a whole number"),
    (f"{TRAINING}.steps", True, " = true: must be a whole number"),
    (f"{TRAINING}.steps", "2500", f" = '2500': must be a whole number {UNQUOTED}"),
    (f"{ADAM}.cosine_decay", "true", f" = 'true': must be true or false {UNQUOTED}"),
    (f"{ADAM}.cosine_decay", "on", " = 'on': must be true or false"),
    (f"{ADAM}.clip_norm", "one\ntwo", " = 'one\\ntwo': must be a number"),
    (f"{ADAM}.learning_rate", "2e-4", f" = '2e-4': must be a number; {POINT_AND_SIGN}"),
    (f"{NET}.multipliers", 2, " = 2: must be a list"),
    ("quoted.table1[0].accuracy", "67 %", " = '67 %': must be a number"),
    ("experiment", 3, " = 3: must be text"),
    # a key that is not there, or should not be
    (f"{SDE}.beta_min", ABSENT, ": this key is missing"),
    (f"{SDE}.name", ABSENT, ": this key is missing"),
    ("~.evaluations.test", ABSENT, ": this key is missing"),
    ("~.models.score.likelihood", None, ": this key is missing"),
    ("quoted.table2", ABSENT, ": this key is missing"),
    (f"{SDE}.beta", 1.0, " = 1.0: no such key (did you mean beta_min?); allowed: name, beta_min, beta_max, t_min"),
    (f"{SDE}.vp", 1.0, " = 1.0: no such key; allowed: name, beta_min, beta_max, t_min"),
    ("~.models.gaussian.gaussian", 1, " = 1: no such key; allowed: kind, shrinkage"),
    ("~.execution.shard", 2, f" = 2: no such key (did you mean shards?); allowed: {EXECUTION}"),
    # a name
    ("~.models.Score-2", GAUSSIAN, f": {NAME}"),
    ("~.models.corrupt fog", GAUSSIAN, f": {NAME}"),
]  # fmt: skip


def hostile_values(value: object) -> list[Any]:
    """What no place of the default experiment may hold that holds this value now."""
    values: list[Any] = [math.nan, -math.inf, -2, 10**400, [[]], {"a": {}}, {5: 5}, "a\nb", "\x00", "x" * 10_000]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        values += [True, "1", 1e300, [value]] + ([2**31, 2**63, 2**64] if isinstance(value, int) else [])
    return values


def leaves() -> list[tuple[str, object]]:
    return [(place, value) for place, value in places(json.loads(WHOLE)) if not isinstance(value, (dict, list))]


def keys(but: str) -> list[str]:
    """The places that are keys, without those that a regular expression describes."""
    found = [place for place, _ in places(json.loads(WHOLE)) if not place.endswith("]")]
    return [place for place in found if not re.fullmatch(but, place)]


def test_config_yaml_loads_without_losing_or_changing_a_value():
    whole = json.loads(WHOLE)
    assert load(Source("config.yaml", whole)).model_dump(mode="json", exclude_unset=True) == whole


def test_every_experiment_of_the_project_loads():
    """An experiment has the name of its file, or begins with it."""
    names = [(file.stem, name) for file in FILES[1:] for name in read(file)["experiments"]]
    assert all(name == stem or name.startswith(f"{stem}_") for stem, name in names)
    assert set(loaded({}).experiments) == {"digits", *(name for _, name in names)}


def test_the_configuration_of_the_tests_loads():
    assert loaded(dict(read(ROOT / "tests" / "tiny.yaml"))).experiment == "tiny"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_line_of_a_file_is_longer_than_120_characters(file):
    assert max(map(len, file.read_text().splitlines())) <= 120


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_setting_of_a_file_has_a_line_of_its_own(file):
    def lines(node: yaml.Node) -> list[int]:
        """Of each key, and of each entry of a list that is a mapping."""
        if isinstance(node, yaml.MappingNode):
            return [n for key, value in node.value for n in (key.start_mark.line, *lines(value))]
        return [n for value in node.value for n in lines(value)] if isinstance(node, yaml.SequenceNode) else []

    found = lines(yaml.compose(file.read_text()))
    assert len(found) == len(set(found))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_file_names_the_schema_for_editors(file):
    (named,) = re.findall(r"^# yaml-language-server: \$schema=(\S+)$", file.read_text(), re.MULTILINE)
    assert (file.parent / named).resolve() == ROOT / "workflow" / "schemas" / "config.schema.json"


@pytest.mark.parametrize(("place", "value", "told"), ONE_SETTING, ids=lambda value: str(value)[:40])
def test_a_mistake_is_one_line_with_the_place_the_value_and_the_rule(place, value, told):
    assert refusal_of_one(place, value) == [f"config.yaml: {place}{told}".replace("~", "experiments.digits")]


def test_a_wrong_type_anywhere_is_told_at_its_own_place():
    """Every number, text and truth value in turn becomes a mapping; no union's tag may slip into the place."""
    may_be_mappings = (".augmix", ".crops", ".raced", ".stairs", ".transfers")
    for place in [place for place, _ in leaves() if not place.endswith(may_be_mappings)]:
        (line,) = refusal_of_one(place, {})
        assert line.startswith(f"config.yaml: {place} = {{}}: must be "), line


def test_a_hostile_value_anywhere_is_one_printable_line_at_its_own_place():
    for place, value in leaves():
        for hostile in hostile_values(value):
            if place.startswith("quoted") and isinstance(hostile, (int, str)):
                continue  # numbers that a paper printed may be negative, and its words are free
            (line,) = refusal_of_one(place, hostile)
            assert line.startswith(f"config.yaml: {place}"), line
            assert len(line) < 1000, line
            assert line.isprintable(), line


def test_a_key_missing_anywhere_is_named():
    """Every key in turn is left out, but for what is optional and the names that a person chooses."""
    optional = (
        r"experiments\.\w+(\.models\.\w+|\.attacks\.(methods|epsilons)\.\w+|\.evaluations\.(train|validation))?"
        r"|experiments\.\w+\.(convergence|crosscheck|race|corruptions|attacks|interpolation|samples|labels|counterexample)"
        r"|experiments\.\w+\.outliers"
        r"|experiments\.\w+\.(convergence|attacks)\.likelihood"
        r"|experiments\.\w+\.attacks\.(transfers|methods\.\w+\.last_step)"
        r"|quoted\.\w+\[\d+\]\.(?!model|source)[\w.]+"
    )
    for place in keys(but=optional):
        (line,) = refusal_of_one(place, ABSENT)
        assert line.startswith(f"config.yaml: {place}: this key is missing"), line


def test_a_misspelled_key_anywhere_is_named_with_the_key_that_was_meant():
    """Every key in turn gets a letter too many, but for the names that a person chooses."""
    values = dict(places(json.loads(WHOLE)))
    chosen = r"experiments\.\w+(\.(models|evaluations)\.\w+|\.attacks\.(methods|epsilons)\.\w+)?|quoted\.\w+"
    for place in keys(but=rf"{chosen}(\[\d+\]\.detection\.\w+)?"):  # which are corruptions
        key = place.rpartition(".")[2]
        (line,) = refusal_of_one(f"{place}x", values[place], without=place)
        if key in DISCRIMINATORS and "dataset" not in place:  # which tell what other keys there may be
            assert line == f"config.yaml: {place}: this key is missing; is it misspelled as {key}x?"
        else:
            assert line.startswith(f"config.yaml: {place}x = "), line
            assert f": no such key (did you mean {key}?); allowed: " in line


def test_the_configuration_loads_without_any_numerical_package():
    """Snakemake reads it in the main process and again in every job."""
    heavy = "{'jax', 'numpy', 'pandas', 'scipy', 'sklearn', 'flax'}"
    code = f"import sys, sbgc.config.loading, sbgc.contents; sys.exit(', '.join({heavy} & set(sys.modules)) or None)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
