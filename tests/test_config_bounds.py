"""What an experiment may ask for: a broad table of configurations, each accepted or refused with a line a mistake."""

import time
from typing import Any

import pytest
from configurations import GAUSSIAN_ALONE, OPTIONAL, WIDE_RESNET_ALONE, loaded, mine, refusal

BILLION = 10**9
SCORE_KEYS = ("draws", "images")
VE = {"name": "ve", "sigma_min": 0.01, "sigma_max": 50.0, "t_min": 1e-5}
OWN = {"name": "mine", "path": "/data/mine.npz", "levels": 256, "image_shape": [12, 12, 1], "num_classes": 3}
OWN_NET = {"score": {"net": {"attention_sizes": [6]}}}
SCORE = {"extends": "score"}


def nested(path: str, value: Any) -> dict[str, Any]:
    """{a: {b: value}} for `a.b`."""
    for key in reversed(path.split(".")):
        value = {key: value}
    return value


COUNTS = ("batch_size", "steps", "accumulation")
VALUES = (BILLION, 2**63, -1, True, "7", 1.5, None)
NUMBERS = [
    *[f"{section}.draws" for section in ("convergence", "corruptions", "attacks", "interpolation", "race")],
    *[f"{section}.images" for section in ("convergence", "crosscheck", "corruptions", "attacks", "race")],
    *[f"evaluations.{name}.{key}" for name in ("train", "validation", "test") for key in SCORE_KEYS],
    *[f"execution.{key}" for key in ("segments", "shards", "batch_size", "memory_mib")],
    *[f"metrics.{key}" for key in ("bootstrap", "calibration_bins", "subsamples")],
    *[f"models.score.net.{key}" for key in ("features", "blocks")],
    *[f"models.{model}.training.{key}" for model in ("score", "wide_resnet") for key in COUNTS],
    *[f"models.wide_resnet.{key}" for key in ("depth", "widen", "base_features")],
    *[f"models.score.likelihood.{key}" for key in ("nodes", "num_probes")],
    *[f"dataset.{key}" for key in ("levels", "num_classes", "validation", "test")],
    *["strata", "convergence.strata", "samples.per_class", "samples.steps", "attacks.methods.pgd_linf.steps"],
    *["interpolation.pairs", "interpolation.points", "race.screen.nodes", "attacks.attacked.likelihood.num_probes"],
    "models.score.optimizer.warmup_steps",
]  # fmt: skip

REFUSED: list[dict[str, Any]] = [
    *[mine(**nested(path, value)) for path in NUMBERS for value in VALUES],
    *[mine(**nested("models.score.training.crops", {"border": value, "fill": "edge"})) for value in VALUES],
    # segments, seeds, the process in time
    *[mine(execution={"segments": number}) for number in (0, 480, 201)],
    mine(models={"score": {"training": {"steps": 1}, "optimizer": {"warmup_steps": 1}}}),
    mine(models={"wide_resnet": {"training": {"steps": 1}}}, execution={"segments": 2}),
    *[mine(seeds=seeds) for seeds in ([2**63], [2**64], [0, 2**32], [-1], [0, 0], [], 0, None, [None], [0.0], [[0]])],
    *[mine(dataset={"seed": seed}) for seed in (2**31, 2**63, 2**64, -1, None, "0", True)],
    *[mine(models={"score": {"sde": {"t_min": t_min}}}) for t_min in (0.999999, 1, 1.0, 0.5, 0, 1e-300)],
    *[mine(models={"score": {"sde": {"beta_max": beta_max}}}) for beta_max in (300, 1e30, 0.0, float("inf"))],
    mine(models={"score": {"sde": {"beta_min": 100.0, "beta_max": 100.0}}}),
    mine(models={"score": {"sde": {"name": "ve"}}}),
    mine(corruptions={"raced": {"images": BILLION, "reach": 1.0}}),
    mine(models={"score": {"training": {"ema_decay": 1 - 1e-12}}}),
    # what is quoted
    *[{"quoted": quoted} for quoted in (None, [], {"table1": []}, {"table1": None}, {"table4": []}, {"table1": [{}]})],
    {"quoted": {"table1": [{"model": "a\nb", "source": "c"}]}},
    {"quoted": {"table1": [{"model": "a", "source": "c", "accuracy": 101}]}},
    {"quoted": {"table1": [{"model": "a", "source": "c"}] * 51}},
    # names
    *[
        {"experiments": {name: {"extends": "digits"}}}
        for name in ("e" * 300, "A", "a/b", "a.b", "..", "a b", "-a", "é", "", "a\nb", "$(touch a)", "{a}", 5, None)
    ],
    *[
        mine(models={name: SCORE})
        for name in ("m" * 300, "A", "a/b", "a.b", "..", "a b", "a-b", "é", "", "a\n", "$(touch a)", "{a}", 5, None)
    ],
    *[
        mine(evaluations={name: {"split": "test", "images": 4, "draws": 1}})
        for name in ("e" * 300, "A", "a/b", "..", "a b", "", "{a}", 5, None)
    ],
    *[{"experiment": name} for name in ("none", "e" * 10_000, "", "../digits", 5, None, ["digits"])],
    # paths
    *[
        mine(dataset=OWN | {"path": path}, models=OWN_NET)
        for path in ("", "{a}", "a\nb", "a\0b", "a\x1b[2Jb", "a\u2028b", "-a", "--out", "x" * 5000, 5, True, ["a"])
    ],
    *[{"downloads": downloads} for downloads in (None, 5, {"folder": 5}, {"folder": "a\nb"}, {"mnist": "https://a"})],
    {"downloads": {"mnist": ["https://a"] * 21}},
    # the dataset
    mine(dataset=OWN | {"path": None}),
    *[mine(dataset=OWN | {"num_classes": number}, models=OWN_NET) for number in (1, 0, 1001)],
    *[
        mine(dataset=OWN | {"image_shape": shape}, models=OWN_NET)
        for shape in ([7, 12, 1], [513, 12, 1], [12, 12, 2], [12, 12, 4], [12, 12], [], 12, "12x12", [12, 12, "1"])
    ],
    # sections and models
    *[mine(**{section: value}) for section in OPTIONAL for value in (5, "x", [], True)],
    *[mine(**{section: None}) for section in ("dataset", "seeds", "strata", "models", "evaluations", "metrics")],
    mine(models={}) | mine(models={"score": None, "gaussian": None, "wide_resnet": None}),
    mine(models={f"m{number}": SCORE for number in range(30)}),
    mine(evaluations={"test": None}),
    mine(evaluations={"test": {"split": "validation"}}),
    mine(corruptions={"kinds": ["fog", "fog"], "noises": []}),
    mine(corruptions={"kinds": ["fog"] * 1001}),
    mine(attacks={"epsilons": {"l1": [1.0]}}),
    mine(attacks={"epsilons": {"l2": [1.0, 1.0]}}),
    mine(attacks={"epsilons": {"l2": []}}),
    # what is extended
    *[{"experiments": {"one": {"extends": base}}} for base in ("one", "digit", 5, None, True, [], {}, "x" * 10_000)],
    {"experiments": {"one": {"extends": "two"}, "two": {"extends": "one"}}},
    {"experiments": {f"e{number}": {"extends": f"e{number + 1}"} for number in range(2000)} | {"e2000": {}}},
    *[mine(models={"other": {"extends": base}}) for base in ("other", "scor", 5, None, "digits")],
    mine(models={"one": {"extends": "two"}, "two": {"extends": "one"}}),
    {"experiments": {f"e{number}": {"extends": "digits"} for number in range(300)}},
    # other keys, and values that are no settings
    *[{key: {}} for key in ("experimnt", "__use_yte__", "x" * 10_000, "\x1b[2J", 5, None, True)],
    *[{key: value} for key in ("experiments", "experiment", "downloads") for value in (None, 5, "x", [], [[]])],
]  # fmt: skip

ACCEPTED: dict[str, dict[str, Any]] = {
    "the Gaussian alone": mine(**GAUSSIAN_ALONE),
    "the WideResNet alone": mine(**WIDE_RESNET_ALONE),
    "the score model alone": mine(models={"gaussian": None, "wide_resnet": None}, corruptions={"baseline": None}),
    **{f"without {section}": mine(**{section: None}) for section in OPTIONAL},
    "without any section": mine(**dict.fromkeys(OPTIONAL)),
    "several seeds": mine(seeds=[0, 1, 2**31 - 1]),
    "two score models": mine(models={"other": SCORE | {"net": {"dropout": 0.1}}}),
    "another procedure": mine(crosscheck={"reference": {"procedure": "elbo", "samples": 4, "levels": "even"}}),
    "a process that explodes": mine(models={"score": {"sde": VE}}),
    "images of one's own": mine(
        dataset=OWN | {"validation": 60, "test": 100},
        models=OWN_NET,
        evaluations={"validation": {"images": 60}, "test": {"images": 100}},
        race={"images": 100},
    ),
    "color images of one's own, without the other models": mine(
        dataset=OWN | {"image_shape": [64, 64, 3], "validation": 180, "test": 360},
        models={"gaussian": None, "wide_resnet": None, "score": {"net": {"attention_sizes": [32]}}},
        corruptions={"baseline": None},
    ),
    "an empty file": {},
    "an evaluation of its own": mine(evaluations={"more": {"split": "test", "images": 4, "draws": 1}}),
    "without the evaluations that nothing needs": mine(evaluations={"train": None}, outliers=None),
    "a name with what names may have": {"experiments": {"bgmnist-0_a": {"extends": "digits"}}},
    "an uncommon path": mine(dataset=OWN | {"path": "/a b/é $(touch c)'\"&;.npz", "test": 360}, models=OWN_NET),
}


def test_every_bad_configuration_is_answered_in_one_line_a_mistake_and_at_once():
    slowest = 0.0
    for values in REFUSED:
        started = time.process_time()
        lines = refusal(values)
        slowest = max(slowest, time.process_time() - started)
        assert all(len(line) < 1000 and line.isprintable() for line in lines), lines
        assert lines != [""], values
        assert all(": " in line or line.startswith("and ") for line in lines), lines
    assert slowest < 2, slowest


@pytest.mark.parametrize("path", NUMBERS)
def test_a_number_beyond_all_bounds_is_told_at_its_place_alone(path):
    (line,) = refusal(mine(**nested(path, BILLION)))
    assert line.startswith(f"mine.yaml: experiments.mine.{path} = 1000000000: must be "), line


@pytest.mark.parametrize("values", ACCEPTED.values(), ids=ACCEPTED)
def test_a_good_configuration_is_accepted(values):
    loaded(values)
