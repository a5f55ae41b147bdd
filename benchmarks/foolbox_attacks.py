"""The score model's robustness by our attacks and by Foolbox's with ten times as many steps, on the same images.

    snakemake --cores all
    python benchmarks/foolbox_attacks.py --norm l2 --results results/digits --out benchmarks/results/foolbox_l2.json

Ours are PGD as in `digits`, and FMN as in `digits_attacks`. Foolbox's (Rauber et al. 2017, 2020) are PGD from as many
starts, DDN, Carlini and Wagner's and the boundary attack; it has no Auto-PGD. All know the judge's noise, and work on
the likelihood that `digits` attacks, with new probes at every step. All look at the own class and its strongest rivals,
and find these anew every tenth step. One judge has the last word on all classes: log p by the exact trace. Foolbox gets
only the images that ours leave: where it misleads none of them, it leaves at least as many, whatever it makes of the
others. What is done is kept in --out, attack by attack.
"""

import argparse
import dataclasses
import hashlib
import json
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import foolbox as fb
import jax
import jax.numpy as jnp
import numpy as np
from foolbox.attacks.base import FixedEpsilonAttack
from runs import Run, as_a_step, experiment

from sbgc import artifacts, provenance
from sbgc.data import dequantize
from sbgc.digests import code_digest
from sbgc.procedures.attacks import from_settings
from sbgc.procedures.attacks.engine import RERANKED_EVERY, Engine
from sbgc.procedures.attacks.found import Plan
from sbgc.procedures.attacks.problems import Problems
from sbgc.procedures.attacks.starts import misleading
from sbgc.procedures.attacks.victim import Batch, Settings, Victim

OURS = ("pgd_linf", "pgd_l2", "fmn_l2")
BOUNDS = {"linf": (8 / 255, 0.0625), "l2": (0.25, 0.5)}  # at which some images are left
TIMES = 10  # as many steps as our PGD and boundary attack
JUDGE_PROBES = 64  # Hadamard tiles of all of an image's dimensions: the trace is exact
BATCH, ROUNDING = 32, 1e-5
ORDERS = {"linf": np.inf, "l2": 2}
UNSEEN = -1e6  # the score of a class that is not looked at; of finite gradient


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--norm", choices=BOUNDS, required=True)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--images", type=int, default=64)
    parser.add_argument("--times", type=int, default=TIMES)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    as_a_step()
    run = Run(args.results)
    params = run.folder / "params.msgpack"
    if not params.is_file():
        parser.error(f"--results {args.results}: must be a run of `digits`, and has no {params}")
    facts = {"norm": args.norm, "images": args.images, "times": args.times, "judge": "exact trace"}
    facts |= {"params": hashlib.sha256(params.read_bytes()).hexdigest()}
    facts |= {"code": code_digest("sbgc.procedures.attacks.engine", "sbgc.models.score")}
    kept = json.loads(args.out.read_text(encoding="utf-8")) if args.out.exists() else facts | {"attacks": {}}
    if other := {name: kept[name] for name in facts if kept[name] != facts[name]}:
        parser.error(f"--out {args.out}: holds results of {other}; name another file")
    contest = Contest(run, args.norm, args.images)
    kept |= {"manifest": provenance.manifest(["sbgc.procedures.attacks.engine", "sbgc.models.score"])}
    for name, attack in (contest.ours() | contest.foolbox(args.times, kept["attacks"])).items():
        if name not in kept["attacks"]:
            began = time.perf_counter()
            kept["attacks"][name] = attack() | {"seconds": round(time.perf_counter() - began, 1)}
            artifacts.write_json(args.out, kept)
            print(name, json.dumps(kept["attacks"][name]), flush=True)
    kept["left"] = {f"{bound:g}": len(left(kept["attacks"], bound)) for bound in BOUNDS[args.norm]}
    artifacts.write_json(args.out, kept)


def left(attacks: dict[str, Any], bound: float) -> np.ndarray:
    """The rows of the images that are right before, and that none of ours misleads within a bound."""
    found = [of_attack["misled"] for name, of_attack in attacks.items() if name in OURS]
    misled = {row for of_attack in found for row, size in of_attack if size <= bound + ROUNDING}
    return np.asarray(sorted(set(attacks["before"]["right"]) - misled), int)


class Contest:
    """The attacked model, the judge, and the images."""

    def __init__(self, run: Run, norm: str, images: int):
        self.norm = norm
        attacks = experiment("digits").attacks
        self.methods, attacked = experiment("digits_attacks").attacks.methods | attacks.methods, attacks.attacked
        dataset, split = run.experiment.dataset, run.clean("test", images)
        self.plan = partial(Plan, targets=0, rivals=attacked.rivals, enough=attacked.enough)
        noise = dequantize.noise(dataset.seed, split.index, 1, split.images.shape[1:], run.experiment.strata)
        exact = attacked.likelihood.model_copy(update={"family": "hadamard", "num_probes": JUDGE_PROBES})
        told = Settings("margin", False, dataset.levels, 0, fresh_probes=True, fresh_noise=False, with_gradient=True)
        self.victim = Victim(run.model(attacked.likelihood), told)
        self.judge = Victim(run.model(exact), dataclasses.replace(told, fresh_probes=False))
        self.images = split, noise, run.clean("test", 10**6)  # and the pool that boundary attacks start from
        plan = self.plan(from_settings.attack_of(self.methods["fmn_l2"]), (), restarts=1)
        self.problems = Problems(self.judge, *self.images, plan)
        self.rows, self.rivals = np.arange(len(split)), attacked.rivals

    def ours(self) -> dict[str, Callable[[], dict[str, Any]]]:
        """What is right before any attack, and our attacks within all bounds."""
        of_norm = [name for name in OURS if self.methods[name].norm == self.norm]
        return {"before": self._before} | {name: partial(self._ours, name) for name in of_norm}

    def foolbox(self, times: int, found: dict[str, Any]) -> dict[str, Callable[[], dict[str, Any]]]:
        """Attacks on what ours left within each bound, with `times` the steps of our PGD and boundary attack.

        Foolbox's boundary attack classifies an image up to twice in a step.
        """
        steps, queries = (times * self.methods[name].steps for name in (f"pgd_{self.norm}", "boundary_l2"))
        weights = 6
        penalty = {"binary_search_steps": weights, "steps": steps // weights, "stepsize": 0.02, "initial_const": 0.1}
        theirs = [
            ("pgd", "linf", fb.attacks.LinfPGD(steps=steps)),
            ("pgd", "l2", fb.attacks.L2PGD(steps=steps)),
            ("ddn", "l2", fb.attacks.DDNAttack(steps=steps)),
            ("carlini_wagner", "l2", fb.attacks.L2CarliniWagnerAttack(**penalty)),
            ("boundary", "l2", fb.attacks.BoundaryAttack(steps=queries // 2)),
        ]
        return {
            f"foolbox {name} {bound:g}": partial(self._foolbox, attack, bound, found)
            for name, norm, attack in theirs
            for bound in BOUNDS[norm]
            if norm == self.norm
        }

    def _before(self) -> dict[str, Any]:
        margins = self._margins(self.problems.images, self.rows)
        return {"right": np.flatnonzero(margins <= 0.0).tolist()}

    def _ours(self, name: str) -> dict[str, Any]:
        """The rows that the judge has wrong, each with the least size at which it has."""
        method, least = self.methods[name], np.full(len(self.rows), np.inf)
        attack = from_settings.attack_of(method)
        bounds, restarts = BOUNDS[method.norm] if attack.bounded else (), getattr(method, "restarts", 1)
        plan = self.plan(attack, bounds, restarts=restarts)
        for images in Engine(self.victim, *self.images, plan, BATCH).run().images:
            wrong = self._margins(images, self.rows) > 0.0
            least = np.where(wrong, np.minimum(least, self._sizes(images, self.rows)), least)
        misled = [(int(row), round(float(least[row]), 6)) for row in np.flatnonzero(np.isfinite(least))]
        return {"steps": method.steps, "starts": restarts, "misled": misled}

    def _foolbox(self, attack: Any, bound: float, found: dict[str, Any]) -> dict[str, Any]:
        """The rows that the judge has wrong within the bound, of those that ours leave."""
        rows, step, misled = left(found, bound), count(1), np.zeros(0, int)
        tried, bounded = len(rows), isinstance(attack, FixedEpsilonAttack)
        for _ in range(self.methods[f"pgd_{self.norm}"].restarts if bounded else 1):
            if len(rows):
                misled = np.append(misled, self._misled(attack, bound, rows, step))
                rows = np.setdiff1d(rows, misled)
        return {"tried": tried, "misled": sorted(misled.tolist()), "queries": next(step) - 1}

    def _misled(self, attack: Any, bound: float, rows: np.ndarray, step: Iterator[int]) -> np.ndarray:
        """Of some rows those that the judge has wrong after one run, which begins where Foolbox draws it."""
        batch, clean = self.problems.batch(rows), jnp.asarray(self.problems.images[rows])
        model = fb.JAXModel(self._seen(batch, step), bounds=(0.0, 1.0))
        options: dict[str, Any] = {"epsilons": bound if isinstance(attack, FixedEpsilonAttack) else None}
        if isinstance(attack, fb.attacks.BoundaryAttack):
            options["starting_points"] = misleading(self.judge, batch, clean, self.images[2], 2.0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            attacked = np.asarray(attack(model, clean, batch.labels, **options)[0])
        within = self._sizes(attacked, rows) <= bound + ROUNDING
        return rows[within & (self._margins(attacked, rows) > 0.0)]

    def _seen(self, batch: Batch, step: Iterator[int]) -> Callable[[Any], Any]:
        """The scores of the own class and its strongest rivals, among the others' that are UNSEEN."""
        chosen: Any = None

        def scores(images: Any) -> Any:
            nonlocal chosen
            number = next(step)
            if chosen is None or number % RERANKED_EVERY == 1:
                of_all = self.victim.class_scores(batch, jax.lax.stop_gradient(images), number)
                chosen = self.victim.rivals(batch, of_all, 1 + self.rivals)
            found = self.victim.scores_of(batch, images, chosen, number)
            every = jnp.full((len(found), self.victim.num_classes), UNSEEN)
            return every.at[jnp.arange(len(found))[:, None], chosen].set(found)

        return scores

    def _margins(self, images: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """The lead of the best wrong class over the own one by the judge, in nats."""
        batch = self.problems.batch(rows)
        return np.asarray(self.judge.margins(batch, self.judge.class_scores(batch, jnp.asarray(images), 0)))

    def _sizes(self, images: np.ndarray, rows: np.ndarray) -> np.ndarray:
        away = (images.astype(float) - self.problems.images[rows]).reshape(len(rows), -1)
        return np.linalg.norm(away, ord=ORDERS[self.norm], axis=1)


if __name__ == "__main__":
    main()
