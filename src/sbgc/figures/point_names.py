"""Names written beside points, so that a reader needs no legend for them."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from adjustText import adjust_text
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.text import Text
from matplotlib.transforms import Bbox, Transform

Point = tuple[float, float]

BESIDE = 5.0  # points of print, right of a mark: where its name stands if nothing is in the way
MARK = 3.5  # points of print around the middle of a mark that no name may cover
ROOM = 1.5  # and around everything else
FAR = 8.0  # from this distance on, a thin line leads from the name to its mark
LEAD: dict[str, Any] = {"arrowstyle": "-", "color": "0.5", "linewidth": 0.5}
# Steps are counted and not timed, since how fast a machine is must not change the figure. Nothing moves a name that
# has room where it first stands.
STEPS: dict[str, Any] = {
    "iter_lim": 500, "avoid_self": False, "force_explode": (0, 0), "force_pull": (0, 0), "expand": (1.0, 1.05),
}  # fmt: skip


@dataclass
class Names:
    """The names of the points of one pair of axes, in data coordinates.

    font: keywords of every text. points: where each name belongs; one with an empty name is only kept clear. segments,
    levels: lines that no name may cover, a level from one side of the axes to the other. The texts and the legend that
    the axes already have are kept clear, too.
    """

    axes: Axes
    font: dict[str, Any]
    points: list[tuple[Point, str]] = field(default_factory=list)
    segments: list[tuple[Point, Point]] = field(default_factory=list)
    levels: list[float] = field(default_factory=list)

    def write(self) -> None:
        """Write all names. Call it last, when neither the axes' limits nor the layout change any more."""
        named = [(point, name) for point, name in self.points if name]
        if not named:
            return
        left, right = self.axes.get_xlim()
        segments = [*self.segments, *(((left, level), (right, level)) for level in self.levels)]
        covered = [self._box(point, point, MARK) for point, _ in self.points]
        covered += [self._box(start, end, ROOM) for start, end in segments]
        covered += [self._around(one) for one in (*self.axes.texts, self.axes.get_legend()) if one]
        texts = [self._write(point, name) for point, name in named]
        (x, y), far = zip(*(point for point, _ in named), strict=True), self._pixels(FAR)
        options = STEPS | {"target_x": x, "target_y": y, "min_arrow_len": far, "arrowprops": LEAD}
        adjust_text(texts, ax=self.axes, objects=covered, **options)

    def _write(self, point: Point, name: str) -> Text:
        pixels = self.axes.transData.transform(point) + [self._pixels(BESIDE), 0]
        x, y = self._to_data().transform(pixels)
        return self.axes.text(x, y, name, ha="left", va="center", multialignment="left", **self.font)

    def _pixels(self, points: float) -> float:
        return points * self.axes.figure.dpi / 72

    def _box(self, start: Point, end: Point, room: float) -> Bbox:
        corners = Bbox(np.sort([start, end], axis=0))
        return corners.transformed(self.axes.transData).padded(self._pixels(room)).transformed(self._to_data())

    def _around(self, artist: Artist) -> Bbox:
        return artist.get_window_extent().padded(self._pixels(ROOM)).transformed(self._to_data())

    def _to_data(self) -> Transform:
        return self.axes.transData.inverted()
