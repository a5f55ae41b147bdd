"""Draw one figure: tables and splits -> .pdf and .png."""

import importlib
import json
from argparse import ArgumentTypeError
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sbgc import artifacts
from sbgc.figures import style
from sbgc.figures.catalog import FIGURES, ONE_A_MODEL
from sbgc.steps.command import parse, run

READERS = {".parquet": artifacts.read_table, ".npz": artifacts.read_split}


def main(argv: Sequence[str] | None = None) -> None:
    """Draw the figure of that name from --inputs, in the catalog's order, and write it twice.

    An input is a table, a split, or JSON such as the numbers that a paper printed.
    """
    args = parse(__doc__, argv, figure=_figure, inputs=[str], pdf=Path, png=Path)
    wanted = FIGURES[args.figure]
    more = len(args.inputs) - len(wanted)
    if more < 0 or (more and wanted[-1] not in ONE_A_MODEL):
        raise artifacts.ArtifactError(f"{args.figure}: takes {', '.join(wanted)}; {len(args.inputs)} inputs given")
    drawn = importlib.import_module(f"sbgc.figures.{args.figure}").draw(*map(_read, args.inputs))
    style.write(drawn, args.pdf)
    style.write(drawn, args.png)


def _figure(name: str) -> str:
    if name not in FIGURES:
        raise ArgumentTypeError(f"no figure {name!r}; there are {', '.join(FIGURES)}")
    return name


def _read(given: str) -> Any:
    reader = READERS.get(Path(given).suffix) if not given.startswith(("[", "{")) else json.loads
    if reader is None:
        raise artifacts.ArtifactError(f"{given}: a figure is drawn from {', '.join(READERS)} and JSON")
    return reader(given)


if __name__ == "__main__":
    run(main)
