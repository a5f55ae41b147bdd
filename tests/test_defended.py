"""A model behind a defence: the parameters of another one, and a workflow that trains nothing for it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tiny
from flax import serialization
from trees import copy, plan, values

from sbgc import models
from sbgc.maths.bayes_rule import as_classifier
from sbgc.maths.defences import Averaged, Maximized

MEANS = np.random.default_rng(0).uniform(6.0, 11.0, (tiny.CLASSES, 16))
PARAMS = {"mean": MEANS, "chol": np.stack([2.0 * np.eye(16)] * tiny.CLASSES)}
DEFENCES = {
    "averaging": {"name": "averaging", "std": 0.1, "draws": 3},
    "maximization": {"name": "maximization", "epsilon": 0.05, "steps": 3, "step": 0.02},
}


@pytest.mark.parametrize("name", DEFENCES)
def test_lengths_are_on_the_scale_of_0_to_1_and_the_defended_model_is_the_other_one(name, tmp_path):
    (tmp_path / "params.msgpack").write_bytes(serialization.msgpack_serialize(PARAMS))
    of, settings = tiny.spec_of(tiny.GAUSSIAN), {"kind": "defended", "of": "gaussian", "defence": DEFENCES[name]}
    spec = tiny.spec_of(settings).model_copy(update={"of": of.settings})
    model = models.load(of, tmp_path / "params.msgpack")
    wanted = {
        "averaging": Averaged(as_classifier(model), 16 * 0.1, 3),
        "maximization": Maximized(model, 17, 16 * 0.05, 3, 16 * 0.02),
    }
    found, x = models.load(spec, tmp_path / "params.msgpack"), jnp.asarray(MEANS[:1].reshape(tiny.SHAPE) + 1.0)
    key = jax.random.key(3)
    np.testing.assert_allclose(found.logits(x, key), wanted[name].logits(x, key), rtol=1e-5)


def test_nothing_is_trained_for_it_and_what_is_scored_has_the_parameters_of_another_one(tmp_path):
    tree = copy(tmp_path / "tree")
    guard = "{kind: defended, of: wide_resnet, defence: {name: averaging, std: 0.1, draws: 4}}"
    text = (tree / "tiny.yaml").read_text().replace("experiment: tiny\n", "experiment: mine\n")
    (tree / "tiny.yaml").write_text(f"{text}\n  mine:\n    {{extends: tiny, models: {{guard: {guard}}}}}\n")
    planned = plan(tree, "table3_adversarial")
    of_rule = {rule: values([job for job in planned if job[0] == rule], "model") for rule, _ in planned}
    assert of_rule["trained_params"] == {"score", "wide_resnet"}
    assert of_rule["matrix_shard"] == of_rule["attacked_split"] == {"score", "gaussian", "wide_resnet", "guard"}
