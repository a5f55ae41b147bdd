"""The command lines from matrices to tables: that they run, refuse in one line and start without JAX."""

import importlib
import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hand_explanations import explanations
from hand_matrices import SETTINGS, attacked, classifier, corruption, decided, hand, matrix, together
from hand_tables import EPSILONS, FOG, NOISE, QUOTED, attack, of_test, tables, unattacked

from sbgc import artifacts
from sbgc.artifacts import ArtifactError
from sbgc.artifacts.explanations import write_explanations
from sbgc.procedures.tables.attack_checks import AGAIN, CHECKS, FALLS, SLOPE

STEPS = (
    "tabulate_metrics", "tabulate_convergence", "tabulate_interpolation", "tabulate_corruptions", "tabulate_attacks",
    "tabulate_decisions", "tabulate_raced_corruptions", "tabulate_losses", "tabulate_spectra", "compare_likelihoods",
    "tabulate_labels", "tabulate_counterexample", "tabulate_latents", "tabulate_heatmaps", "concatenate_shards",
    "arrange_contact_sheet", "tabulate_detection", "concatenate_tables", "tabulate_transfers", "pick_attacked_images",
    "write_table1", "write_table2", "write_table3", "write_summary",
)  # fmt: skip
PAGES = {"write_table1": "metrics", "write_table2": "corruption_means", "write_table3": "adversarial"}
OPTIONS = {"write_table1": "metrics", "write_table2": "means", "write_table3": "adversarial"}
STATISTICS = SETTINGS.model_dump_json()
PRINTED = json.dumps([row.model_dump() for row in QUOTED])


class Folder:
    """Artefacts by name in a temporary folder."""

    def __init__(self, path):
        self.path = path

    def __call__(self, name):
        return str(self.path / name)

    def matrix(self, name, one):
        artifacts.write_matrix(self(name), one)
        return self(name)

    def table(self, name, table):
        artifacts.write_table(self(name), table)
        return self(name)

    def json(self, name, value):
        artifacts.write_json(self(name), value)
        return self(name)

    def read(self, name):
        return artifacts.read_table(self(name))


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


def run(step, **options):
    argv = []
    for name, value in options.items():
        argv += ["--" + name.replace("_", "-"), *(value if isinstance(value, list) else [value])]
    importlib.import_module(f"sbgc.steps.{step}").main(argv)


def test_metrics_of_all_matrices_become_three_tables(folder):
    found = [folder.matrix(f"{place}.npz", one) for place, one in enumerate(of_test())]
    paths = {name: folder(f"{name}.parquet") for name in ("metrics", "confusion", "reliability")}
    run("tabulate_metrics", matrices=found, settings=STATISTICS, **paths)
    metrics = folder.read("metrics.parquet")
    assert metrics.query("metric == 'accuracy'")[["model", "seed"]].to_numpy().tolist() == [
        ["score", 0],
        ["score", 1],
        ["gaussian", 0],
        ["wide_resnet", 0],
    ]
    assert metrics["value"][0] == pytest.approx(2 / 3)
    images = folder.read("confusion.parquet")["count"].sum(), folder.read("reliability.parquet")["num_images"].sum()
    assert images == (12, 12)


def test_a_classifier_alone_has_all_its_tables(folder):
    net = folder.matrix("net.npz", classifier([[4.0, 0.0], [0.0, 4.0]], labels=[0, 1]))
    paths = {name: folder(f"{name}.parquet") for name in ("metrics", "confusion", "reliability")}
    run("tabulate_metrics", matrices=net, settings=STATISTICS, **paths)
    run("write_table1", metrics=paths["metrics"], quoted=PRINTED, csv=folder("t.csv"), md=folder("t.md"))
    assert pd.read_csv(folder("t.csv"))["accuracy_percent"][0] == 100.0
    run("write_summary", tables=paths["metrics"], matrices=net, out=folder("summary.md"))
    assert "| wide_resnet | accuracy % | 100.0 [" in (folder.path / "summary.md").read_text()


def test_convergence_and_interpolation_join_their_matrices(folder):
    two = [folder.matrix(f"{seed}.npz", hand(draws=2, seed=seed)) for seed in (0, 1)]
    run("tabulate_convergence", matrices=two, settings=STATISTICS, out=folder("c.parquet"))
    assert folder.read("c.parquet")[["seed", "draws"]].to_numpy().tolist() == [[0, 1], [0, 2], [1, 1], [1, 2]]
    columns = {"pair": [0, 0], "t": [0.0, 1.0], "label_a": [0, 0], "label_b": [1, 1]}
    lines, tests = [], []
    for model, level in (("score", -1.0), ("gaussian", -5.0)):
        facts = {"model": model, "kind": model}
        line = matrix([[level, level - 1], [level - 1, level]], labels=[0, 1], index=[5, 5], columns=columns, **facts)
        lines.append(folder.matrix(f"i_{model}.npz", line))
        tests.insert(0, folder.matrix(f"t_{model}.npz", matrix([[level, level - 1]], labels=[0], **facts)))
    outputs = {"points": folder("i.parquet"), "paths": folder("p.parquet")}
    run("tabulate_interpolation", matrices=lines, tests=tests, accepted="1.0", settings=STATISTICS, **outputs)
    points, paths = folder.read("i.parquet"), folder.read("p.parquet")
    gap = np.log(1 + np.exp(-1.0)) - np.log(2.0)
    assert points[points.pairs == "all"]["log_prob_mean_nats"].tolist() == pytest.approx([gap - 1] * 2 + [gap - 5] * 2)
    assert paths["eligible_pairs"].tolist() == [1, 1]  # each by the threshold of its own test images
    assert paths["whole_path_accepted"].tolist() == [1.0, 1.0]


def test_labels_are_told_of_all_models(folder):
    two = [folder.matrix(f"{seed}.npz", hand(seed=seed)) for seed in (0, 1)]
    labels = json.dumps({"false_positive_rates": [0.0, 0.5], "bins": 4})
    outputs = {"histogram": folder("h.parquet"), "detection": folder("d.parquet")}
    run("tabulate_labels", matrices=two, labels=labels, settings=STATISTICS, **outputs)
    assert folder.read("h.parquet").groupby(["seed", "label"])["count"].sum().tolist() == [3] * 4
    assert folder.read("d.parquet")[["seed", "false_positive_rate"]].to_numpy().tolist() == [
        [0, 0.0], [0, 0.5], [1, 0.0], [1, 0.5]
    ]  # fmt: skip


def test_explanations_become_three_tables(folder):
    found = [explanations(), explanations("gaussian", "gaussian", has_latents=False)]
    paths = [folder(f"{one.meta['model']}.npz") for one in found]
    for path, one in zip(paths, found, strict=True):
        write_explanations(path, one)
    outputs = {name: folder(f"{name}.parquet") for name in ("decision_space", "class_similarity")}
    run("tabulate_latents", explanations=paths[0], samples="100", seed="0", **outputs)
    assert len(folder.read("decision_space.parquet")) == 6
    assert len(folder.read("class_similarity.parquet")) == 6
    run("tabulate_heatmaps", explanations=paths, contrast="1.0", out=folder("heatmaps.parquet"))
    assert set(folder.read("heatmaps.parquet").model) == {"beta_1", "gaussian"}


def test_the_counterexample_names_its_experiment(folder):
    settings = json.dumps({"epsilons": [0.1], "deltas": [0.3], "widths": [0.5], "samples": 100})
    run("tabulate_counterexample", settings=settings, experiment="digits", seed=0, out=folder("x.parquet"))
    assert folder.read("x.parquet")[["experiment", "samples"]].to_numpy().tolist() == [["digits", 100]]


def test_corruptions_of_one_matrix_are_held_against_clean_ones(folder):
    clean = folder.matrix("clean.npz", decided([1, 1, 1, 0]))
    both = together(decided([1, 0, 0, 0], columns=FOG), decided([1, 1, 0, 0], columns=NOISE))
    cost = folder.json("cost.json", [{"model": "score", "device_hours": 0.5}])
    averages = json.dumps({"noises": ["shot_noise"], "baseline": "wide_resnet"})
    options = {"averages": averages, "out": folder("c.parquet"), "means": folder("m.parquet"), "settings": STATISTICS}
    run("tabulate_corruptions", clean=clean, matrices=folder.matrix("both.npz", both), cost=cost, **options)
    assert folder.read("c.parquet")["accuracy"].tolist() == [0.75, 0.25, 0.5]
    assert folder.read("m.parquet")["accuracy"].tolist() == [0.75, 0.375, 0.375, 0.25]
    for name in ("c.parquet", "m.parquet"):
        assert folder.read(name).attrs["manifest"]["estimated_cost"][0]["device_hours"] == 0.5


def test_corruptions_of_models_whose_likelihood_costs_nothing_need_no_estimate_and_no_baseline(folder):
    clean = folder.matrix("clean.npz", decided([1, 1, 1, 0], model="gaussian", kind="gaussian"))
    columns = corruption("fog", [1] * 4)
    fog = folder.matrix("fog.npz", decided([1, 0, 0, 0], columns=columns, model="gaussian", kind="gaussian"))
    averages = json.dumps({"noises": [], "baseline": None})
    options = {"averages": averages, "out": folder("c.parquet"), "means": folder("m.parquet"), "settings": STATISTICS}
    run("tabulate_corruptions", clean=clean, matrices=fog, cost="none", **options)
    assert folder.read("m.parquet")["mce_percent"].isna().all()
    assert folder.read("m.parquet").attrs["manifest"]["estimated_cost"] is None
    run("write_table2", means=folder("m.parquet"), raced="none", quoted=PRINTED, csv=folder("t.csv"), md=folder("t.md"))
    assert "There is no mCE" in (folder.path / "t.md").read_text()


def test_attacks_of_several_matrices_are_held_against_the_images_before_them(folder):
    paths = [folder.matrix(f"{number}.npz", one) for number, one in enumerate((unattacked(0), attack("l2", 0)))]
    given = {"epsilons": json.dumps({"l2": EPSILONS["l2"]}), "settings": STATISTICS}
    pages = {"csv": folder("c.csv"), "md": folder("c.md")}
    run("tabulate_attacks", matrices=paths, again=paths, **given, **pages, out=folder("a.parquet"))
    table = folder.read("a.parquet")
    assert pd.read_csv(folder("c.csv")).set_index("check")["verdict"].to_dict() == (
        dict.fromkeys(CHECKS, "not run") | dict.fromkeys((FALLS, SLOPE, AGAIN), "passed")
    )
    assert set(table["unreliable"]) == {""}
    assert table["attack"].tolist() == ["pgd_l2"] * 3 + ["worst"] * 3
    assert table["accuracy"].tolist() == [0.75, 0.75, 0.0] * 2


def test_attacks_on_another_model_become_a_table_beside_those_on_the_model_itself(folder):
    """Two of four images are left by attacks on the Gaussian, and none by those on the score model itself."""
    other = decided([1, 1, 0, 1], columns=attacked("l2", [0.5] * 4, "gaussian-seed0"), evaluation="transfers")
    of_both = (unattacked(0), attack("l2", 0), other)
    paths = [folder.matrix(f"{number}.npz", one) for number, one in enumerate(of_both)]
    given = {"methods": ["pgd_l2"], "epsilons": '{"l2": 0.5}', "settings": STATISTICS}
    run("tabulate_transfers", matrices=paths, **given, out=folder("t.parquet"))
    found = folder.read("t.parquet").set_index("attacked")["accuracy"].to_dict()
    assert found == {"score-seed0": 0.0, "gaussian-seed0": 0.5}


def test_the_comparison_of_likelihoods_writes_its_rows_and_their_digest(folder):
    pair = {name: folder.matrix(f"{name}.npz", hand(evaluation=f"crosscheck_{name}")) for name in ("own", "reference")}
    run("compare_likelihoods", **pair, csv=folder("c.csv"), md=folder("c.md"), out=folder("c.parquet"))
    assert len(folder.read("c.parquet")) == 9
    assert pd.read_csv(folder("c.csv")).set_index("quantity")["value"]["same decision"] == 1.0


def test_tidy_tables_become_the_papers_three_tables_and_the_summary(folder):
    paths = {name: folder.table(f"{name}.parquet", table) for name, table in tables().items()}
    for step, table in PAGES.items():
        options = {OPTIONS[step]: paths[table], "csv": folder(f"{step}.csv"), "md": folder(f"{step}.md")}
        run(step, **options, **({"raced": "none"} if step == "write_table2" else {}), quoted=PRINTED)
        assert "SBGC" in pd.read_csv(folder(f"{step}.csv"))["model"].tolist()
    evaluated = [folder.matrix(f"{number}.npz", one) for number, one in enumerate(of_test())]
    run("write_summary", tables=list(paths.values()), matrices=evaluated, out=folder("summary.md"))
    text = (folder.path / "summary.md").read_text()
    assert text.startswith("# digits: summary\n")
    assert "Corruptions: not run for gaussian" in text


def test_the_loss_table_holds_the_curves_of_all_segments(folder):
    curve = pd.DataFrame({"step": [1, 2], "loss": [2.0, 1.0], "grad_norm": 0.1})
    curve = curve.assign(experiment="digits", dataset="digits", model="score", kind="score", seed=0)
    paths = [folder.table("1.parquet", curve.assign(step=[3, 4])), folder.table("0.parquet", curve)]
    run("tabulate_losses", losses=paths, out=folder("loss.parquet"))
    assert folder.read("loss.parquet")["step"].tolist() == [1, 2, 3, 4]


def test_joined_shards_are_read_as_the_whole(folder):
    whole = decided([1, 0, 1, 1])
    halves = [artifacts.Split(whole.scores, whole.labels, whole.index).shard(number, 2) for number in (0, 1)]
    shards = [
        folder.matrix(f"{number}.npz", matrix(half.images, half.labels, half.index))
        for number, half in enumerate(halves)
    ]
    run("concatenate_shards", shards=shards, out=folder("whole.npz"))
    assert artifacts.read_matrix(folder("whole.npz")).index.tolist() == [0, 1, 2, 3]


def test_equal_inputs_give_equal_bytes(folder):
    paths = {name: folder.table(f"{name}.parquet", table) for name, table in tables().items()}
    contents = []
    for number in (1, 2):
        options = {"quoted": PRINTED, "csv": folder(f"{number}.csv"), "md": folder(f"{number}.md")}
        run("write_table1", metrics=paths["metrics"], **options)
        contents.append([(folder.path / f"{number}.{ending}").read_bytes() for ending in ("csv", "md")])
    assert contents[0] == contents[1]


def test_a_file_that_is_no_matrix_is_refused_and_nothing_is_written(folder):
    options = {name: folder(f"{name}.parquet") for name in ("metrics", "confusion", "reliability")}
    with pytest.raises(ArtifactError, match="cost.json: not a matrix artefact"):
        run("tabulate_metrics", matrices=folder.json("cost.json", []), settings=STATISTICS, **options)
    assert not (folder.path / "metrics.parquet").exists()


def test_a_mistake_on_the_command_line_is_one_line_and_status_1(folder):
    options = ["--losses", folder("absent.parquet"), "--out", folder("out.parquet")]
    ran = subprocess.run([sys.executable, "-m", "sbgc.steps.tabulate_losses", *options], capture_output=True, text=True)
    assert ran.returncode == 1
    assert ran.stderr.count("\n") == 1
    assert "absent.parquet" in ran.stderr


def test_no_step_from_matrices_to_tables_imports_jax():
    modules = json.dumps([f"sbgc.steps.{step}" for step in STEPS])
    code = f"import importlib, sys; [importlib.import_module(m) for m in {modules}]; sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
