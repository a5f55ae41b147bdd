"""CONTRIBUTING.md's recipe for a model of a new kind, followed in a copy of the repository: a toy density.

The toy is a spherical Gaussian for each class. Its new files lie in tests/new_kind/; what the recipe changes in files
that exist stands here.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from trees import JOB, copy, edit, snakemake

NEW = Path(__file__).parent / "new_kind"
SETTINGS = '''class SphericalModel(Settings):
    """One spherical Gaussian per class."""

    kind: Literal["spherical"]
    floor: Positive  # of a standard deviation, in grey levels


'''
ROW = """    "spherical": Kind(
        title="Spherical Gaussian",
        gives="log_prob",
        fitted="at_once",
        exact=True,
        discrete=False,
        samples=False,
        explains=False,
        latents=False,
        cost=1 / 64,
        loss_unit="",
        color="#CC79A7",
        marker="D",
        line=":",
    ),
}
"""
TOUCHED = {
    "src/sbgc/models/spherical.py",
    "src/sbgc/fitting/spherical.py",
    "src/sbgc/config/models.py",
    "src/sbgc/kinds.py",
    "experiments/spherical.yaml",
    "workflow/schemas/config.schema.json",  # generated
}
ANALYSES = {"attacked_split", "corrupted_split", "interpolated_split", "convergence_table", "corruptions_table"}


def contents(tree: Path) -> dict[str, bytes]:
    """The bytes of every file, by its path: not those of what a run makes."""
    folders = [tree / name for name in ("src", "workflow", "experiments", "envs", "slurm")]
    files = [*tree.glob("*"), *(path for folder in folders for path in folder.rglob("*"))]
    return {
        str(path.relative_to(tree)): path.read_bytes() for path in files if path.is_file() and path.suffix != ".pyc"
    }


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A copy of the repository."""
    tree = copy(tmp_path_factory.mktemp("original"))
    (tree / "experiments").mkdir(exist_ok=True)
    return tree


@pytest.fixture(scope="module")
def extended(original, tmp_path_factory):
    """The copy after the recipe."""
    tree = shutil.copytree(original, tmp_path_factory.mktemp("extended"), dirs_exist_ok=True)
    shutil.copytree(NEW, tree, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    package = tree / "src" / "sbgc"
    edit(package / "config" / "models.py", "    NonNegative,\n", "    NonNegative,\n    Positive,\n")
    edit(package / "config" / "models.py", "Model = Annotated[", f"{SETTINGS}Model = Annotated[SphericalModel | ")
    kinds = package / "kinds.py"
    kinds.write_text(kinds.read_text().removesuffix("}\n") + ROW)
    schema = tree / "workflow" / "schemas" / "config.schema.json"
    subprocess.run(
        [sys.executable, "-m", "sbgc.steps.write_schema", "--out", schema],
        env=os.environ | {"PYTHONPATH": str(tree / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
    )
    return tree


def test_a_new_kind_costs_five_files_of_ones_own_and_the_generated_schema(original, extended):
    """A kind with a network has a module in nets/ as well; tests and a line of the changelog come on top."""
    before, after = contents(original), contents(extended)
    assert {path for path in after if after[path] != before.get(path)} == TOUCHED
    assert before.keys() <= after.keys()
    assert len(TOUCHED) <= 6


def test_every_analysis_of_the_new_kind_is_planned(extended):
    ran = snakemake(extended, "--dry-run", "--config", "experiment=spherical")
    assert ran.returncode == 0, ran.stdout[-3000:]
    assert {rule for rule, _ in JOB.findall(ran.stdout)} >= ANALYSES | {"fitted_params", "matrix_shard", "summary"}


def test_the_new_kind_is_fitted_and_scored_and_stands_in_table_1_and_figure_1(extended):
    targets = ["table1_comparison", "fig1_tradeoff"]
    ran = snakemake(extended, "--cores", "2", "--show-failed-logs", "--config", "experiment=spherical", "--", *targets)
    assert ran.returncode == 0, ran.stdout[-8000:]
    made = extended / "results" / "spherical"
    row = pd.read_csv(made / "tables" / "table1_comparison.csv").set_index("model").loc["spherical"]
    assert row["num_images"] == 360
    assert row["accuracy_percent"] > 80
    assert (made / "figures" / "fig1_tradeoff.png").stat().st_size
