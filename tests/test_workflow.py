"""The workflow as it is planned, in a clone where nothing has been made."""

import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest
import yaml
from trees import FILES, JOB, ROOT, TARGETS, copy, jobs, own, plan, rules, snakemake, values


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    return copy(tmp_path_factory.mktemp("clone"))


def test_every_target_is_planned_by_its_name_and_by_its_files(clone):
    assert set(TARGETS) <= rules(plan(clone, *TARGETS))
    assert {*TARGETS, "crosscheck_table"} <= rules(plan(clone, *(f"results/tiny/{name}" for name in FILES)))


def test_one_figure_plans_the_same_by_name_and_by_path_and_no_more_than_it_needs(clone):
    by_name, by_path = (plan(clone, name) for name in ("fig3_convergence", "results/tiny/figures/fig3_convergence.pdf"))
    assert sorted(map(repr, by_name)) == sorted(map(repr, by_path))
    assert values(by_name, "evaluation") == {"convergence"}
    assert values(by_name, "model") == {"score", "gaussian"}


def test_without_a_word_on_the_command_line_the_default_experiment_is_planned_in_150_jobs(clone):
    ran = snakemake(clone, "--dry-run")
    assert ran.returncode == 0, ran.stdout[-3000:]
    assert "results/digits/summary.md" in ran.stdout
    assert len(jobs(ran.stdout)) <= 150


def test_the_papers_experiment_is_planned_with_all_its_models_seeds_and_corruptions(clone, tmp_path):
    """Some thousand jobs."""
    settings = "{seeds: [0, 1, 2], corruptions: {source: cifar10c}}"
    (tmp_path / "seeds.yaml").write_text(f"{{experiment: cifar10, experiments: {{cifar10: {settings}}}}}")
    ran = snakemake(clone, "--dry-run", "--configfile", str(tmp_path / "seeds.yaml"))
    assert ran.returncode == 0, ran.stdout[-3000:]
    planned = jobs(ran.stdout)
    trained = {(w["model"], w["seed"], w["segment"]) for rule, w in planned if rule == "train_state"}
    assert len(trained) == 3 * 3 * 24
    bundles = {
        evaluation: {w["bundle"] for rule, w in planned if rule.endswith("_shard") and w["evaluation"] == evaluation}
        for evaluation in ("corruptions", "raced_corruptions", "all_corruptions")
    }
    assert len(bundles["corruptions"] - {"all"}) == 19
    assert bundles["raced_corruptions"] == bundles["corruptions"] - {"all"}
    assert bundles["all_corruptions"]
    assert {"dataset", "official_corruptions", "raced_shard"} <= rules(planned)


@pytest.mark.parametrize("present", [True, False])
def test_the_official_corruptions_are_read_where_they_are_present_and_made_where_not(clone, tmp_path, present):
    if present:
        (tmp_path / "CIFAR-10-C.tar").touch()
    ran = snakemake(
        clone, "--dry-run", "--config", "experiment=cifar10", f"downloads={{folder: {tmp_path}}}", "--",
        "results/cifar10/splits/corruptions/fog.npz",
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-3000:]
    assert ("official_corruptions" in rules(jobs(ran.stdout))) is present
    assert ("results/raw/cifar10c/fog.npy" in ran.stdout) is present


def test_given_weights_take_the_place_of_a_training_and_of_its_losses(clone, tmp_path):
    """The file lies beside the Snakefile, or where an absolute path says."""
    (clone / "weights").mkdir()
    (clone / "weights" / "cifar10-small.npz").touch()
    ran = snakemake(clone, "--dry-run", "--config", "experiment=cifar10_small")
    assert ran.returncode == 0, ran.stdout[-3000:]
    found = rules(jobs(ran.stdout))
    assert {"given_weights", "trained_params", "calibrated_grid", "fig3_convergence", "table1_comparison"} <= found
    assert not {"train_state", "loss_curve", "weights"} & found
    absent = {
        "experiments": {"cifar10_small": {"models": {"score": {"weights": {"file": str(tmp_path / "absent.npz")}}}}}
    }
    (tmp_path / "absent.yaml").write_text(yaml.safe_dump({"experiment": "cifar10_small"} | absent))
    ran = snakemake(clone, "--dry-run", "--configfile", str(tmp_path / "absent.yaml"))
    assert ran.returncode != 0
    assert f"experiments.cifar10_small.models.score.weights.file: {tmp_path / 'absent.npz'}: no such file" in ran.stdout
    assert "Traceback" not in ran.stdout


@pytest.mark.parametrize("name", ["digits_flows", "cifar10_flows"])
def test_flows_are_planned_with_a_table_of_their_own(clone, name):
    ran = snakemake(
        clone, "--dry-run", "--config", f"experiment={name}", "--", "flows_comparison", "interpolated_classes"
    )
    assert ran.returncode == 0, ran.stdout[-3000:]
    planned = jobs(ran.stdout)
    assert {"flows_comparison", "interpolated_classes", "interpolation_table"} <= rules(planned)
    trained = {wildcards["model"] for rule, wildcards in planned if rule == "train_state"}
    assert trained >= {"base", "reweight", "split", "pixelcnn", "pixelcnn_reweight"}


def test_each_model_judges_the_attacks_on_the_others_where_the_experiment_asks_for_it(clone, tmp_path):
    """By one job a model, which reads the images that were made against the two others and none of its own."""
    transfers = {"methods": ["pgd_linf"], "epsilons": {"linf": 0.125}}
    settings = {"experiments": {"tiny": {"attacks": {"transfers": transfers}}}}
    (tmp_path / "transfers.yaml").write_text(yaml.safe_dump(settings))
    files = ("tiny.yaml", str(tmp_path / "transfers.yaml"))
    ran = snakemake(clone, "--dry-run", "--configfile", *files, "--", "transfers")
    assert ran.returncode == 0, ran.stdout[-3000:]
    bodies = [body for rule, body in JOB.findall(ran.stdout) if rule == "matrix_shard" and "=transfers," in body]
    names = ("score", "gaussian", "wide_resnet")
    read = {re.search(r"model=(\w+)", one)[1]: set(re.findall(r"attacks/(\w+)/seed0/pgd_linf", one)) for one in bodies}
    assert len(bodies) == 3
    assert read == {name: set(names) - {name} for name in names}
    assert "transfers_table" in rules(jobs(ran.stdout))
    assert "tables/adversarial.parquet" not in ran.stdout


def test_attacks_average_over_new_noise_where_log_p_is_estimated_and_else_over_the_judges(clone, tmp_path):
    attacks = {"draws": 4, "attacked": {"draws": 2, "fresh": ["probes", "noise"]}}
    (tmp_path / "noise.yaml").write_text(yaml.safe_dump({"experiments": {"tiny": {"attacks": attacks}}}))
    files = ("tiny.yaml", str(tmp_path / "noise.yaml"))
    targets = [f"results/tiny/splits/attacks/{model}/seed0/pgd_linf.npz" for model in ("score", "gaussian")]
    ran = snakemake(clone, "--dry-run", "--printshellcmds", "--configfile", *files, "--", *targets)
    assert ran.returncode == 0, ran.stdout[-3000:]
    told = re.findall(r"--attack '(\{.*?\})' .* --out results/tiny/splits/attacks/(\w+)/", ran.stdout)
    found = {model: json.loads(attack) for attack, model in told}
    assert (found["score"]["draws"], found["score"]["fresh"]) == (2, ["probes", "noise"])
    assert (found["gaussian"]["draws"], found["gaussian"]["fresh"]) == (4, ["probes"])


def test_weights_of_every_training_are_exported_with_a_card(clone):
    planned = plan(clone, "export_weights")
    exported = {wildcards["model"] for rule, wildcards in planned if rule == "weights"}
    assert exported == {"score", "wide_resnet"}
    assert {"train_state", "metrics_tables"} <= rules(planned)


def test_images_of_ones_own_are_imported_and_no_known_dataset_is_fetched(clone, tmp_path):
    np.savez(tmp_path / "mine.npz", images=np.zeros((60, 8, 8), np.uint8), labels=np.arange(60) % 3)
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(own(tmp_path / "mine.npz")))
    ran = snakemake(clone, "--dry-run", "--configfile", "tiny.yaml", str(tmp_path / "mine.yaml"))
    assert ran.returncode == 0, ran.stdout[-3000:]
    assert "own_dataset" in rules(jobs(ran.stdout))
    assert "dataset" not in rules(jobs(ran.stdout))


@pytest.mark.parametrize("name", ["a b $(touch hacked) `touch hacked`;touch hacked&'ü", '-x "quoted" *?[a]\\'])
def test_a_users_words_never_reach_the_shell(clone, tmp_path, name):
    """The path of one's own images is the only free text that a rule puts on a command line."""
    folder = tmp_path / name
    folder.mkdir()
    images = np.random.default_rng(0).integers(0, 17, (60, 8, 8)).astype(np.uint8)
    np.savez(folder / "mine.npz", images=images, labels=np.arange(60) % 3)
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(own(folder / "mine.npz"), allow_unicode=True))
    run = (*("--cores", "1", "--configfile", "tiny.yaml", str(tmp_path / "mine.yaml")), "--directory", str(folder))
    ran = snakemake(clone, *run, "--", "results/mine/splits/test.npz")
    assert ran.returncode == 0, ran.stdout[-3000:]
    assert not list(tmp_path.rglob("hacked")) + list(clone.rglob("hacked"))


@pytest.mark.parametrize(("where", "name"), [("experiment", "$(touch hacked)"), ("model", "../up")])
def test_names_that_could_be_read_as_anything_else_are_refused(clone, tmp_path, where, name):
    mine = {name: {"extends": "tiny"}} if where == "experiment" else {"tiny": {"models": {name: {"extends": "score"}}}}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump({"experiments": mine}))
    ran = snakemake(clone, "--dry-run", "--configfile", "tiny.yaml", str(tmp_path / "mine.yaml"))
    assert ran.returncode != 0
    assert "paths contain it" in ran.stdout
    assert "Traceback" not in ran.stdout
    assert not list(clone.rglob("hacked"))


@pytest.mark.parametrize(
    "path",
    [
        "gaussian/seed0/race/race/all/0-of-1.parquet",
        "wide_resnet/seed0/samples.npz",
        "score/seed0/scores/tset/all/0-of-1.npz",
    ],
)
def test_what_a_kind_cannot_give_has_no_rule_to_produce_it(clone, path):
    ran = snakemake(clone, "--dry-run", "--configfile", "tiny.yaml", "--", f"results/tiny/{path}")
    assert ran.returncode != 0
    assert f"No rule to produce results/tiny/{path}" in ran.stdout


@pytest.mark.parametrize(
    ("key", "value"),
    [("models.score.sde.beta_min", -0.1), ("models.gaussian.shrinkag", 0.1), ("evaluations.test.draws", 0)],
)
def test_a_mistake_in_the_configuration_is_one_line_and_no_job_starts(clone, tmp_path, key, value):
    for name in reversed(["experiments", "tiny", *key.split(".")]):
        value = {name: value}
    mistake = tmp_path / "mistake.yaml"
    mistake.write_text(yaml.safe_dump(value))
    ran = snakemake(clone, "--cores", "1", "--configfile", "tiny.yaml", str(mistake))
    lines = [line for line in ran.stdout.splitlines() if "mistake.yaml: " in line]
    assert ran.returncode != 0
    assert len(lines) == 1, ran.stdout
    assert f"mistake.yaml: experiments.tiny.{key}" in lines[0]
    assert "Traceback" not in ran.stdout
    assert not (clone / "results").exists()


def test_an_experiment_that_is_nowhere_is_one_line_that_names_the_command_line(clone):
    ran = snakemake(clone, "--dry-run", "--config", "experiment=imagenet")
    assert ran.returncode != 0
    assert "--config: experiment = 'imagenet': must be one of" in ran.stdout
    assert "Traceback" not in ran.stdout


def test_a_home_that_cannot_be_written_does_not_matter_to_make(clone):
    """Snakemake keeps a cache in the home folder, unless it is told of another one, as the Makefile does."""
    told = re.search(r"export XDG_CACHE_HOME \?= \$\(CURDIR\)/(\S+)", (ROOT / "Makefile").read_text(encoding="utf-8"))
    environment = os.environ | {"HOME": "/dev/null", "PYTHONPATH": str(clone / "src")}
    environment["XDG_CACHE_HOME"] = str(clone / told[1])
    command = [sys.executable, "-m", "snakemake", "--dry-run", "--configfile", "tiny.yaml"]
    ran = subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_slurm_profile_names_rules_that_exist(clone):
    profile = yaml.safe_load((ROOT / "slurm" / "config.yaml").read_text(encoding="utf-8"))
    assert set(profile["set-resources"]) <= set(snakemake(clone, "--list-rules").stdout.split())


def test_the_default_profile_is_read(clone):
    """Snakemake says so; its settings are what makes the plain command go on after a kill (tests/test_reruns.py)."""
    assert "profiles/default" in snakemake(clone, "--dry-run", "--configfile", "tiny.yaml").stdout


def test_the_workflow_is_linted_and_formatted(clone):
    linted = snakemake(clone, "--lint")
    assert linted.returncode == 0, linted.stdout
    files = [ROOT / "Snakefile", *(ROOT / "workflow" / "rules").glob("*.smk")]
    formatted = subprocess.run(
        [sys.executable, "-m", "snakefmt", "--line-length", "120", "--check", *files], capture_output=True
    )
    assert formatted.returncode == 0, formatted.stderr
