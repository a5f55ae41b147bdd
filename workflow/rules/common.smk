# What the rules share: the checked configuration, and the runs, evaluations and pieces of an experiment.
import os
import re
import sys
from functools import cache

from sbgc.config import ConfigError, load, read
from sbgc.config.datasets import FACTS
from sbgc.provenance import code_digest
from sbgc.runtime import missing


def checked(function, argument):
    """The function's value; or a line for each mistake and no traceback, before any job."""
    try:
        return function(argument)
    except ConfigError as error:
        sys.exit(str(error))


# Beside the Snakefile, so that `--directory elsewhere` writes elsewhere and computes the same.
CONFIG_FILE = os.path.relpath(f"{workflow.basedir}/config.yaml")
checked(read, CONFIG_FILE)  # tells the line of what is not YAML and of a key that stands twice; `configfile` would not


configfile: CONFIG_FILE


CONFIG = checked(load, config)

# `python` in a rule is the interpreter that runs Snakemake, whether or not its environment is activated.
os.environ.update(PATH=os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)]))
os.environ.update(missing(os.environ))  # what makes jobs faster, the compilations they share among it

RESULTS = f"results/{CONFIG.experiment}"  # of the rules that are named after a figure or a table
RUN = "results/{experiment}/{model}/seed{seed}"
SCORES = {"score": "log_prob", "gaussian": "log_prob", "wide_resnet": "logits"}  # what each kind of model gives
DENSITIES = [kind for kind, scores in SCORES.items() if scores == "log_prob"]
UNRACED = [kind for kind in SCORES if kind != "score"]  # one network evaluation or none tells all their classes
TRAINED = ["score", "wide_resnet"]  # in segments; the others are fitted at once


def experiment(wildcards):
    return CONFIG.experiments[wildcards.experiment]


def kind(wildcards):
    return experiment(wildcards).models[wildcards.model].kind


def models(*kinds):
    """The regular expression of the models of these kinds: another one in {model} is "no rule to produce"."""
    of = {name: model.kind for e in CONFIG.experiments.values() for name, model in e.models.items()}
    return "|".join(re.escape(name) for name in sorted(of) if of[name] in kinds) or "(?!)"


def runs(template, name, *kinds):
    """`template` of every run of an experiment: a model of these kinds and a seed, with what it gives as {scores}."""
    e = CONFIG.experiments[name]
    found = [(model, SCORES[e.models[model].kind]) for model in e.models if e.models[model].kind in kinds]
    return [template.format(experiment=name, model=m, scores=s, seed=seed) for m, s in found for seed in e.seeds]


@cache
def evaluations(name):
    """Evaluation -> (its split, how many first images or None for all, its settings, how many images that makes)."""
    e = CONFIG.experiments[name]
    found = {evaluation: (part.split, part.images, part, part.images) for evaluation, part in e.evaluations.items()}
    found["attack_clean"] = ("test", e.attacks.images, e.attacks, e.attacks.images)
    found["race"] = (e.race.split, e.race.images, e.race, e.race.images)
    found["interpolation"] = ("interpolation", None, e.interpolation, e.interpolation.pairs * e.interpolation.points)
    for split in (f"corrupt-{corruption}" for corruption in e.corruptions.kinds):
        found[split] = (split, None, e.corruptions, 5 * e.corruptions.images)
    for corruption in e.corruptions.kinds * bool(e.corruptions.raced):
        split, images = f"raced-{corruption}", 5 * e.corruptions.raced.images
        found[split], found[f"all-{corruption}"] = (split, None, e.race, images), (split, None, e.corruptions, images)
    for norm, attack in e.attacks.norms.items():
        for split in runs(f"pgd-{norm}@{{model}}-seed{{seed}}", name, *SCORES):
            found[split] = (split, None, e.attacks, len(attack.epsilons) * e.attacks.images)
    return found


def model_code(step):
    """The digest of a step and of the model that it loads by name: editing gaussian.py concerns no other model."""
    return lambda wildcards: code_digest(f"sbgc.steps.{step}", f"sbgc.models.{kind(wildcards)}")


wildcard_constraints:
    experiment="|".join(map(re.escape, CONFIG.experiments)),
    model=models(*SCORES),
    seed=r"\d+",
    segment=r"\d+",
    segments=r"\d+",
    shard=r"\d+",
    shards=r"\d+",
    evaluation="|".join(re.escape(evaluation) for name in CONFIG.experiments for evaluation in evaluations(name)),
