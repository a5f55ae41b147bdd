"""The command `sbgc classify`, on models of the experiment tiny with random weights."""

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tiny
from configurations import ROOT
from flax import serialization
from PIL import Image

from sbgc import __main__, artifacts, fitting
from sbgc.artifacts import Calibration, Split
from sbgc.cli import classify, trained
from sbgc.config.spec import Spec, facts_of

CONFIGFILE = ROOT / "tests" / "tiny.yaml"
SHAPE = (8, 8, 1)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """What a run of the experiment tiny would have left: a score model and a Gaussian."""
    folder = tmp_path_factory.mktemp("results")
    experiment = trained.experiment_of(ROOT, [CONFIGFILE], "tiny")
    random = np.random.default_rng(0)
    images = random.integers(0, 17, (60, *SHAPE)).astype(np.uint8)
    names = [f"digit {number}" for number in range(10)]
    split = Split(images, np.arange(60) % 10, np.arange(60), meta={"class_names": names})
    artifacts.write_split(folder / "tiny" / "splits" / "train.npz", split)
    for model in ("score", "gaussian"):
        spec = Spec.model_validate(facts_of("tiny", experiment, model))
        page = fitting.page(model)
        params = page.fit(spec, split) if model == "gaussian" else tiny.random_variables(spec)
        (folder / "tiny" / model / "seed0").mkdir(parents=True)
        (folder / "tiny" / model / "seed0" / "params.msgpack").write_bytes(serialization.msgpack_serialize(params))
    arrays = {
        "mean": np.zeros(SHAPE),
        "variances": np.ones(64),
        "basis": np.zeros((0, 0)),
        "placement": np.array([-1.0, 2.0]),
        "u": np.linspace(-6, 5, 9),
        "integrand": np.ones(9),
        "gap_noise": np.ones(9),
    }
    grid = Calibration(**arrays, nodes=4, errors=[], meta={})
    artifacts.write_calibration(folder / "tiny" / "score" / "seed0" / "grid.npz", grid)
    return folder


@pytest.fixture
def pictures(tmp_path):
    """A folder of two images."""
    random, folder = np.random.default_rng(1), tmp_path / "pictures"
    folder.mkdir()
    for name, size in (("a.png", (8, 8)), ("b.png", (20, 16))):
        Image.fromarray(random.integers(0, 256, size).astype(np.uint8)).save(folder / name)
    return folder


@pytest.fixture
def ask(results):
    """(arguments) -> the exit status of the command."""
    given = [
        "--experiment",
        "tiny",
        "--repository",
        str(ROOT),
        "--configfile",
        str(CONFIGFILE),
        "--results",
        str(results),
    ]
    return lambda *arguments: classify.main([*map(str, arguments), *given])


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def test_a_folder_is_answered_image_by_image(ask, pictures, capsys):
    assert ask(pictures, "--model", "gaussian", "--json") == 0
    found = lines(capsys.readouterr().out)
    assert [Path(one["image"]).name for one in found] == ["a.png", "b.png"]
    assert found[0]["conversions"] == ["256 gray levels to 17"]
    assert found[1]["conversions"] == ["cut to its center", "16 x 16 pixels to 8 x 8", "256 gray levels to 17"]
    for one in found:
        assert sum(one["posterior"].values()) == pytest.approx(1.0)
        assert one["class"] == max(one["posterior"], key=one["posterior"].get)
        assert one["class"].startswith("digit ")
        assert one["draws"] == 4  # those of the test evaluation


def test_the_table_names_the_decision_and_every_class(ask, pictures, capsys):
    assert ask(pictures / "a.png", "--model", "gaussian") == 0
    first, *others = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{pictures / 'a.png'}: digit ")
    assert sum("log p(x|y) = " in line for line in others) == 10
    assert any("typicality p = not run" in line for line in others)


def test_standard_input_is_an_image(ask, pictures, capsys, monkeypatch):
    content = (pictures / "a.png").read_bytes()
    assert ask(pictures / "a.png", "--model", "gaussian", "--json") == 0
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    assert ask("-", "--model", "gaussian", "--json") == 0
    from_file, from_stdin = lines(capsys.readouterr().out)
    assert from_stdin.pop("image") == "standard input"
    del from_file["image"]
    assert from_file == from_stdin


def test_the_first_model_of_the_experiment_is_asked_and_explained(ask, pictures, capsys, tmp_path):
    assert ask(pictures, "--json", "--draws", "2", "--explain", tmp_path / "why") == 0
    found = lines(capsys.readouterr().out)
    assert sorted(path.name for path in (tmp_path / "why").iterdir()) == [
        f"{number:03d}-{stem}.{suffix}" for number, stem in enumerate("ab") for suffix in ("npz", "png")
    ]
    for number, one in enumerate(found):
        parts = np.load(tmp_path / "why" / f"{number:03d}-{'ab'[number]}.npz", allow_pickle=False)
        assert parts["path_nats"].sum() + parts["end_nats"].sum() == pytest.approx(one["gap_nats"], abs=1e-2)
        assert Image.open(tmp_path / "why" / f"{number:03d}-{'ab'[number]}.png").size == (2025, 1050)


def test_an_image_that_cannot_be_read_is_one_line_and_the_others_are_answered(ask, pictures, capsys, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"no image")
    (tmp_path / "empty").mkdir()
    absent = tmp_path / "absent.png"
    assert (
        ask(tmp_path / "bad.png", absent, tmp_path / "empty", pictures / "a.png", "--model", "gaussian", "--json") == 1
    )
    said = capsys.readouterr()
    assert len(lines(said.out)) == 1
    refused = [line for line in said.err.splitlines() if line.startswith("sbgc: ")]
    assert refused[0].startswith(f"sbgc: {tmp_path / 'bad.png'}: of no known format")
    assert refused[1] == f"sbgc: {absent}: no such file"
    assert refused[2].startswith(f"sbgc: {tmp_path / 'empty'}: no images in this folder")
    assert len(refused) == 3


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--model", "wide_resnet"], "params.msgpack: no such file; make it with `snakemake --cores all --config"),
        (["--model", "scores"], "--model scores: must be one of 'score', 'gaussian', 'wide_resnet'"),
        (["--seed", "1"], "seed1/params.msgpack: no such file"),
        (["--model", "gaussian", "--explain", "why"], "--explain needs a score model whose likelihood is `fast`"),
    ],
    ids=str,
)
def test_what_has_not_been_trained_is_one_line(ask, pictures, capsys, arguments, told, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert ask(pictures / "a.png", *arguments) == 1
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("sbgc: ")]
    assert told in line
    assert not (tmp_path / "why").exists()


def test_scores_that_are_not_finite_are_one_line(ask, pictures, capsys, monkeypatch):
    def diverged(*_):
        raise FloatingPointError("image 7, draw 0: not all class scores are finite")

    monkeypatch.setattr(classify.classification, "answers", diverged)
    assert ask(pictures / "a.png", "--model", "gaussian") == 1
    assert "sbgc: image 7, draw 0: not all class scores are finite" in capsys.readouterr().err


def test_an_experiment_that_is_not_there_is_one_line(capsys, tmp_path):
    given = ["x.png", "--repository", str(ROOT), "--experiment"]
    assert classify.main([*given, "digit"]) == 1
    assert "--experiment digit: must be one of" in capsys.readouterr().err
    assert classify.main(["x.png", "--repository", str(tmp_path), "--experiment", "digits"]) == 1
    assert f"{tmp_path / 'config.yaml'}: no such file; --repository names the folder" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["classify"], ["classify", "x.png"], ["train"]], ids=str)
def test_wrong_arguments_end_with_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        __main__.main(arguments)
    assert ended.value.code == 2
    assert "usage: sbgc" in capsys.readouterr().err


@pytest.mark.parametrize(("option", "value"), [("--draws", "1"), ("--draws", "many"), ("--seed", "-1")])
def test_a_number_out_of_range_is_told(ask, option, value, capsys):
    with pytest.raises(SystemExit) as ended:
        ask("x.png", option, value)
    assert ended.value.code == 2
    assert f"{value!r} is not a whole number of at least" in capsys.readouterr().err
