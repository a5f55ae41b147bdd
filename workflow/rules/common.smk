# What the rules share: the checked configuration, and which runs, evaluations and pieces an experiment has.
import json
import os
import re
import shlex
import sys
from functools import cache
from glob import glob
from math import ceil, prod
from pathlib import Path

from sbgc import contents, runtime
from sbgc.config import attack_rows, explained, members, sharding
from sbgc.config.datasets import FACTS
from sbgc.config.evaluations import evaluations as evaluated
from sbgc.config.file import read
from sbgc.config.loading import Source, load
from sbgc.config.mistakes import ConfigError
from sbgc.config.models import fitted_as, has_maps, is_trained
from sbgc.config.spec import bottleneck_facts_of, facts_of, flow_facts_of, images_of
from sbgc.kinds import KINDS
from sbgc.provenance import as_json, code_digest


def checked(function, *arguments):
    """The function's value; or a line for each mistake and no traceback, before any job."""
    try:
        return function(*arguments)
    except ConfigError as error:
        sys.exit(str(error))


def sources():
    """Every file of the configuration by its name, and the command line, later ones winning.

    The files lie beside the Snakefile, so that `--directory elsewhere` writes elsewhere and computes the same.
    """
    base = Path(workflow.basedir)
    files = [base / "config.yaml", *sorted(base.glob("experiments/*.yaml")), *workflow.overwrite_configfiles]
    for file in files:
        name = os.path.relpath(file)
        yield Source(name, read(name))  # tells the line of what is not YAML, and of a key that stands twice
    yield Source("--config", workflow.config_settings.config)


CONFIG = checked(lambda: load(*sources()))
CHOSEN = CONFIG.experiments[CONFIG.experiment]
config.update(CONFIG.model_dump(mode="json"))  # for the captions of the report

# `python` in a rule is the interpreter that runs Snakemake, whether or not its environment is activated.
os.environ.update(PATH=os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)]))
os.environ.update(runtime.missing(os.environ))  # what makes jobs faster, the compilations they share among it

RESULTS = f"results/{CONFIG.experiment}"  # of the rules that are named after a figure or a table
RUN = "results/{experiment}/{model}/seed{seed}"


def experiment(wildcards):
    return CONFIG.experiments[wildcards.experiment]


def kind_name(wildcards):
    return experiment(wildcards).models[wildcards.model].kind


def kind(wildcards):
    return KINDS[kind_name(wildcards)]


def fitted_model(wildcards):
    """The model whose parameters a model has: itself, or the one that it defends."""
    return fitted_as(experiment(wildcards).models, wildcards.model)


def models(**facts):
    """The regular expression of the models whose kind is like that: another one in {model} is "no rule to produce"."""
    found = {
        name
        for e in CONFIG.experiments.values()
        for name, model in e.models.items()
        if all(getattr(KINDS[model.kind], fact) == value for fact, value in facts.items())
    }
    return "|".join(map(re.escape, sorted(found))) or "(?!)"


def experiments(in_files):
    """The regular expression of the experiments whose images lie in files, or in one."""
    found = [name for name, e in CONFIG.experiments.items() if (e.dataset.ilsvrc is not None) == in_files]
    return "|".join(map(re.escape, found)) or "(?!)"


def runs(name, models):
    """(model, seed) of every training of these models of an experiment."""
    return [(model, seed) for model in models for seed in CONFIG.experiments[name].seeds]


def first_seed(name):
    """The seed of the first training of each model."""
    return CONFIG.experiments[name].seeds[0]


def of_run(template, name, model, seed, **more):
    return template.format(experiment=name, model=model, seed=seed, **more)


@cache
def evaluations(name):
    """What an experiment evaluates, by name (config/evaluations.py)."""
    return evaluated(CONFIG.experiments[name])


def code(step, page=None):
    """The digest of a step, and of the pages of kinds that it loads by name: editing one kind concerns no other."""
    if page is None:
        return code_digest(f"sbgc.steps.{step}")

    def of_model(wildcards):
        models = experiment(wildcards).models
        kinds = {models[name].kind for name in (wildcards.model, fitted_model(wildcards))}
        return code_digest(f"sbgc.steps.{step}", *(f"sbgc.{page}.{one}" for one in kinds))

    return of_model


def begun(folder, suffix, number):
    """The pieces that make a result: `number` of them, or as many as it was begun in.

    Snakemake reruns a rule when its inputs are others. Were their number always the configuration's, another one would
    throw finished results away. To cut a result anew, delete its pieces.
    """
    found = [os.path.basename(path).split(".")[0] for path in glob(f"{glob_escape(folder)}/0-of-*.{suffix}")]
    number = min((int(name.removeprefix("0-of-")) for name in found), default=number)
    return [f"{folder}/{piece}-of-{number}.{suffix}" for piece in range(number)]


def glob_escape(path):
    return re.sub(r"([*?[])", r"[\1]", path)


wildcard_constraints:
    experiment="|".join(map(re.escape, CONFIG.experiments)),
    model=models(),
    seed=r"\d+",
    segment=r"\d+",
    segments=r"\d+",
    shard=r"\d+",
    shards=r"\d+",
    evaluation="|".join(map(re.escape, sorted({one for name in CONFIG.experiments for one in evaluations(name)}))),
    bundle=r"[a-z0-9_/]+",
