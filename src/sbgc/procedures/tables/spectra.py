"""What a corruption does to the power spectrum of images. A low-pass filter mostly removes the high frequencies."""

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from sbgc.artifacts import ArtifactError, Split
from sbgc.maths import intervals, spectrum
from sbgc.procedures.tables import statistics
from sbgc.procedures.tables.statistics import Statistics

TOGETHER = 500  # images that are in memory at a time


def spectra_table(clean: Split, corrupted: Iterable[Split], settings: Statistics) -> pd.DataFrame:
    """A row for each corruption, severity and frequency: the mean power, and its ratio to that of the clean images.

    The ratio is a ratio of means over the same images. It has a percentile bootstrap interval, for which an image is
    resampled together with its clean version. Severity 0 stands for the clean images. Corrupted splits are asked for
    one after another. Raises ArtifactError for a corrupted image whose clean version is missing.
    """
    levels, place = clean.meta["levels"], {number: row for row, number in enumerate(clean.index)}
    before = _power(clean, levels)
    rows = [_rows("clean", 0, before, before, clean, settings)]
    for split in corrupted:
        for severity, part in _severities(split):
            if missing := [number for number in part.index if number not in place]:
                raise ArtifactError(f"{split.meta['split']}: image {missing[0]} is not among the clean ones")
            partners, power = before[[place[number] for number in part.index]], _power(part, levels)
            rows.append(_rows(split.meta["corruption"], severity, power, partners, part, settings))
    table = pd.concat(rows, ignore_index=True)
    table.insert(0, "dataset", clean.meta["dataset"])
    return table


def _severities(split: Split) -> Iterator[tuple[int, Split]]:
    for severity in np.unique(split.columns["severity"]):
        yield int(severity), split.take(split.columns["severity"] == severity)


def _power(split: Split, levels: int) -> np.ndarray:
    """[n, bands], a part of the images after the other: those of a large split may lie in files."""
    parts = (split.images[start : start + TOGETHER] for start in range(0, len(split), TOGETHER))
    return np.concatenate([spectrum.band_power(part.astype(np.float64) / (levels - 1.0)) for part in parts])


def _rows(
    corruption: str, severity: int, power: np.ndarray, clean: np.ndarray, split: Split, settings: Statistics
) -> pd.DataFrame:
    bands = power.shape[1]
    means = statistics.replicates(np.concatenate([power, clean], axis=1), settings)
    ratios = means[:, :bands] / means[:, bands:]
    ends = np.array([intervals.percentile_interval(ratio, settings.confidence) for ratio in ratios.T])
    return pd.DataFrame(
        {
            "corruption": corruption,
            "severity": severity,
            "frequency_cycles_per_pixel": spectrum.frequencies(*split.images.shape[1:3]),
            "power": power.mean(axis=0),
            "ratio": power.mean(axis=0) / clean.mean(axis=0),
            "ratio_ci_low": ends[:, 0],
            "ratio_ci_high": ends[:, 1],
            "num_images": len(split),
            "ci_level": settings.confidence,
        }
    )
