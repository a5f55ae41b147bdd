"""Explanations by hand: two images, three classes, two draws, centers in a space of two dimensions."""

import numpy as np

from sbgc.artifacts.explanations import Explanations

CENTERS = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 5.0]])


def explanations(model="beta_1", kind="ib_inn", has_latents=True, has_shared=True, **changed):
    """Of a model whose log p(x|y) follows from its latents; the two draws are a nat apart, the same for all classes."""
    z = np.array([[0.5, 1.0], [1.8, -0.3]])
    logits = z @ CENTERS.T - 0.5 * (CENTERS**2).sum(axis=1)
    random = np.random.default_rng(len(model))
    parts = random.normal(size=(2, 3, 2, 2))
    parts += (logits - parts.sum(axis=(2, 3)))[:, :, None, None] / 4.0
    everywhere = random.normal(size=(2, 4, 4))
    scores = logits + everywhere.sum(axis=(1, 2))[:, None]
    meta = {"experiment": "digits", "dataset": "digits", "model": model, "kind": kind, "seed": 0, "draws": 2}
    made = {
        "labels": np.array([0, 2]),
        "index": np.array([7, 9]),
        "log_probs": scores[:, :, None] + np.array([-0.5, 0.5]),
        "of_classes": parts,
        "shared": everywhere if has_shared else np.zeros(0),
        "latents": z if has_latents else np.zeros(0),
        "centers": CENTERS if has_latents else np.zeros(0),
        "meta": meta | {"split": "test", "class_names": ["cat", "dog"]},
    }
    return Explanations(**made | changed)
