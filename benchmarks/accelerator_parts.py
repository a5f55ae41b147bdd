"""What benchmarks/accelerator.py measures of a network, with no configuration and no package beside its five."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from sbgc import devices, keys, optimizers
from sbgc.artifacts import Split
from sbgc.fitting import denoising
from sbgc.maths import coordinates, grids, sde
from sbgc.models.score_density import ScoreModel
from sbgc.nets import network_cost
from sbgc.nets.noise_network import NoiseNetwork
from sbgc.procedures.training import segments, windows
from sbgc.procedures.training.descent import Settings, train_steps
from sbgc.procedures.training.step_cost import flop_per_image
from sbgc.trainer import Trainer

SHAPE, LEVELS, CLASSES = (32, 32, 3), 256, 10
PROCESS = {"name": "vp", "beta_min": 0.1, "beta_max": 20.0, "t_min": 1e-5}
OBJECTIVE = {"likelihood_weighting": True, "importance_sampling": True}
ROUNDS = 5  # of which the fastest counts


class Fast(NamedTuple):
    """The settings of the fast procedure, as config.likelihoods has them, without pydantic."""

    nodes: int
    procedure: str = "fast"
    num_probes: int = 1
    family: str = "hadamard"

    def model_dump(self) -> dict[str, Any]:
        """A mapping of them."""
        return self._asdict()


class Net(NamedTuple):
    """A network: its sizes, the images of a training batch and of an evaluation, its steps at a time and its nodes."""

    sizes: dict[str, Any]
    batch: int
    scored: int
    together: int = segments.TOGETHER
    nodes: int = 30

    def network(self, precision: str) -> NoiseNetwork:
        """The noise prediction."""
        sizes = {name: tuple(value) if isinstance(value, list) else value for name, value in self.sizes.items()}
        return NoiseNetwork.create(CLASSES, **sizes | {"precision": precision})

    def trainer(self, precision: str, learning_rate: float, warmup_steps: int, steps: int) -> Trainer:
        """Its training."""
        adam = optimizers.adam(learning_rate, warmup_steps, 1.0, cosine_decay=True, steps=steps)
        network, process = self.network(precision), sde.from_settings(PROCESS)
        return denoising.trainer(network, process, LEVELS, SHAPE, OBJECTIVE, adam)

    @property
    def settings(self) -> Settings:
        """Those of a training step."""
        return Settings(self.batch, ema_decay=0.999, accumulation=1, flips=True, crops=None, augmix=None)


def random_images(count: int) -> Split:
    """Images of noise, as bytes, each in a class."""
    pixels = np.random.default_rng(0).integers(0, LEVELS, (count, *SHAPE)).astype(np.uint8)
    return Split(pixels, np.arange(count) % CLASSES, np.arange(count))


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    """What a call returns, when it is there, and the seconds that it took."""
    begun = time.perf_counter()
    found = jax.block_until_ready(call())
    return found, time.perf_counter() - begun


def training_step(net: Net, precision: str, peak: float | None) -> dict[str, Any]:
    """Initialization, compilation, and the time of steps that are handed over one by one and several at a time."""
    trainer, how, split = net.trainer(precision, 1e-3, 500, 8000), net.settings, random_images(4 * net.batch)
    state, initialized = timed(lambda: segments.initial_state(trainer, how, split, 0))
    parameters = sum(leaf.size for leaf in jax.tree.leaves(state.variables["params"]))
    key, state = devices.everywhere(keys.key_for(0, "train")), devices.everywhere(state)
    (_, _, window), *_ = windows.each(split, windows.Batches(0, net.batch, False), 0, net.together, net.together)
    lowered, traced = timed(lambda: train_steps.lower(trainer, how, net.together, state, window, key))
    program, compiled = timed(lowered.compile)
    milliseconds = {}
    for count in dict.fromkeys((1, net.together)):
        spent = []
        for _ in range(ROUNDS + 1):  # the first is warm-up
            edges = np.int32(state.step), np.int32(state.step + count)
            given = window._replace(**dict(zip(("first", "stop"), devices.everywhere(edges), strict=True)))
            (state, _), seconds = timed(partial(program, state, given, key))
            spent.append(1e3 * seconds / count)
        milliseconds[f"milliseconds a step, {count} at a time"] = round(min(spent), 3)
    flop, best = flop_per_image(trainer, how, split), 1e-3 * min(milliseconds.values())
    account = program.memory_analysis()
    return {
        "parameters": parameters,
        "batch": net.batch,
        "seconds to initialize": round(initialized, 2),
        "seconds to trace": round(traced, 2),
        "seconds to compile": round(compiled, 2),
        **milliseconds,
        "images per second": round(net.batch / best, 1),
        "memory, GiB": round((account.temp_size_in_bytes + account.argument_size_in_bytes) / 2**30, 2),
        **rates(flop and flop * net.batch, best, peak),
    }


def shares(net: Net, precision: str, what: str) -> dict[str, Any]:
    """The time of a part of a step: the loss alone (`forward`), or with its gradient."""
    trainer, split = net.trainer(precision, 1e-3, 500, 8000), random_images(net.batch)
    variables = devices.everywhere(segments.initial_state(trainer, net.settings, split, 0).variables)
    images, labels = jnp.asarray(split.images, jnp.float32), jnp.asarray(split.labels, jnp.int32)
    loss = lambda params: trainer.loss({"params": params}, images, labels, keys.key_for(0, "train"))[0]  # noqa: E731
    run = jax.jit(loss if what == "forward" else jax.value_and_grad(loss))
    _, compiled = timed(lambda: run(variables["params"]))
    seconds = min(timed(lambda: run(variables["params"]))[1] for _ in range(ROUNDS))
    return {"batch": net.batch, "seconds to compile": round(compiled, 2), "milliseconds": round(1e3 * seconds, 3)}


def evaluation(net: Net, precision: str, peak: float | None) -> dict[str, Any]:
    """The rate of log p(x|y) on a grid with one probe, at random weights."""
    network, process = net.network(precision), sde.from_settings(PROCESS)
    variables = jax.jit(lambda key: network.init(key, SHAPE))(jax.random.key(0))
    axes = coordinates.isotropic(SHAPE).as_dtype(jnp.float32)
    model = ScoreModel(CLASSES, LEVELS, SHAPE, process, network, Fast(net.nodes), grids.UNIFORM, axes, None, variables)
    split = random_images(net.scored)
    given = jnp.asarray(split.images, jnp.float32), jnp.asarray(split.labels, jnp.int32), jnp.asarray(split.index)

    @jax.jit
    def scores(model: ScoreModel, images: Any, labels: Any, index: Any) -> Any:
        each = lambda x, y, number: model.log_prob(x, y, keys.key_for(0, "probe", number)).value  # noqa: E731
        return jax.vmap(each)(images, labels, index)

    _, compiled = timed(lambda: scores(model, *given))
    seconds = min(timed(lambda: scores(model, *given))[1] for _ in range(ROUNDS))
    flop = network_cost.node_flop(network, SHAPE, 1)
    return {
        "pairs": net.scored,
        "nodes": net.nodes,
        "seconds to compile": round(compiled, 2),
        "pairs of an image and a class per second": round(net.scored / seconds, 2),
        **rates(flop and flop * net.nodes * net.scored, seconds, peak),
    }


def rates(flop: float | None, seconds: float, peak: float | None) -> dict[str, float | None]:
    """The teraflops of so many operations of all devices, and their share of the peak; None where it is not known."""
    reached = None if flop is None else flop / seconds / 1e12
    share = reached and peak and reached / (peak * devices.count())
    return {"teraflops": reached and digits(reached), "share of the peak": share and digits(share)}


def digits(value: float) -> float:
    """A number to four digits."""
    return float(f"{value:.4g}")


def peaks(side: int, batch: int, features: int) -> dict[str, float]:
    """Teraflops of a square matrix product and of a 3x3 convolution of 32x32 images, in both precisions."""
    found = {}
    layout = ("NHWC", "HWIO", "NHWC")
    convolve = jax.jit(lambda x, k: jax.lax.conv_general_dilated(x, k, (1, 1), "SAME", dimension_numbers=layout))
    for precision in ("bfloat16", "float32"):
        square = jnp.ones((side, side), precision)
        x, kernel = jnp.ones((batch, 32, 32, features), precision), jnp.ones((3, 3, features, features), precision)
        products = {
            "matrix": (jax.jit(jnp.matmul), (square, square), 2.0 * side**3),
            "convolution": (convolve, (x, kernel), 18.0 * batch * 32**2 * features**2),
        }
        for name, (run, given, flop) in products.items():
            timed(partial(run, *given))
            seconds = min(timed(partial(run, *given))[1] for _ in range(ROUNDS))
            found[f"{name} {precision}"] = digits(flop / seconds / 1e12)
    return found
