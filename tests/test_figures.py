"""The figures: what is drawn is what the table says, readable at print size, the same bytes every time."""

import importlib
import itertools
import subprocess
import sys

import figure_tables
import matplotlib
import matplotlib.colors
import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text
from PIL import Image

from sbgc.artifacts import ArtifactError, Split
from sbgc.figures import samples, style, tables

NAMES = list(figure_tables.INPUTS)
TABULAR = [name for name in NAMES if name != "samples"]


def module(name):
    return importlib.import_module(f"sbgc.figures.{name}")


def drawn(name):
    return module(name).draw(*figure_tables.INPUTS[name]())


@pytest.fixture(scope="module")
def figures():
    return {name: drawn(name) for name in NAMES}


def written_texts(figure):
    """The texts that rendering really writes, with their boxes in pixels."""
    texts = []
    with pytest.MonkeyPatch.context() as patch:
        draw = Text.draw
        patch.setattr(Text, "draw", lambda text, renderer: (texts.append(text), draw(text, renderer)))
        figure.draw_without_rendering()
    return {text: text.get_window_extent() for text in texts if text.get_text() and text.get_visible()}


def bars(container):
    """[n, 2]: the lower and upper ends of vertical error bars."""
    segments = container.lines[2][-1].get_segments()
    return np.array([segment[:, 1] if len(segment) else (np.nan, np.nan) for segment in segments])


def small_print(figure):
    return figure.get_supxlabel().replace("\n", " ")


def of_model(table, model):
    return table[table.model == model]


# Every figure


@pytest.mark.parametrize("name", NAMES)
def test_no_letter_is_smaller_than_seven_points(figures, name):
    sizes = {text.get_text(): text.get_fontsize() for text in written_texts(figures[name])}
    assert min(sizes.values()) >= 7, sizes


@pytest.mark.parametrize("name", NAMES)
def test_no_text_covers_another_or_leaves_the_page(figures, name):
    boxes = written_texts(figures[name])
    page = figures[name].bbox
    for text, box in boxes.items():
        inside = page.x0 <= box.x0 and page.y0 <= box.y0 and box.x1 <= page.x1 and box.y1 <= page.y1
        assert inside, text.get_text()
    for (one, a), (other, b) in itertools.combinations(boxes.items(), 2):
        width, height = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        assert width <= 1 or height <= 1, (one.get_text(), other.get_text())


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_is_no_wider_than_the_columns(figures, name):
    assert figures[name].get_figwidth() <= style.DOUBLE_COLUMN


@pytest.mark.parametrize("name", NAMES)
def test_equal_tables_give_equal_bytes(name, tmp_path):
    for attempt in ("first", "second"):
        figure = drawn(name)
        for suffix in ("pdf", "png"):
            style.write(figure, tmp_path / f"{attempt}.{suffix}")
    for suffix in ("pdf", "png"):
        assert (tmp_path / f"first.{suffix}").read_bytes() == (tmp_path / f"second.{suffix}").read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_a_pdf_holds_type_42_fonts_and_no_date(figures, name, tmp_path):
    style.write(figures[name], tmp_path / "figure.pdf")
    content = (tmp_path / "figure.pdf").read_bytes()
    assert b"/CIDFontType2" in content or b"/TrueType" in content
    assert b"/Type3" not in content
    assert b"Date" not in content


@pytest.mark.parametrize("name", NAMES)
def test_a_png_has_300_dots_an_inch_and_names_no_software(figures, name, tmp_path):
    style.write(figures[name], tmp_path / "figure.png")
    with Image.open(tmp_path / "figure.png") as image:
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        assert "Software" not in image.info


@pytest.mark.parametrize("name", TABULAR)
def test_a_missing_column_is_one_line_that_names_it(name):
    column = module(name).COLUMNS[-1]
    first, *rest = figure_tables.INPUTS[name]()
    with pytest.raises(ArtifactError, match=f"lacks {column}") as caught:
        module(name).draw(first.drop(columns=column), *rest)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", TABULAR)
def test_an_empty_table_is_one_line(name):
    first, *rest = figure_tables.INPUTS[name]()
    with pytest.raises(ArtifactError, match="table: has no rows$"):
        module(name).draw(first[:0], *rest)


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("fig1_tradeoff", ["digits, test split, seed 0", "360 images", "4 draws", "95 % confidence"]),
        ("fig2_interpolation", ["digits, test split, seed 0", "24 pairs"]),
        ("fig3_convergence", ["digits, test split, seed 0", "60 images", "2 sd", "standard error"]),
        ("fig4_corruptions", ["digits, test split, seed 0", "36 images", "1 draw each", "95 % confidence"]),
        ("samples", ["digits, score", "8 samples per class", "4 training images per class"]),
        ("loss_curve", ["digits, train split, seed 0", "30–50 steps"]),
        ("confusion_matrix", ["digits, test split, seed 0", "360 images"]),
        ("reliability_diagram", ["digits, test split, seed 0", "360 images", "confidence interval"]),
        ("adversarial", ["digits, test split, seed 0", "16 images", "10 steps", "95 % confidence"]),
    ],
)
def test_the_small_print_says_what_was_measured(figures, name, facts):
    for fact in facts:
        assert fact in small_print(figures[name])


@pytest.mark.parametrize("name", TABULAR)
def test_every_axis_with_numbers_says_what_they_are(figures, name):
    """Inner panels share the labels of the first of their row, so a row needs one label."""
    for axes in figures[name].axes:
        if axes.axison and axes.get_label() != "<colorbar>":
            row = [
                other for other in figures[name].axes if abs(other.get_position().y0 - axes.get_position().y0) < 1e-3
            ]
            assert any(other.get_ylabel() for other in row)
    words = " ".join(label for axes in figures[name].axes for label in (axes.get_xlabel(), axes.get_ylabel()))
    units = {
        "loss_curve": ["[nats]", "[per dim.]"],
        "confusion_matrix": ["class", "[%]"],
        "fig2_interpolation": ["[nats]"],
    }
    for unit in units.get(name, ["[%]"]):
        assert unit in words


def test_kinds_of_models_differ_in_color_marker_and_line():
    looks = [look for _, look in style.KINDS.values()] + [style.OTHER_KIND]
    for attribute in ("color", "marker", "line"):
        assert len({str(getattr(look, attribute)) for look in looks}) == len(looks)


def test_a_model_looks_the_same_in_every_figure(figures):
    shown = {
        "adversarial": figures["adversarial"].axes[0].get_legend_handles_labels(),
        "fig1": ([figures["fig1_tradeoff"].axes[0].containers[0]], ["Score model"]),
    }
    for handles, names in shown.values():
        line = handles[names.index("Score model")].lines[0]
        assert matplotlib.colors.same_color(line.get_color(), style.BLUE)
        assert line.get_marker() == "o"


def test_drawing_leaves_no_trace_and_heeds_no_matplotlibrc(tmp_path):
    style.write(drawn("fig2_interpolation"), tmp_path / "plain.png")
    with matplotlib.rc_context({"font.size": 20, "lines.linewidth": 9, "savefig.dpi": 50, "axes.grid": True}):
        before = dict(matplotlib.rcParams)
        style.write(drawn("fig2_interpolation"), tmp_path / "odd.png")
        assert dict(matplotlib.rcParams) == before
    assert (tmp_path / "odd.png").read_bytes() == (tmp_path / "plain.png").read_bytes()


def test_figures_and_their_step_import_neither_jax_nor_pyplot():
    imports = "; ".join(f"import sbgc.figures.{name}" for name in NAMES)
    program = f"import sys; import sbgc.steps.plot; {imports}; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"jax", "flax", "matplotlib.pyplot", "seaborn"} & set(ran.stdout.split())


# Rows of a table


def test_a_second_model_of_a_kind_has_its_own_name_and_marker():
    table = pd.concat([figure_tables.table([{}], "score"), figure_tables.table([{}], "score").assign(model="score_ve")])
    first, second = tables.series(table)
    assert (first.label, second.label) == ("Score model", "score_ve")
    assert first.look.color == second.look.color
    assert first.look.marker != second.look.marker


def test_seeds_are_told_apart_where_there_are_several():
    table = pd.concat([figure_tables.table([{}], "score", seed) for seed in (0, 1)])
    assert [one.title for one in tables.series(table)] == ["Score model, seed 0", "Score model, seed 1"]
    assert [one.label for one in tables.series(table)] == ["Score model"] * 2


def test_numbers_are_a_span_where_rows_differ():
    assert tables.number([360, 360], "images") == "360 images"
    assert tables.number([1], "draws") == "1 draw"
    assert tables.number([16, 1000], "images") == "16–1,000 images"


# Figure 1


def test_fig1_draws_the_test_split_with_its_intervals(figures):
    axes = figures["fig1_tradeoff"].axes[0]
    test = figure_tables.metrics().query("evaluation == 'test'")
    for container, model in zip(axes.containers, ("score", "gaussian"), strict=True):
        rows = of_model(test, model).set_index("metric")
        accuracy, bits = rows.loc["accuracy"], rows.loc["bits_per_dim_marginal"]
        assert container.lines[0].get_xydata() == pytest.approx(np.array([[bits.value, 100 * accuracy.value]]))
        across, upright = (bar.get_segments()[0] for bar in container.lines[2])
        assert across[:, 0] == pytest.approx([bits.ci_low, bits.ci_high])
        assert upright[:, 1] == pytest.approx([100 * accuracy.ci_low, 100 * accuracy.ci_high])


def test_fig1_draws_a_model_without_density_as_a_line(figures):
    axes = figures["fig1_tradeoff"].axes[0]
    lines = [line for line in axes.lines if list(line.get_xdata()) == [0, 1]]
    assert [line.get_ydata()[0] for line in lines] == pytest.approx([99.17])
    assert "WideResNet" in {text.get_text() for text in axes.texts}


def test_fig1_keeps_quoted_numbers_in_a_panel_of_their_own(figures):
    ours, theirs = figures["fig1_tradeoff"].axes
    assert "CIFAR-10" in theirs.get_title()
    assert "SBGC Table 1" in theirs.get_title()
    assert "CIFAR-10" not in ours.get_title()
    points = {tuple(line.get_xydata()[0]) for line in theirs.lines if len(line.get_xdata()) == 1}
    assert points == {(4.34, 67.3), (3.53, 84.0), (5.25, 89.73), (3.11, 95.04)}


def test_fig1_marks_the_best_discriminative_and_the_best_generative_model_by_lines(figures):
    axes = figures["fig1_tradeoff"].axes[1]
    whole = [line for line in axes.lines if list(line.get_xdata()) == [0, 1]]
    upright = [line for line in axes.lines if list(line.get_ydata()) == [0, 1]]
    assert [line.get_ydata()[0] for line in whole] == [99.5]
    assert [line.get_xdata()[0] for line in upright] == [2.49]


def test_fig1_names_cover_no_point(figures):
    for axes in figures["fig1_tradeoff"].axes:
        points = [axes.transData.transform(line.get_xydata())[0] for line in axes.lines if len(line.get_xdata()) == 1]
        for text in axes.texts:
            assert not any(text.get_window_extent().contains(*point) for point in points), text.get_text()


def test_fig1_tells_why_quoted_rows_do_not_compare(figures):
    for row in figure_tables.quoted():
        assert row.get("note", "") in small_print(figures["fig1_tradeoff"])


# Figure 2


def test_fig2_draws_the_mean_its_interval_and_the_spread(figures):
    table = figure_tables.interpolation()
    for axes, model in zip(figures["fig2_interpolation"].axes, ("score", "gaussian"), strict=True):
        rows = of_model(table, model)
        mean, chord = axes.lines
        assert mean.get_xydata() == pytest.approx(rows[["t", "log_prob_mean_nats"]].to_numpy())
        assert chord.get_xydata() == pytest.approx(rows[["t", "log_prob_mean_nats"]].to_numpy()[[0, -1]])
        spread, interval = (band.get_paths()[0].get_extents() for band in axes.collections)
        assert spread.y0 == pytest.approx((rows.log_prob_mean_nats - rows.log_prob_sd_nats).min())
        assert spread.y1 == pytest.approx((rows.log_prob_mean_nats + rows.log_prob_sd_nats).max())
        assert (interval.y0, interval.y1) == pytest.approx((rows.ci_low_nats.min(), rows.ci_high_nats.max()))


# Figure 3


def test_fig3_bars_are_two_deviations_and_one_standard_error(figures):
    left, right = figures["fig3_convergence"].axes
    table = figure_tables.convergence()
    mean, sd = 100 * table.accuracy_mean, 100 * table.accuracy_sd
    assert bars(left.containers[0]) == pytest.approx(np.stack([mean - 2 * sd, mean + 2 * sd], axis=1))
    for container, which, color in zip(right.containers, ("correct", "wrong"), ("black", style.ORANGE), strict=True):
        value, error = table[f"log_prob_{which}_nats"], table[f"log_prob_{which}_sem_nats"]
        expected = np.stack([value - error, value + error], axis=1)
        assert container.lines[0].get_ydata() == pytest.approx(value)
        assert bars(container) == pytest.approx(expected, nan_ok=True)
        assert matplotlib.colors.same_color(container.lines[0].get_color(), color)


def test_fig3_leaves_out_models_without_likelihood():
    classifier = figure_tables.convergence().assign(
        model="wide_resnet", kind="wide_resnet", log_prob_correct_nats=np.nan
    )
    figure = module("fig3_convergence").draw(pd.concat([figure_tables.convergence(), classifier]))
    assert [axes.get_title() for axes in figure.axes] == ["Score model: accuracy", "Score model: log-likelihood"]
    with pytest.raises(ArtifactError, match="no model with a likelihood"):
        module("fig3_convergence").draw(classifier)


# Figure 4


def corruption_panels(figure):
    """Title -> (left axes, right axes)."""
    lefts = [axes for axes in figure.axes if axes.get_title()]
    rights = [axes for axes in figure.axes if axes.yaxis.get_label_position() == "right"]
    return {left.get_title(): (left, right) for left, right in zip(lefts, rights, strict=True)}


def test_fig4_draws_clean_and_five_severities_of_every_corruption(figures):
    panels = corruption_panels(figures["fig4_corruptions"])
    table = of_model(figure_tables.corruptions(), "score")
    assert len(panels) == len(figure_tables.CORRUPTIONS)
    for title, (left, right) in panels.items():
        rows = table[table.corruption.isin(["clean", title.lower().replace(" ", "_")])]
        assert left.xaxis.get_major_formatter().seq == ["Cl.", "1", "2", "3", "4", "5"]
        assert left.containers[0].lines[0].get_xydata() == pytest.approx(rows[["severity", "log_prob_nats"]].to_numpy())
        assert right.containers[0].lines[0].get_ydata() == pytest.approx(100 * rows.accuracy)
        assert bars(left.containers[0]) == pytest.approx(
            rows[["log_prob_ci_low_nats", "log_prob_ci_high_nats"]].to_numpy()
        )
        assert bars(right.containers[0]) == pytest.approx(
            100 * rows[["accuracy_ci_low", "accuracy_ci_high"]].to_numpy()
        )


def test_fig4_adds_the_accuracies_of_the_other_models(figures):
    _, right = corruption_panels(figures["fig4_corruptions"])["Fog"]
    for model, name in (("gaussian", "Gaussian"), ("wide_resnet", "WideResNet")):
        rows = of_model(figure_tables.corruptions(), model).query("corruption in ('clean', 'fog')")
        line = next(line for line in right.lines if str(line.get_label()).startswith(name))
        assert line.get_ydata() == pytest.approx(100 * rows.accuracy)


def test_fig4_panels_share_their_scales(figures):
    panels = corruption_panels(figures["fig4_corruptions"]).values()
    assert len({left.get_ylim() for left, _ in panels}) == 1
    assert {right.get_ylim() for _, right in panels} == {(0, 105)}


def test_fig4_shows_noises_first_then_blurs(figures):
    families = [title.split()[-1] for title in corruption_panels(figures["fig4_corruptions"])]
    assert families[:8] == ["noise"] * 4 + ["blur"] * 4


# Samples


@pytest.mark.parametrize(("shape", "levels"), [((8, 8, 1), 17), ((32, 32, 3), 256)])
def test_every_image_pixel_is_a_square_of_device_pixels(shape, levels, tmp_path):
    generated, train = figure_tables.splits(shape, levels)
    figure = samples.draw(generated, train)
    style.write(figure, tmp_path / "samples.png")
    pixels = np.asarray(Image.open(tmp_path / "samples.png").convert("RGB")).astype(float)
    box = figure.axes[0].get_window_extent()
    size = round(box.width) // (12 * (shape[1] + 1) + samples.GAP)
    assert size >= samples.SMALLEST or figure.get_figwidth() > style.SINGLE_COLUMN
    white, top, left = float(train.images.max()), len(pixels) - round(box.y1), round(box.x0)
    for split, offset in ((generated, 0), (train, 8 * (shape[1] + 1) + samples.GAP)):
        for one in (0, 9):
            image = np.clip(np.floor(split.images[split.labels == one][1]), 0, white) / white * np.ones(3)
            row, column = top + size * one * (shape[0] + 1), left + size * (offset + shape[1] + 1)
            shown = pixels[row : row + size * shape[0], column : column + size * shape[1]]
            assert np.abs(shown - 255 * image.repeat(size, 0).repeat(size, 1)).max() <= 1


def test_samples_of_another_shape_than_the_training_images_are_refused():
    generated, _ = figure_tables.splits()
    _, train = figure_tables.splits((16, 16, 1))
    with pytest.raises(
        ArtifactError, match=r"samples: images of shape \(8, 8, 1\), training images of shape \(16, 16, 1\)"
    ):
        samples.draw(generated, train)


def test_no_samples_are_refused():
    generated, train = figure_tables.splits()
    none = Split(generated.images[:0], generated.labels[:0], generated.index[:0])
    with pytest.raises(ArtifactError, match="samples: holds no images"):
        samples.draw(none, train)


# Loss curve


def test_the_loss_is_drawn_raw_and_as_a_centered_mean():
    """Of a straight line the centered mean is the line itself, away from its ends."""
    steps = np.arange(1, 1001)
    table = figure_tables.table([{"step": step, "loss": 2000.0 - step} for step in steps], "score")
    raw, smooth = module("loss_curve").draw(table).axes[0].lines
    assert raw.get_xydata() == pytest.approx(np.stack([steps, 2000.0 - steps], axis=1))
    window = 1000 // 50
    inner = slice(window, -window)
    assert np.abs(smooth.get_ydata()[inner] - raw.get_ydata()[inner]).max() <= 0.5  # an even window has no middle


def test_losses_that_reach_zero_are_drawn_on_a_linear_scale():
    table = figure_tables.table([{"step": step, "loss": 10.0 - step} for step in range(1, 11)], "score")
    assert module("loss_curve").draw(table).axes[0].get_yscale() == "linear"


# Confusion matrix


def test_the_confusion_matrix_writes_counts_and_colors_shares(figures):
    table = figure_tables.confusion().query("evaluation == 'test'")
    for axes, model in zip(figures["confusion_matrix"].axes, figure_tables.KINDS, strict=False):
        counts = of_model(table, model).pivot(index="true_class", columns="predicted_class", values="count").to_numpy()
        written = np.zeros_like(counts)
        for text in axes.texts:
            predicted, true = text.get_position()
            written[true, predicted] = int(text.get_text())
        assert (written == counts).all()
        assert np.asarray(axes.images[0].get_array()) == pytest.approx(100 * counts / 36)


def test_counts_of_a_thousand_fit_into_their_cells():
    figure = module("confusion_matrix").draw(figure_tables.confusion(1000))
    boxes = written_texts(figure)
    cell = figure.axes[0].get_window_extent().width / 10
    assert all(boxes[text].width < cell for text in figure.axes[0].texts)


# Reliability diagram


def test_the_reliability_diagram_draws_bins_that_hold_images(figures):
    table = figure_tables.reliability().query("evaluation == 'test' and num_images > 0")
    upper, lower = figures["reliability_diagram"].axes[:3], figures["reliability_diagram"].axes[3:]
    for above, below, model in zip(upper, lower, figure_tables.KINDS, strict=True):
        rows = of_model(table, model)
        curve, histogram = above.containers[0], below.containers[0]
        assert curve.lines[0].get_xydata() == pytest.approx(100 * rows[["confidence", "accuracy"]].to_numpy())
        assert bars(curve) == pytest.approx(100 * rows[["ci_low", "ci_high"]].to_numpy())
        assert [bar.get_height() for bar in histogram] == list(rows.num_images)
        assert [bar.get_x() for bar in histogram] == pytest.approx(100 * rows.bin_low)


# Accuracy under attack


def test_attacks_are_drawn_at_their_epsilon_with_intervals(figures):
    table = figure_tables.adversarial()
    for axes, norm in zip(figures["adversarial"].axes, ("linf", "l2"), strict=True):
        for container, model in zip(axes.containers, figure_tables.KINDS, strict=True):
            rows = of_model(table[table.norm == norm], model)
            assert container.lines[0].get_xdata() == pytest.approx(rows.epsilon)
            assert container.lines[0].get_ydata() == pytest.approx(100 * rows.accuracy)
            assert bars(container) == pytest.approx(100 * rows[["ci_low", "ci_high"]].to_numpy())


def test_the_bounds_of_the_paper_are_dotted_lines(figures):
    for axes, bound in zip(figures["adversarial"].axes, (8 / 255, 0.5), strict=True):
        lines = [line for line in axes.lines if list(line.get_ydata()) == [0, 1]]
        assert [line.get_xdata()[0] for line in lines] == pytest.approx([bound])
        assert lines[0].get_linestyle() == ":"


def test_bars_of_different_models_lie_side_by_side(figures):
    axes = figures["adversarial"].axes[0]
    places = [container.lines[0].get_transform().transform([(0, 0)])[0, 0] for container in axes.containers]
    assert np.diff(places) == pytest.approx([style.DPI / 72 * module("adversarial").SPREAD / 3] * 2)


def test_transferred_attacks_are_left_out():
    own = figure_tables.adversarial()
    transferred = own.assign(attacked="gaussian-seed0", accuracy=0.123)
    figure = module("adversarial").draw(pd.concat([own, transferred[transferred.model == "score"]]))
    assert 12.3 not in figure.axes[0].containers[0].lines[0].get_ydata()
    with pytest.raises(ArtifactError, match="no model is attacked itself"):
        module("adversarial").draw(transferred[transferred.model == "score"])
