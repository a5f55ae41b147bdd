"""The workflow as a user meets it: planned, made once at a tiny size, and planned again after every kind of change."""

import os
import random
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import yaml

ROOT = Path(__file__).parents[1]
FIGURES = (
    "fig1_tradeoff", "fig2_interpolation", "fig3_convergence", "fig4_corruptions",
    "samples", "loss_curve", "confusion_matrix", "reliability_diagram", "adversarial", "contact_sheet", "lowpass",
)  # fmt: skip
TABLES = ("table1_comparison", "table2_corruptions", "table3_adversarial")
TARGETS = (*FIGURES, *TABLES, "summary")
FILES = (
    *(f"figures/{figure}.{suffix}" for figure in FIGURES for suffix in ("pdf", "png")),
    *(f"tables/{table}.{suffix}" for table in (*TABLES, "crosscheck") for suffix in ("csv", "md")),
    "summary.md",
)
TRAINING_AND_SCORING = {
    "train_segment",
    "fit_gaussian",
    "log_prob_shard",
    "logits_shard",
    "race_shard",
    "attack",
    "sample",
}
JOB = re.compile(r"^(?:local)?rule (\w+):\n((?:    .*\n)*)", re.MULTILINE)
Job = tuple[str, dict[str, str]]


def copy(destination: Path) -> Path:
    """A copy of what a clone holds, as far as the workflow goes: the tests write nowhere else."""
    for name in ("workflow", "src", "slurm", "envs"):
        shutil.copytree(ROOT / name, destination / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("Snakefile", "config.yaml", "tests/tiny.yaml"):
        shutil.copy2(ROOT / name, destination)
    return destination


def snakemake(tree: Path, *args: str, seconds: int = 120) -> subprocess.CompletedProcess[str]:
    """What Snakemake says in `tree`, with the package of that tree."""
    return subprocess.run(
        [sys.executable, "-m", "snakemake", *args],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": str(tree / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds,
    )


def plan(tree: Path, *targets: str) -> list[Job]:
    """The jobs of the tiny experiment that a dry run lists, each with its wildcards."""
    ran = snakemake(tree, "--dry-run", "--configfile", "tiny.yaml", "--", *targets)
    jobs = JOB.findall(ran.stdout)
    assert ran.returncode == 0, ran.stdout
    assert jobs or "Nothing to be done" in ran.stdout
    return [(rule, _wildcards(body)) for rule, body in jobs]


def _wildcards(body: str) -> dict[str, str]:
    found = re.search(r"wildcards: (.*)", body)
    return dict(pair.split("=", 1) for pair in found[1].split(", ")) if found else {}


def rules(jobs: list[Job]) -> set[str]:
    return {rule for rule, _ in jobs}


def values(jobs: list[Job], wildcard: str) -> set[str]:
    return {wildcards[wildcard] for _, wildcards in jobs if wildcard in wildcards}


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    return copy(tmp_path_factory.mktemp("clone"))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A copy in which the tiny experiment was made, once for all tests: they plan in it and change nothing."""
    tree = copy(tmp_path_factory.mktemp("finished"))
    ran = snakemake(tree, "--cores", "2", "--configfile", "tiny.yaml", "--show-failed-logs", seconds=1200)
    assert ran.returncode == 0, ran.stdout[-8000:]
    return tree


@pytest.fixture
def changed(finished, tmp_path):
    """A copy of the finished run, dates included, for a test that changes something."""
    return shutil.copytree(finished, tmp_path / "changed")


def test_every_target_is_planned_by_its_name_and_by_its_files(clone):
    assert set(TARGETS) <= rules(plan(clone, *TARGETS))
    assert {*TARGETS, "crosscheck_table"} <= rules(plan(clone, *(f"results/tiny/{name}" for name in FILES)))


def test_one_figure_plans_the_same_by_name_and_by_path_and_no_more_than_it_needs(clone):
    by_name, by_path = (plan(clone, name) for name in ("fig3_convergence", "results/tiny/figures/fig3_convergence.pdf"))
    assert sorted(map(repr, by_name)) == sorted(map(repr, by_path))
    assert values(by_name, "evaluation") == {"convergence"}
    assert values(by_name, "model") == {"score", "gaussian"}


def test_without_a_word_on_the_command_line_the_experiment_of_config_yaml_is_planned(clone):
    ran = snakemake(clone, "--dry-run")
    assert ran.returncode == 0
    assert "results/digits/summary.md" in ran.stdout


def test_the_papers_experiment_is_planned_with_all_its_models_seeds_and_corruptions(clone, tmp_path):
    """The 3,800 jobs take Snakemake some ten seconds."""
    settings = "{seeds: [0, 1, 2], corruptions: {source: cifar10c}}"
    (tmp_path / "seeds.yaml").write_text(f"{{experiment: cifar10, experiments: {{cifar10: {settings}}}}}")
    ran = snakemake(clone, "--dry-run", "--configfile", str(tmp_path / "seeds.yaml"))
    assert ran.returncode == 0, ran.stdout[-3000:]
    jobs = [(rule, _wildcards(body)) for rule, body in JOB.findall(ran.stdout)]
    trained = {(w["model"], w["seed"], w["segment"]) for rule, w in jobs if rule == "train_segment"}
    assert len(trained) == 3 * 3 * 24
    corrupted = {w["evaluation"] for rule, w in jobs if rule == "log_prob_shard" and "corrupt-" in w["evaluation"]}
    assert len(corrupted) == 19
    raced = {w["evaluation"] for rule, w in jobs if rule == "race_shard"}
    assert raced == {"race", *(name.replace("corrupt-", "raced-") for name in corrupted)}
    baseline = {w["evaluation"] for rule, w in jobs if rule == "logits" and w["evaluation"].startswith("all-")}
    assert baseline == {name.replace("corrupt-", "all-") for name in corrupted}
    assert {"fetch_dataset", "fetch_cifar10c", "race_shard"} <= rules(jobs)


@pytest.mark.parametrize("present", [True, False])
def test_the_official_corruptions_are_read_where_they_are_present_and_made_where_not(clone, tmp_path, present):
    if present:
        (tmp_path / "CIFAR-10-C.tar").touch()
    ran = snakemake(
        clone, "--dry-run", "--config", "experiment=cifar10", f"downloads={{folder: {tmp_path}}}", "--",
        "results/cifar10/splits/corrupt-fog.npz",
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-3000:]
    assert ("fetch_cifar10c" in rules(JOB.findall(ran.stdout))) is present
    assert ("results/raw/cifar10c/fog.npy" in ran.stdout) is present


def test_images_of_ones_own_are_imported_and_no_known_dataset_is_fetched(clone, tmp_path):
    (tmp_path / "mine.npz").touch()
    own = yaml.safe_load((clone / "tiny.yaml").read_text())
    own["experiments"] = {"mine": own["experiments"]["tiny"]}
    own["experiments"]["mine"]["dataset"] |= {"name": "mine", "path": str(tmp_path / "mine.npz")}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(own | {"experiment": "mine"}))
    ran = snakemake(clone, "--dry-run", "--configfile", str(tmp_path / "mine.yaml"))
    assert ran.returncode == 0, ran.stdout[-3000:]
    planned = {rule for rule, _ in JOB.findall(ran.stdout)}
    assert "import_dataset" in planned
    assert "fetch_dataset" not in planned


@pytest.mark.parametrize(
    "path", ["wide_resnet/seed0/log_prob/test.npz", "score/seed0/logits/test.npz", "score/seed0/log_prob/tset.npz"]
)
def test_scores_that_do_not_exist_have_no_rule_to_produce_them(clone, path):
    ran = snakemake(clone, "--dry-run", "--configfile", "tiny.yaml", "--", f"results/tiny/{path}")
    assert ran.returncode != 0
    assert f"No rule to produce results/tiny/{path}" in ran.stdout


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("models.gaussian.shrinkag", 0.1),
        ("models.score.sde.beta_min", -0.1),
        ("models.score.sde.name", "vpsde"),
        ("models.score.training.steps", "many"),
        ("evaluations.test.draws", 0),
        ("evaluations.test.split", "tset"),
    ],
)
def test_a_mistake_in_the_configuration_is_one_line_and_no_job_starts(clone, tmp_path, key, value):
    for name in reversed(["experiments", "tiny", *key.split(".")]):
        value = {name: value}
    (tmp_path / "mistake.yaml").write_text(yaml.safe_dump(value))
    ran = snakemake(clone, "--cores", "1", "--configfile", "tiny.yaml", str(tmp_path / "mistake.yaml"))
    assert_refused(ran, f"experiments.tiny.{key}")
    assert not (clone / "results").exists()


def test_an_experiment_that_config_yaml_does_not_have_is_one_line_for_a_dry_run_too(clone):
    assert_refused(snakemake(clone, "--dry-run", "--config", "experiment=imagenet"), "experiment")


def assert_refused(ran: subprocess.CompletedProcess[str], place: str) -> None:
    lines = [line for line in ran.stdout.splitlines() if line.startswith("config.yaml: ")]
    assert ran.returncode != 0
    assert len(lines) == 1, ran.stdout
    assert lines[0].startswith(f"config.yaml: {place}")
    assert "Traceback" not in ran.stdout


def test_the_slurm_profile_names_rules_that_exist(clone):
    profile = yaml.safe_load((ROOT / "slurm" / "config.yaml").read_text())
    assert set(profile["set-resources"]) <= set(snakemake(clone, "--list-rules").stdout.split())


def test_the_workflow_is_linted_and_formatted(clone):
    linted = snakemake(clone, "--lint")
    assert linted.returncode == 0, linted.stdout
    files = [ROOT / "Snakefile", *(ROOT / "workflow" / "rules").glob("*.smk")]
    formatted = subprocess.run(
        [sys.executable, "-m", "snakefmt", "--line-length", "120", "--check", *files], capture_output=True
    )
    assert formatted.returncode == 0, formatted.stderr


def test_the_tiny_experiment_makes_every_file(finished):
    made = finished / "results" / "tiny"
    assert [name for name in FILES if not (made / name).stat().st_size] == []


def test_table_2_has_a_row_of_races_beside_that_of_likelihoods(finished):
    """Six images are raced where four have likelihoods; what does not race is scored on the six as well."""
    table = pd.read_csv(finished / "results" / "tiny" / "tables" / "table2_corruptions.csv").set_index("model")
    assert table.loc[["score", "gaussian", "wide_resnet"], "num_images"].tolist() == [4, 4, 4]
    everything = table.loc[["score, raced", "gaussian, raced images", "wide_resnet, raced images"]]
    assert everything["num_images"].tolist() == [6, 6, 6]
    assert everything["mce_percent"].notna().all()
    assert everything.loc["wide_resnet, raced images", "mce_percent"] == 100.0
    means = pd.read_parquet(finished / "results" / "tiny" / "tables" / "corruption_means.parquet")
    estimates = {one["model"]: one["images"] for one in means.attrs["manifest"]["estimated_cost"]}
    assert estimates == {"score": 5 * 3 * 4, "score, raced, at least": 5 * 3 * 6, "score, raced, at most": 5 * 3 * 6}


def test_a_second_run_does_nothing(finished):
    ran = snakemake(finished, "--cores", "2", "--configfile", "tiny.yaml")
    assert ran.returncode == 0
    assert "Nothing to be done" in ran.stdout


def test_touching_every_file_plans_nothing(changed):
    """Even where an output becomes older than its inputs: contents decide."""
    files = [path for path in sorted(changed.rglob("*")) if path.is_file() and ".snakemake" not in path.parts]
    random.Random(0).shuffle(files)
    for age, path in enumerate(files):
        os.utime(path, times=(time.time() - age, time.time() - age))
    assert plan(changed) == []


def test_a_comment_or_a_docstring_plans_nothing(changed):
    path = changed / "src" / "sbgc" / "models" / "gaussian.py"
    path.write_text(path.read_text().replace('"""', '"""In other words: ', 1) + "# a comment\n")
    assert plan(changed) == []


def test_editing_a_model_replans_what_depends_on_it_and_no_other_model(changed):
    append(changed / "src" / "sbgc" / "models" / "gaussian.py")
    jobs = plan(changed)
    assert values(jobs, "model") == {"gaussian"}
    assert {"fit_gaussian", "log_prob_shard", "attack", "metrics", "fig1_tradeoff", "summary"} <= rules(jobs)
    assert not {"train_segment", "logits_shard", "sample", "loss_curve", "crosscheck_table"} & rules(jobs)


@pytest.mark.parametrize(
    ("module", "replanned"),
    [
        ("figures/fig3_convergence.py", {"fig3_convergence"}),
        ("steps/summary.py", {"summary"}),
        ("steps/loss_table.py", {"loss_table", "loss_curve"}),
    ],
)
def test_editing_a_figure_or_a_step_replans_what_it_makes(changed, module, replanned):
    append(changed / "src" / "sbgc" / module)
    assert rules(plan(changed)) == {*replanned, "all"}


def append(module: Path) -> None:
    with module.open("a") as stream:
        stream.write("EDITED = True\n")


def test_execution_and_mirrors_leave_finished_results_alone(changed):
    for old, new in (
        ("segments: 2, shards: 2, batch_size: 10", "segments: 3, shards: 5, batch_size: 7"),
        ("memory_mib: 2000", "memory_mib: 1500"),
        ("peak_teraflops: null, sustained_teraflops: 0.01", "peak_teraflops: 1.5, sustained_teraflops: 2.0"),
    ):
        edit(changed / "tiny.yaml", old, new)
    edit(changed / "tiny.yaml", "downloads: {folder: null", "downloads: {folder: /elsewhere")
    assert plan(changed) == []


def test_an_unfinished_result_goes_on_in_the_pieces_it_was_begun_in(changed):
    scores = changed / "results" / "tiny" / "score" / "seed0" / "log_prob"
    (scores / "test.npz").unlink()
    (scores / "test" / "1-of-2.npz").unlink()
    edit(changed / "tiny.yaml", "shards: 2", "shards: 5")
    jobs = plan(changed, "results/tiny/score/seed0/log_prob/test.npz")
    assert rules(jobs) == {"log_prob_shard", "log_prob"}
    assert (values(jobs, "shard"), values(jobs, "shards")) == ({"1"}, {"2"})


def test_a_setting_of_a_model_replans_that_model_alone(changed):
    edit(changed / "tiny.yaml", "shrinkage: 0.1", "shrinkage: 0.2")
    assert values(plan(changed), "model") == {"gaussian"}


def test_a_setting_of_the_metrics_trains_and_scores_nothing(changed):
    edit(changed / "tiny.yaml", "bootstrap: 100", "bootstrap: 101")
    jobs = plan(changed)
    assert {"metrics", "fig1_tradeoff"} <= rules(jobs)
    assert not rules(jobs) & TRAINING_AND_SCORING


def test_a_setting_of_one_attack_replans_that_attack_alone(changed):
    edit(changed / "tiny.yaml", "linf: {epsilons: [0.125], steps: 2", "linf: {epsilons: [0.125], steps: 3")
    jobs = plan(changed)
    assert values(jobs, "norm") == {"linf"}
    assert not {"train_segment", "fit_gaussian", "metrics"} & rules(jobs)


def test_the_report_holds_every_figure_and_table_with_its_caption(finished, tmp_path):
    report = tmp_path / "report.html"
    ran = snakemake(finished, "--configfile", "tiny.yaml", "--report", str(report))
    assert ran.returncode == 0, ran.stdout
    text = report.read_text()
    assert [name for name in (*TARGETS, "crosscheck") if name not in text] == []
    assert text.count("Look for.") >= len(FIGURES)
