"""Accuracy and log-likelihood under corruptions: clean and corrupted matrices -> a table by severity and a table of
means."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.procedures.tables import matrices, statistics
from sbgc.procedures.tables.corruption_table import corruption_table, means_table
from sbgc.provenance import manifest
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write one row for each model, seed, corruption and severity, and their means.

    --averages (JSON): which kinds the mean without noises leaves out, and the model that mCE is measured against.
    --cost (JSON, or `none`): the estimate that was made before, for the tables' manifests.
    """
    tables = {"averages": Path, "cost": str, "settings": Path, "out": Path, "means": Path}
    args = parse(__doc__, argv, clean=[Path], matrices=[Path], **tables)
    settings = statistics.read(args.settings)
    clean, corrupted = ([matrices.read(path) for path in paths] for paths in (args.clean, args.matrices))
    cost = None if args.cost == "none" else artifacts.read_json(args.cost)
    made = manifest(["sbgc.steps.corruption_table"], estimated_cost=cost)
    artifacts.write_table(args.out, corruption_table(clean, corrupted, settings), made)
    averages = artifacts.read_json(args.averages)
    means = means_table(clean, corrupted, averages["noises"], averages["baseline"], settings)
    artifacts.write_table(args.means, means, made)


if __name__ == "__main__":
    run(main)
