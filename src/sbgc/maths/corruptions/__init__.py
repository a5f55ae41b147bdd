"""Common corruptions of images at five severities (Hendrycks and Dietterich 2019), with CIFAR-10-C's parameters.

CIFAR-10-C is made for 32x32 images. How a parameter is carried to another side s, with g = sqrt(32 / s), 2 at 8x8:

| kinds                                                    | parameter                        | at side s              |
|----------------------------------------------------------|----------------------------------|------------------------|
| gaussian_noise, speckle_noise, shot_noise, impulse_noise | amplitude, fraction of pixels    | times g                |
| brightness                                               | amplitude                        | times sqrt(g)          |
| defocus_blur, gaussian_blur, pixelate                    | radius, sigma, tile, in pixels   | as it is               |
| motion_blur                                              | sigma in pixels; length          | as it is; times s / 32 |
| elastic_transform                                        | lengths as fractions of the side | as it is               |
| zoom_blur                                                | zoom - 1                         | times g                |
| fog, contrast, jpeg_compression                          | without a length                 | as it is               |

Each severity then distorts the digits more than the one before. The result is rounded to the grey levels of the clean
images (CIFAR-10-C cuts off the fraction, which with 17 levels would darken every image by half a level).
"""

from collections.abc import Callable

import numpy as np

from sbgc.artifacts import ArtifactError, Split
from sbgc.keys import generator_for
from sbgc.maths.corruptions import blur, digital, noise, weather

SEVERITIES = (1, 2, 3, 4, 5)
KINDS: dict[str, Callable[[np.ndarray, int, np.random.Generator], np.ndarray]] = {
    corruption.__name__: corruption
    for corruption in (
        noise.gaussian_noise,
        noise.shot_noise,
        noise.impulse_noise,
        noise.speckle_noise,
        blur.defocus_blur,
        blur.gaussian_blur,
        blur.motion_blur,
        blur.zoom_blur,
        weather.fog,
        weather.brightness,
        digital.contrast,
        digital.elastic_transform,
        digital.pixelate,
        digital.jpeg_compression,
    )
}


def corrupt(images: np.ndarray, index: np.ndarray, kind: str, severity: int, seed: int, levels: int) -> np.ndarray:
    """Corrupted images, uint8 [n, H, W, C] in grey levels 0..levels-1.

    `images` are the clean ones, likewise, and `index` [n] their numbers in the dataset. The randomness of an image
    follows from (seed, kind, index, severity) alone. Raises ArtifactError for an unknown kind or severity, and for
    images that are not uint8 below `levels`.
    """
    _check(images, index, kind, severity, levels)
    corrupted = np.empty_like(images)
    for row, (image, number) in enumerate(zip(images, index, strict=True)):
        rng = generator_for(seed, f"corrupt-{kind}", int(number), severity)
        unit = KINDS[kind](image / (levels - 1.0), severity, rng)
        corrupted[row] = np.rint(np.clip(unit, 0.0, 1.0) * (levels - 1.0))
    return corrupted


def corrupt_split(split: Split, kind: str, seed: int, levels: int) -> Split:
    """The split at severities 1 to 5, stacked in this order as CIFAR-10-C is, with the column `severity`.

    Index and labels stay. Raises as `corrupt` does.
    """
    stacked = split.take(np.tile(np.arange(len(split)), len(SEVERITIES)))
    images = np.concatenate(
        [corrupt(split.images, split.index, kind, severity, seed, levels) for severity in SEVERITIES]
    )
    columns = stacked.columns | {"severity": np.repeat(np.array(SEVERITIES, np.int64), len(split))}
    meta = split.meta | {"split": f"corrupt-{kind}", "corruption": kind, "corruption_seed": seed}
    return Split(images, stacked.labels, stacked.index, columns, meta)


def _check(images: np.ndarray, index: np.ndarray, kind: str, severity: int, levels: int) -> None:
    if kind not in KINDS:
        raise ArtifactError(f"corruption {kind!r}: unknown; known are {', '.join(KINDS)}")
    if severity not in SEVERITIES:
        raise ArtifactError(f"severity = {severity!r}: must be one of {', '.join(map(str, SEVERITIES))}")
    if images.dtype != np.uint8 or images.ndim != 4:
        raise ArtifactError(f"images: found {images.dtype} of shape {list(images.shape)}, expected uint8 [n, H, W, C]")
    if len(index) != len(images):
        raise ArtifactError(f"index: found {len(index)} numbers for {len(images)} images")
    if images.size and images.max() >= levels:
        raise ArtifactError(f"images: found grey level {images.max()}, expected at most {levels - 1}")
