"""The reliability diagram: bins that hold images."""

import figure_tables
import pytest
from figure_reading import bars, drawn, of_model


@pytest.fixture(scope="module")
def figure():
    return drawn("reliability_diagram")


def test_the_reliability_diagram_draws_bins_that_hold_images(figure):
    table = figure_tables.reliability().query("evaluation == 'test' and num_images > 0")
    upper, lower = figure.axes[:3], figure.axes[3:]
    for above, below, model in zip(upper, lower, figure_tables.KINDS, strict=True):
        rows = of_model(table, model)
        curve, histogram = above.containers[0], below.containers[0]
        assert curve.lines[0].get_xydata() == pytest.approx(100 * rows[["confidence", "accuracy"]].to_numpy())
        assert bars(curve) == pytest.approx(100 * rows[["ci_low", "ci_high"]].to_numpy())
        assert [bar.get_height() for bar in histogram] == list(rows.num_images)
        assert [bar.get_x() for bar in histogram] == pytest.approx(100 * rows.bin_low)
