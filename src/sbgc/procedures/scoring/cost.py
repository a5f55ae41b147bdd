"""What an evaluation will cost, told before it starts: operations by XLA's count, and hours at a stated throughput."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from sbgc.maths import divergence
from sbgc.models import score

REFERENCE_EVALUATIONS = 120  # a guess for a solve at 1e-5 on CIFAR-10, since the solver chooses its own steps


def estimate(
    spec: dict[str, Any], likelihood: dict[str, Any], images: int, draws: int, teraflops: float | None
) -> dict[str, Any]:
    """The FLOP of log p(x|y) for `images` images under all classes, and the device hours that they take at `teraflops`.

    The hours are None where `teraflops` is None.
    """
    classes = spec["dataset"]["num_classes"]
    each = log_prob_flop(spec, likelihood)
    flop = images * classes * draws * each
    hours = None if teraflops is None else flop / (3.6e15 * teraflops)
    counts = {"model": spec["model"], "images": images, "classes": classes, "draws": draws, "likelihood": likelihood}
    return counts | {"flop_per_log_prob": each, "flop": flop, "teraflops": teraflops, "device_hours": hours}


def line(found: dict[str, Any]) -> str:
    """The estimate as one line for a reader."""
    counts = f"{found['images']:,} images x {found['classes']} classes x {found['draws']} draws"
    total = f"{found['flop_per_log_prob']:.2e} FLOP each, {found['flop']:.2e} in all"
    hours = (
        "" if found["device_hours"] is None else f": {found['device_hours']:.3g} h at {found['teraflops']:g} TFLOP/s"
    )
    return f"{found['model']}: {counts}, {total}{hours}"


def log_prob_flop(spec: dict[str, Any], likelihood: dict[str, Any]) -> float:
    """The FLOP of one log p(x|y) by a procedure. For `reference` the number of evaluations is a guess."""
    if likelihood["procedure"] == "elbo":
        return likelihood["samples"] * forward_flop(spec)
    if likelihood["procedure"] == "reference":
        return REFERENCE_EVALUATIONS * node_flop(spec, 1)
    return likelihood["nodes"] * node_flop(spec, likelihood["num_probes"])


def forward_flop(spec: dict[str, Any]) -> float:
    """The FLOP of the network for one image. They are counted; the network is neither compiled nor run."""
    forward, variables, x = _network(spec)
    return _flop(forward, variables, x)


def node_flop(spec: dict[str, Any], num_probes: int) -> float:
    """The FLOP of the network and of `num_probes` products with its Jacobian at one point."""
    forward, variables, x = _network(spec)

    def node(variables: Any, x: Any, probes: Any) -> Any:
        return divergence.value_and_divergence(partial(forward, variables), x, probes)

    return _flop(node, variables, x, jax.ShapeDtypeStruct((num_probes, *x.shape), jnp.float32))


def parameter_count(spec: dict[str, Any]) -> int:
    """The number of parameters of the network."""
    return sum(leaf.size for leaf in jax.tree.leaves(_network(spec)[1]))


def _network(spec: dict[str, Any]) -> tuple[Any, Any, Any]:
    """The network as a function of its variables and an image, and the shapes of both."""
    net, shape = score.network(spec), tuple(spec["dataset"]["image_shape"])
    time, label = jnp.zeros(1), jnp.zeros(1, jnp.int32)
    variables = jax.eval_shape(net.init, jax.random.key(0), jnp.zeros((1, *shape)), time, label)

    def forward(variables: Any, x: Any) -> Any:
        return net.apply(variables, x[None], time, label)[0]

    return forward, variables, jax.ShapeDtypeStruct(shape, jnp.float32)


def _flop(function: Any, *arguments: Any) -> float:
    counted: Any = jax.jit(function).lower(*arguments).cost_analysis()
    return float(counted["flops"])
