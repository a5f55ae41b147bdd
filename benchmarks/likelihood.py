"""The paper's likelihood procedure, the fast one and racing, in one run on the same trained digits model and images.

    snakemake --cores all && python benchmarks/likelihood.py --out benchmarks/results/likelihood.json \
        --figure docs/figures/likelihood_cost.png

Costs are forward-equivalents: a forward pass 1, a Jacobian-vector product 1. Every procedure is measured on a few draws
and stated at the number that it is run with: cost is linear in draws, and a standard error is the standard deviation
over draws by the square root of their number. Standard errors are root mean squares over images: of log p of the true
class, and of its gap to the closest other class. Seconds leave out compilation; memory is XLA's temporary buffers for a
batch of pairs (image, class).
"""

import argparse
import dataclasses
import math
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from cifar10_cost import test_set_cost
from likelihood_report import draw, markdown

from sbgc import artifacts, models, provenance, runtime
from sbgc.data.dequantize import dequantize
from sbgc.maths import intervals, moderated
from sbgc.procedures import bayes, racing

PAPER_DRAWS, SOLVER = 30, {"procedure": "reference", "rtol": 1e-5, "atol": 1e-5}
SCREEN = {"procedure": "fast", "nodes": 8, "num_probes": 1, "family": "rademacher"}
DEFAULT = {"procedure": "fast", "nodes": 21, "num_probes": 2, "family": "hadamard"}
FINE = {**DEFAULT, "num_probes": 1, "family": "rademacher"}  # of a race: more probes would not pay, see below
OTHERS = [
    FINE,
    *({**DEFAULT, "num_probes": count} for count in (4, 8, 16)),
    {"procedure": "elbo", "samples": 42},
]
RACE = {"reach": 12.0, "error": 0.01, "max_draws": 8}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=Path("results/digits"))
    parser.add_argument("--images", type=int, default=20, help="test images of the comparison of procedures")
    parser.add_argument("--draws", type=int, default=4, help="draws each procedure is measured on")
    parser.add_argument("--race-images", type=int, default=360, help="test images of the race and of `fast` beside it")
    parser.add_argument("--batch", type=int, default=200, help="pairs (image, class) at a time")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--figure", type=Path)
    args = parser.parse_args()
    if runtime.missing(os.environ):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **runtime.missing(os.environ)})
    bench = Bench(args)
    rows = [bench.procedure("fast", DEFAULT), *(bench.procedure(label(of), of) for of in OTHERS)]
    rows += [bench.procedure("reference, shared draws", SOLVER, PAPER_DRAWS)]
    rows += [bench.procedure("reference, as the paper", SOLVER, PAPER_DRAWS, independent=True)]
    raced = bench.race()
    result = {
        "experiment": args.results.name,
        "split": "test",
        "images": args.images,
        "draws_measured": args.draws,
        "procedures": rows,
        "racing": raced,
        "bfloat16": half_precision(args.results, bench.test.take(slice(args.images)), args.batch),
        "cifar10": test_set_cost(DEFAULT["nodes"], DEFAULT["num_probes"], raced["nfe_per_image"] / raced["fast_nfe"]),
        "manifest": provenance.manifest(["sbgc.procedures.racing", "sbgc.models.score"]),
    }
    print(markdown(result))
    if args.out:
        artifacts.write_json(args.out, result)
        args.out.with_suffix(".md").write_text(markdown(result))
    if args.figure:
        draw(result, args.figure)


def label(likelihood: dict[str, Any]) -> str:
    """A procedure's name in the table."""
    if likelihood["procedure"] == "elbo":
        return f"evidence lower bound, {likelihood['samples']} samples"
    return f"fast, {likelihood['num_probes']} {likelihood['family']}"


def half_precision(results: Path, split: artifacts.Split, batch: int) -> dict[str, float]:
    """Error of log p(x|y) and of class gaps [nats] with the network in bfloat16, on the same noise and probes."""
    model = models.load(results / "score/spec.json", results / "score/seed0/params.msgpack", DEFAULT)
    half = dataclasses.replace(model, precision="bfloat16")
    rows, classes = (indices.ravel() for indices in np.indices((len(split), model.num_classes)))
    full, rounded = (bayes.pair_scores(one, split, 0, batch)(rows, classes, 0)[0] for one in (model, half))
    error = (rounded - full).reshape(len(split), -1)
    gap = error - np.take_along_axis(error, split.labels[:, None], axis=1)
    return {
        "images": len(split),
        "log_prob_mean_error_nats": round(float(error.mean()), 3),
        "log_prob_rms_error_nats": round(float(np.sqrt((error**2).mean())), 3),
        "gap_rms_error_nats": round(float(np.sqrt((gap**2).sum() / (gap.size - len(gap)))), 3),
    }


class Bench:
    """The images, and what each procedure makes of them."""

    def __init__(self, args: argparse.Namespace):
        self.args, self.classes = args, 10
        dataset = artifacts.read_json(args.results / "score/spec.json")["dataset"]
        draws = max(args.draws * self.classes, RACE["max_draws"])
        of_split = {name: artifacts.read_split(args.results / f"splits/{name}.npz") for name in ("test", "validation")}
        self.test = dequantize(of_split["test"], dataset["seed"], draws, args.race_images)
        self.validation = dequantize(of_split["validation"], dataset["seed"], args.draws, None)

    def scores(self, likelihood: dict[str, Any], split: artifacts.Split) -> bayes.PairScores:
        """The procedure's values of pairs, compiled."""
        folder = self.args.results / "score"
        model = models.load(folder / "spec.json", folder / "seed0/params.msgpack", likelihood)
        pairs = bayes.pair_scores(model, split, 0, self.args.batch)
        pairs(np.zeros(1, int), np.zeros(1, int), 0)
        return pairs

    def values(
        self, likelihood: dict[str, Any], split: artifacts.Split, images: int, independent: bool = False
    ) -> tuple[np.ndarray, float, float]:
        """log p(x|y) [images, classes, draws], evaluations and seconds of one draw of one image, all classes."""
        pairs, shape = self.scores(likelihood, split), (images, self.classes, self.args.draws)
        rows, classes, draws = (indices.ravel() for indices in np.indices(shape))
        started = time.perf_counter()
        value, nfe = pairs(rows, classes, draws * self.classes + classes if independent else draws)
        seconds = time.perf_counter() - started
        return value.reshape(shape), nfe.sum() / images / self.args.draws, seconds / images / self.args.draws

    def procedure(
        self, name: str, likelihood: dict[str, Any], draws: int = 1, independent: bool = False
    ) -> dict[str, Any]:
        """One row: accuracy on the measured draws, and errors and costs at `draws` draws."""
        value, nfe, seconds = self.values(likelihood, self.test, self.args.images, independent)
        labels, mean = self.test.labels[: self.args.images], value.mean(axis=2)
        images = np.arange(len(labels))
        own, others = value[images, labels], mean.copy()
        others[images, labels] = -np.inf
        gaps = own - value[images, others.argmax(axis=1)]
        print(f"{name}: {seconds:.2f} s an image and draw", flush=True)
        return {
            "procedure": name,
            "likelihood": likelihood,
            "draws": draws,
            "accuracy": float((mean.argmax(axis=1) == labels).mean()),
            "log_prob_nats": round(float(own.mean()), 2),
            "log_prob_std_error_nats": round(_spread(own) / math.sqrt(draws), 3),
            "gap_std_error_nats": round(_spread(gaps) / math.sqrt(draws), 3),
            "nfe_per_image": round(nfe * draws, 1),
            "seconds_per_image": round(seconds * draws, 4),
        }

    def race(self) -> dict[str, Any]:
        """Racing on many images beside every draw for every class, whose decisions it should find.

        The variances of gaps, and how far behind a winner may fall in the screening, are those of validation images.
        """
        prior, deficit = self.validated()
        images, labels = len(self.test), self.test.labels
        full, fast_nfe, fast_seconds = self.values(FINE, self.test, images)
        screen, fine = self.scores(SCREEN, self.test), self.scores(FINE, self.test)
        started = time.perf_counter()
        found = racing.race(screen, fine, images, self.classes, racing.Race(**RACE, prior=prior))
        seconds = time.perf_counter() - started
        decided, fast = full.mean(axis=2).argmax(axis=1), full[:, :, 0].argmax(axis=1)
        other = found.winner != decided
        return {
            "images": images,
            **RACE,
            "prior_std_nats": round(math.sqrt(prior.variance), 2),
            "prior_degrees": round(prior.degrees, 1),
            "largest_deficit_on_validation_nats": round(deficit, 2),
            "screen": SCREEN,
            "fine": FINE,
            "accuracy": float((found.winner == labels).mean()),
            "fast_accuracy": float((fast == labels).mean()),
            "fast_all_draws_accuracy": float((decided == labels).mean()),
            "other_decisions_than_all_draws": float(other.mean()),
            "other_decisions_interval": list(map(float, intervals.wilson_interval(other.sum(), images, 0.95))),
            "decided_by_screening": float((found.draws == 0).mean()),
            "mean_draws": round(float(found.draws.mean()), 2),
            "nfe_per_image": round(float(found.nfe.mean()), 1),
            "seconds_per_image": round(seconds / images, 4),
            "fast_nfe": round(fast_nfe, 1),
            "fast_seconds": round(fast_seconds, 4),
        }

    def validated(self) -> tuple[moderated.Prior, float]:
        """From validation images: the prior of a gap's variance, and the winners' largest deficit in the screening."""
        value, _, _ = self.values(FINE, self.validation, len(self.validation))
        order = value.mean(axis=2).argsort(axis=1)[:, ::-1]
        best = np.take_along_axis(value, order[:, :3, None], axis=1)  # the leader and two rivals
        prior = moderated.fit((best[:, :1] - best[:, 1:]).var(axis=2, ddof=1).ravel(), self.args.draws - 1)
        rows, classes = (indices.ravel() for indices in np.indices(value.shape[:2]))
        screened = self.scores(SCREEN, self.validation)(rows, classes, 0)[0].reshape(value.shape[:2])
        return prior, float((screened.max(axis=1) - screened[np.arange(len(screened)), order[:, 0]]).max())


def _spread(values: np.ndarray) -> float:
    """Root mean square over images of the standard deviation over draws; values [images, draws]."""
    return float(np.sqrt(values.var(axis=1, ddof=1).mean()))


if __name__ == "__main__":
    main()
