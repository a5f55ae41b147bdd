"""Models and a split so small that a test compiles them in seconds."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import serialization

from sbgc import fitting
from sbgc.artifacts import Split, write_images, write_stored_split
from sbgc.config.likelihoods import Fast, Likelihood, Reference
from sbgc.config.spec import Spec
from sbgc.models import score

SHAPE, LEVELS, CLASSES = (4, 4, 1), 17, 3
FAST = Fast(procedure="fast", nodes=9, num_probes=1, family="rademacher")
REFERENCE = Reference(procedure="reference", rtol=1e-3, atol=1e-3)

TRAINING = {
    "steps": 40,
    "batch_size": 8,
    "accumulation": 1,
    "flips": False,
    "crops": None,
    "augmix": None,
    "ema_decay": 0.9,
}
# A one-level U-Net for 4x4 images of 3 classes.
SCORE = {
    "kind": "score",
    "sde": {"name": "vp", "beta_min": 0.1, "beta_max": 20.0, "t_min": 1e-5},
    "net": {
        "features": 8,
        "multipliers": [1],
        "blocks": 1,
        "attention_sizes": [4],
        "dropout": 0.1,
        "precision": "float32",
    },
    "objective": {"likelihood_weighting": True, "importance_sampling": True},
    "optimizer": {"learning_rate": 5e-3, "warmup_steps": 2, "clip_norm": 1.0, "cosine_decay": False},
    "training": TRAINING,
}
GAUSSIAN = {"kind": "gaussian", "shrinkage": 0.1}
WIDE_RESNET = {
    "kind": "wide_resnet",
    "depth": 10,
    "widen": 1,
    "base_features": 4,
    "dropout": 0.0,
    "consistency": 0.0,
    "optimizer": {"learning_rate": 0.05, "momentum": 0.9, "weight_decay": 5e-4, "stairs": None},
    "training": TRAINING,
}
# Of two levels, with as many latents at the top as an image has pixels.
GLOW = {
    "kind": "glow",
    "net": {"border": 0, "levels": 2, "steps": 1, "features": 4},
    "prior": {"name": "mixture", "family": "normal", "smoothing": 0.0},
    "classification": 0.0,
    "optimizer": {"rule": "adam", "learning_rate": 1e-3, "warmup_steps": 2, "clip_norm": 1.0, "stairs": None},
    "training": TRAINING,
}
PIXELCNN = {
    "kind": "pixelcnn",
    "net": {"features": 4, "levels": 2, "blocks": 1, "dropout": 0.0},
    "classification": 0.0,
    "optimizer": {"learning_rate": 1e-3, "warmup_steps": 2, "clip_norm": 1.0, "cosine_decay": False},
    "training": TRAINING,
}
# Of one stage, with 2x2 pixels of 4 channels.
IB_INN = {
    "kind": "ib_inn",
    "net": {"blocks": [2], "features": [4], "dense": 0, "clamp": 0.7},
    "means": {"learned": True, "distance": 5.0, "low_rank": None},
    "bottleneck": {"beta": 1.0, "smoothing": 0.1, "noise": 0.0},
    "optimizer": {
        "learning_rate": 0.05,
        "warmup_steps": 2,
        "momentum": 0.9,
        "weight_decay": 1e-4,
        "clip_norm": 8.0,
        "stairs": None,
    },
    "training": TRAINING,
}
# Of two stages, the second of which has 2x2 pixels.
RESNET = {
    "kind": "resnet",
    "stem": "plain",
    "block": "basic",
    "blocks": [1, 1],
    "features": 4,
    "optimizer": {"learning_rate": 0.05, "momentum": 0.9, "weight_decay": 1e-4, "stairs": None},
    "training": TRAINING,
    "consistency": 0.0,
}
DEFENDED = {
    "kind": "defended",
    "of": "wide_resnet",
    "defence": {"name": "averaging", "std": 0.1, "draws": 2},
}


def spec_of(settings: dict[str, Any], shape: tuple[int, ...] = SHAPE, classes: int = CLASSES, **changed: Any) -> Spec:
    """The spec of such settings; of `changed`, a dictionary is merged into the section of its name."""
    for name, value in changed.items():
        merge = isinstance(value, dict) and isinstance(settings.get(name), dict)
        settings = settings | {name: settings[name] | value if merge else value}
    images = {"name": "tiny", "levels": LEVELS, "image_shape": shape, "num_classes": classes}
    return Spec.model_validate(
        {"experiment": "tiny", "model": settings["kind"], "dataset": images, "settings": settings}
    )


def random_variables(spec: Spec, low: float = -0.2, high: float = 0.2) -> dict[str, Any]:
    """Random variables of the shapes that the spec's trainer begins with; nothing is compiled for it."""
    images, labels = jnp.zeros((1, *spec.dataset.image_shape)), jnp.zeros(1, int)
    shapes = jax.eval_shape(fitting.page(spec.settings.kind).trainer(spec).init, jax.random.key(0), images, labels)
    random = np.random.default_rng(0)
    return jax.tree.map(lambda leaf: random.uniform(low, high, leaf.shape).astype(np.float32), shapes)


def score_model(likelihood: Likelihood | None = None) -> score.ScoreModel:
    """The score model of SCORE with random weights: a bent flow, unlike the one at initialization."""
    spec = spec_of(SCORE)
    return score.load(spec, serialization.msgpack_serialize(random_variables(spec)), likelihood)


def in_files(path: Path, split: Split, margin: int, files: int) -> Path:
    """The split as one whose images, bytes with a margin, lie in that many files beside it."""
    edges, names = np.linspace(0, len(split), files + 1).astype(int), []
    for number, (first, last) in enumerate(pairwise(edges)):
        names.append(f"{path.stem}/{number}-of-{files}.npy")
        part = split.images[first:last]
        write_images(path.parent / names[-1], part, part.shape)
    write_stored_split(path, split.labels, split.index, names, margin, split.meta)
    return path


def split(count: int, draws: int | None = None) -> Split:
    """Random images; with `draws`, dequantized ones."""
    random = np.random.default_rng(1)
    images = random.integers(0, LEVELS, (count, *SHAPE)).astype(np.uint8)
    if draws is not None:
        images = (images[:, None] + random.uniform(0, 1, (count, draws, *SHAPE))).astype(np.float32)
    return Split(images, np.arange(count) % CLASSES, 100 + np.arange(count))
