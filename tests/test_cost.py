import pytest
import tiny

from sbgc import operations
from sbgc.config.likelihoods import Elbo, Reference
from sbgc.models import score
from sbgc.nets import network_cost
from sbgc.procedures.scoring import cost

SIDE = (8, 8, 1)
SPEC = tiny.spec_of(tiny.SCORE, SIDE, 10, net={"features": 32, "attention_sizes": []})
FAST = tiny.FAST.model_copy(update={"nodes": 6})


@pytest.mark.parametrize(
    ("likelihood", "forward_passes"),
    [
        (FAST, 12),
        (Elbo(procedure="elbo", samples=50, levels="even"), 50),
        (Reference(procedure="reference", rtol=1e-5, atol=1e-5), 240),
    ],
    ids=lambda value: getattr(value, "procedure", None),
)
def test_each_procedure_has_its_number_of_passes(likelihood, forward_passes):
    found = score.log_prob_flop(SPEC, likelihood) / network_cost.forward_flop(score.network_of(SPEC), SIDE)
    assert found == pytest.approx(forward_passes, rel=0.1)


def test_hours_are_all_operations_at_the_stated_throughput():
    found = cost.estimate(SPEC, FAST, images=1000, draws=3, teraflops=0.5)
    assert found["flop"] == 1000 * 10 * 3 * found["flop_per_log_prob"]
    assert found["device_hours"] == pytest.approx(found["flop"] / 0.5e12 / 3600)
    assert cost.estimate(SPEC, FAST, 1000, 3, None)["device_hours"] is None


def test_what_is_not_counted_is_said_and_no_hours_are_made_of_it(monkeypatch):
    monkeypatch.setattr(operations, "count", lambda function, *arguments: None)
    found = cost.estimate(SPEC, FAST, images=1000, draws=3, teraflops=0.5)
    assert (found["flop_per_log_prob"], found["flop"], found["device_hours"]) == (None, None, None)
    assert cost.line(found) == "score: 1,000 images x 10 classes x 3 draws, operations not counted"


def test_a_line_tells_counts_operations_and_hours():
    found = cost.estimate(SPEC, FAST, images=1000, draws=3, teraflops=0.5)
    assert cost.line(found).startswith("score: 1,000 images x 10 classes x 3 draws, ")
    assert cost.line(found).endswith(" h at 0.5 TFLOP/s")
