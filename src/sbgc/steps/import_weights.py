"""Take weights from a file in place of a training: spec + weights -> what the parameters are exported from."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.config.spec import Spec
from sbgc.procedures.training import given_weights
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Check the weights of a file against their hash and the model of --spec."""
    args = parse(__doc__, argv, spec=Spec.model_validate_json, weights=Path, sha256=str, out=Path)
    content = given_weights.state(args.weights, args.sha256, args.spec)
    with artifacts.atomic_path(args.out) as temporary:
        temporary.write_bytes(content)


if __name__ == "__main__":
    run(main)
