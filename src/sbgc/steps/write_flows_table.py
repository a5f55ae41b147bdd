"""Accuracy and likelihood of flows: a tidy table and the paper's numbers -> .csv and .md."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter

from sbgc import artifacts
from sbgc.config.spec import FlowFacts
from sbgc.procedures.paper import flows_table, table_writer
from sbgc.procedures.paper.layout import read_quoted
from sbgc.steps.command import parse, run

read_facts = TypeAdapter(dict[str, FlowFacts]).validate_json


def main(argv: Sequence[str] | None = None) -> None:
    """Write what was measured beside what papers printed. --models: what is said of each beside its results."""
    args = parse(__doc__, argv, metrics=Path, models=read_facts, quoted=read_quoted, csv=Path, md=Path)
    table = flows_table.flows_table(artifacts.read_table(args.metrics), args.models, args.quoted)
    table_writer.write(table, args.csv, args.md)


if __name__ == "__main__":
    run(main)
