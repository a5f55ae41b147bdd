"""A score model and a split so small that a test compiles them in seconds."""

import jax
import numpy as np
from flax import serialization

from sbgc.artifacts import Split
from sbgc.models import score

SHAPE, LEVELS, CLASSES = (4, 4, 1), 17, 3
FAST = {"procedure": "fast", "nodes": 9, "num_probes": 1, "family": "rademacher"}
PLAIN = {"dropout": 0.1, "precision": "float32"}
REFERENCE = {"procedure": "reference", "rtol": 1e-3, "atol": 1e-3}


def score_spec(features: int = 8, likelihood: dict | None = None) -> dict:
    """The spec of a one-level U-Net for 4x4 images of 3 classes."""
    return {
        "experiment": "tiny",
        "model": "score",
        "dataset": {"name": "tiny", "levels": LEVELS, "image_shape": list(SHAPE), "num_classes": CLASSES},
        "settings": {
            "kind": "score",
            "sde": {"name": "vp", "beta_min": 0.1, "beta_max": 20.0, "t_min": 1e-5},
            "net": {"features": features, "multipliers": [1], "blocks": 1, "attention_sizes": [4], **PLAIN},
            "objective": {"likelihood_weighting": True, "importance_sampling": True},
            "optimizer": {"learning_rate": 5e-3, "warmup_steps": 2, "clip_norm": 1.0, "cosine_decay": False},
            "training": {
                "steps": 40,
                "batch_size": 8,
                "accumulation": 1,
                "flips": False,
                "crops": 0,
                "augmix": None,
                "ema_decay": 0.9,
            },
        },
        "likelihood": likelihood,
    }


def score_model(likelihood: dict | None = None) -> score.ScoreModel:
    """That model with random weights: a bent flow, unlike the one at initialization."""
    spec = score_spec(likelihood=likelihood)
    shapes = jax.eval_shape(score.trainer(spec).init, jax.random.key(0))
    random = np.random.default_rng(0)
    variables = jax.tree.map(lambda leaf: random.normal(0.0, 0.1, leaf.shape).astype(np.float32), shapes)
    return score.load(spec, serialization.msgpack_serialize(variables))


def split(count: int, draws: int | None = None) -> Split:
    """Random images; with `draws`, dequantized ones."""
    random = np.random.default_rng(1)
    images = random.integers(0, LEVELS, (count, *SHAPE)).astype(np.uint8)
    if draws is not None:
        images = (images[:, None] + random.uniform(0, 1, (count, draws, *SHAPE))).astype(np.float32)
    return Split(images, np.arange(count) % CLASSES, 100 + np.arange(count))
