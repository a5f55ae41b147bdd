"""Maps that explain images: the explanations of all models -> a tidy table."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.artifacts.explanations import read_explanations
from sbgc.procedures.tables import heatmap_table
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write the values of all maps, and what they sum to. --contrast: of the heatmaps (maths/heatmaps.py)."""
    args = parse(__doc__, argv, explanations=[Path], contrast=float, out=Path)
    every = [read_explanations(path) for path in args.explanations]
    artifacts.write_table(args.out, heatmap_table.heatmap_table(every, args.contrast))


if __name__ == "__main__":
    run(main)
