"""Draw one figure: tables -> .pdf and .png."""

import importlib
import inspect
from argparse import ArgumentTypeError
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sbgc import artifacts
from sbgc.figures import style
from sbgc.steps.command import parse, run

READERS = {".parquet": artifacts.read_table, ".npz": artifacts.read_split, ".json": artifacts.read_json}
FIGURES = (
    "fig1_tradeoff", "fig2_interpolation", "fig3_convergence", "fig4_corruptions", "samples", "loss_curve",
    "confusion_matrix", "reliability_diagram", "adversarial", "contact_sheet", "lowpass",
)  # fmt: skip


def main(argv: Sequence[str] | None = None) -> None:
    """Read the inputs, draw the figure of that name from them and write it twice."""
    paths = parse(__doc__, argv, figure=_figure, inputs=[Path], pdf=Path, png=Path)
    draw = importlib.import_module(f"sbgc.figures.{paths.figure}").draw
    wanted = list(inspect.signature(draw).parameters)
    if len(wanted) != len(paths.inputs):
        raise artifacts.ArtifactError(f"{paths.figure}: takes {', '.join(wanted)}; {len(paths.inputs)} inputs given")
    drawn = draw(*map(_read, paths.inputs))
    style.write(drawn, paths.pdf)
    style.write(drawn, paths.png)


def _figure(name: str) -> str:
    if name not in FIGURES:
        raise ArgumentTypeError(f"no figure {name!r}; there are {', '.join(FIGURES)}")
    return name


def _read(path: Path) -> Any:
    if path.suffix not in READERS:
        raise artifacts.ArtifactError(f"{path}: a figure is drawn from {', '.join(READERS)}")
    return READERS[path.suffix](path)


if __name__ == "__main__":
    run(main)
