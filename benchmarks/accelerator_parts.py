"""What benchmarks/accelerator.py measures, and at which sizes."""

import argparse
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from runs import experiment, score_spec
from training_step import convolution, fastest

from sbgc import artifacts, operations, provenance
from sbgc.config.spec import Spec
from sbgc.data.formats import cifar
from sbgc.trainer import training_of

REDUCED = {"features": 16, "multipliers": [1, 2, 2], "blocks": 1, "attention_sizes": [16]}
# The sides of the matrices; the batch, side and width of the convolution; the batch sizes that are timed, and on how
# many steps; the number of training steps; the number of test images.
REDUCED_SIZES = {"matrix": 2048, "convolution": (64, 32, 64), "batches": (16, 32), "steps": 5, "train": 30, "images": 1}
SIZES = {"matrix": 8192, "convolution": (512, 32, 256), "batches": (512, 128, 1024, 256)}
SIZES |= {"steps": 20, "train": 300, "images": 16}
TINY = {"features": 8, "multipliers": [1], "blocks": 1, "attention_sizes": []}
TINY_SIZES = {"matrix": 64, "convolution": (2, 32, 8), "batches": (4,), "steps": 2, "train": 4, "images": 1}
PRECISIONS = ("bfloat16", "float32")
CODE = ["sbgc.procedures.training.segments", "sbgc.fitting.score", "sbgc.models.score"]
NOT_RUN = "not run"
NO_DATA = NOT_RUN + ": no --data"


class Bench:
    """The device, the sizes chosen for it, and the measurements made on it."""

    def __init__(self, args: argparse.Namespace):
        import jax

        self.args, self.started = args, time.monotonic()
        self.reduced = jax.default_backend() == "cpu"
        self.sizes: dict[str, Any] = REDUCED_SIZES if self.reduced else SIZES
        cifar10 = experiment("cifar10")
        fast = cifar10.models["score"].likelihood.model_copy(update={"nodes": 30})  # a network that no grid is made for
        self.likelihood = {"fast": fast, "reference": cifar10.crosscheck.reference}
        self.net: dict[str, Any] = REDUCED if self.reduced else {}
        if args.tiny:
            self.sizes, self.net = TINY_SIZES, TINY
            self.likelihood["reference"] = cifar10.crosscheck.reference.model_copy(update={"rtol": 0.1, "atol": 0.1})
        self.peak: dict[str, float] = {}
        self.trained: bytes | None = None

    def facts(self) -> dict[str, Any]:
        """The facts that the numbers depend on."""
        import jax

        return {
            "reduced": self.reduced,
            "tiny": self.args.tiny,
            "net": score_spec("cifar10", net=self.net).settings.net.model_dump(mode="json"),
            "devices": len(jax.devices()),
            "seconds": round(time.monotonic() - self.started, 1),
            "manifest": provenance.manifest(
                ["sbgc.procedures.training.segments", "sbgc.fitting.score", "sbgc.models.score"]
            ),
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
            product = jax.jit(jnp.matmul)
            runs = {
                "matrix": (partial(product, square, square), operations.count(product, square, square)),
                "convolution": convolution(batch, height, features, precision),
            }
            for name, (run, flop) in runs.items():
                found[f"{name} {precision}"] = teraflops(flop, fastest(run))
            self.peak[precision] = max(found[f"{name} {precision}"] or 0.0 for name in runs)
        return {"teraflops": found}

    def of_precision(self, precision: str, batch: int, **changed: dict[str, Any]) -> Spec:
        """The paper's spec with the given precision and batch size, and other settings of a section."""
        net, training = self.net | {"precision": precision}, {"batch_size": batch}
        return score_spec("cifar10", net=net, training=training | changed.pop("training", {}), **changed)

    def step(self, precision: str, batch: int) -> dict[str, Any]:
        """The images per second of a training step whose batch is on the device already, and the step's memory."""
        import jax

        from sbgc import devices, keys
        from sbgc.fitting import score
        from sbgc.procedures.training import descent, segments

        spec = self.of_precision(precision, batch)
        trainer, settings = score.trainer(spec), descent.Settings.of(spec)
        images, labels = np.full((batch, *spec.dataset.image_shape), 128.0, np.float32), np.arange(batch) % 10
        state = segments.initial_state(trainer, spec, artifacts.Split(images, labels, np.arange(batch)), 0)
        flop = operations.count(descent.train_step, trainer, settings, state, images, labels, keys.key_for(0, "train"))
        state, given = devices.everywhere(state), (*devices.spread((images, labels)), keys.key_for(0, "train"))
        program = descent.train_step.lower(trainer, settings, state, *given).compile()
        latest = [state]

        def run() -> Any:
            latest[0], report = program(latest[0], *given)
            return report

        seconds = fastest(run, self.sizes["steps"])
        account, reached = program.memory_analysis(), teraflops(flop, seconds)
        parameters = sum(leaf.size for leaf in jax.tree.leaves(latest[0].variables["params"]))
        return {
            "parameters": parameters,
            "images_per_second": round(batch / seconds, 2),
            "teraflops": reached,
            "share_of_measured_peak": reached and round(reached / self.peak[precision] / len(jax.devices()), 3),
            "memory_gib": round((account.temp_size_in_bytes + account.argument_size_in_bytes) / 2**30, 2),
        }

    def training(self) -> Any:
        """The losses of a short real training, and how often the device waited for a batch."""
        from sbgc.fitting import score
        from sbgc.procedures.training import segments

        split, losses, steps = self.images("data_batch_1"), [], self.sizes["train"]
        if split is None:
            return NO_DATA
        precision = "bfloat16" if not self.reduced else "float32"
        spec = self.of_precision(precision, self.sizes["batches"][-1], optimizer={"warmup_steps": steps // 3})
        trainer = score.trainer(spec)
        state = segments.initial_state(trainer, spec, split, 0)
        told = lambda step, loss, norm: losses.append(loss)  # noqa: E731
        state, reached = segments.run(trainer, spec, split, 0, state, steps, told)
        self.trained = segments.ema_variables(segments.to_bytes(state))
        tenth = max(1, len(losses) // 10)
        means = [round(float(np.mean(losses[at : at + tenth])), 4) for at in range(0, len(losses), tenth)]
        return {
            "images": len(split),
            "steps": len(losses),
            "batch_size": training_of(spec).batch_size,
            "precision": precision,
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

        from sbgc.fitting import score as fitting
        from sbgc.models import score
        from sbgc.procedures.scoring import bayes
        from sbgc.procedures.training import segments

        spec, weights = self.of_precision("float32", 1), self.trained
        split, count = self.images("test_batch"), self.sizes["images"]
        if split is None:
            return NO_DATA
        if weights is None:
            weights = serialization.to_bytes(segments.initial_state(fitting.trainer(spec), spec, split, 0).ema)
        split = artifacts.Split(split.images[:count, None] + np.float32(0.5), split.labels[:count], split.index[:count])
        pairs = bayes.pair_scores(score.load(spec, weights, self.likelihood[name]), split, 0, count * 10)
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


def teraflops(flop: float | None, seconds: float) -> float | None:
    """The rate of so many operations; None where they were not counted."""
    return None if flop is None else round(flop / seconds / 1e12, 5)
