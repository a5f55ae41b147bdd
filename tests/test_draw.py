"""The step that draws: from files to the same two files, and one line on a mistake."""

import json
import os
import pkgutil
import subprocess
import sys
from importlib import import_module

import figure_tables
import pytest

import sbgc.figures
from sbgc import artifacts
from sbgc.figures import style
from sbgc.figures.catalog import NEEDS_DENSITY
from sbgc.steps import draw


@pytest.fixture
def inputs(tmp_path):
    """What each figure is drawn from: files, and what papers printed as JSON."""

    def write(name, kinds=figure_tables.KINDS):
        return [given(tmp_path, place, value, kinds) for place, value in enumerate(figure_tables.INPUTS[name]())]

    return write


def given(folder, place, value, kinds):
    """One input as an argument of the step; tables hold the models of these kinds alone."""
    if isinstance(value, list):
        return json.dumps(value)
    if isinstance(value, artifacts.Split):
        artifacts.write_split(folder / f"{place}.npz", value)
        return f"{folder}/{place}.npz"
    mine = value[value["kind"].isin(kinds)] if "kind" in value.columns else value
    artifacts.write_table(folder / f"{place}.parquet", mine)
    return f"{folder}/{place}.parquet"


def arguments(name, inputs, folder):
    return ["--figure", name, "--inputs", *inputs, "--pdf", str(folder / "out.pdf"), "--png", str(folder / "out.png")]


@pytest.mark.parametrize("name", ["fig1_tradeoff", "samples", "adversarial"])
def test_files_give_the_figure_of_their_tables(name, inputs, tmp_path):
    draw.main(arguments(name, inputs(name), tmp_path))
    figure = import_module(f"sbgc.figures.{name}").draw(*figure_tables.INPUTS[name]())
    for suffix in ("pdf", "png"):
        style.write(figure, tmp_path / f"expected.{suffix}")
        assert (tmp_path / f"out.{suffix}").read_bytes() == (tmp_path / f"expected.{suffix}").read_bytes()


OF_OTHERS = (*NEEDS_DENSITY, "grid", "beta_tradeoff", "decision_space", "class_similarity", "heatmaps", "trajectories")
ALONE = [("wide_resnet", name) for name in figure_tables.INPUTS if name not in OF_OTHERS]
ALONE += [
    ("gaussian", name) for name in ("fig1_tradeoff", "fig2_interpolation", "fig4_corruptions", "lowpass", "heatmaps")
]
ALONE += [("score", name) for name in ("fig3_convergence", "loss_curve", "grid")]


@pytest.mark.parametrize(("kind", "name"), ALONE)
def test_an_experiment_of_one_model_has_its_figures(kind, name, inputs, tmp_path):
    draw.main(arguments(name, inputs(name, [kind]), tmp_path))
    assert (tmp_path / "out.pdf").stat().st_size > 0


def test_another_process_writes_the_same_bytes(inputs, tmp_path):
    paths = inputs("adversarial")
    for seed in ("1", "2"):
        (tmp_path / seed).mkdir()
        command = [sys.executable, "-m", "sbgc.steps.draw", *arguments("adversarial", paths, tmp_path / seed)]
        subprocess.run(command, check=True, env=os.environ | {"PYTHONHASHSEED": seed, "MPLBACKEND": "svg"})
    for suffix in ("pdf", "png"):
        assert (tmp_path / "1" / f"out.{suffix}").read_bytes() == (tmp_path / "2" / f"out.{suffix}").read_bytes()


def test_every_module_that_draws_is_a_figure_of_the_step():
    modules = [module.name for module in pkgutil.iter_modules(sbgc.figures.__path__)]
    assert {name for name in modules if hasattr(import_module(f"sbgc.figures.{name}"), "draw")} == set(draw.FIGURES)


def test_an_unknown_figure_is_answered_with_those_there_are(inputs, tmp_path, capsys):
    with pytest.raises(SystemExit):
        draw.main(arguments("fig9", ["x.parquet"], tmp_path))
    assert "no figure 'fig9'; there are fig1_tradeoff, fig2_interpolation" in capsys.readouterr().err


def test_too_few_inputs_are_answered_with_those_wanted(inputs, tmp_path):
    with pytest.raises(artifacts.ArtifactError, match="fig1_tradeoff: takes metrics, table1; 1 inputs given"):
        draw.main(arguments("fig1_tradeoff", inputs("fig1_tradeoff")[:1], tmp_path))


def test_samples_of_several_models_are_drawn_together(inputs, tmp_path):
    train, generated = inputs("samples")
    draw.main(arguments("samples", [train, generated, generated], tmp_path))
    train, generated = figure_tables.INPUTS["samples"]()
    style.write(import_module("sbgc.figures.samples").draw(train, generated, generated), tmp_path / "expected.png")
    assert (tmp_path / "out.png").read_bytes() == (tmp_path / "expected.png").read_bytes()


def test_a_file_of_another_kind_is_refused(tmp_path):
    with pytest.raises(artifacts.ArtifactError, match=r"losses\.csv: a figure is drawn from"):
        draw.main(arguments("loss_curve", ["losses.csv"], tmp_path))


def test_a_refused_table_leaves_no_file(tmp_path):
    artifacts.write_table(tmp_path / "empty.parquet", figure_tables.loss()[:0])
    command = [sys.executable, "-m", "sbgc.steps.draw"]
    command += arguments("loss_curve", [str(tmp_path / "empty.parquet")], tmp_path)
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 1
    assert ran.stderr == "draw: loss table: has no rows\n"
    assert [path.name for path in tmp_path.iterdir()] == ["empty.parquet"]
