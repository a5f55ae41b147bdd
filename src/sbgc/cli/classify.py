"""sbgc classify: what a trained model says of one's own images, offline.

    sbgc classify IMAGE... --experiment digits [--json] [--explain FOLDER]

IMAGE is a file (PNG, JPEG, GIF, TIFF, WEBP, BMP, PPM), a folder, or - for standard input. An image of another size or
kind than the model's is converted, and each conversion is told: a turn that the camera asked for, 16 bits to 8,
transparent pixels on white, a cut to the center, resampling, colors to gray or gray to colors, and the number of gray
levels. Digits are white on black, as in their dataset; nothing is inverted.

Told are, for each image: the posterior of each class with equal priors, log p(x|y) in nats with its standard error over
draws, bits/dim of p(x), the probability that ever more draws would change the decision, and a p-value of the two-sided
typicality test against images that were trained on.

Exit status: 0; 1 where an image cannot be read or the model has not been trained; 2 for wrong arguments.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sbgc import artifacts
from sbgc.artifacts import ArtifactError
from sbgc.cli import trained
from sbgc.cli.blocks import block
from sbgc.cli.pictures_given import Given, given
from sbgc.config.mistakes import ConfigError
from sbgc.figures import class_names, explained, style
from sbgc.procedures import classification, explanation
from sbgc.procedures.classification import Answer


def main(argv: Sequence[str]) -> int:
    """Run the command; the exit status."""
    args = _arguments(argv)
    try:
        experiment = trained.experiment_of(args.repository, args.configfile, args.experiment)
        model = args.model or next(iter(experiment.models))
        results = args.results or args.repository / "results"
        found = trained.find(experiment, results, args.experiment, model, args.seed)
        images = experiment.dataset
        readable, refused = given(args.images, images.image_shape, images.levels)
        for line in refused:
            print(f"sbgc: {line}", file=sys.stderr)
        if readable:
            _answer(args, found, readable)
    except (ArtifactError, ConfigError, FloatingPointError) as error:
        print(f"sbgc: {error}", file=sys.stderr)
        return 1
    return 1 if refused else 0


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "sbgc classify", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="a file, a folder, or - for standard input")
    parser.add_argument("--experiment", required=True, help="whose models are asked")
    parser.add_argument("--model", help="the first one of the experiment where this is not said")
    parser.add_argument("--seed", type=_whole(0), default=0, help="of the training (0)")
    parser.add_argument("--draws", type=_whole(2), help="of noise and probes; as many as the test evaluation has")
    parser.add_argument("--json", action="store_true", help="one JSON object a line, in place of a table")
    parser.add_argument(
        "--explain", type=Path, metavar="FOLDER", help="a figure and the numbers of where the two best differ"
    )
    parser.add_argument("--repository", type=Path, default=Path(), help="the folder of config.yaml (this one)")
    parser.add_argument("--results", type=Path, help="the folder of results (results/ in the repository)")
    parser.add_argument("--configfile", type=Path, nargs="*", default=[], help="as Snakemake was given")
    return parser.parse_args(argv)


def _whole(least: int) -> Any:
    def number(value: str) -> int:
        if not value.isdigit() or int(value) < least:
            raise argparse.ArgumentTypeError(f"{value!r} is not a whole number of at least {least}")
        return int(value)

    return number


def _answer(args: argparse.Namespace, found: trained.Trained, readable: list[Given]) -> None:
    experiment = found.experiment
    draws, seed = args.draws or max(experiment.evaluations["test"].draws, 2), experiment.dataset.seed
    strata = experiment.strata if draws % experiment.strata == 0 else 1
    split = classification.dequantized(np.stack([one.pixels for one in readable]), seed, draws, strata)
    size, memory = experiment.execution.batch_size, float(experiment.execution.memory_mib)
    answers = classification.answers(found.model, split, args.seed, strata, size, memory, found.reference)
    names = class_names.of_split(found.train, range(experiment.dataset.num_classes))
    for row, (one, answer) in enumerate(zip(readable, answers, strict=True)):
        facts = classification.as_facts(answer, names)
        told = {"image": one.name, "draws": draws, "conversions": one.told, **facts}
        print(json.dumps(told) if args.json else block(told, answer, names), flush=True)
        if args.explain:
            _explain(args, found, split, row, one, answer, names)


def _explain(
    args: argparse.Namespace,
    found: trained.Trained,
    split: artifacts.Split,
    row: int,
    one: Given,
    answer: Answer,
    names: list[str],
) -> None:
    """Write NAME.png and NAME.npz for one image; a number is added where images have the same name."""
    parts = explanation.explain(found.model, split, row, args.seed, answer.winner, answer.rival)
    pair, levels = (names[answer.winner], names[answer.rival]), found.experiment.dataset.levels
    facts = (
        f"{one.name}: {pair[0]} against {pair[1]}, {split.images.shape[1]} draws of {args.experiment}, training seed "
        f"{args.seed}. Positive speaks for {pair[0]}. All parts add up to the gap of {answer.gap:.2f} nats: four "
        "ranges of log(sigma / alpha), and the prior at the end of the path."
    )
    args.explain.mkdir(parents=True, exist_ok=True)
    stem = args.explain / f"{row:03d}-{Path(one.name).stem or 'image'}"
    drawn = explained.draw_gap(one.pixels, levels - 1.0, parts.u, parts.path, parts.end, pair, facts)
    style.write(drawn, stem.with_suffix(".png"))
    with artifacts.atomic_path(stem.with_suffix(".npz")) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, u=parts.u, path_nats=parts.path, end_nats=parts.end)
