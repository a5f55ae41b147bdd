"""Accuracy under corruptions by racing: races + averages -> a table of means."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.procedures import gathering, raced_corruptions, statistics
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write the means over corruptions; --averages (JSON) names those that the mean without noises leaves out."""
    args = parse(__doc__, argv, races=[Path], averages=Path, settings=Path, out=Path)
    races, noises = gathering.gather(args.races), artifacts.read_json(args.averages)["noises"]
    artifacts.write_table(args.out, raced_corruptions.raced_means(races, noises, statistics.read(args.settings)))


if __name__ == "__main__":
    run(main)
