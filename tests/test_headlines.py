"""benchmarks/headlines.py: what README.md's table says, and what it refuses."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from sbgc import artifacts

ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- headlines: written by benchmarks/headlines.py -->", "<!-- /headlines -->"
SCORE = {"experiment": "e", "dataset": "digits", "model": "score", "kind": "score", "seed": 0}
NET = SCORE | {"model": "wide_resnet", "kind": "wide_resnet"}
TEST = {"evaluation": "test", "num_images": 360, "draws": 4, "ci_level": 0.95}
FEW = {"num_images": 16, "draws": 1, "ci_level": 0.95}
ENDS = {"accuracy_ci_low": 0.25, "accuracy_ci_high": 0.75}
WHITE_BOX = {
    "attack": "worst",
    "norm": "linf",
    "attacked": "score-seed0",
    "epsilon": 8 / 255,
    "accuracy": 0.3125,
    "ci_low": 0,
    "ci_high": 1,
}


def hits(value):
    return {"metric": "accuracy", "value": value, "ci_low": value - 0.01, "ci_high": value + 0.01}


ROWS = {
    "metrics": [
        SCORE | TEST | hits(0.9),
        SCORE | TEST | {"metric": "bits_per_dim_conditional", "value": 1.8313, "ci_low": 1.8, "ci_high": 1.85},
        SCORE | TEST | hits(0.1) | {"evaluation": "train"},
        NET | TEST | hits(0.8),
    ],
    "corruption_means": [
        SCORE | FEW | ENDS | {"average": "all", "accuracy": 0.5, "corruptions": "fog, snow"},
        SCORE | FEW | ENDS | {"average": "clean", "accuracy": 0.9, "corruptions": ""},
    ],
    "adversarial": [
        SCORE | FEW | WHITE_BOX,
        SCORE | FEW | WHITE_BOX | {"epsilon": 0.25, "accuracy": 0.0},
        SCORE | FEW | WHITE_BOX | {"norm": "l2", "accuracy": 0.1},
        SCORE | FEW | WHITE_BOX | {"attacked": "wide_resnet-seed0", "accuracy": 0.2},
    ],
    "decisions": [
        SCORE | {"evaluation": name, "index": index, "draws": draws, "nfe": nfe}
        for name, index, draws, nfe in [("race", 0, 1, 200), ("race", 1, 8, 400), ("test", 0, 4, 1440)]
    ],
    "crosscheck": [
        SCORE | {"index": index, "class": label, "reference_nfe": nfe}
        for index, label, nfe in [(0, 0, 1000), (0, 1, 1200), (1, 0, 900), (1, 1, 1100)]
    ],
}


@pytest.fixture
def results(tmp_path):
    (tmp_path / "tables").mkdir()
    for name, rows in ROWS.items():
        artifacts.write_table(tmp_path / "tables" / f"{name}.parquet", pd.DataFrame(rows))
    return tmp_path


def written(results, page):
    path = results / "page.md"
    path.write_text(page)
    command = [sys.executable, ROOT / "benchmarks" / "headlines.py", results, path]
    ran = subprocess.run(command, capture_output=True, text=True)
    return ran, path.read_text()


def test_five_rows_say_for_each_model_what_was_measured_on_how_many_images_and_draws(results):
    ran, page = written(results, f"above\n{BEGIN}\nan older table\n{END}\nbelow\n")
    assert ran.returncode == 0, ran.stderr
    assert [line for line in page.splitlines() if line.startswith("| ")] == [
        "| quantity | images | draws | Score model | WideResNet |",
        "| --- | --- | --- | --- | --- |",
        "| accuracy, % | 360 | 4 | 90.0 [89.0, 91.0] | 80.0 [79.0, 81.0] |",
        r"| bits/dim of p(x\|y) | 360 | 4 | 1.831 [1.800, 1.850] | n/a |",
        "| accuracy over 2 corruptions, % | 16 | 1 | 50.0 [25.0, 75.0] | n/a |",
        "| accuracy under attacks, l_inf 8/255, % | 16 | 1 | 31.2 [0.0, 100.0] | n/a |",
        "| network evaluations an image: racing / the paper's procedure | 2 / 2 | up to 8 / 30 | 300 / 63,000 | n/a |",
    ]
    assert "test split of digits, training seed 0. Brackets are\n95 % confidence intervals" in page


def test_all_but_what_stands_between_the_markers_stays_as_it_is(results):
    _, page = written(results, f"above\n{BEGIN}\nan older table\n{END}\nbelow\n")
    assert page.startswith(f"above\n{BEGIN}\n| quantity")
    assert page.endswith(f"\n{END}\nbelow\n")
    assert "older" not in page
    assert written(results, page)[1] == page


@pytest.mark.parametrize("page", ["no markers\n", f"{BEGIN}\n", f"{BEGIN}{END}{BEGIN}{END}"])
def test_a_page_without_the_two_markers_is_left_alone_and_told_in_one_line(results, page):
    ran, left = written(results, page)
    assert ran.returncode == 1
    assert ran.stderr.startswith(f"headlines: {results / 'page.md'}: must hold")
    assert len(ran.stderr.splitlines()) == 1
    assert left == page


def test_a_table_that_is_not_there_is_told_in_one_line(results):
    (results / "tables" / "decisions.parquet").unlink()
    ran, _ = written(results, f"{BEGIN}\n{END}\n")
    assert ran.returncode == 1
    assert ran.stderr == f"headlines: {results / 'tables' / 'decisions.parquet'}: no such file\n"


def test_the_readme_holds_the_markers():
    text = (ROOT / "README.md").read_text()
    assert [text.count(marker) for marker in (BEGIN, END)] == [1, 1]
