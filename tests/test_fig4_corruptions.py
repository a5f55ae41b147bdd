"""Figure 4: every corruption, on the same scales."""

import figure_tables
import numpy as np
import pandas as pd
import pytest
from figure_reading import bars, drawn, of_model

from sbgc.figures import fig4_corruptions


@pytest.fixture(scope="module")
def figure():
    return drawn("fig4_corruptions")


def corruption_panels(figure):
    """Title -> (left axes, right axes)."""
    lefts = [axes for axes in figure.axes if axes.get_title()]
    rights = [axes for axes in figure.axes if axes.yaxis.get_label_position() == "right"]
    return {left.get_title(): (left, right) for left, right in zip(lefts, rights, strict=True)}


def test_fig4_draws_clean_and_five_severities_of_every_corruption(figure):
    panels = corruption_panels(figure)
    table = of_model(figure_tables.corruptions(), "score")
    assert len(panels) == len(figure_tables.CORRUPTIONS)
    for title, (left, right) in panels.items():
        rows = table[table.corruption.isin(["clean", title.lower().replace(" ", "_")])]
        assert left.xaxis.get_major_formatter().format_ticks(range(6)) == ["Cl.", "1", "2", "3", "4", "5"]
        assert left.containers[0].lines[0].get_xydata() == pytest.approx(rows[["severity", "log_prob_nats"]].to_numpy())
        assert right.containers[0].lines[0].get_ydata() == pytest.approx(100 * rows.accuracy)
        assert bars(left.containers[0]) == pytest.approx(
            rows[["log_prob_ci_low_nats", "log_prob_ci_high_nats"]].to_numpy()
        )
        assert bars(right.containers[0]) == pytest.approx(
            100 * rows[["accuracy_ci_low", "accuracy_ci_high"]].to_numpy()
        )


def test_fig4_adds_the_accuracies_of_the_other_models(figure):
    _, right = corruption_panels(figure)["Fog"]
    for model, name in (("gaussian", "Gaussian"), ("wide_resnet", "WideResNet")):
        rows = of_model(figure_tables.corruptions(), model).query("corruption in ('clean', 'fog')")
        line = next(line for line in right.lines if str(line.get_label()).startswith(name))
        assert line.get_ydata() == pytest.approx(100 * rows.accuracy)


def test_fig4_draws_no_two_models_alike():
    """A second model of a kind, too: all are grey."""
    table = figure_tables.corruptions()
    more = [table[table.model == name].assign(model=f"{name}_augmix") for name in ("score", "wide_resnet")]
    found = fig4_corruptions.draw(pd.concat([table, *more], ignore_index=True))
    _, right = corruption_panels(found)["Fog"]
    others = [line for line in right.lines if line.get_color() == "0.45"]
    assert len(others) == 4
    assert len({repr(line._dash_pattern) for line in others}) == 4


def test_fig4_panels_share_their_scales(figure):
    panels = corruption_panels(figure).values()
    assert len({left.get_ylim() for left, _ in panels}) == 1
    assert {right.get_ylim() for _, right in panels} == {(0, 105)}


def test_fig4_shows_noises_first_then_blurs(figure):
    families = [title.split()[-1] for title in corruption_panels(figure)]
    assert families[:8] == ["noise"] * 4 + ["blur"] * 4


def test_fig4_without_a_likelihood_shows_accuracies_alone():
    table = of_model(figure_tables.corruptions(), "wide_resnet")
    figure = fig4_corruptions.draw(table)
    panels = [axes for axes in figure.axes if axes.get_title()]
    assert len(panels) == len(figure_tables.CORRUPTIONS)
    assert "log p" not in " ".join(axes.get_ylabel() for axes in figure.axes)
    rows = table[table.corruption.isin(["clean", "gaussian_noise"])]
    assert panels[0].containers[0].lines[0].get_ydata() == pytest.approx(100 * rows.accuracy)
    assert panels[0].get_ylabel() == "Accuracy [%]"
    places = [axes.get_position() for axes in panels]
    assert len({round(place.x0, 4) for place in places}) == 5
    assert max(place.width for place in places) == pytest.approx(min(place.width for place in places))


def test_fig4_leaves_out_a_model_without_classes():
    table = figure_tables.corruptions()
    unnamed = table[table.model == "score"].assign(model="flow", accuracy=np.nan)
    found = fig4_corruptions.draw(pd.concat([unnamed, table], ignore_index=True))
    texts = [text.get_text() for text in found.legends[0].get_texts()]
    assert len(texts) == 4
    assert not any("flow" in text for text in texts)
