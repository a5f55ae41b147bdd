"""The loss curve: raw and smoothed."""

import figure_tables
import numpy as np
import pytest

from sbgc.figures import loss_curve


def test_the_loss_is_drawn_raw_and_as_a_centered_mean():
    """Of a straight line the centered mean is the line itself, away from its ends."""
    steps = np.arange(1, 1001)
    table = figure_tables.table([{"step": step, "loss": 2000.0 - step} for step in steps], "score")
    raw, smooth = loss_curve.draw(table).axes[0].lines
    assert raw.get_xydata() == pytest.approx(np.stack([steps, 2000.0 - steps], axis=1))
    window = 1000 // 50
    inner = slice(window, -window)
    assert np.abs(smooth.get_ydata()[inner] - raw.get_ydata()[inner]).max() <= 0.5  # an even window has no middle


def test_losses_that_reach_zero_are_drawn_on_a_linear_scale():
    table = figure_tables.table([{"step": step, "loss": 10.0 - step} for step in range(1, 11)], "score")
    assert loss_curve.draw(table).axes[0].get_yscale() == "linear"
