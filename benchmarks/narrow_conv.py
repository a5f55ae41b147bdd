"""What it gains to write the convolutions of a coupling's network as products of matrices (nets/narrow_conv.py).

    python benchmarks/narrow_conv.py [--out benchmarks/results/narrow_conv.json]

The network of a coupling, and the same network of flax's layers, with gradients for its parameters and its input, on
one thread. Both take turns in one run, and each time is that of the fastest run. Read the ratio: machines are noisy.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import flax.linen as nn
from runs import as_a_step
from training_step import fastest

from sbgc import artifacts, provenance

ROUNDS = 4
# Images, their side, the channels that the network reads, and its features: on digits and on MNIST within its border.
SHAPES = ((64, 8, 1, 32), (64, 4, 2, 32), (64, 2, 4, 32), (16, 32, 1, 32), (16, 16, 2, 32), (16, 32, 1, 128))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    as_a_step()
    rows = [compared(*shape) for shape in SHAPES]
    print(json.dumps(rows, indent=2))
    if args.out:
        manifest = provenance.manifest(["sbgc.nets.narrow_conv", "sbgc.nets.glow"])
        artifacts.write_json(args.out, {"rows": rows, "manifest": manifest})


def compared(images: int, side: int, channels: int, features: int) -> dict[str, Any]:
    """The milliseconds of both at one shape, and their ratio."""
    from sbgc.nets.glow import Conditioner

    shape = (images, side, side, channels)
    runs = [
        gradient(layers, shape) for layers in (Conditioner(features, 2 * channels), of_flax(features, 2 * channels))
    ]
    seconds = [min(times) for times in zip(*([fastest(run) for run in runs] for _ in range(ROUNDS)), strict=True)]
    ours, theirs = (round(1e3 * one, 3) for one in seconds)
    return {"shape": shape, "features": features, "ours_ms": ours, "flax_ms": theirs, "ratio": round(theirs / ours, 2)}


def of_flax(features: int, channels: int) -> nn.Module:
    """The network of a coupling, of flax's layers."""
    narrow, middle, wide = nn.Conv(features, (3, 3)), nn.Conv(features, (1, 1)), nn.Conv(channels, (3, 3))
    return nn.Sequential([narrow, nn.relu, middle, nn.relu, wide])


def gradient(net: nn.Module, shape: tuple[int, ...]) -> Callable[[], object]:
    """The gradient of the squared output, as a compiled program without arguments."""
    import jax

    x = jax.random.normal(jax.random.key(0), shape)
    variables = net.init(jax.random.key(1), x)

    def squared(variables: Any, x: Any) -> Any:
        return (net.apply(variables, x) ** 2).sum()

    compiled = jax.jit(jax.grad(squared, argnums=(0, 1))).lower(variables, x).compile()
    return lambda: compiled(variables, x)


if __name__ == "__main__":
    main()
