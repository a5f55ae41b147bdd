"""Attacks that succeed undetected, on the models that have a density (Fetaya et al. 2020, table 2)."""

import math
from collections.abc import Sequence

import pandas as pd

from sbgc.config.spec import Quoted
from sbgc.maths.acceptance import TESTS
from sbgc.procedures.paper import notes
from sbgc.procedures.paper.layout import beside_paper, estimate, facts, interval_note
from sbgc.procedures.paper.table_writer import Column, Missing, Row, Table

TEXTS = {name: Column(name, name.replace("_", " ")) for name in ("attack", "norm", "evades")}
WITHIN = Column("within", "within", ".4g")
MISLED = Column("misled_percent", "misled %", ".1f")
SIZE = Column("size_mean", "mean size that misleads", ".3f")
OF_TEST = {
    test: {
        "undetected": Column(f"undetected_by_{test}_percent", f"misled and undetected by {test} %", ".1f"),
        "auroc": Column(f"auroc_of_{test}_percent", f"AUROC of {test} %", ".1f"),
        "false_positives": Column(f"false_positives_of_{test}_percent", f"{test}: false positives %", ".1f"),
    }
    for test in TESTS
}
PAPER = {
    "misled": Column("paper_misled_percent", "paper: misled %", ".0f"),
    "undetected": Column("paper_undetected_percent", "paper: misled and undetected %", ".0f"),
}
MEASURED = [*TEXTS.values(), WITHIN, MISLED, SIZE, *(column for of in OF_TEST.values() for column in of.values())]
MEANING = (
    "Misled: the share of images that the judge has wrong, before the attack or after a perturbation of at most that "
    "size in the norm of the attack. Undetected: that it has wrong while the test accepts the image. 'evades' names "
    "the test that an attack works against beside the classifier. A test calls an image an outlier whose log p(x) has "
    "a p-value of at most {rate:g} against {count} training images: likelihood where log p(x) is small, typicality "
    "where it is far from their mean to either side. Shares have Wilson's intervals."
)
AREA = (
    "AUROC: how well the test tells the smallest perturbations that mislead from all images before the attack; 50 % is "
    "chance. False positives: the share of these images that it calls outliers."
)


def detection_page(detection: pd.DataFrame, quoted: Sequence[Quoted]) -> Table:
    """A row for each of the models and attacks, from the table of detection."""
    rows: list[Row] = []
    for (model, attack), found in detection.assign(split="test").groupby(["model", "attack"], sort=False):
        one = found[found["test"] == TESTS[0]]
        row: Row = facts(str(model), found) | {name: str(one[name].iloc[0]) for name in TEXTS} | {"attack": str(attack)}
        row |= {WITHIN.name: float(one["within"].iloc[0]), SIZE.name: estimate(one, "size_mean", ends="size_ci_")}
        row |= {MISLED.name: estimate(one, "misled", 100.0, "misled_ci_")}
        for test, columns in OF_TEST.items():
            row |= _of_test(found[found["test"] == test], columns)
        rows.append(row)
    rate, count = detection["wanted_false_positive_rate"].iloc[0], detection["num_reference"].max()
    below = [interval_note(detection, notes.BOOTSTRAP), MEANING.format(rate=rate, count=count), AREA]
    return beside_paper("Attacks that a test of log p(x) detects", MEASURED, PAPER, rows, quoted, below)


def _of_test(rows: pd.DataFrame, columns: dict[str, Column]) -> Row:
    shares = {name: estimate(rows, name, 100.0, f"{name}_ci_") for name in ("undetected", "auroc")}
    found: Row = {columns[name].name: share for name, share in shares.items()}
    called = float(100.0 * rows["false_positives"].mean())
    return found | {columns["false_positives"].name: Missing.NOT_APPLICABLE if math.isnan(called) else called}
