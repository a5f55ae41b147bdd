"""Names written beside their points and along their lines, so that a reader needs no legend."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox, Transform

Point = tuple[float, float]
Place = tuple[Point, Point, str, str]  # where, then an offset in points of print, and how the text hangs there

# Around a point, the preferred places first.
AROUND = [
    (5, 0, "left", "center"), (-5, 0, "right", "center"), (0, 5, "center", "bottom"), (0, -5, "center", "top"),
    (4, 4, "left", "bottom"), (4, -4, "left", "top"), (-4, 4, "right", "bottom"), (-4, -4, "right", "top"),
    (5, 12, "left", "bottom"), (5, -12, "left", "top"), (-5, 12, "right", "bottom"), (-5, -12, "right", "top"),
    (5, 22, "left", "bottom"), (5, -22, "left", "top"), (-5, 22, "right", "bottom"), (-5, -22, "right", "top"),
]  # fmt: skip
ROOM = 1.5  # points of print kept clear around whatever no name may cover


@dataclass
class Names:
    """The names of one pair of axes, placed in pixels: `write` them when the layout is final.

    font: keywords of every text. waiting: names, where each may stand, and its own keywords. covered: segments that no
    name may cover, in the coordinates of a transform.
    """

    axes: Axes
    font: dict[str, Any]
    waiting: list[tuple[str, list[Place], dict[str, Any]]] = field(default_factory=list)
    covered: list[tuple[Transform, tuple[Point, Point]]] = field(default_factory=list)

    def point(self, x: float, y: float, name: str) -> None:
        """Name a point (data coordinates), on any side of it; one with an empty name is only kept clear."""
        self.keep_clear((x, y), (x, y))
        places: list[Place] = [((x, y), (dx, dy), ha, va) for dx, dy, ha, va in AROUND]
        self.waiting.append((name, places, {}))

    def across(self, y: float, name: str) -> None:
        """Name a horizontal line: above or below it, at an end or in the middle."""
        line = self.axes.get_yaxis_transform()
        self.covered.append((line, ((0, y), (1, y))))
        ends = ((1, -3, "right"), (0.5, 0, "center"), (0, 3, "left"))
        places: list[Place] = [
            ((x, y), (dx, dy), ha, va) for dy, va in ((2, "bottom"), (-2, "top")) for x, dx, ha in ends
        ]
        self.waiting.append((name, places, {"xycoords": line}))

    def edge(self, y: float, name: str, length: float) -> None:
        """Name a short mark at the right edge, before it; its length in widths of the axes."""
        line = self.axes.get_yaxis_transform()
        self.waiting.append((name, [((1 - length, y), (-3, 0), "right", "center")], {"xycoords": line}))

    def upright(self, x: float, name: str) -> None:
        """Name a vertical line: beside its lower end or its upper one."""
        line = self.axes.get_xaxis_transform()
        self.covered.append((line, ((x, 0), (x, 1))))
        places: list[Place] = [((x, end), (2, dy), "left", va) for end, dy, va in ((0, 4, "bottom"), (1, -4, "top"))]
        self.waiting.append((name, places, {"xycoords": line, "rotation": 90}))

    def keep_clear(self, start: Point, end: Point) -> None:
        """Let no name cover the segment between two points in data coordinates."""
        self.covered.append((self.axes.transData, (start, end)))

    def write(self) -> None:
        """Write each name where it covers least, preferred places first; those with the fewest places choose first."""
        room = ROOM * self.axes.figure.dpi / 72
        covered = [
            Bbox(np.sort(transform.transform(segment), axis=0)).padded(room) for transform, segment in self.covered
        ]
        for name, places, options in sorted(self.waiting, key=lambda one: len(one[1])):
            if name:
                covered.append(self._best(name, places, options, covered).padded(room))

    def _best(self, name: str, places: list[Place], options: dict[str, Any], covered: list[Bbox]) -> Bbox:
        tried = [self._write(name, place, options) for place in places]
        boxes = [text.get_window_extent() for text in tried]
        cost = [
            _area(box) - _shared(box, self.axes.bbox) + sum(_shared(box, other) for other in covered) for box in boxes
        ]
        best = cost.index(min(cost))
        for rejected in tried[:best] + tried[best + 1 :]:
            rejected.remove()
        return boxes[best]

    def _write(self, name: str, place: Place, options: dict[str, Any]) -> Annotation:
        point, offset, ha, va = place
        return self.axes.annotate(name, point, offset, textcoords="offset points", ha=ha, va=va, **options, **self.font)


def _area(box: Bbox) -> float:
    return float(box.width * box.height)


def _shared(box: Bbox, other: Bbox) -> float:
    common = Bbox.intersection(box, other)
    return 0.0 if common is None else _area(common)
