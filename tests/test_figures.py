"""Every figure: readable at print size, in units, refused in one line, and the same bytes every time."""

import ast
import subprocess
import sys
from pathlib import Path

import figure_tables
import matplotlib.colors
import pytest
from figure_reading import check_texts, drawn, module, small_print, written_texts
from PIL import Image

from sbgc.artifacts import ArtifactError
from sbgc.figures import style
from sbgc.figures.catalog import NEEDS_DENSITY
from sbgc.kinds import KINDS

NAMES = list(figure_tables.INPUTS)
TABULAR = [name for name in NAMES if name not in ("samples", "contact_sheet", "attacked_images")]


@pytest.fixture(scope="module")
def figures():
    return {name: drawn(name) for name in NAMES}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The folder of all figures as files, NAME.pdf and NAME.png. Each is new: a look at one may move what is in it."""
    folder = tmp_path_factory.mktemp("figures")
    for name in NAMES:
        figure = drawn(name)
        for suffix in ("pdf", "png"):
            style.write(figure, folder / f"{name}.{suffix}")
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_no_letter_is_smaller_than_seven_points(figures, name):
    sizes = {text.get_text(): text.get_fontsize() for text in written_texts(figures[name])}
    assert min(sizes.values()) >= 7, sizes


@pytest.mark.parametrize("name", NAMES)
def test_no_text_covers_another_or_leaves_the_page(figures, name):
    check_texts(figures[name])


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_is_no_wider_than_the_columns(figures, name):
    assert figures[name].get_figwidth() <= style.DOUBLE_COLUMN


@pytest.mark.parametrize("name", NAMES)
def test_equal_tables_give_equal_bytes(written, name, tmp_path):
    again = drawn(name)
    for suffix in ("pdf", "png"):
        style.write(again, tmp_path / f"again.{suffix}")
        assert (tmp_path / f"again.{suffix}").read_bytes() == (written / f"{name}.{suffix}").read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_a_pdf_holds_type_42_fonts_and_no_date(written, name):
    content = (written / f"{name}.pdf").read_bytes()
    assert b"/CIDFontType2" in content or b"/TrueType" in content
    assert b"/Type3" not in content
    assert b"Date" not in content


@pytest.mark.parametrize("name", NAMES)
def test_a_png_has_300_dots_an_inch_and_names_no_software(written, name):
    with Image.open(written / f"{name}.png") as image:
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
        ("grid", ["digits, validation split, seed 0", "48 images", "24 images", "100 nodes", "standard error"]),
        ("confusion_matrix", ["digits, test split, seed 0", "360 images"]),
        ("reliability_diagram", ["digits, test split, seed 0", "360 images", "confidence interval"]),
        ("adversarial", ["digits, test split, seed 0", "16 images", "worst of apgd_linf", "95 % confidence"]),
        ("transfers", ["digits, test split, seed 0", "16 images", "worst of apgd_linf, apgd_l2", "95 % confidence"]),
        ("attacked_images", ["digits, test split, seed 0", "3 images chosen by hand", "1 draw each", "scaled to 0–1"]),
        ("decision_space", ["digits, test split, seed 0", "the first 3 of 4 images, chosen by hand", "3 of 4 models"]),
        ("class_similarity", ["digits, train split, seed 0", "2,000 latents", "standard error"]),
        (
            "heatmaps",
            ["digits, test split, seed 0", "the first 2 of 3 images", "nats", "standard error", "Contrast 1."],
        ),
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
        "grid": ["[nats per unit]", "[bits/dim]"],
        "confusion_matrix": ["class", "[%]"],
        "fig2_interpolation": ["[nats]"],
        "wrong_labels": ["[bits/dim]", "[%]"],
        "interpolated_classes": ["[nats]", "[%]"],
        "counterexample": ["[nats]", "dimension"],
        "decision_space": ["[sd]"],
        "trajectories": ["[sd]"],
        "class_similarity": ["[sd]", "[%]"],
        "heatmaps": ["log p"],  # its small print says that all is in nats
    }
    for unit in units.get(name, ["[%]"]):
        assert unit in words


def test_kinds_of_models_differ_in_color_marker_and_line():
    looks = [style.look_of(kind) for kind in (*KINDS, "an unknown kind")]
    for attribute in ("color", "marker", "line"):
        assert len({str(getattr(look, attribute)) for look in looks}) == len(looks)


def test_no_figure_names_a_kind():
    for path in Path(style.__file__).parent.glob("*.py"):
        words = {node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)}
        assert not words & set(KINDS), path.name


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


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_imports_no_jax(name):
    program = f"import sys; import sbgc.steps.draw; import sbgc.figures.{name}; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"jax", "flax"} & set(ran.stdout.split())


OF_NO_MODEL = ("counterexample",)
OF_LATENTS = ("decision_space", "class_similarity", "trajectories")
OF_MAPS = ("heatmaps",)


def models_of(table, *kinds):
    return table[table.kind.isin(kinds)]


@pytest.mark.parametrize("kind", ["gaussian", "wide_resnet"])
@pytest.mark.parametrize(
    "name",
    [
        name
        for name in TABULAR
        if name not in ("loss_curve", "grid", "beta_tradeoff", *OF_NO_MODEL, *OF_LATENTS, *OF_MAPS, *NEEDS_DENSITY)
    ],
)
def test_one_kind_alone_has_every_figure_that_needs_no_density(name, kind):
    first, *rest = figure_tables.INPUTS[name]()
    figure = module(name).draw(models_of(first, kind), *rest)
    assert any(KINDS[kind].title in text.get_text() for text in written_texts(figure))


@pytest.mark.parametrize("name", [name for name in TABULAR if name in NEEDS_DENSITY])
def test_a_gaussian_alone_has_every_figure_of_a_likelihood(name):
    first, *rest = figure_tables.INPUTS[name]()
    alone = models_of(first, "score").assign(model="gaussian", kind="gaussian")
    figure = module(name).draw(alone, *rest)
    assert any("Gaussian" in text.get_text() for text in written_texts(figure))
