"""Fit the Gaussian model: spec + training split -> parameters."""

from collections.abc import Sequence
from pathlib import Path

from flax import serialization

from sbgc import artifacts
from sbgc.models import gaussian
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Fit one Gaussian per class to the training images."""
    args = parse(__doc__, argv, spec=Path, split=Path, out=Path)
    spec = artifacts.read_json(args.spec)
    split = artifacts.read_split(args.split)
    params = gaussian.fit(split.images, split.labels, spec["dataset"]["num_classes"], spec["settings"]["shrinkage"])
    with artifacts.atomic_path(args.out) as temporary:
        temporary.write_bytes(serialization.msgpack_serialize(params))


if __name__ == "__main__":
    run(main)
