"""The step that tells what likelihoods under corruptions will cost, with models whose log p costs 7 FLOP a node."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from sbgc.config.file import read
from sbgc.config.loading import Source, load
from sbgc.procedures.scoring import cost
from sbgc.steps import estimate_cost

CONFIG = Path(__file__).parents[1] / "config.yaml"


@pytest.fixture(autouse=True)
def seven_a_node(monkeypatch):
    page = SimpleNamespace(log_prob_flop=lambda spec, likelihood: 7.0 * likelihood.nodes)
    monkeypatch.setattr(cost, "models", SimpleNamespace(page=lambda kind: page))


def job(nodes, images, draws, *what):
    """As workflow/rules/settings.smk writes it."""
    experiment = load(Source("config.yaml", read(CONFIG))).experiments["digits"]
    dataset = experiment.dataset.model_dump(include={"name", "levels", "image_shape", "num_classes"})
    settings = experiment.models["score"].model_dump(exclude={"likelihood"})
    spec = {"experiment": "digits", "model": "score", "dataset": dataset, "settings": settings}
    likelihood = {"procedure": "fast", "nodes": nodes, "num_probes": 1, "family": "rademacher"}
    return {"spec": spec, "likelihood": likelihood, "images": images, "draws": draws, "what": what}


def run(folder, teraflops, *jobs):
    estimate_cost.main([f"--jobs={json.dumps(jobs)}", f"--teraflops={teraflops}", f"--out={folder}/cost.json"])
    return json.loads((folder / "cost.json").read_text())


def test_the_step_prints_a_line_for_each_job_and_writes_them(tmp_path, capsys):
    likelihoods, least, most = run(
        tmp_path, "0.5", job(6, 1000, 3), job(3, 8000, 1, "raced", "at least"), job(6, 8000, 5, "raced", "at most")
    )
    assert likelihoods["flop"] == 1000 * 10 * 3 * 42.0
    assert likelihoods["device_hours"] == pytest.approx(likelihoods["flop"] / 0.5e12 / 3600)
    assert (least["flop"], most["flop"]) == (8000 * 10 * 21.0, 8000 * 10 * 5 * 42.0)
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith("estimated cost: score: 1,000 images x 10 classes x 3 draws, ")
    assert told[0].endswith(" h at 0.5 TFLOP/s")
    assert told[1].startswith("estimated cost: score, raced, at least: 8,000 images x 10 classes x 1 draws, ")
    assert told[2].startswith("estimated cost: score, raced, at most: 8,000 images x 10 classes x 5 draws, ")


def test_without_a_throughput_there_are_no_hours(tmp_path, capsys):
    (found,) = run(tmp_path, "none", job(6, 1000, 3))
    assert found["device_hours"] is None
    assert " h at " not in capsys.readouterr().err


def test_a_job_that_lacks_a_fact_is_refused_before_anything_is_written(tmp_path, capsys):
    incomplete = {key: value for key, value in job(6, 1000, 3).items() if key != "draws"}
    with pytest.raises(SystemExit):
        run(tmp_path, "none", incomplete)
    assert "--jobs" in capsys.readouterr().err
    assert not (tmp_path / "cost.json").exists()
