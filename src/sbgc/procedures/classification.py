"""What a model says of single images: the posterior, log p(x|y) with its error, how sure the decision is."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sbgc import units
from sbgc.artifacts import Matrix, Split
from sbgc.data.dequantize import dequantize
from sbgc.maths import metrics, typicality, uncertainty
from sbgc.procedures.scoring import bayes


@dataclass(frozen=True)
class Answer:
    """Of one image. Arrays are [classes]; what a classifier without a density does not know is None.

    posterior: with equal prior probabilities. log_prob, std_error: log p(x|y) in nats, and its standard error over
    draws. bits_per_dim: of log p(x). gap, gap_std_error: between the two best classes, in nats. flip: the probability
    that ever more draws would change the decision. typicality: the p-value against `references` images of the training
    split.
    """

    posterior: np.ndarray
    winner: int
    rival: int
    log_prob: np.ndarray | None = None
    std_error: np.ndarray | None = None
    bits_per_dim: float | None = None
    gap: float | None = None
    gap_std_error: float | None = None
    flip: float | None = None
    typicality: float | None = None
    references: int | None = None


def dequantized(images: np.ndarray, seed: int, draws: int, strata: int) -> Split:
    """Images [n, H, W, C] in grey levels with draws of noise. Their noise follows from their pixels alone."""
    numbers = np.array([_number(image) for image in images])
    return dequantize(Split(images, np.zeros(len(images), int), numbers), seed, draws, strata)


def _number(image: np.ndarray) -> int:
    return int.from_bytes(hashlib.sha256(np.ascontiguousarray(image).tobytes()).digest()[:4], "big") >> 1


def answers(
    model: Any, split: Split, seed: int, strata: int, batch_size: int, memory: float, trained_on: Matrix | None
) -> list[Answer]:
    """What the model says of each image of a dequantized split of two draws or more.

    trained_on: the model's scores of images that it was trained on. No answer depends on the other images.
    """
    scores, _, gives = bayes.matrix(model, split, seed, batch_size, memory)
    reference = None if trained_on is None else metrics.log_marginal(trained_on.scores.mean(axis=2))
    return [_answer(one, gives, strata, split.images[0, 0].size, reference) for one in scores]


def _answer(scores: np.ndarray, gives: str, strata: int, dim: int, reference: np.ndarray | None) -> Answer:
    """Of the scores [classes, draws] of one image."""
    mean = scores.mean(axis=1)
    posterior, order = np.exp(metrics.log_posterior(mean[None])[0]), mean.argsort()
    winner, rival = int(order[-1]), int(order[-2])
    if gives != "log_prob":
        return Answer(posterior, winner, rival)
    decided, marginal = uncertainty.decisions(scores[None], strata), metrics.log_marginal(mean[None])
    return Answer(
        posterior,
        winner,
        rival,
        log_prob=mean,
        std_error=uncertainty.log_prob_std_error(scores[None], strata)[0],
        bits_per_dim=float(units.bits_per_dim(marginal, dim)[0]),
        gap=float(decided.gap[0]),
        gap_std_error=float(decided.std_error[0]),
        flip=float(decided.flip[0]),
        typicality=None if reference is None else float(typicality.p_values(marginal, reference)[0]),
        references=None if reference is None else len(reference),
    )


def as_facts(answer: Answer, names: Sequence[str]) -> dict[str, Any]:
    """An answer as plain values, each class by its name."""
    facts: dict[str, Any] = {"class": names[answer.winner], "rival": names[answer.rival]}
    facts["posterior"] = dict(zip(names, answer.posterior.tolist(), strict=True))
    if answer.log_prob is not None and answer.std_error is not None:
        facts["log_prob_nats"] = dict(zip(names, answer.log_prob.tolist(), strict=True))
        facts["log_prob_std_error_nats"] = dict(zip(names, answer.std_error.tolist(), strict=True))
    numbers = {
        "bits_per_dim": answer.bits_per_dim,
        "gap_nats": answer.gap,
        "gap_std_error_nats": answer.gap_std_error,
        "flip_probability": answer.flip,
        "typicality_p_value": answer.typicality,
        "typicality_references": answer.references,
    }
    return facts | {name: value for name, value in numbers.items() if value is not None}
