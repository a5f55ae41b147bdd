"""Common corruptions of images at five severities (Hendrycks and Dietterich 2019), with CIFAR-10-C's parameters.

For images of 32x32 pixels, three channels and 256 levels this does what CIFAR-10-C's own generator does. Seven of its
corruptions use no random numbers and come out equal to the byte (benchmarks/corruptions.py). docs/corruptions.md says
how the parameters are adapted to images of another size.
"""

from collections.abc import Callable

import numpy as np

from sbgc.artifacts import ArtifactError, Split
from sbgc.keys import generator_for
from sbgc.maths.corruptions import blur, color, digital, noise, spatter, weather

SEVERITIES = (1, 2, 3, 4, 5)
BYTE_LEVELS = 256
KINDS: dict[str, Callable[[np.ndarray, int, np.random.Generator], np.ndarray]] = {
    corruption.__name__: corruption
    for corruption in (
        noise.gaussian_noise,
        noise.shot_noise,
        noise.impulse_noise,
        noise.speckle_noise,
        blur.defocus_blur,
        blur.glass_blur,
        blur.gaussian_blur,
        blur.motion_blur,
        blur.zoom_blur,
        weather.snow,
        weather.frost,
        weather.fog,
        color.brightness,
        color.contrast,
        digital.elastic_transform,
        digital.pixelate,
        digital.jpeg_compression,
        color.saturate,
        spatter.spatter,
    )
}
OF_COLORS = frozenset({"saturate"})  # kinds that would leave an image without colors unchanged
STYLE = "CIFAR-10-C style"  # what results call images that are made here


def corrupt(
    images: np.ndarray,
    index: np.ndarray,
    kind: str,
    severity: int,
    seed: int,
    levels: int,
    tick: Callable[[], object] = lambda: None,
) -> np.ndarray:
    """The corrupted images, uint8 [n, H, W, C] in grey levels 0..levels-1.

    `images` are the clean ones in the same format, and `index` [n] holds their numbers in the dataset. The randomness
    of an image follows from (seed, kind, index, severity) alone. `tick` is called after each image. Raises
    ArtifactError for an unknown kind or severity, and for images that are not uint8 below `levels`.
    """
    _check(images, index, kind, severity, levels)
    images = np.ascontiguousarray(images)  # how sums round depends on the order in memory; CIFAR-10-C's was this one
    corrupted = np.empty_like(images)
    for row, (image, number) in enumerate(zip(images, index, strict=True)):
        rng = generator_for(seed, f"corrupt-{kind}", int(number), severity)
        corrupted[row] = _in_levels(KINDS[kind](image / (levels - 1.0), severity, rng), levels)
        tick()
    return corrupted


def corrupt_split(split: Split, kind: str, seed: int, levels: int, tick: Callable[[], object] = lambda: None) -> Split:
    """The split at severities 1 to 5, stacked in this order as in CIFAR-10-C, with the column `severity`.

    Each image keeps its index and label. Raises what `corrupt` raises.
    """
    n, rows = len(split), np.tile(np.arange(len(split)), len(SEVERITIES))
    images = np.empty((len(rows), *split.images.shape[1:]), split.images.dtype)
    for number, severity in enumerate(SEVERITIES):
        part = corrupt(split.images, split.index, kind, severity, seed, levels, tick)
        images[number * n : (number + 1) * n] = part
    columns = {name: values[rows] for name, values in split.columns.items()}
    columns |= {"severity": np.repeat(np.array(SEVERITIES, np.int64), n)}
    facts = {"split": f"corrupt-{kind}", "corruption": kind, "corruption_source": STYLE, "corruption_seed": seed}
    return Split(images, split.labels[rows], split.index[rows], columns, split.meta | facts)


def _in_levels(unit: np.ndarray, levels: int) -> np.ndarray:
    """Grey levels of values on [0, 1]. Fractions of 256 levels are cut off, as in CIFAR-10-C, and others are rounded.

    Cutting off would darken an image of 17 levels by half a level.
    """
    grey = np.clip(unit, 0.0, 1.0) * (levels - 1.0)
    return grey if levels == BYTE_LEVELS else np.rint(grey)


def _check(images: np.ndarray, index: np.ndarray, kind: str, severity: int, levels: int) -> None:
    if kind not in KINDS:
        raise ArtifactError(f"corruption {kind!r}: unknown; known are {', '.join(KINDS)}")
    if severity not in SEVERITIES:
        raise ArtifactError(f"severity = {severity!r}: must be one of {', '.join(map(str, SEVERITIES))}")
    if images.dtype != np.uint8 or images.ndim != 4:
        raise ArtifactError(f"images: found {images.dtype} of shape {list(images.shape)}, expected uint8 [n, H, W, C]")
    if kind in OF_COLORS and images.shape[-1] != 3:
        raise ArtifactError(f"corruption {kind!r}: needs 3 color channels, found {images.shape[-1]}")
    if len(index) != len(images):
        raise ArtifactError(f"index: found {len(index)} numbers for {len(images)} images")
    if images.size and images.max() >= levels:
        raise ArtifactError(f"images: found grey level {images.max()}, expected at most {levels - 1}")
