"""Names beside points: they cover nothing while there is a free place."""

import itertools

import numpy as np
import pytest
from matplotlib.figure import Figure

from sbgc.figures.point_names import Names


def named(points, size=7):
    """A square figure with these points named."""
    axes = Figure(figsize=(3, 3), dpi=100).add_axes((0.1, 0.1, 0.8, 0.8))
    axes.set(xlim=(0, 10), ylim=(0, 10))
    names = Names(axes, {"fontsize": size})
    for place, (x, y) in enumerate(points):
        names.point(x, y, f"point {place}")
    return axes, names


def overlap(a, b):
    return min(a.x1, b.x1) > max(a.x0, b.x0) and min(a.y1, b.y1) > max(a.y0, b.y0)


@pytest.mark.parametrize("seed", range(5))
def test_names_of_scattered_points_cover_no_point_and_no_name(seed):
    cells = np.random.default_rng(seed).permutation(9)[:5]
    points = [(1 + 3.5 * (cell % 3), 1 + 3.5 * (cell // 3)) for cell in cells]
    axes, names = named(points)
    names.write()
    boxes = [text.get_window_extent() for text in axes.texts]
    assert len(boxes) == 5
    assert not any(overlap(a, b) for a, b in itertools.combinations(boxes, 2))
    assert not any(box.contains(*axes.transData.transform(point)) for box in boxes for point in points)


def test_a_name_at_the_right_edge_hangs_to_the_left():
    axes, names = named([(9.9, 5)])
    names.write()
    assert axes.texts[0].get_window_extent().x1 < axes.transData.transform((9.9, 5))[0]


def test_a_name_leaves_a_segment_clear():
    axes, names = named([(3, 5)])
    names.keep_clear((3.5, 5), (9, 5))
    names.write()
    box = axes.texts[0].get_window_extent()
    (x0, y), (x1, _) = axes.transData.transform([(3.5, 5), (9, 5)])
    assert not (box.y0 < y < box.y1 and box.x1 > x0 and box.x0 < x1)


def test_the_name_of_a_line_makes_way_for_what_crosses_its_end():
    axes, names = named([])
    names.across(5, "line")
    names.keep_clear((9.5, 0), (9.5, 10))
    names.write()
    assert axes.texts[0].get_window_extent().x1 < axes.transData.transform((9.5, 5))[0]


def test_names_of_one_place_are_where_they_must_be():
    axes, names = named([])
    names.edge(5, "mark", 0.1)
    names.upright(2, "line")
    names.write()
    mark, line = (text.get_window_extent() for text in axes.texts)
    assert mark.x1 <= axes.transAxes.transform((0.9, 0))[0]
    assert line.x0 >= axes.transData.transform((2, 0))[0]
    assert line.height > line.width


def test_a_point_without_a_name_is_kept_clear():
    axes, names = named([(3, 5)])
    names.point(3.6, 5, "")
    names.write()
    assert len(axes.texts) == 1
    assert not axes.texts[0].get_window_extent().contains(*axes.transData.transform((3.6, 5)))
