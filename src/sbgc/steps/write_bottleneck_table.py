"""Losses and accuracy of IB-INN by beta: a tidy table and the paper's numbers -> .csv and .md."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter

from sbgc import artifacts
from sbgc.config.spec import BottleneckFacts
from sbgc.procedures.paper import bottleneck_table, table_writer
from sbgc.procedures.paper.layout import read_quoted
from sbgc.steps.command import parse, run

read_facts = TypeAdapter(dict[str, BottleneckFacts]).validate_json


def main(argv: Sequence[str] | None = None) -> None:
    """Write what was measured beside what papers printed. --models: what is said of each beside its results."""
    args = parse(__doc__, argv, metrics=Path, models=read_facts, quoted=read_quoted, csv=Path, md=Path)
    table = bottleneck_table.bottleneck_table(artifacts.read_table(args.metrics), args.models, args.quoted)
    table_writer.write(table, args.csv, args.md)


if __name__ == "__main__":
    run(main)
