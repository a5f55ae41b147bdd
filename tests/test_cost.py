import json
import math

import jax
import jax.numpy as jnp
import pytest

from sbgc.models import score
from sbgc.procedures.scoring import cost
from sbgc.steps import cost_estimate

NET = {"features": 32, "multipliers": [1], "blocks": 1, "attention_sizes": [], "dropout": 0.0, "precision": "float32"}
SPEC = {
    "model": "score",
    "dataset": {"levels": 17, "image_shape": [8, 8, 1], "num_classes": 10},
    "settings": {"net": NET},
}
FAST = {"procedure": "fast", "nodes": 6, "num_probes": 1, "family": "rademacher"}


def test_a_forward_pass_is_two_operations_for_each_product_of_its_convolutions_and_little_more():
    """Counted by hand from the shapes of the kernels: every one is applied at all 64 pixels, or once where dense."""
    net = score.network(SPEC)
    variables = jax.eval_shape(net.init, jax.random.key(0), jnp.zeros((1, 8, 8, 1)), jnp.zeros(1), jnp.zeros(1, int))
    kernels = [leaf.shape for leaf in jax.tree.leaves(variables) if len(leaf.shape) > 1]
    borders = (22 / 24) ** 2  # of a 3x3 kernel at the border a part falls outside, and is not counted
    products = sum(2 * math.prod(k) * (64 * (borders if k[0] == 3 else 1) if len(k) == 4 else 1) for k in kernels)
    assert cost.forward_flop(SPEC) == pytest.approx(products, rel=0.12)
    assert cost.forward_flop(SPEC) > products
    assert cost.parameter_count(SPEC) == sum(leaf.size for leaf in jax.tree.leaves(variables))


def test_a_node_is_a_forward_pass_and_a_product_with_the_jacobian():
    assert cost.node_flop(SPEC, 1) / cost.forward_flop(SPEC) == pytest.approx(2.0, rel=0.1)


@pytest.mark.parametrize(
    ("likelihood", "forward_passes"),
    [(FAST, 12), ({"procedure": "elbo", "samples": 50}, 50), ({"procedure": "reference", "rtol": 1e-5}, 240)],
)
def test_each_procedure_has_its_number_of_passes(likelihood, forward_passes):
    found = cost.log_prob_flop(SPEC, likelihood) / cost.forward_flop(SPEC)
    assert found == pytest.approx(forward_passes, rel=0.1)


def test_hours_are_all_operations_at_the_stated_throughput():
    found = cost.estimate(SPEC, FAST, images=1000, draws=3, teraflops=0.5)
    assert found["flop"] == 1000 * 10 * 3 * found["flop_per_log_prob"]
    assert found["device_hours"] == pytest.approx(found["flop"] / 0.5e12 / 3600)
    assert cost.estimate(SPEC, FAST, 1000, 3, None)["device_hours"] is None


def test_the_step_prints_a_line_for_each_model_and_writes_them(tmp_path, capsys):
    (tmp_path / "spec.json").write_text(json.dumps(SPEC))
    (tmp_path / "evaluation.json").write_text(json.dumps({"likelihood": FAST, "draws": 3}))
    files = [
        f"--{name}={tmp_path}/{file}" for name, file in (("specs", "spec.json"), ("evaluation", "evaluation.json"))
    ]
    options = ["--race=none", "--raced=0", "--teraflops=0.5", f"--out={tmp_path}/cost.json"]
    cost_estimate.main([*files, "--images=1000", *options])
    (found,) = json.loads((tmp_path / "cost.json").read_text())
    assert found["device_hours"] > 0
    told = capsys.readouterr().err
    assert told.startswith("estimated cost: score: 1,000 images x 10 classes x 3 draws, ")
    assert told.endswith(" h at 0.5 TFLOP/s\n")


def test_a_race_costs_the_screening_at_least_and_all_draws_at_most(tmp_path, capsys):
    (tmp_path / "spec.json").write_text(json.dumps(SPEC))
    (tmp_path / "evaluation.json").write_text(json.dumps({"likelihood": FAST, "draws": 3}))
    (tmp_path / "race.json").write_text(json.dumps({"screen": FAST | {"nodes": 3}, "likelihood": FAST, "draws": 5}))
    files = [f"--{name}={tmp_path}/{name}.json" for name in ("evaluation", "race")]
    options = ["--images=1000", "--raced=8000", "--teraflops=none", f"--out={tmp_path}/cost.json"]
    cost_estimate.main(["--specs", f"{tmp_path}/spec.json", *files, *options])
    likelihoods, least, most = json.loads((tmp_path / "cost.json").read_text())
    assert least["flop"] == pytest.approx(likelihoods["flop"] * 8 / 3 / 2)
    assert most["flop"] == pytest.approx(likelihoods["flop"] * 8 * 5 / 3)
    told = capsys.readouterr().err
    assert "score, raced, at least: 8,000 images x 10 classes x 1 draws" in told
    assert "score, raced, at most: 8,000 images x 10 classes x 5 draws" in told
