"""Export the averaged parameters of a finished train state."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.procedures.training import train_states
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write the exponential moving average of a train state as the model's parameters."""
    args = parse(__doc__, argv, state=Path, out=Path)
    with artifacts.reading(args.state) as file:
        averaged = train_states.ema_variables(file.read_bytes())
    with artifacts.atomic_path(args.out) as temporary:
        temporary.write_bytes(averaged)


if __name__ == "__main__":
    run(main)
