"""Races on corrupted images, compared with the decisions of all draws, for wider and wider reaches.

    snakemake --cores all && python benchmarks/raced_corruptions.py --out benchmarks/results/raced_corruptions.json

The screening's value and all draws of the race (`race` in config.yaml) are computed for every class of every image. A
race then reads the values that it would have computed. It knows the typical variances and the errors of the screening
from clean validation images. Its errors are the decisions that all draws together would have made differently.
"""

import argparse
import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
from runs import Run, as_a_step, fast_likelihood

from sbgc import artifacts, provenance
from sbgc.config.likelihoods import Likelihood
from sbgc.data.dequantize import dequantize
from sbgc.maths import intervals
from sbgc.maths.corruptions import corrupt_split
from sbgc.procedures.racing import races
from sbgc.procedures.scoring import bayes

REACHES = (1.0, 2.0, 4.0)  # times the race's own
Scores = tuple[np.ndarray, np.ndarray]  # values in nats and their nfe, [images, classes, draws]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=Path("results/digits"))
    parser.add_argument("--images", type=int, default=12, help="test images, each under every corruption and severity")
    parser.add_argument("--batch", type=int, default=200, help="pairs (image, class) at a time")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    as_a_step()
    run = Run(args.results)
    settings, of = run.experiment.race, run.experiment
    split = dequantize(images(run, args.images), of.dataset.seed, settings.draws, of.strata)
    procedures = (settings.screen, 1), (fast_likelihood(run.name), settings.draws)
    screened, drawn = (recorded(run, likelihood, split, draws, args.batch) for likelihood, draws in procedures)
    learned, rows = learned_on_clean(run), []
    for factor in REACHES:
        race = races.Race(factor * settings.reach, settings.error, settings.draws, *learned)
        outcome = races.race(read(screened), read(drawn), len(split), drawn[0].shape[1], race)
        rows += [row(race.reach, outcome, drawn[0], split, severity) for severity in range(6)]
    result = {"experiment": args.results.name, "images": args.images, "draws": settings.draws, "races": rows}
    if args.out:
        manifest = provenance.manifest(["sbgc.procedures.racing.races", "sbgc.models.score"])
        artifacts.write_json(args.out, result | {"manifest": manifest})
    print(*rows, sep="\n")


def images(run: Run, count: int) -> artifacts.Split:
    """The first test images: clean, which is severity 0, and under each corruption at severities 1 to 5."""
    facts, clean = run.experiment.dataset, run.clean("test", count)
    clean = dataclasses.replace(clean, columns={"severity": np.zeros(len(clean), int)})
    kinds = sorted(run.experiment.corruptions.kinds)
    made = [corrupt_split(clean, kind, facts.seed, facts.levels) for kind in kinds]
    whole = [clean, *made]
    together = {name: np.concatenate([getattr(one, name) for one in whole]) for name in ("images", "labels", "index")}
    severity = np.concatenate([one.columns["severity"] for one in whole])
    return dataclasses.replace(clean, **together, columns={"severity": severity})


def recorded(run: Run, likelihood: Likelihood, split: artifacts.Split, draws: int, batch: int) -> Scores:
    """log p(x|y) of every image, class and draw, `batch` pairs at a time."""
    model = run.model(likelihood)
    shape = (len(split), model.num_classes, draws)
    pairs = bayes.pair_scores(model, split, 0, batch)
    value, nfe = pairs(*(indices.ravel() for indices in np.indices(shape)))
    return value.reshape(shape), nfe.reshape(shape)


def read(scores: Scores) -> bayes.PairScores:
    """The recorded values, in the form in which a race asks for them."""
    value, nfe = scores
    return lambda rows, classes, draw: (value[rows, classes, draw], nfe[rows, classes, draw])


def learned_on_clean(run: Run) -> tuple[Any, Any]:
    """The priors of the variances of gaps and of the screening's errors, learned as the rule `race` learns them."""
    others, screened = (run.scores(name) for name in (run.experiment.race.variances, "screening"))
    return races.learned_prior(others), races.learned_screening(screened, others)


def row(
    reach: float, found: races.Outcome, values: np.ndarray, split: artifacts.Split, severity: int
) -> dict[str, Any]:
    """How the decisions of a race compare with those of all draws, on the images of one severity."""
    chosen, decided = split.columns["severity"] == severity, values.mean(axis=2).argmax(axis=1)
    other, count = (found.winner != decided)[chosen], int(chosen.sum())
    answers = {"": found.winner, "_of_one_draw": values[..., 0].argmax(axis=1), "_of_all_draws": decided}
    return {
        "reach_nats": reach,
        "severity": severity,
        "images": count,
        **{f"accuracy{by}": round(float((of == split.labels)[chosen].mean()), 4) for by, of in answers.items()},
        "other_decisions": int(other.sum()),
        "other_decisions_interval": [round(end, 4) for end in intervals.wilson_interval(int(other.sum()), count, 0.95)],
        "expected_flips": round(float(found.flip[chosen].sum()), 2),
        "other_decisions_before_all_draws": int((other & (found.draws[chosen] < values.shape[2])).sum()),
        "decided_by_screening": round(float((found.draws[chosen] == 0).mean()), 3),
        "nfe_per_image": round(float(found.nfe[chosen].mean()), 1),
    }


if __name__ == "__main__":
    main()
