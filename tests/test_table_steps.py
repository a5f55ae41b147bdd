"""The command lines from matrices to tables: that they run, refuse in one line and start without JAX."""

import importlib
import json
import subprocess
import sys
from dataclasses import asdict

import pandas as pd
import pytest
from hand_matrices import SETTINGS, decided, hand, matrix
from hand_tables import QUOTED, attack, of_test, tables

from sbgc import artifacts
from sbgc.artifacts import ArtifactError

STEPS = (
    "metrics", "convergence_table", "interpolation_table", "corruption_table", "adversarial_table", "crosscheck_table",
    "loss_table", "gather", "table1_comparison", "table2_corruptions", "table3_adversarial", "summary",
)  # fmt: skip
TABLE_STEPS = {"table1_comparison": "metrics", "table2_corruptions": "means", "table3_adversarial": "adversarial"}


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
    here = Folder(tmp_path)
    here.json("settings.json", asdict(SETTINGS))
    here.json("quoted.json", QUOTED)
    return here


def run(step, **options):
    argv = []
    for name, value in options.items():
        argv += ["--" + name.replace("_", "-"), *(value if isinstance(value, list) else [value])]
    importlib.import_module(f"sbgc.steps.{step}").main(argv)


def test_metrics_writes_three_tables(folder):
    paths = {name: folder(f"{name}.parquet") for name in ("table", "confusion", "reliability")}
    run("metrics", matrix=folder.matrix("m.npz", hand()), settings=folder("settings.json"), **paths)
    assert folder.read("table.parquet")["value"][0] == pytest.approx(2 / 3)
    assert (
        folder.read("confusion.parquet")["count"].sum() == folder.read("reliability.parquet")["num_images"].sum() == 3
    )


def test_convergence_and_interpolation_join_their_matrices(folder):
    two = [folder.matrix(f"{seed}.npz", hand(draws=2, seed=seed)) for seed in (0, 1)]
    run("convergence_table", matrices=two, settings=folder("settings.json"), out=folder("c.parquet"))
    assert folder.read("c.parquet")[["seed", "draws"]].to_numpy().tolist() == [[0, 1], [0, 2], [1, 1], [1, 2]]
    line = matrix([[0.0, 0.0]] * 2, labels=[0, 0], index=[5, 5], columns={"pair": [0, 0], "t": [0.0, 1.0]})
    run(
        "interpolation_table",
        matrices=[folder.matrix("i.npz", line)],
        settings=folder("settings.json"),
        out=folder("i.parquet"),
    )
    assert folder.read("i.parquet")["log_prob_mean_nats"].tolist() == pytest.approx([0.0, 0.0])


def test_corruptions_and_attacks_are_held_against_clean_matrices(folder):
    clean = folder.matrix("clean.npz", decided([1, 1, 1, 0]))
    fog = folder.matrix("fog.npz", decided([1, 0, 0, 0], split="corrupt-fog", columns={"severity": [1] * 4}))
    common = {"clean": clean, "settings": folder("settings.json")}
    averages = folder.json("averages.json", {"noises": ["shot_noise"], "baseline": "wide_resnet"})
    cost = folder.json("cost.json", [{"model": "score", "device_hours": 0.5}])
    written = {"out": folder("c.parquet"), "means": folder("m.parquet")}
    run("corruption_table", matrices=fog, averages=averages, cost=cost, **written, **common)
    assert folder.read("m.parquet").attrs["manifest"]["estimated_cost"][0]["device_hours"] == 0.5
    assert folder.read("c.parquet")["accuracy"].tolist() == [0.75, 0.25]
    assert folder.read("m.parquet")["accuracy"].tolist() == [0.75, 0.25, 0.25, 0.25]
    assert folder.read("m.parquet").attrs["manifest"]["estimated_cost"][0]["device_hours"] == 0.5
    run("adversarial_table", matrices=folder.matrix("pgd.npz", attack("l2", 0)), out=folder("a.parquet"), **common)
    assert folder.read("a.parquet")["accuracy"].tolist() == [0.75, 0.75, 0.0]


def test_crosscheck_writes_its_rows_and_their_digest(folder):
    pair = {name: folder.matrix(f"{name}.npz", hand(evaluation=f"crosscheck_{name}")) for name in ("fast", "reference")}
    run("crosscheck_table", **pair, csv=folder("c.csv"), md=folder("c.md"), out=folder("c.parquet"))
    assert len(folder.read("c.parquet")) == 9
    assert pd.read_csv(folder("c.csv")).set_index("quantity")["value"]["same decision"] == 1.0


def test_gathered_tables_become_the_papers_three_tables_and_the_summary(folder):
    paths = {name: folder.table(f"{name}.parquet", table) for name, table in tables().items()}
    options = {"quoted": folder("quoted.json"), "csv": folder("t.csv"), "md": folder("t.md")}
    for step, table in TABLE_STEPS.items():
        means = {"means": paths["corruptions"], "raced": "none"}
        option = means if table == "means" else {table: paths[table]}
        run(step, **option, **options)
        assert "SBGC" in pd.read_csv(folder("t.csv"))["model"].tolist()
    evaluated = [folder.matrix(f"{number}.npz", one) for number, one in enumerate(of_test())]
    run("summary", **paths, matrices=evaluated, out=folder("summary.md"))
    assert (folder.path / "summary.md").read_text().startswith("# digits: summary\n")


def test_gather_and_loss_table_write_what_they_join(folder):
    curve = pd.DataFrame({"step": [1, 2], "loss": [2.0, 1.0], "grad_norm": 0.1})
    curve = curve.assign(experiment="digits", dataset="digits", model="score", kind="score", seed=0)
    path = folder.table("0.parquet", curve)
    run("loss_table", losses=path, out=folder("loss.parquet"))
    run("gather", tables=[path, path], out=folder("both.parquet"))
    assert folder.read("loss.parquet")["loss"].tolist() == [2.0, 1.0]
    assert len(folder.read("both.parquet")) == 4


def test_equal_inputs_give_equal_bytes(folder):
    paths = {name: folder.table(f"{name}.parquet", table) for name, table in tables().items()}
    contents = []
    for number in (1, 2):
        options = {"quoted": folder("quoted.json"), "csv": folder(f"{number}.csv"), "md": folder(f"{number}.md")}
        run("table1_comparison", metrics=paths["metrics"], **options)
        contents.append([(folder.path / f"{number}.{ending}").read_bytes() for ending in ("csv", "md")])
    assert contents[0] == contents[1]


def test_a_file_that_is_no_matrix_is_refused_and_nothing_is_written(folder):
    options = {name: folder(f"{name}.parquet") for name in ("table", "confusion", "reliability")}
    with pytest.raises(ArtifactError, match="settings.json: not a matrix artefact"):
        run("metrics", matrix=folder("settings.json"), settings=folder("settings.json"), **options)
    assert not (folder.path / "table.parquet").exists()


def test_a_mistake_on_the_command_line_is_one_line_and_status_1(folder):
    options = ["--tables", folder("absent.parquet"), "--out", folder("out.parquet")]
    ran = subprocess.run([sys.executable, "-m", "sbgc.steps.gather", *options], capture_output=True, text=True)
    assert ran.returncode == 1
    assert ran.stderr.count("\n") == 1
    assert "absent.parquet" in ran.stderr


def test_no_step_from_matrices_to_tables_imports_jax():
    modules = json.dumps([f"sbgc.steps.{step}" for step in STEPS])
    code = f"import importlib, sys; [importlib.import_module(m) for m in {modules}]; sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
