"""docs/theory.md leads from equations, tables and figures to code that exists."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs/theory.md").read_text()
FUNCTIONS = sorted(set(re.findall(r"`((?:data|fitting|maths|models|nets|procedures|units)\.[\w.]+)`", TEXT)))
PATHS = sorted(set(re.findall(r"`((?:benchmarks|figures|maths|procedures|steps)/[\w/]+\.py)`", TEXT)))
FIGURES = sorted(path.stem for path in (ROOT / "docs/figures").glob("*.png"))


@pytest.mark.parametrize("dotted", FUNCTIONS)
def test_every_function_that_the_theory_names_exists(dotted):
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        base = ROOT.joinpath("src/sbgc", *parts[:length])
        module = next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)
        if module is not None:
            break
    assert module is not None, f"{dotted}: no such module"
    missing = [name for name in parts[length:] if name not in defined(module)]
    assert not missing, f"{dotted}: {module.relative_to(ROOT)} defines no {missing[0]}"


@pytest.mark.parametrize("path", PATHS)
def test_every_file_that_the_theory_names_exists(path):
    base = ROOT if path.startswith("benchmarks/") else ROOT / "src/sbgc"
    assert (base / path).is_file()


@pytest.mark.parametrize("figure", FIGURES)
def test_the_theory_leads_from_every_figure_of_the_documentation_to_its_code(figure):
    assert f"`{figure}`" in TEXT


def defined(module: Path) -> set[str]:
    """The names of all functions, methods and classes that a source file defines."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    return {node.name for node in ast.walk(ast.parse(module.read_text())) if isinstance(node, kinds)}
