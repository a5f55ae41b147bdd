"""The cost of likelihoods on the paper's CIFAR-10 network, which XLA counts without running or compiling it."""

from typing import Any

from runs import spec_of

IMAGES, CLASSES, DRAWS, EVALUATIONS = 10_000, 10, 30, 120  # the last: evaluations in one solve by the paper's procedure


def of_network(num_probes: int) -> dict[str, float]:
    """The floating-point operations of one image: in a forward pass, and at a node with that many probes."""
    import jax

    from sbgc.models import score
    from sbgc.nets import network_cost

    spec = spec_of("cifar10", "score")
    network, shape = score.network_of(spec), spec.dataset.image_shape
    variables = jax.eval_shape(lambda: network.init(jax.random.key(0), shape))
    counts = {
        "forward": network_cost.forward_flop(network, shape),
        "node_of_one_probe": network_cost.node_flop(network, shape, 1),
        "node": network_cost.node_flop(network, shape, num_probes),
    }
    if None in counts.values():
        raise RuntimeError("JAX counts operations on the CPU alone, which JAX_PLATFORMS leaves out")
    return {"parameters": sum(leaf.size for leaf in jax.tree.leaves(variables)), **counts}


def test_set_cost(nodes: int, num_probes: int, share_of_classes: float) -> dict[str, Any]:
    """The FLOP of all log p(x|y) of CIFAR-10's test set by the paper's procedure, one draw of `fast`, and racing.

    share_of_classes: the cost of a race over the cost of one draw of `fast` for all classes, as measured elsewhere.
    """
    cost = of_network(num_probes)
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
