"""Cost of the likelihood on the paper's CIFAR-10 network, counted by XLA without running or even compiling it."""

from functools import partial
from typing import Any

SPEC = {
    "dataset": {"name": "cifar10", "levels": 256, "image_shape": [32, 32, 3], "num_classes": 10},
    "settings": {
        "net": {"features": 128, "multipliers": [1, 2, 2, 2], "blocks": 4, "attention_sizes": [16], "dropout": 0.1}
    },
}
IMAGES, CLASSES, DRAWS, EVALUATIONS = 10_000, 10, 30, 120  # the last: of a solve of the paper's, reference-facts 3


def network_cost(num_probes: int) -> dict[str, float]:
    """Floating-point operations of one image: a forward pass, and a node with that many probes on its linearization."""
    import jax
    import jax.numpy as jnp

    from sbgc.maths import divergence
    from sbgc.models import score

    net = score.network(SPEC)
    image, time, label = jnp.zeros((1, 32, 32, 3)), jnp.zeros(1), jnp.zeros(1, jnp.int32)
    variables = jax.eval_shape(net.init, jax.random.key(0), image, time, label)

    def forward(variables: Any, x: Any) -> Any:
        return net.apply(variables, x[None], time, label)[0]

    def node(variables: Any, x: Any, probes: Any) -> Any:
        return divergence.value_and_divergence(partial(forward, variables), x, probes)

    x = jax.ShapeDtypeStruct((32, 32, 3), jnp.float32)
    probes = {count: jax.ShapeDtypeStruct((count, 32, 32, 3), jnp.float32) for count in (1, num_probes)}
    parameters = sum(leaf.size for leaf in jax.tree.leaves(variables))
    return {
        "parameters": parameters,
        "forward": _flops(forward, variables, x),
        "node_of_one_probe": _flops(node, variables, x, probes[1]),
        "node": _flops(node, variables, x, probes[num_probes]),
    }


def test_set_cost(nodes: int, num_probes: int, share_of_classes: float) -> dict[str, Any]:
    """FLOP of all log p(x|y) of CIFAR-10's test set: the paper's procedure, `fast` with one draw, and racing.

    share_of_classes: the cost of a race over that of one draw of `fast` for all classes, as measured elsewhere.
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


def _flops(function: Any, *arguments: Any) -> float:
    import jax

    return float(jax.jit(function).lower(*arguments).cost_analysis()["flops"])
