"""The paper's likelihood procedure, the fast one and racing, compared in one run on one trained digits model.

    snakemake --cores all && python benchmarks/likelihood.py --out benchmarks/results/likelihood.json \
        --figure docs/figures/likelihood_cost.png

Costs are in forward-equivalents: a forward pass counts 1, and a Jacobian-vector product counts 1. Every procedure is
measured on a few repetitions, either of single draws or of whole blocks of balanced draws (data/dequantize.py,
maths/probes.py). Its standard error is the standard deviation over repetitions. The error falls with the square root of
the number of repetitions, and the cost is proportional to that number. Standard errors are root mean squares over
images, for log p of the true class and for its gap to the closest other class. Seconds do not include compilation.
Races have the settings and the learned variances of the `snakemake` run.
"""

import argparse
import dataclasses
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
from cifar10_cost import test_set_cost
from likelihood_report import draw, markdown
from runs import Run, as_a_step, fast_likelihood

from sbgc import artifacts, provenance
from sbgc.config.likelihoods import Elbo, Fast, Likelihood, Reference
from sbgc.maths import intervals
from sbgc.procedures.racing import races
from sbgc.procedures.scoring import bayes

PAPER_DRAWS, SOLVER = 30, Reference(procedure="reference", rtol=1e-5, atol=1e-5)
EVERY = 16  # draws from the start of one block to the next, so that no two blocks share the signs of their probes
OTHERS = [{"family": "rademacher"}, {"family": "hadamard", "num_probes": 4}, {"family": "hadamard", "num_probes": 16}]
ELBO = Elbo(procedure="elbo", samples=36, levels="even")
BLOCKS = (4, 8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=Path("results/digits"))
    parser.add_argument("--images", type=int, default=20, help="test images of the comparison of procedures")
    parser.add_argument(
        "--repetitions", type=int, default=4, help="of draws or blocks that each procedure is measured on"
    )
    parser.add_argument(
        "--race-images", type=int, default=360, help="test images of the race and of all draws beside it"
    )
    parser.add_argument("--paired-images", type=int, default=0, help="test images both procedures decide on; all: 360")
    parser.add_argument("--batch", type=int, default=200, help="pairs (image, class) at a time")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--figure", type=Path)
    args = parser.parse_args()
    as_a_step()
    bench = Bench(args)
    fast = bench.default
    others = [Fast.model_validate(fast.model_dump() | other) for other in OTHERS]
    rows = [bench.procedure(label(of), of) for of in others]
    rows += [bench.procedure(label(ELBO), ELBO)]
    rows += [bench.procedure(f"fast, block of {block}", fast, block=block) for block in BLOCKS]
    rows += [bench.procedure("reference, shared draws", SOLVER, repeated=PAPER_DRAWS)]
    rows += [bench.procedure("reference, as the paper", SOLVER, repeated=PAPER_DRAWS, independent=True)]
    raced = bench.race()
    paired = bench.paired() if args.paired_images else None
    result = {
        "experiment": args.results.name,
        "split": "test",
        "images": args.images,
        "repetitions": args.repetitions,
        "procedures": rows,
        "racing": raced,
        "paired": paired,
        "bfloat16": half_precision(bench.run, fast, bench.split(1, args.images), args.batch),
        "cifar10": test_set_cost(fast.nodes, fast.num_probes, raced["nfe_per_image"] / raced["nfe_of_one_draw"]),
        "manifest": provenance.manifest(["sbgc.procedures.racing.races", "sbgc.models.score"]),
    }
    print(markdown(result))
    if args.out:
        artifacts.write_json(args.out, result)
        args.out.with_suffix(".md").write_text(markdown(result))
    if args.figure:
        draw(result, args.figure)


def label(likelihood: Fast | Elbo) -> str:
    """The name of a procedure in the table."""
    if isinstance(likelihood, Elbo):
        return f"evidence lower bound, {likelihood.samples} samples"
    return f"fast, {likelihood.num_probes} {likelihood.family}"


def half_precision(run: Run, likelihood: Likelihood, split: artifacts.Split, batch: int) -> dict[str, float]:
    """The error in nats of log p(x|y) and of class gaps with the network in bfloat16, on the same noise and probes."""
    model = run.model(likelihood)
    half = dataclasses.replace(model, network=dataclasses.replace(model.network, precision="bfloat16"))
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
    """The images, and the results of each procedure on them."""

    def __init__(self, args: argparse.Namespace):
        self.args, self.run = args, Run(args.results)
        self.classes, self.default = self.run.experiment.dataset.num_classes, fast_likelihood(self.run.name)

    def split(self, strata: int, images: int) -> artifacts.Split:
        """The first test images, with enough draws for every procedure."""
        return self.run.split("test", images, max(EVERY, self.classes) * self.args.repetitions, strata)

    def scores(self, likelihood: Likelihood, split: artifacts.Split) -> bayes.PairScores:
        """The procedure's values for pairs, as a compiled function."""
        pairs = bayes.pair_scores(self.run.model(likelihood), split, 0, self.args.batch)
        pairs(np.zeros(1, int), np.zeros(1, int), 0)
        return pairs

    def memory(self, likelihood: Likelihood) -> float:
        """XLA's temporary buffers for one batch of pairs, in MiB."""
        import jax
        import jax.numpy as jnp

        model = self.run.model(likelihood)
        x, y = jnp.zeros((self.args.batch, *model.image_shape)), jnp.zeros(self.args.batch, int)
        keys = jax.random.split(jax.random.key(0), self.args.batch)
        compiled = jax.jit(jax.vmap(lambda x, y, key: model.log_prob(x, y, key).value)).lower(x, y, keys).compile()
        return round(compiled.memory_analysis().temp_size_in_bytes / 2**20, 1)

    def procedure(
        self, name: str, likelihood: Likelihood, repeated: int = 1, block: int = 1, independent: bool = False
    ) -> dict[str, Any]:
        """One row of the table: means over blocks of draws, with the errors and costs of `repeated` blocks."""
        images, blocks = self.args.images, self.args.repetitions
        split = self.split(block, images)
        pairs, shape = self.scores(likelihood, split), (images, self.classes, blocks, block)
        row, of_class, number, member = (indices.ravel() for indices in np.indices(shape))
        draw = number * self.classes + of_class if independent else number * EVERY + member
        started = time.perf_counter()
        value, nfe = pairs(row, of_class, draw)
        seconds = time.perf_counter() - started
        value, rows = value.reshape(shape).mean(axis=3), np.arange(images)
        others = value.mean(axis=2)
        accuracy = float((others.argmax(axis=1) == split.labels).mean())
        others[rows, split.labels] = -np.inf
        own = value[rows, split.labels]
        gaps = own - value[rows, others.argmax(axis=1)]
        print(f"{name}: {seconds / images / blocks:.2f} s an image and repetition", flush=True)
        return {
            "procedure": name,
            "likelihood": likelihood.model_dump(),
            "draws": repeated * block,
            "accuracy": accuracy,
            "log_prob_nats": round(float(own.mean()), 2),
            "log_prob_std_error_nats": round(_spread(own) / math.sqrt(repeated), 3),
            "gap_std_error_nats": round(_spread(gaps) / math.sqrt(repeated), 3),
            "nfe_per_image": round(float(nfe.sum()) / images / blocks * repeated, 1),
            "seconds_per_image": round(seconds / images / blocks * repeated, 4),
            "memory_mib": self.memory(likelihood),
        }

    def paired(self) -> dict[str, Any]:
        """The accuracy of the paper's solver and of a block of `fast` on the same, many images.

        The solver gets one draw, which all classes share.
        """
        images, correct = self.args.paired_images, {}
        for name, likelihood, block in (("reference", SOLVER, 1), ("fast", self.default, BLOCKS[-1])):
            split, shape = self.split(block, images), (images, self.classes, block)
            value, _ = self.scores(likelihood, split)(*(indices.ravel() for indices in np.indices(shape)))
            correct[name] = (value.reshape(shape).mean(axis=2).argmax(axis=1) == split.labels).astype(float)
        difference = (correct["fast"] - correct["reference"])[:, None]
        resampled = intervals.bootstrap_means(difference, np.random.default_rng(0), 10_000)[:, 0]
        return {
            "images": images,
            "reference_draws": 1,
            "fast_draws": BLOCKS[-1],
            **{f"{name}_accuracy": float(hits.mean()) for name, hits in correct.items()},
            "difference": float(difference.mean()),
            "difference_interval": list(intervals.percentile_interval(resampled, 0.95)),
        }

    def race(self) -> dict[str, Any]:
        """Races on many images, next to all draws for every class, whose decisions they should find."""
        settings, strata = self.run.experiment.race, self.run.experiment.strata
        others, screened = (self.run.scores(name) for name in (settings.variances, "screening"))
        learned = races.learned_prior(others), races.learned_screening(screened, others)
        race = races.Race(settings.reach, settings.error, settings.draws, *learned)
        split = self.split(strata, self.args.race_images)
        screen, fine = (self.scores(likelihood, split) for likelihood in (settings.screen, self.default))
        started = time.perf_counter()
        found = races.race(screen, fine, len(split), self.classes, race)
        raced = time.perf_counter() - started
        shape = (len(split), self.classes, race.max_draws)
        started = time.perf_counter()
        value, nfe = fine(*(indices.ravel() for indices in np.indices(shape)))
        seconds, value = (time.perf_counter() - started) / race.max_draws, value.reshape(shape)
        decided, fast = value.mean(axis=2).argmax(axis=1), value[:, :, 0].argmax(axis=1)
        other = int((found.winner != decided).sum())
        return {
            "images": len(split),
            "reach": settings.reach,
            "error": settings.error,
            "screen": settings.screen.model_dump(),
            "likelihood": self.default.model_dump(),
            "draws": settings.draws,
            "strata": strata,
            "largest_deficit_on_validation_nats": round(_deficit(screened, others), 2),
            "prior_std_nats": round(math.sqrt(race.prior.variance), 2),
            "prior_degrees": round(race.prior.degrees, 1),
            "screening_scale_nats": round(math.sqrt(race.screening.variance), 2),
            "screening_degrees": round(race.screening.degrees, 1),
            "expected_flips_of_screening": round(float(found.flip[found.draws == 0].sum()), 2),
            "flips_of_screening": int((found.winner != decided)[found.draws == 0].sum()),
            "expected_flips": round(float(found.flip.sum()), 2),
            "accuracy": float((found.winner == split.labels).mean()),
            "accuracy_of_one_draw": float((fast == split.labels).mean()),
            "accuracy_of_all_draws": float((decided == split.labels).mean()),
            "other_decisions_than_all_draws": other / len(split),
            "other_decisions_interval": list(map(float, intervals.wilson_interval(other, len(split), 0.95))),
            "wrong_eliminations": int(((found.winner != decided) & (found.draws < race.max_draws)).sum()),
            "decided_by_screening": float((found.draws == 0).mean()),
            "mean_draws": round(float(found.draws.mean()), 2),
            "nfe_per_image": round(float(found.nfe.mean()), 1),
            "seconds_per_image": round(raced / len(split), 4),
            "nfe_of_one_draw": round(float(nfe.sum()) / len(split) / race.max_draws, 1),
            "seconds_of_one_draw": round(seconds / len(split), 4),
        }


def _deficit(screened: np.ndarray, scores: np.ndarray) -> float:
    """The farthest that a winner of all draws fell behind the leader of the screening, in nats."""
    screened, winner = screened[:, :, 0], scores.mean(axis=2).argmax(axis=1)
    return float((screened.max(axis=1) - screened[np.arange(len(screened)), winner]).max())


def _spread(values: np.ndarray) -> float:
    """The root mean square over images of the standard deviation over repetitions, of values [images, repetitions]."""
    return float(np.sqrt(values.var(axis=1, ddof=1).mean()))


if __name__ == "__main__":
    main()
