"""Lay digits on photographs: digits + photographs + settings -> all images of a new dataset."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.config.datasets import FACTS
from sbgc.config.experiment import Dataset
from sbgc.data import composites
from sbgc.data.labeled import as_split, from_split
from sbgc.steps.command import parse, run

PHOTOGRAPHS = 2000  # pieces of scikit-learn's photographs


def main(argv: Sequence[str] | None = None) -> None:
    """Write what --dataset (JSON, the configuration's section) asks for; --grounds is `none` for sample photographs."""
    args = parse(__doc__, argv, dataset=Dataset.model_validate_json, digits=Path, grounds=str, out=Path)
    composed, (height, width, _) = args.dataset.composed, args.dataset.image_shape
    assert composed is not None, "the dataset is not composed"
    if args.grounds == "none":
        pools = composites.from_photographs(height, width, PHOTOGRAPHS, args.dataset.seed)
    else:
        pools = composites.from_dataset(from_split(artifacts.read_split(args.grounds)), height, width)
    digits, levels = from_split(artifacts.read_split(args.digits)), FACTS[composed.digits].levels
    found = composites.on_grounds(digits, pools, levels, composed.blur, args.dataset.seed)
    artifacts.write_split(args.out, as_split(found, args.dataset.name, levels))


if __name__ == "__main__":
    run(main)
