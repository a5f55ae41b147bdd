import hashlib

import pandas as pd
import pytest
import tiny
from flax import serialization

from sbgc import artifacts
from sbgc.procedures.paper import model_card
from sbgc.procedures.training import given_weights
from sbgc.steps import export_weights

SPEC = tiny.spec_of(tiny.SCORE)
SEGMENTS = [
    {"steps": 25, "commit": "abc", "device": "cpu", "versions": {"jax": "0.10.2"}},
    {"steps": 15, "commit": "abd", "device": "cpu", "versions": {"jax": "0.10.2"}},
]


def metrics():
    row = {"model": "score", "seed": 0, "evaluation": "test", "num_images": 360, "draws": 4, "ci_level": 0.95}
    rows = [
        row | {"metric": "accuracy", "value": 0.9917, "ci_low": 0.98, "ci_high": 1.0},
        row | {"metric": "bits_per_dim_marginal", "value": 1.8847, "ci_low": 1.864, "ci_high": 1.905},
        row | {"metric": "accuracy", "value": 0.5, "ci_low": 0.4, "ci_high": 0.6, "evaluation": "train"},
        row | {"metric": "accuracy", "value": 0.3, "ci_low": 0.2, "ci_high": 0.4, "model": "wide_resnet"},
        row | {"metric": "accuracy", "value": 0.2, "ci_low": 0.1, "ci_high": 0.3, "seed": 1},
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def exported(tmp_path):
    """The paths of weights and of their card."""
    files = {name: tmp_path / name for name in ("params", "weights.npz", "weights.md", "metrics.parquet")}
    files["params"].write_bytes(serialization.msgpack_serialize(tiny.random_variables(SPEC)))
    artifacts.write_table(files["metrics.parquet"], metrics())
    throughput = [tmp_path / f"{number}.json" for number in range(2)]
    for path, segment in zip(throughput, SEGMENTS, strict=True):
        artifacts.write_json(path, segment)
    options = {"spec": SPEC.model_dump_json(), "params": files["params"], "seed": 0}
    options |= {"metrics": files["metrics.parquet"], "out": files["weights.npz"], "card": files["weights.md"]}
    given = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    export_weights.main([*given, "--throughput", *map(str, throughput)])
    return files["weights.npz"], files["weights.md"].read_text()


def test_the_card_names_the_hash_that_the_configuration_asks_for(exported):
    path, card = exported
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    assert f"  sha256: {sha256}\n" in card
    spec = tiny.spec_of(tiny.SCORE, objective=None, optimizer=None, training=None)
    assert given_weights.state(path, sha256, spec)


def test_the_card_tells_the_test_results_of_this_training_alone(exported):
    _, card = exported
    rows = [line for line in card.splitlines() if line.startswith("| ") and "accuracy" in line]
    assert rows == ["| accuracy % | 99.2 [98.0, 100.0] | 360 x 4 |"]
    assert "| bits/dim of p(x) | 1.885 [1.864, 1.905] | 360 x 4 |" in card


def test_the_card_says_how_the_weights_were_made(exported):
    _, card = exported
    numbers = sum(leaf.size for leaf in leaves(tiny.random_variables(SPEC)))
    assert f"with {numbers:,} numbers" in card
    assert "trained for 40 steps at commit abc, abd on cpu, with jax 0.10.2" in card
    assert '"ema_decay": 0.9' in card


def leaves(tree):
    return [leaf for value in tree.values() for leaf in (leaves(value) if isinstance(value, dict) else [value])]


def test_facts_are_of_all_segments():
    found = model_card.facts(SPEC, 3, SEGMENTS)
    assert (found["steps"], found["seed"], found["commit"]) == (40, 3, ["abc", "abd"])
