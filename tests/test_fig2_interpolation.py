"""Figure 2: the line, its interval and the spread."""

import figure_tables
import pytest
from figure_reading import drawn, of_model


@pytest.fixture(scope="module")
def figure():
    return drawn("fig2_interpolation")


def test_fig2_draws_the_mean_its_interval_and_the_spread(figure):
    table = figure_tables.interpolation()
    table = table[table.pairs == "all"]
    for axes, model in zip(figure.axes, ("score", "gaussian"), strict=True):
        rows = of_model(table, model)
        mean, chord = axes.lines
        assert mean.get_xydata() == pytest.approx(rows[["t", "log_prob_mean_nats"]].to_numpy())
        assert chord.get_xydata() == pytest.approx(rows[["t", "log_prob_mean_nats"]].to_numpy()[[0, -1]])
        spread, interval = (band.get_paths()[0].get_extents() for band in axes.collections)
        assert spread.y0 == pytest.approx((rows.log_prob_mean_nats - rows.log_prob_sd_nats).min())
        assert spread.y1 == pytest.approx((rows.log_prob_mean_nats + rows.log_prob_sd_nats).max())
        assert (interval.y0, interval.y1) == pytest.approx((rows.ci_low_nats.min(), rows.ci_high_nats.max()))
