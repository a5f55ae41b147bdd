"""The list of figures: complete, and in the order of what draws them."""

import inspect
import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import figure_tables
import pytest

import sbgc.figures
from sbgc.figures.catalog import FIGURES, NEEDS_DENSITY


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_draws_from_what_the_catalog_says(name):
    assert tuple(inspect.signature(import_module(f"sbgc.figures.{name}").draw).parameters) == FIGURES[name]


def test_every_module_that_draws_is_in_the_catalog():
    modules = [module.name for module in pkgutil.iter_modules(sbgc.figures.__path__)]
    assert {name for name in modules if hasattr(import_module(f"sbgc.figures.{name}"), "draw")} == set(FIGURES)


def test_every_figure_has_a_caption_and_a_table_in_the_tests():
    captions = {path.stem for path in (Path(__file__).parent.parent / "workflow" / "report").glob("*.rst")}
    assert set(FIGURES) <= captions
    assert list(figure_tables.INPUTS) == list(FIGURES)


def test_figures_of_a_likelihood_are_figures():
    assert set(FIGURES) >= NEEDS_DENSITY


def test_the_catalog_is_read_without_matplotlib():
    program = "import sys, sbgc.figures.catalog; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"matplotlib", "numpy", "pandas", "jax"} & set(ran.stdout.split())
