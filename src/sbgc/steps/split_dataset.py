"""Split a dataset: settings -> train, validation and test splits."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.data import digits
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write the three splits of the dataset that --dataset (JSON, the config's dataset section) describes."""
    args = parse(__doc__, argv, dataset=Path, train=Path, validation=Path, test=Path)
    settings = artifacts.read_json(args.dataset)
    for name, fact in digits.FACTS.items():
        if settings[name] != fact:
            raise artifacts.ArtifactError(f"{args.dataset}: {name} = {settings[name]}: digits have {fact}")
    for name, split in digits.split(settings["validation"], settings["test"], settings["seed"]).items():
        artifacts.write_split(getattr(args, name), split)


if __name__ == "__main__":
    run(main)
