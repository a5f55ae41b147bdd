"""A made-up folder in ILSVRC's layout: colored shapes in place of photographs."""

import json
from pathlib import Path

import numpy as np
import scipy.io
from PIL import Image

WORDNET = ("n01440764", "n01443537", "n01484850", "n02012849", "n03126707")
NAMES = ("tench", "goldfish", "great_white_shark", "crane", "crane")
# The development kit's numbers follow another order than the labels.
KIT_ORDER = (3, 0, 4, 1, 2)


def picture(label: int, number: int, size: tuple[int, int] = (90, 70)) -> Image.Image:
    """A noisy ground with a bright block, whose color tells the class. size: width and height."""
    rng = np.random.default_rng((label, number))
    width, height = size
    pixels = rng.integers(40, 110, (height, width, 3))
    top, left = rng.integers(0, height // 2), rng.integers(0, width // 2)
    pixels[top : top + height // 2, left : left + width // 2] += np.array([[90, 0, 0], [0, 90, 0]])[label % 2]
    pixels[..., 2] += 25 * label
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def make(folder: Path, train: int, val: int, sorted_into_classes: bool = False) -> Path:
    """Write `train` pictures of each class, and `val` for validation, of which three are no plain RGB JPEGs."""
    for label, number in enumerate(WORDNET):
        (folder / "train" / number).mkdir(parents=True)
        for one in range(train):
            path = folder / "train" / number / f"{number}_{one}.JPEG"
            picture(label, one, (60 + 7 * one, 90 - 3 * label)).save(path, quality=95)
    first, second, third = (sorted((folder / "train" / number).iterdir())[0] for number in WORDNET[:3])
    picture(0, 0).convert("CMYK").save(first, quality=95)
    picture(1, 0).convert("L").save(second, quality=95)
    picture(2, 0).save(third, format="PNG")  # as one picture of ImageNet is, under a name that ends in .JPEG
    labels = [one % len(WORDNET) for one in range(val)]
    for one, label in enumerate(labels, 1):
        below = folder / "val" / (WORDNET[label] if sorted_into_classes else "")
        below.mkdir(parents=True, exist_ok=True)
        picture(label, 1000 + one).save(below / f"ILSVRC2012_val_{one:08}.JPEG", quality=95)
    index = {str(label): pair for label, pair in enumerate(zip(WORDNET, NAMES, strict=True))}
    (folder / "imagenet_class_index.json").write_text(json.dumps(index))
    if not sorted_into_classes:
        _development_kit(folder / "ILSVRC2012_devkit_t12" / "data", labels)
    return folder


def _development_kit(folder: Path, labels: list[int]) -> None:
    folder.mkdir(parents=True)
    kinds = [("ILSVRC2012_ID", "<f8"), ("WNID", object), ("words", object), ("num_children", "<f8")]
    leaves = [(number, WORDNET[label], NAMES[label], 0) for number, label in enumerate(KIT_ORDER, 1)]
    above = (len(leaves) + 1, "n00001740", "entity", len(leaves))  # meta.mat has classes of classes, too
    scipy.io.savemat(folder / "meta.mat", {"synsets": np.array([*leaves, above], kinds)[:, None]})
    numbers = [KIT_ORDER.index(label) + 1 for label in labels]
    (folder / "ILSVRC2012_validation_ground_truth.txt").write_text("".join(f"{one}\n" for one in numbers))
