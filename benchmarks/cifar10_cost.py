"""The cost of likelihoods on the paper's CIFAR-10 network, which XLA counts without running or compiling it."""

from typing import Any

SPEC = {
    "dataset": {"name": "cifar10", "levels": 256, "image_shape": [32, 32, 3], "num_classes": 10},
    "settings": {
        "net": {"features": 128, "multipliers": [1, 2, 2, 2], "blocks": 4, "attention_sizes": [16], "dropout": 0.1}
    },
}
IMAGES, CLASSES, DRAWS, EVALUATIONS = 10_000, 10, 30, 120  # the last: evaluations in one solve by the paper's procedure


def network_cost(num_probes: int) -> dict[str, float]:
    """The floating-point operations of one image: in a forward pass, and at a node with that many probes."""
    from sbgc.procedures.scoring import cost

    return {
        "parameters": cost.parameter_count(SPEC),
        "forward": cost.forward_flop(SPEC),
        "node_of_one_probe": cost.node_flop(SPEC, 1),
        "node": cost.node_flop(SPEC, num_probes),
    }


def test_set_cost(nodes: int, num_probes: int, share_of_classes: float) -> dict[str, Any]:
    """The FLOP of all log p(x|y) of CIFAR-10's test set by the paper's procedure, one draw of `fast`, and racing.

    share_of_classes: the cost of a race over the cost of one draw of `fast` for all classes, as measured elsewhere.
    """
    cost = network_cost(num_probes)
    reference = IMAGES * CLASSES * DRAWS * EVALUATIONS * cost["node_of_one_probe"]
    fast = IMAGES * CLASSES * nodes * cost["node"]
    return {
        "network": cost,
        "nodes": nodes,
        "num_probes": num_probes,
        "reference_flop": reference,
        "fast_flop": fast,
        "racing_flop": fast * share_of_classes,
        "reference_over_fast": round(reference / fast, 1),
        "reference_over_racing": round(reference / fast / share_of_classes, 1),
        "note": "counted, not run: nodes and the race's share are those of digits, 120 evaluations a solve the paper's",
    }
