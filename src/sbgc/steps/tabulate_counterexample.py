"""The counterexample of Fetaya et al. over a grid of settings -> a table."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.config.analyses import Counterexample
from sbgc.procedures.tables.counterexample_table import counterexample_table
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write one row for each combination of --settings (JSON, the configuration's section)."""
    args = parse(__doc__, argv, settings=Counterexample.model_validate_json, experiment=str, seed=int, out=Path)
    one = args.settings
    table = counterexample_table(one.epsilons, one.deltas, one.widths, one.samples, args.seed)
    table.insert(0, "experiment", args.experiment)
    artifacts.write_table(args.out, table)


if __name__ == "__main__":
    run(main)
