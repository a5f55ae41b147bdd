"""What is known of a kind of model stands in kinds.py; everything else asks there."""

import ast
import re
from pathlib import Path
from typing import get_args

import pytest
from configurations import ROOT

from sbgc.config.models import Model
from sbgc.kinds import KINDS

SOURCE = ROOT / "src" / "sbgc"
RULES = [ROOT / "Snakefile", *sorted(ROOT.glob("workflow/rules/*.smk"))]
TABLE, TAGS = SOURCE / "kinds.py", SOURCE / "config" / "models.py"
PAGES = ("models", "fitting", "explaining", "nets")
# Equal words of another meaning: a distribution of probes, and the step that scores.
OTHER_MEANINGS = {"maths/probes.py": {"gaussian"}, "scoring.smk": {"score"}}
SETTINGS = {get_args(get_args(Model)[0])[number].__name__ for number in range(len(KINDS))}


def outside() -> list[Path]:
    """The modules that may name no kind."""
    pages = {SOURCE / folder / f"{kind}.py" for folder in PAGES for kind in KINDS}
    return [path for path in sorted(SOURCE.rglob("*.py")) if path not in {TABLE, TAGS, *pages}]


def named(text: str) -> set[str]:
    """The kinds that stand in a text, alone or as a part of a path."""
    return {kind for kind in KINDS if re.search(rf"(^|/){kind}($|/|\.)", text)}


def docstrings(tree: ast.Module) -> set[int]:
    """The identities of the docstrings' nodes."""
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}


def kinds_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    prose = docstrings(tree)
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    found = {kind for node in texts if id(node) not in prose for kind in named(node.value)}
    return found - OTHER_MEANINGS.get(str(path.relative_to(SOURCE)), set())


def test_no_module_outside_a_kind_s_own_pages_names_it():
    assert not {str(path.relative_to(SOURCE)): found for path in outside() if (found := kinds_in(path))}


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_no_rule_names_a_kind(path):
    texts = re.findall(r"\"([^\"\n]*)\"|'([^'\n]*)'", re.sub(r"#.*", "", path.read_text()))
    found = {kind for pair in texts for text in pair for kind in named(text)}
    assert not found - OTHER_MEANINGS.get(path.name, set())


def test_no_module_outside_the_configuration_imports_the_settings_of_a_kind():
    for path in outside():
        imported = {
            alias.name
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom) and node.module == "sbgc.config.models"
            for alias in node.names
        }
        assert path.parent == SOURCE / "config" or not imported & SETTINGS, path


def test_a_named_kind_would_be_found():
    assert named("score") == {"score"}
    assert named("results/wide_resnet/seed0") == {"wide_resnet"}
    assert named("gaussian.py") == {"gaussian"}
    assert named("gaussian_noise score_matching") == set()


def test_settings_table_models_and_fits_have_the_same_kinds():
    union = get_args(get_args(Model)[0])
    tags = [get_args(settings.model_fields["kind"].annotation) for settings in union]
    assert [tag for (tag,) in tags] == list(KINDS)
    for folder in ("models", "fitting"):
        files = [path for path in (SOURCE / folder).glob("*.py") if path.stem != "__init__"]
        kinds = {kind for kind, row in KINDS.items() if folder == "models" or row.fitted != "elsewhere"}
        # A page takes a spec. What it is made of may lie in a file beside it.
        assert {path.stem for path in files if "spec: Spec" in path.read_text()} == kinds


def test_the_kinds_look_different_even_without_color():
    for feature in ("title", "color", "marker", "line"):
        values = [getattr(kind, feature) for kind in KINDS.values()]
        assert len(set(values)) == len(values), feature


def test_a_kind_is_consistent():
    for kind in KINDS.values():
        assert kind.exact or kind.gives == "log_prob"
        assert kind.gives == "log_prob" or not kind.discrete
        assert bool(kind.loss_unit) == (kind.fitted == "descent")
        assert 0 < kind.cost <= 1
