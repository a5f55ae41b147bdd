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
    names.points += [((x, y), f"point {place}") for place, (x, y) in enumerate(points)]
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


def test_a_name_with_room_stands_at_the_right_of_its_point():
    axes, names = named([(3, 5)])
    names.write()
    x, y = axes.transData.transform((3, 5))
    box = axes.texts[0].get_window_extent()
    assert 0 < box.x0 - x < 10
    assert (box.y0 + box.y1) / 2 == pytest.approx(y, abs=1)


def test_a_name_at_the_right_edge_stays_inside_and_left_of_its_point():
    axes, names = named([(9.9, 5)])
    names.write()
    assert axes.texts[0].get_window_extent().x1 < axes.transData.transform((9.9, 5))[0]


@pytest.mark.parametrize("how", ["segments", "levels"])
def test_a_name_leaves_lines_clear(how):
    axes, names = named([(3, 5)])
    if how == "segments":
        names.segments.append(((3.5, 5), (9, 5)))
    else:
        names.levels.append(5)
    names.write()
    box = axes.texts[0].get_window_extent()
    (x0, y), (x1, _) = axes.transData.transform([(3.5, 5), (9, 5)])
    assert not (box.y0 < y < box.y1 and box.x1 > x0 and box.x0 < x1)


def test_a_name_leaves_other_texts_and_the_legend_clear():
    axes, names = named([(5, 5)])
    there = axes.text(5.5, 5, "there before", fontsize=7)
    axes.plot([], [], label="line")
    legend = axes.legend(loc=(0.6, 0.52))
    names.write()
    (name,) = [text for text in axes.texts if text is not there]
    assert not overlap(name.get_window_extent(), there.get_window_extent())
    assert not overlap(name.get_window_extent(), legend.get_window_extent())


def test_a_name_that_moved_away_is_led_to_its_point():
    axes, names = named([(5, 5 + 0.1 * place) for place in range(8)])
    names.write()
    assert axes.patches


def test_a_point_without_a_name_is_kept_clear():
    axes, names = named([(3, 5)])
    names.points.append(((3.6, 5), ""))
    names.write()
    assert len(axes.texts) == 1
    assert not axes.texts[0].get_window_extent().contains(*axes.transData.transform((3.6, 5)))


def test_axes_without_points_stay_as_they_are():
    axes, names = named([])
    names.write()
    assert not axes.texts
