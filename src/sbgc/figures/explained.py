"""Where in an image, and at which noise level, its two best classes differ."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sbgc.figures import style
from sbgc.figures.pictures import picture

BANDS = 4  # ranges of noise levels that have a map each
COLORS = "PuOr_r"  # diverging, and told apart by every kind of color vision (Brewer)


@style.styled
def draw_gap(
    image: np.ndarray,
    white: float,
    u: np.ndarray,
    path: np.ndarray,
    end: np.ndarray,
    names: tuple[str, str],
    facts: str,
) -> Figure:
    """The image, maps of the gap's parts by range of the noise level and of the whole, and the gap by noise level.

    image: [H, W, C] in grey levels up to `white`. u: log(sigma / alpha) [nodes]. path: [nodes, H, W, C] and end:
    [H, W, C], in nats, positive where they speak for the first of the two names.
    """
    drawn = style.figure(style.DOUBLE_COLUMN, 3.5)
    by_pixel, end_map = path.sum(axis=-1), end.sum(axis=-1)
    ranges = np.array_split(np.arange(len(u)), BANDS)
    bands = {f"{u[one[0]]:.1f} to {u[one[-1]]:.1f}": by_pixel[one].sum(axis=0) for one in ranges}
    others = {"prior": end_map, "whole gap": by_pixel.sum(axis=0) + end_map}
    rows = [["image", *bands, *others], [".", *["of bands"] * BANDS, *["of others"] * 2], ["curve"] * (BANDS + 3)]
    panels: dict[str, Axes] = drawn.subplot_mosaic(rows, height_ratios=[1.0, 0.06, 1.2])  # type: ignore[arg-type]
    panels["image"].imshow(picture(image, white), interpolation="nearest")
    panels["image"].set_title("image")
    for maps, scale in ((bands, "of bands"), (others, "of others")):
        # Two scales, for the prior's pixels differ by much more, and would leave the others pale.
        _maps([panels[name] for name in maps], panels[scale], maps)
    for name in rows[0]:
        panels[name].set(xticks=[], yticks=[])
        panels[name].spines[:].set_visible(False)
    _curve(panels["curve"], u, by_pixel.sum(axis=(1, 2)), float(end_map.sum()), names)
    style.small_print(drawn, facts)
    return drawn


def _maps(panels: list[Axes], scale: Axes, maps: dict[str, np.ndarray]) -> None:
    """Maps on one scale of colors, which is drawn below them."""
    most = max(np.abs(one).max() for one in maps.values()) or 1.0
    for axes, (title, one) in zip(panels, maps.items(), strict=True):
        colored = axes.imshow(one, cmap=COLORS, vmin=-most, vmax=most, interpolation="nearest")
        axes.set_title(f"{title}\n{one.sum():+.2f} nats")
    scale.figure.colorbar(colored, cax=scale, label="nats a pixel", orientation="horizontal")


def _curve(axes: Axes, u: np.ndarray, path: np.ndarray, end: float, names: tuple[str, str]) -> None:
    """What each node adds, and the sum so far, which ends in the whole gap."""
    places = [*u, u[-1] + 1.0]  # the prior stands beside the last node
    axes.axhline(0.0, color="0.8", linewidth=0.6)
    axes.vlines(places, 0.0, [*path, end], color=style.BLUE, linewidth=1.5, label="one node")
    axes.plot(places, np.cumsum([*path, end]), color=style.VERMILION, label="sum so far")
    ticks = np.arange(np.ceil(u[0] / 2) * 2, u[-1], 2.0)
    axes.set_xticks([*ticks, places[-1]], [*(f"{tick:.0f}" for tick in ticks), "prior"])
    axes.set(xlabel="Noise level log(sigma / alpha)", ylabel=f"Gap [nats]\n{names[0]} against {names[1]}")
    axes.legend(loc="best", ncols=2)
