"""How tests read a drawn figure back."""

import importlib
import itertools

import figure_tables
import numpy as np
import pytest
from matplotlib.text import Text


def module(name):
    """The module of a figure."""
    return importlib.import_module(f"sbgc.figures.{name}")


def drawn(name):
    """A figure of the tests' tables."""
    return module(name).draw(*figure_tables.INPUTS[name]())


def written_texts(figure):
    """The texts that rendering really writes, with their boxes in pixels."""
    texts = []
    with pytest.MonkeyPatch.context() as patch:
        draw = Text.draw
        patch.setattr(Text, "draw", lambda text, renderer: (texts.append(text), draw(text, renderer)))
        figure.draw_without_rendering()
    return {text: text.get_window_extent() for text in texts if text.get_text() and text.get_visible()}


def check_texts(figure):
    """Assert that no written text leaves the page, or covers another by more than a pixel."""
    boxes, page = written_texts(figure), figure.bbox
    for text, box in boxes.items():
        inside = page.x0 <= box.x0 and page.y0 <= box.y0 and box.x1 <= page.x1 and box.y1 <= page.y1
        assert inside, text.get_text()
    for (one, a), (other, b) in itertools.combinations(boxes.items(), 2):
        width, height = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        assert width <= 1 or height <= 1, (one.get_text(), other.get_text())


def bars(container):
    """[n, 2]: the lower and upper ends of vertical error bars, NaN where there is none."""
    segments = container.lines[2][-1].get_segments()
    return np.array([segment[:, 1] if len(segment) else (np.nan, np.nan) for segment in segments])


def small_print(figure):
    """What stands under a figure."""
    return figure.get_supxlabel().replace("\n", " ")


def of_model(table, model):
    """The rows of one model."""
    return table[table.model == model]
