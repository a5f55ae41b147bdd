"""Copies of the repository, as far as the workflow goes, in which tests plan and run: they write nowhere else."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from sbgc import contents
from sbgc.config.file import read
from sbgc.config.loading import Source, load

ROOT = Path(__file__).parents[1]
FILES_OF_CONFIG = (ROOT / "config.yaml", *sorted((ROOT / "experiments").glob("*.yaml")), ROOT / "tests" / "tiny.yaml")
TINY = load(*(Source(path.name, read(path)) for path in FILES_OF_CONFIG)).experiments["tiny"]
FIGURES, PAGES = contents.figures(TINY), contents.pages(TINY)
TARGETS = (
    *FIGURES,
    *(page for page in PAGES if page not in ("crosscheck", "attack_checks", "attack_detection")),
    "summary",
)
FILES = (
    *(f"figures/{figure}.{suffix}" for figure in FIGURES for suffix in ("pdf", "png")),
    *(f"tables/{page}.{suffix}" for page in PAGES for suffix in ("csv", "md")),
    "summary.md",
)
JOB = re.compile(r"^(?:local)?rule (\w+):\n((?:    .*\n)*)", re.MULTILINE)
Job = tuple[str, dict[str, str]]
# All trees compile the same small programs, whose compilation takes longer than their runs.
COMPILED = {
    "JAX_COMPILATION_CACHE_DIR": str(ROOT / ".cache" / "jax-trees"),
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "XLA_FLAGS": os.environ["XLA_FLAGS"],  # as conftest.py has set it
}
SECONDS = 3600  # no test fails because a machine is slow; this ends what hangs


def copy(destination: Path) -> Path:
    """What a clone holds."""
    for name in ("workflow", "src", "slurm", "envs", "profiles", "experiments"):
        shutil.copytree(ROOT / name, destination / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("Snakefile", "config.yaml", "tests/tiny.yaml"):
        shutil.copy2(ROOT / name, destination)
    return destination


def started(tree: Path, *args: str, **options) -> subprocess.Popen[str]:
    """Snakemake in `tree`, with the package of that tree, in a process group of its own."""
    environment = os.environ | COMPILED | {"PYTHONPATH": str(tree / "src")}
    command = [sys.executable, "-m", "snakemake", *args]
    return subprocess.Popen(command, cwd=tree, env=environment, text=True, start_new_session=True, **options)


def snakemake(tree: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """What Snakemake says in `tree`."""
    process = started(tree, *args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said, _ = process.communicate(timeout=SECONDS)
    return subprocess.CompletedProcess(args, process.returncode, said)


def plan(tree: Path, *targets: str, configuration: str = "tiny.yaml") -> list[Job]:
    """The jobs of the tiny experiment that a dry run lists, each with its wildcards."""
    ran = snakemake(tree, "--dry-run", "--configfile", configuration, "--", *targets)
    found = jobs(ran.stdout)
    assert ran.returncode == 0, ran.stdout
    assert found or "Nothing to be done" in ran.stdout
    return found


def jobs(said: str) -> list[Job]:
    """The jobs that Snakemake told of."""
    return [(rule, _wildcards(body)) for rule, body in JOB.findall(said)]


def _wildcards(body: str) -> dict[str, str]:
    found = re.search(r"wildcards: (.*)", body)
    return dict(pair.split("=", 1) for pair in found[1].split(", ")) if found else {}


def rules(planned: list[Job]) -> set[str]:
    """The names of the rules of some jobs."""
    return {rule for rule, _ in planned}


def values(planned: list[Job], wildcard: str) -> set[str]:
    """The values of a wildcard in some jobs."""
    return {wildcards[wildcard] for _, wildcards in planned if wildcard in wildcards}


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that stands once in a file."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{path}: {text.count(old)} times {old!r}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def own(path: Path, **dataset: object) -> dict[str, object]:
    """The configuration of images of one's own."""
    facts = {"name": "mine", "path": str(path), "levels": 17, "validation": 12, "test": 12, "num_classes": 3} | dataset
    counts = {name: {"images": 12} for name in ("train", "validation", "test")}
    few = {name: {"images": 2} for name in ("convergence", "crosscheck", "corruptions", "attacks", "race")}
    score = {"training": {"batch_size": 8}}
    mine = {"extends": "tiny", "dataset": facts, "evaluations": counts, **few, "interpolation": {"pairs": 2}}
    mine["corruptions"] = few["corruptions"] | {"raced": None}
    mine["models"] = {"score": score, "wide_resnet": score}
    return {"experiment": "mine", "experiments": {"mine": mine}}
