"""Some images before and after attacks on each model, with what the model says of them."""

import textwrap
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from sbgc.artifacts import ArtifactError, Split
from sbgc.figures import class_names, style, tables
from sbgc.figures.pair_rows import ABOVE, GAP, LEFT, LINE, PairRows, Place
from sbgc.figures.pictures import picture, reduced, reduction

COLUMNS = ("model", "kind", "norm", "size", "misled", "predicted", "bits_per_dim")
NORMS = {"linf": r"$\ell_\infty$", "l2": r"$\ell_2$"}
BEFORE = "none"  # the norm of an image before any attack
DIVERGING = "PuOr_r"  # told apart by every kind of color vision (Brewer)
WITHIN = 0.99  # share of the changed pixels that the scale of colors holds: a single large one would leave others pale
FRAMES = {True: style.VERMILION, False: style.BLUE}  # of an attacked image, by whether the model is misled
DOTS = 100  # of a picture's side, at least; of more pixels, means are shown
NAME = 14  # letters of a line of a model's name
BELOW: dict[str, Any] = {"fontsize": style.SMALL, "va": "top", "linespacing": 1.1}  # of a text below pictures
BAR = 0.48  # inches of the scale of colors with its label


@dataclass(frozen=True)
class Shown:
    """An attacked image of one model: the image, its change, both in grey levels scaled to 0-1, and a text below."""

    image: np.ndarray
    change: np.ndarray
    misled: bool
    text: str


Key = tuple[str, int, str]  # the model, the image's index, and the norm


@style.styled
def draw(attacked_images: Split) -> Figure:
    """A row for each model, with a pair for each image and norm: the perturbation, and the attacked image.

    The images before any attack stand above. All perturbations have one scale of colors, in grey levels scaled to 0-1,
    whose pointed ends hold the largest hundredth of the changes; of a color image the channel that changes most is
    shown. Below a pair stand the size of the perturbation in the
    norm, the predicted class before and after, and -log p(x) in bits/dim before and after. Raises ArtifactError, in one
    line, where a column is missing or nothing is attacked.
    """
    places = _places(attacked_images)
    keys = [key for key in places if key[2] != BEFORE]
    models, images, norms = (list(dict.fromkeys(part)) for part in zip(*keys, strict=True))
    pair = PairRows(len(images), len(norms), ()).pair
    shown = {key: _shown(attacked_images, places[key], places[*key[:2], BEFORE], pair) for key in keys}
    lines = (max(one.text.count("\n") + 1 for key, one in shown.items() if key[0] == model) for model in models)
    rows, facts = PairRows(len(images), len(norms), tuple(lines)), _facts(attacked_images, len(images))
    bottom = BAR + ABOVE + LINE * len(style.wrapped(facts, style.DOUBLE_COLUMN))
    drawn, axes = _page(rows.height, bottom)
    for column, image in enumerate(images):
        _original(axes, attacked_images, places[models[0], image, BEFORE], rows.original(column), rows.side)
    changes = np.abs(np.concatenate([one.change.ravel() for one in shown.values()]))
    most = float(np.quantile(changes[changes > 0.0], WITHIN)) if changes.any() else 1.0
    for (model, image, norm), one in shown.items():
        _pair(axes, one, most, rows.of_pair(models.index(model), images.index(image), norms.index(norm)), rows)
    _name(axes, rows, [_label(attacked_images, model) for model in models])
    _bar(drawn, most, bottom)
    style.small_print(drawn, facts)
    return drawn


def _places(split: Split) -> dict[Key, int]:
    """The row of the split that holds each image."""
    if missing := [name for name in COLUMNS if name not in split.columns]:
        raise ArtifactError(f"attacked images: no column {', '.join(missing)}")
    if (split.columns["norm"] == BEFORE).all():
        raise ArtifactError("attacked images: none is attacked")
    keys = zip(split.columns["model"].tolist(), split.index.tolist(), split.columns["norm"].tolist(), strict=True)
    return {key: place for place, key in enumerate(keys)}


def _shown(split: Split, after: int, before: int, width: float) -> Shown:
    """The attacked image in a row of the split, with a text of that width in inches."""
    white, columns = float(split.meta["levels"] - 1), split.columns
    change = (split.images[after].astype(float) - split.images[before].astype(float)) / white
    channel = np.abs(change).argmax(axis=-1)[..., None]
    largest = np.take_along_axis(change, channel, axis=-1)[..., 0]
    old, new = class_names.of_split(split, columns["predicted"][[before, after]])
    size, misled = float(columns["size"][after]), bool(columns["misled"][after])
    told = (f"{old} →", new) if misled and size else (f"{new},", "wrong before" if misled else "withstood")
    decision = " ".join(told) if style.dots(" ".join(told)) <= width * style.DPI else "\n".join(told)
    lines = [f"{NORMS[columns['norm'][after]]} {size:.3g}", decision]
    bits = columns["bits_per_dim"][[before, after]]
    lines += [f"{bits[0]:.2f} → {bits[1]:.2f}"] if np.isfinite(bits).all() else []
    factor = reduction(max(split.images.shape[1:3]), DOTS)
    return Shown(reduced(picture(split.images[after], white), factor), largest, misled, "\n".join(lines))


def _page(height: float, bottom: float) -> tuple[Figure, Axes]:
    """A figure, and axes above its lowest inches that measure inches from the left and from the top."""
    drawn = Figure(figsize=(style.DOUBLE_COLUMN, height + bottom))
    axes = drawn.add_axes((0.0, bottom / (height + bottom), 1.0, height / (height + bottom)))
    axes.set(xlim=(0.0, style.DOUBLE_COLUMN), ylim=(height, 0.0))
    axes.set_axis_off()
    return drawn, axes


def _original(axes: Axes, split: Split, row: int, place: Place, side: float) -> None:
    """An image before any attack, with its number and its class below it."""
    white = float(split.meta["levels"] - 1)
    factor = reduction(max(split.images.shape[1:3]), DOTS)
    _picture(axes, reduced(picture(split.images[row], white), factor), place, side)
    (name,) = class_names.of_split(split, split.labels[row : row + 1])
    told = f"image {split.index[row]}\n{f'class {name}' if name.isdecimal() else name}"
    axes.text(place[0], place[1] + side + GAP, told, ha="left", **BELOW)


def _pair(axes: Axes, one: Shown, most: float, place: Place, rows: PairRows) -> None:
    x, y = place
    _picture(axes, one.change, place, rows.side, "0.8", cmap=DIVERGING, vmin=-most, vmax=most)
    _picture(axes, one.image, (x + rows.side + GAP, y), rows.side, FRAMES[one.misled])
    axes.text(x + rows.pair / 2, y + rows.side + GAP, one.text, ha="center", **BELOW)


def _picture(axes: Axes, shown: np.ndarray, place: Place, side: float, frame: str = "0.8", **colors: Any) -> None:
    """A picture with its upper left corner there, whose longer side has so many inches."""
    height, width = side * np.array(shown.shape[:2]) / max(shown.shape[:2])
    extent = (place[0], place[0] + width, place[1] + height, place[1])
    axes.imshow(shown, interpolation="nearest", extent=extent, aspect="auto", **colors)
    axes.add_patch(Rectangle(place, width, height, fill=False, edgecolor=frame, linewidth=0.8))


def _name(axes: Axes, rows: PairRows, names: list[str]) -> None:
    """Each row's model, in every block of rows."""
    for block in range(rows.blocks):
        for row, name in enumerate(names):
            middle = rows.of_pair(row, block * rows.in_block, 0)[1] + rows.side / 2
            broken = "\n".join(textwrap.wrap(name, NAME))
            axes.text(LEFT / 2, middle, broken, rotation=90, ha="center", va="center", fontsize=style.SMALL)


def _label(split: Split, model: str) -> str:
    return tables.label(model, str(split.columns["kind"][split.columns["model"] == model][0]))


def _bar(drawn: Figure, most: float, bottom: float) -> None:
    """The scale of all perturbations, above the small print."""
    height = drawn.get_figheight()
    axes = drawn.add_axes((0.3, (bottom - 0.1) / height, 0.4, 0.07 / height))
    scale = ScalarMappable(Normalize(-most, most), DIVERGING)
    label = "Change [grey levels scaled to 0–1]"
    drawn.colorbar(scale, cax=axes, orientation="horizontal", extend="both", label=label)
    axes.tick_params(pad=1)


def _facts(split: Split, images: int) -> str:
    meta, counted = split.meta, f"{tables.number([images], 'images')} chosen by hand"
    with_density = np.isfinite(split.columns["bits_per_dim"]).any()
    told = "the predicted class, and bits/dim of p(x)" if with_density else "the predicted class"
    channels = " Of a color image, the channel that changes most is shown." if split.images.shape[-1] > 1 else ""
    return (
        f"{meta['dataset']}, test split, seed {meta['seed']}, {counted}, {tables.number([meta['draws']], 'draws')} "
        "each. Left the change, right the attacked image that misleads the model with the least size in the norm. "
        "Withstood (blue): no attack misleads it, and the one that comes nearest is shown. Below: the size, in grey "
        f"levels scaled to 0–1; before → after: {told}. The scale's ends hold what lies beyond them.{channels}"
    )
