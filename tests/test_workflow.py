"""The workflow as a user meets it: planned, run once at a tiny size, and planned again after every kind of change."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
FIGURES = (
    "fig1_tradeoff", "fig2_interpolation", "fig3_convergence", "fig4_corruptions",
    "samples", "loss_curve", "confusion_matrix", "reliability_diagram", "adversarial",
)  # fmt: skip
TABLES = ("table1_comparison", "table2_corruptions", "table3_adversarial")
TARGETS = (*FIGURES, *TABLES, "summary")
FILES = (
    *(f"figures/{figure}.{suffix}" for figure in FIGURES for suffix in ("pdf", "png")),
    *(f"tables/{table}.{suffix}" for table in TABLES for suffix in ("csv", "md")),
    "summary.md",
)
JOB = re.compile(r"^(?:local)?rule (\w+):\n((?:    .*\n)*)", re.MULTILINE)
Job = tuple[str, dict[str, str]]


def copy(destination: Path) -> Path:
    """A copy of what a clone holds, as far as the workflow goes; the tests write nowhere else."""
    for name in ("workflow", "src", "slurm"):
        shutil.copytree(ROOT / name, destination / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("Snakefile", "config.yaml", "tests/tiny.yaml"):
        shutil.copy2(ROOT / name, destination)
    return destination


def snakemake(tree: Path, *args: str, seconds: int = 120) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "snakemake", *args]
    environment = os.environ | {"PYTHONPATH": str(tree / "src")}
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, timeout=seconds)


def plan(tree: Path, *args: str) -> list[Job]:
    """The jobs, each with its wildcards, that a dry run of the tiny experiment lists."""
    ran = snakemake(tree, *args, "--dry-run", "--configfile", "tiny.yaml")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    jobs = JOB.findall(ran.stdout + "\n" + ran.stderr + "\n")
    assert jobs or "Nothing to be done" in ran.stdout + ran.stderr
    return [(rule, _wildcards(body)) for rule, body in jobs]


def _wildcards(body: str) -> dict[str, str]:
    found = re.search(r"wildcards: (.*)", body)
    return dict(pair.split("=", 1) for pair in found[1].split(", ")) if found else {}


def rules(jobs: list[Job]) -> set[str]:
    return {rule for rule, _ in jobs}


def models(jobs: list[Job]) -> set[str]:
    return {wildcards["model"] for _, wildcards in jobs if "model" in wildcards}


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    return copy(tmp_path_factory.mktemp("clone"))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A copy in which the tiny experiment was made, once for all tests; they plan in it and change nothing."""
    tree = copy(tmp_path_factory.mktemp("run"))
    ran = snakemake(tree, "--cores", "2", "--configfile", "tiny.yaml", "--show-failed-logs", seconds=600)
    assert ran.returncode == 0, (ran.stdout + ran.stderr)[-8000:]
    return tree


@pytest.fixture
def changeable(run, tmp_path):
    """A copy of the finished run, dates included, for a test that changes something."""
    return shutil.copytree(run, tmp_path / "run")


def test_every_target_is_planned_by_its_name_and_by_its_files(clone):
    assert set(TARGETS) <= rules(plan(clone, *TARGETS))
    assert set(TARGETS) <= rules(plan(clone, *(f"results/tiny/{name}" for name in FILES)))


def test_one_figure_takes_no_more_than_it_needs(clone):
    by_name = plan(clone, "fig3_convergence")
    assert by_name == plan(clone, "results/tiny/figures/fig3_convergence.pdf")
    assert {wildcards.get("evaluation", "convergence") for _, wildcards in by_name} == {"convergence"}
    assert not rules(by_name) & {"attack", "corrupt", "logits", "sample"}


def test_the_experiment_of_config_yaml_is_planned_without_a_word_on_the_command_line(clone):
    ran = snakemake(clone, "--dry-run")
    assert ran.returncode == 0
    assert "results/digits/summary.md" in ran.stdout + ran.stderr


@pytest.mark.parametrize("path", ["wide_resnet/seed0/log_prob/test.npz", "wide_resnet/seed0/log_prob/test/0-of-1.npz",
                                  "score/seed0/logits/test.npz", "score/seed0/log_prob/tset.npz", "scores/seed0/log_prob/test.npz"])
def test_what_does_not_exist_has_no_rule_to_produce_it(clone, path):
    ran = snakemake(clone, "--dry-run", "--configfile", "tiny.yaml", "--", f"results/tiny/{path}")
    assert ran.returncode != 0
    assert f"No rule to produce results/tiny/{path}" in ran.stdout + ran.stderr


MISTAKES = {
    "models.gaussian.shrinkag": 0.1,
    "models.score.sde.beta_min": -0.1,
    "models.score.sde.name": "vpsde",
    "models.score.training.steps": "many",
    "evaluations.test.draws": 0,
    "evaluations.test.split": "tset",
}


@pytest.mark.parametrize("key", MISTAKES)
@pytest.mark.parametrize("mode", ["--dry-run", "--cores=1"])
def test_a_mistake_in_the_configuration_is_one_line_and_no_job_starts(clone, tmp_path, key, mode):
    value = MISTAKES[key]
    for name in reversed(["experiments", "tiny", *key.split(".")]):
        value = {name: value}
    (tmp_path / "mistake.yaml").write_text(yaml.safe_dump(value))
    ran = snakemake(clone, mode, "--configfile", "tiny.yaml", str(tmp_path / "mistake.yaml"))
    said = ran.stdout + ran.stderr
    assert ran.returncode != 0
    assert len(re.findall(rf"^config\.yaml: experiments\.tiny\.{re.escape(key)}\b.*$", said, re.MULTILINE)) == 1, said
    assert said.count("config.yaml: ") == 1
    assert "Traceback" not in said
    assert not (clone / "results").exists()
