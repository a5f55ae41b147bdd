"""The maps by which models explain the same images, with the numbers that they sum to (Mackowiak et al. 2021, 4.2)."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import logsumexp

from sbgc.artifacts import ArtifactError
from sbgc.artifacts.explanations import Explanations
from sbgc.maths import heatmaps, metrics
from sbgc.procedures.tables.latent_tables import called, identified


class Total(NamedTuple):
    """What a map has to sum to, in nats, and its standard error over draws; NaN for one draw."""

    value: float
    error: float


def heatmap_table(every: Sequence[Explanations], contrast: float) -> pd.DataFrame:
    """One row for each value of each map of each image and model, in nats.

    map: `gap`, which sums to log p(x|label) - log p(x|rival); `posterior` of the class beside it, which sums to its
    log p(y|x); `salience`, which sums to log p(x), where a model has it. total_nats: what a map has to sum to, by the
    model's own log p(x|y), and standard_error_nats: over draws (NaN for one). The rival is the class beside the label
    that all models together find the most probable, so that all explain the same. Raises ArtifactError for models of
    other images.
    """
    rivals = _rivals(every)
    tables = [identified(found, list(_rows(found, rivals, contrast))) for found in every]
    return pd.concat(tables, ignore_index=True)


def _rivals(every: Sequence[Explanations]) -> np.ndarray:
    """For each image the class, beside its label, with the largest mean of p(y|x) over the models."""
    first = every[0]
    for other in every:
        if not other.of_classes.size:
            raise ArtifactError(f"{other.meta['model']}: has no maps")
        if other.index.tolist() != first.index.tolist():
            raise ArtifactError(f"{other.meta['model']} explains other images than {first.meta['model']}")
    posterior = logsumexp([metrics.log_posterior(found.scores) for found in every], axis=0)
    posterior[np.arange(len(first)), first.labels] = -np.inf
    return posterior.argmax(axis=1)


def _rows(found: Explanations, rivals: np.ndarray, contrast: float) -> Iterator[dict[str, Any]]:
    for image, (index, label, rival) in enumerate(zip(found.index, found.labels, rivals, strict=True)):
        facts = {"index": index, "label": label, "label_name": called(found, label), "rival": rival}
        facts |= {"rival_name": called(found, rival), "contrast": contrast}
        for name, one, values, total in _maps(found, image, (int(label), int(rival)), contrast):
            sums = {"map": name, "class": one, "total_nats": total.value, "standard_error_nats": total.error}
            height, width = values.shape
            for (row, column), value in np.ndenumerate(values):
                where = {"row": row, "column": column, "height": height, "width": width}
                yield facts | sums | where | {"value_nats": value}


def _maps(
    found: Explanations, image: int, pair: tuple[int, int], contrast: float
) -> Iterator[tuple[str, int, np.ndarray, Total]]:
    """The maps of an image: name, class (-1 for none), values, and what they have to sum to."""
    parts, draws = found.of_classes[image], found.log_probs[image]
    scores, (label, rival) = draws.mean(axis=1), pair
    log_posterior = metrics.log_posterior(scores[None])[0]
    mean_class = np.exp(log_posterior) @ draws  # of each draw: the derivative of logsumexp is the posterior
    gap = draws[label] - draws[rival]
    yield "gap", -1, parts[label] - parts[rival], Total(gap.mean(), _error(gap))
    maps = heatmaps.posterior(parts, contrast)
    for one in pair:
        yield "posterior", one, maps[one], Total(log_posterior[one], _error(draws[one] - mean_class))
    if found.shared.size:
        log_marginal = logsumexp(scores) - np.log(len(scores))
        values = heatmaps.salience(parts, found.shared[image], contrast)
        yield "salience", -1, values, Total(log_marginal, _error(mean_class))


def _error(draws: np.ndarray) -> float:
    return float(draws.std(ddof=1) / np.sqrt(len(draws))) if len(draws) > 1 else float("nan")
