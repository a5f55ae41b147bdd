"""What benchmarks/accelerator.py measures, and at which sizes."""

import argparse
import copy
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from training_step import convolution, fastest

from sbgc import artifacts, provenance
from sbgc.data.formats import cifar

ROOT = Path(__file__).parents[1]
REDUCED = {"features": 16, "multipliers": [1, 2, 2], "blocks": 1, "attention_sizes": [16]}
# The sides of the matrices; the batch, side and width of the convolution; the batch sizes that are timed, and on how
# many steps; the number of training steps; the number of test images.
REDUCED_SIZES = {"matrix": 2048, "convolution": (64, 32, 64), "batches": (16, 32), "steps": 5, "train": 30, "images": 1}
SIZES = {"matrix": 8192, "convolution": (512, 32, 256), "batches": (512, 128, 1024, 256)}
SIZES |= {"steps": 20, "train": 300, "images": 16}
TINY = {"features": 8, "multipliers": [1], "blocks": 1, "attention_sizes": []}
TINY_SIZES = {"matrix": 64, "convolution": (2, 32, 8), "batches": (4,), "steps": 2, "train": 4, "images": 1}
PRECISIONS = ("bfloat16", "float32")
NOT_RUN = "not run"
NO_DATA = NOT_RUN + ": no --data"


class Bench:
    """The device, the sizes chosen for it, and the measurements made on it."""

    def __init__(self, args: argparse.Namespace):
        import jax

        self.args, self.started = args, time.monotonic()
        self.reduced = jax.default_backend() == "cpu"
        self.sizes: dict[str, Any] = REDUCED_SIZES if self.reduced else SIZES
        experiment = yaml.safe_load((ROOT / "config.yaml").read_text())["experiments"]["cifar10"]
        self.likelihood = {
            name: experiment["evaluations"][f"crosscheck_{name}"]["likelihood"] for name in ("fast", "reference")
        }
        dataset = {name: experiment["dataset"][name] for name in ("name", "levels", "image_shape", "num_classes")}
        self.spec = {
            "experiment": "cifar10",
            "model": "score",
            "dataset": dataset,
            "settings": experiment["models"]["score"],
        }
        if self.reduced:
            self.spec["settings"]["net"] |= REDUCED
        if args.tiny:
            self.sizes = TINY_SIZES
            self.spec["settings"]["net"] |= TINY
        self.peak: dict[str, float] = {}
        self.trained: bytes | None = None

    def facts(self) -> dict[str, Any]:
        """The facts that the numbers depend on."""
        import jax

        return {
            "reduced": self.reduced,
            "tiny": self.args.tiny,
            "net": self.spec["settings"]["net"],
            "devices": len(jax.devices()),
            "seconds": round(time.monotonic() - self.started, 1),
            "manifest": provenance.manifest(["sbgc.procedures.training.segments", "sbgc.models.score"]),
        }

    def parts(self) -> Iterator[tuple[str, Callable[[], Any]]]:
        """Names and measurements, the most important first."""
        yield "peak", self.peaks
        first, *others = self.sizes["batches"]
        yield from ((f"step {p} {first}", lambda p=p: self.step(p, first)) for p in PRECISIONS)
        yield "training", self.training
        yield from ((f"likelihood {name}", lambda name=name: self.evaluation(name)) for name in self.likelihood)
        yield from ((f"step {p} {b}", lambda p=p, b=b: self.step(p, b)) for b in others for p in PRECISIONS)

    def peaks(self) -> dict[str, Any]:
        """Teraflops of a square matrix product and of a 3x3 convolution, in both precisions."""
        import jax
        import jax.numpy as jnp

        side, (batch, height, features) = self.sizes["matrix"], self.sizes["convolution"]
        found = {}
        for precision in PRECISIONS:
            square = jnp.ones((side, side), precision)
            lowered = jax.jit(jnp.matmul).lower(square, square)
            runs = {
                "matrix": (partial(lowered.compile(), square, square), lowered.cost_analysis()["flops"]),
                "convolution": convolution(batch, height, features, precision),
            }
            for name, (run, flop) in runs.items():
                found[f"{name} {precision}"] = round(flop / fastest(run) / 1e12, 5)
            self.peak[precision] = max(found[f"{name} {precision}"] for name in runs)
        return {"teraflops": found}

    def of_precision(self, precision: str, batch: int) -> dict[str, Any]:
        """The paper's spec with the given precision and batch size."""
        spec = copy.deepcopy(self.spec)
        spec["settings"]["net"]["precision"] = precision
        spec["settings"]["training"]["batch_size"] = batch
        return spec

    def step(self, precision: str, batch: int) -> dict[str, Any]:
        """The images per second of a training step whose batch is on the device already, and the step's memory."""
        import jax

        from sbgc import devices, keys
        from sbgc.models import score
        from sbgc.procedures.training import descent, segments

        spec = self.of_precision(precision, batch)
        trainer, settings = score.trainer(spec), descent.Settings.of(spec)
        state = devices.everywhere(segments.initial_state(trainer, 0))
        images = np.full((batch, *spec["dataset"]["image_shape"]), 128.0, np.float32)
        given = *devices.spread((images, np.arange(batch) % 10)), keys.key_for(0, "train")
        lowered = descent.train_step.lower(trainer, settings, state, *given)
        flop, program = lowered.cost_analysis()["flops"], lowered.compile()
        latest = [state]

        def run() -> Any:
            latest[0], report = program(latest[0], *given)
            return report

        seconds = fastest(run, self.sizes["steps"])
        account: Any = program.memory_analysis()
        parameters = sum(leaf.size for leaf in jax.tree.leaves(latest[0].variables["params"]))
        return {
            "parameters": parameters,
            "images_per_second": round(batch / seconds, 2),
            "teraflops": round(flop / seconds / 1e12, 5),
            "share_of_measured_peak": round(flop / seconds / 1e12 / self.peak[precision] / len(jax.devices()), 3),
            "memory_gib": round((account.temp_size_in_bytes + account.argument_size_in_bytes) / 2**30, 2),
        }

    def training(self) -> Any:
        """The losses of a short real training, and how often the device waited for a batch."""
        from sbgc.models import score
        from sbgc.procedures.training import segments

        split = self.images("data_batch_1")
        if split is None:
            return NO_DATA
        spec, losses = self.of_precision("bfloat16" if not self.reduced else "float32", self.sizes["batches"][-1]), []
        spec["settings"]["optimizer"]["warmup_steps"] = self.sizes["train"] // 3
        state = segments.initial_state(score.trainer(spec), 0)
        state, reached = segments.run(
            score.trainer(spec),
            spec,
            split,
            0,
            state,
            self.sizes["train"],
            lambda step, loss, norm: losses.append(loss),
        )
        self.trained = segments.ema_variables(segments.to_bytes(state))
        tenth = max(1, len(losses) // 10)
        means = [round(float(np.mean(losses[at : at + tenth])), 4) for at in range(0, len(losses), tenth)]
        return {
            "images": len(split),
            "steps": len(losses),
            "batch_size": spec["settings"]["training"]["batch_size"],
            "precision": spec["settings"]["net"]["precision"],
            "images_per_second": round(reached.images_per_second, 2),
            "starved_steps_share": round(reached.starved, 4),
            "mean_losses": means,
        }

    def images(self, name: str) -> artifacts.Split | None:
        """The images of one of CIFAR-10's files, or None where no folder was given."""
        if self.args.data is None:
            return None
        batch = cifar.read_batch((self.args.data / name).read_bytes(), name)
        return artifacts.Split(batch.images, batch.labels, np.arange(len(batch.labels)))

    def evaluation(self, name: str) -> Any:
        """Seconds per image and draw of log p(x|y) under every class, with the weights of the short training."""
        from flax import serialization

        from sbgc.models import score
        from sbgc.procedures.scoring import bayes
        from sbgc.procedures.training import segments

        spec = self.of_precision("float32", 1) | {"likelihood": self.likelihood[name]}
        weights = self.trained
        if weights is None:
            weights = serialization.to_bytes(segments.initial_state(score.trainer(spec), 0).ema)
        split, count = self.images("test_batch"), self.sizes["images"]
        if split is None:
            return NO_DATA
        split = artifacts.Split(split.images[:count, None] + np.float32(0.5), split.labels[:count], split.index[:count])
        pairs = bayes.pair_scores(score.load(spec, weights), split, 0, count * 10)
        rows, classes = np.divmod(np.arange(count * 10), 10)
        started = time.perf_counter()
        _, nfe = pairs(rows, classes, 0)
        seconds = time.perf_counter() - started
        return {
            "images": count,
            "trained": self.trained is not None,
            "seconds_per_image": round(seconds / count, 3),
            "nfe_per_pair": round(float(nfe.mean()), 1),
        }
