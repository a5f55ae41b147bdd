"""Fit a model at once: spec + training split -> parameters."""

from collections.abc import Sequence
from pathlib import Path

from flax import serialization

from sbgc import artifacts, fitting
from sbgc.config.spec import Spec
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write what the kind's fit makes of the training images."""
    args = parse(__doc__, argv, spec=Spec.model_validate_json, split=Path, out=Path)
    arrays = fitting.page(args.spec.settings.kind).fit(args.spec, artifacts.read_split(args.split))
    with artifacts.atomic_path(args.out) as temporary:
        temporary.write_bytes(serialization.msgpack_serialize(arrays))


if __name__ == "__main__":
    run(main)
