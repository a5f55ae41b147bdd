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
    """The image, the map of the whole gap, its parts by range of the noise level, and the gap by noise level.

    image: [H, W, C] in grey levels up to `white`. u: log(sigma / alpha) [nodes]. path: [nodes, H, W, C] and end:
    [H, W, C], in nats, positive where they speak for the first of the two names.
    """
    drawn = style.figure(style.DOUBLE_COLUMN, 3.2)
    by_pixel, end_map = path.sum(axis=-1), end.sum(axis=-1)
    parts = np.array_split(np.arange(len(u)), BANDS)
    maps = {"whole gap": by_pixel.sum(axis=0) + end_map}
    maps |= {f"{u[rows[0]]:.1f} to {u[rows[-1]]:.1f}": by_pixel[rows].sum(axis=0) for rows in parts}
    maps["prior"] = end_map
    panels = drawn.subplot_mosaic([["image", *maps], ["curve"] * (1 + len(maps))], height_ratios=[1, 1.4])
    _maps([panels[name] for name in ("image", *maps)], picture(image, white), maps)
    _curve(panels["curve"], u, by_pixel.sum(axis=(1, 2)), float(end_map.sum()), names)
    style.small_print(drawn, facts)
    return drawn


def _maps(panels: list[Axes], shown: np.ndarray, maps: dict[str, np.ndarray]) -> None:
    """The image, and the maps on one scale of colors."""
    most = max(np.abs(one).max() for one in maps.values()) or 1.0
    panels[0].imshow(shown, interpolation="nearest")
    panels[0].set_title("image")
    for axes, (title, one) in zip(panels[1:], maps.items(), strict=True):
        colored = axes.imshow(one, cmap=COLORS, vmin=-most, vmax=most, interpolation="nearest")
        axes.set_title(f"{title}\n{one.sum():+.2f} nats")
    for axes in panels:
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
    panels[0].figure.colorbar(colored, ax=panels[1:], label="nats a pixel", shrink=0.8)


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
