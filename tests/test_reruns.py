"""What is made anew after a change, and what is not: a tiny experiment is made once, and planned after every edit."""

import os
import random
import re
import shutil
import signal
import time

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image
from trees import FILES, PAGES, TARGETS, copy, edit, own, plan, rules, snakemake, started, values

from sbgc.artifacts import read_table

TRAINING = {"train_state", "trained_params", "fitted_params"}
SCORING = {"matrix_shard", "raced_shard", "attacked_split", "drawn_samples"}
DOCUMENTED = (
    "maths/fixed_grid.py",
    "models/score.py",
    "fitting/wide_resnet.py",
    "config/models.py",
    "figures/style.py",
)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A copy in which the tiny experiment was made, once for all tests: they plan in it and change nothing."""
    tree = copy(tmp_path_factory.mktemp("finished"))
    # One job at a time: two of them would compile the same programs at the same time, and here that takes longest.
    ran = snakemake(tree, "--cores", "1", "--configfile", "tiny.yaml", "--show-failed-logs")
    assert ran.returncode == 0, ran.stdout[-8000:]
    return tree


@pytest.fixture
def changed(finished, tmp_path):
    """A copy of the finished run, dates included, for a test that changes something."""
    return shutil.copytree(finished, tmp_path / "changed")


def append(module):
    """Add a constant, which is a real edit."""
    with module.open("a", encoding="utf-8") as stream:
        stream.write("EDITED = True\n")


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
    means = read_table(finished / "results" / "tiny" / "tables" / "corruption_means.parquet")
    estimates = {one["model"]: one["images"] for one in means.attrs["manifest"]["estimated_cost"]}
    assert estimates == {"score": 5 * 3 * 4, "score, raced, at least": 5 * 3 * 6, "score, raced, at most": 5 * 3 * 6}


def test_ten_crops_are_measured_where_scores_are_exact(finished):
    metrics = read_table(finished / "results" / "tiny" / "tables" / "metrics.parquet")
    found = metrics[metrics["evaluation"] == "ten_crops"]
    assert set(found["model"]) == {"gaussian", "wide_resnet"}
    assert set(found["num_images"]) == {8}
    assert "accuracy" in set(found["metric"])
    assert not any("bits" in metric for metric in found["metric"])  # crops of an image have no density


def test_a_second_run_does_nothing(finished):
    ran = snakemake(finished, "--cores", "2", "--configfile", "tiny.yaml")
    assert ran.returncode == 0
    assert "Nothing to be done" in ran.stdout


def test_the_summary_says_of_each_model_what_ran(finished):
    """A Gaussian has no procedure and no nodes."""
    lines = (finished / "results" / "tiny" / "summary.md").read_text(encoding="utf-8").splitlines()
    provenance = {
        line.split(" | ")[0].strip("| "): line for line in lines if "| test |" in line and "kernel" not in line
    }
    assert "nodes" not in provenance["gaussian"]
    assert "nodes" in provenance["score"]


def test_touching_every_file_plans_nothing(changed):
    """Even where an output becomes older than its inputs: contents decide."""
    files = [path for path in sorted(changed.rglob("*")) if path.is_file() and ".snakemake" not in path.parts]
    random.Random(0).shuffle(files)
    for age, path in enumerate(files):
        os.utime(path, times=(time.time() - age, time.time() - age))
    assert plan(changed) == []


def test_docstrings_comments_progress_bars_and_the_command_line_plan_nothing(changed):
    for name in DOCUMENTED:
        path = changed / "src" / "sbgc" / name
        text = path.read_text(encoding="utf-8").replace('"""', '"""In other words: ', 1)
        path.write_text(text + "# a comment\n", encoding="utf-8")
    for name in ("progress.py", "steps/command.py", "provenance.py", "config/checks.py"):
        append(changed / "src" / "sbgc" / name)
    assert plan(changed) == []


@pytest.mark.parametrize("module", ["maths/fixed_grid.py", "maths/elbo.py", "models/score.py"])
def test_editing_what_is_evaluated_trains_nothing(changed, module):
    append(changed / "src" / "sbgc" / module)
    planned = plan(changed)
    assert {"matrix_shard", "raced_shard", "drawn_samples"} <= rules(planned)
    assert values(planned, "model") == {"score"}
    assert not rules(planned) & TRAINING


def test_editing_how_a_model_is_fitted_replans_that_model_alone(changed):
    append(changed / "src" / "sbgc" / "fitting" / "gaussian.py")
    planned = plan(changed)
    assert values(planned, "model") == {"gaussian"}
    assert {"fitted_params", "matrix_shard", "attacked_split", "metrics_tables", "fig1_tradeoff"} <= rules(planned)


def test_editing_a_models_page_replans_its_scores_and_no_other_models(changed):
    append(changed / "src" / "sbgc" / "models" / "gaussian.py")
    planned = plan(changed)
    assert values(planned, "model") == {"gaussian"}
    assert not {"train_state", "fitted_params", "drawn_samples", "loss_curve", "crosscheck_table"} & rules(planned)


@pytest.mark.parametrize(
    ("module", "replanned"),
    [
        ("figures/fig3_convergence.py", {"fig3_convergence"}),
        ("steps/write_summary.py", {"summary"}),
        ("steps/tabulate_losses.py", {"loss_table", "loss_curve"}),
    ],
)
def test_editing_a_figure_or_a_step_replans_what_it_makes(changed, module, replanned):
    append(changed / "src" / "sbgc" / module)
    assert rules(plan(changed)) == {*replanned, "all"}


def test_nodes_of_the_score_model_concern_no_other_model_and_no_training(changed):
    edit(changed / "tiny.yaml", "          nodes: 4\n          family", "          nodes: 5\n          family")
    planned = plan(changed)
    assert values(planned, "model") == {"score"}
    assert "matrix_shard" in rules(planned)
    assert not rules(planned) & {*TRAINING, "calibrated_grid"}


def test_another_calibration_replans_what_is_solved_on_the_grid_and_nothing_else(changed):
    edit(changed / "tiny.yaml", "      fine: 30", "      fine: 40")
    planned = plan(changed)
    assert values(planned, "model") == {"score"}
    assert {"calibrated_grid", "drawn_samples", "attacked_split", "raced_shard"} <= rules(planned)
    assert "crosscheck_reference" not in values(planned, "evaluation")
    assert not rules(planned) & TRAINING


def test_execution_and_mirrors_leave_finished_results_alone(changed):
    execution = (
        "{segments: 3, shards: 5, batch_size: 7, memory_mib: 1500, peak_teraflops: 1.5, sustained_teraflops: 2.0}"
    )
    mine = f"{{downloads: {{folder: /elsewhere}}, experiments: {{tiny: {{execution: {execution}}}}}}}"
    (changed / "mine.yaml").write_text(mine)
    ran = snakemake(changed, "--dry-run", "--configfile", "tiny.yaml", "mine.yaml")
    assert "Nothing to be done" in ran.stdout, ran.stdout[-3000:]


def test_an_unfinished_result_goes_on_in_the_pieces_it_was_begun_in(changed):
    scores = changed / "results" / "tiny" / "score" / "seed0" / "scores" / "test"
    (scores / "all.npz").unlink()
    (scores / "all" / "1-of-2.npz").unlink()
    edit(changed / "tiny.yaml", "      batch_size: 10", "      batch_size: 10\n      shards: 5")
    planned = plan(changed, "results/tiny/score/seed0/scores/test/all.npz")
    assert rules(planned) == {"matrix_shard", "matrix"}
    assert (values(planned, "shard"), values(planned, "shards")) == ({"1"}, {"2"})


def test_a_setting_of_the_metrics_trains_and_scores_nothing(changed):
    edit(changed / "tiny.yaml", "bootstrap: 100", "bootstrap: 101")
    planned = plan(changed)
    assert {"metrics_tables", "fig1_tradeoff"} <= rules(planned)
    assert not rules(planned) & (TRAINING | SCORING)


def test_a_setting_of_one_attack_replans_that_attack_alone(changed):
    edit(changed / "tiny.yaml", "linf: [0.125]", "linf: [0.25]")
    planned = plan(changed)
    assert values(planned, "attack") == {"pgd_linf"}
    assert not {*TRAINING, "metrics_tables"} & rules(planned)


def test_one_corruption_more_leaves_the_others_images_alone(changed):
    edit(changed / "tiny.yaml", "pixelate]", "pixelate, contrast]")
    assert values(plan(changed), "corruption") == {"contrast"}


def random_image(number):
    return Image.fromarray(np.random.default_rng(number).integers(0, 17, (8, 8)).astype(np.uint8))


def test_every_change_of_a_users_images_is_noticed_and_a_touch_is_none(tmp_path):
    """An added, an overwritten and a deleted image, and one that is moved to another class."""
    tree, folder = copy(tmp_path / "tree"), tmp_path / "images"
    for number in range(60):
        place = folder / "abc"[number % 3] / f"{number}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        random_image(number).save(place)
    (tree / "mine.yaml").write_text(yaml.safe_dump(own(folder)), encoding="utf-8")
    arguments = ("--configfile", "tiny.yaml", "mine.yaml")
    target = ("--", "results/mine/splits/test.npz")
    ran = snakemake(tree, "--cores", "1", *arguments, *target)
    assert ran.returncode == 0, ran.stdout[-3000:]

    def planned():
        said = snakemake(tree, "--dry-run", *arguments, *target).stdout
        return "rule own_dataset" in said

    for path in folder.rglob("*.png"):
        path.touch()
    assert not planned()
    image = folder / "a" / "0.png"
    kept, when = image.read_bytes(), image.stat().st_mtime_ns
    changes = {
        "added": lambda: random_image(99).save(folder / "a" / "99.png"),
        "deleted": lambda: (folder / "a" / "99.png").unlink(),
        "overwritten": lambda: random_image(98).save(image),
        "relabeled": lambda: (image.write_bytes(kept), image.rename(folder / "b" / "0.png")),
    }
    assert when
    outcome = {}
    for name, change in changes.items():
        change()
        outcome[name] = planned()
    assert outcome == {"added": True, "deleted": False, "overwritten": True, "relabeled": True}  # deleted: as before


def test_after_a_kill_the_plain_command_goes_on(changed):
    """What a person does after it: `--unlock`, and the same command; nothing is added to it."""
    for name in ("metrics.parquet", "table1_comparison.csv"):
        (changed / "results" / "tiny" / "tables" / name).unlink()
    log = (changed / "killed.log").open("w", encoding="utf-8")
    run = ("--cores", "2", "--configfile", "tiny.yaml")
    process = started(changed, *run, stdout=log, stderr=log)
    incomplete = changed / ".snakemake" / "incomplete"
    while process.poll() is None and not any(incomplete.glob("*")):
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert any(incomplete.glob("*")), "it was killed too late"
    assert snakemake(changed, *run, "--unlock").returncode == 0
    ran = snakemake(changed, *run)
    assert ran.returncode == 0, ran.stdout[-3000:]
    assert (changed / "results" / "tiny" / "summary.md").exists()


def test_the_report_holds_every_figure_and_table_with_its_caption(finished, tmp_path):
    report = tmp_path / "report.html"
    ran = snakemake(finished, "--configfile", "tiny.yaml", "--report", str(report))
    assert ran.returncode == 0, ran.stdout
    text = report.read_text(encoding="utf-8")
    assert [name for name in (*TARGETS, *PAGES) if name not in text] == []
    assert len(re.findall("Look for", text)) >= len(TARGETS) - 1
