"""Accuracy and likelihood of the conditional flows and PixelCNN++ (Fetaya et al. 2020, tables 1, 3 and 4)."""

from collections.abc import Mapping, Sequence

import pandas as pd

from sbgc.config.spec import FlowFacts, Quoted
from sbgc.procedures.paper import notes
from sbgc.procedures.paper.layout import beside_paper, facts, interval_note, of_metric
from sbgc.procedures.paper.table_writer import Column, Estimate, Missing, Row, Table

WEIGHT = Column("classification_weight", "weight of the classification loss", "g")
ACCURACY = Column("accuracy_percent", "accuracy %", ".1f")
BITS = Column("bits_per_dim_conditional", "bits/dim of p(x|y)", ".3f")
FRAMED = Column("bits_per_dim_framed", "bits/dim of p(x|y), the paper's convention", ".3f")
PAPER = {
    "accuracy": Column("paper_accuracy_percent", "paper: accuracy %", ".2f"),
    "bits_per_dim": Column("paper_bits_per_dim", "paper: bits/dim", ".2f"),
}
CONVENTION = (
    "By the paper's convention, as we take it, the pixels of a border of zeros count among the dimensions, so the same "
    "bits are spread over more of them. Without a border both columns agree. The paper does not say whether it prints "
    "p(x|y) or p(x), of which the table of accuracy and likelihood has both."
)
BOUND = (
    "log p of a flow is the lower bound that its draws of the noise beside the image give on average (docs/theory.md)."
)


def flows_table(metrics: pd.DataFrame, models: Mapping[str, FlowFacts], quoted: Sequence[Quoted]) -> Table:
    """A row for each of the models, from the metrics table."""
    rows: list[Row] = []
    for model, known in models.items():
        test = metrics[(metrics["model"] == model) & (metrics["evaluation"] == "test")]
        bits = of_metric(test, BITS.name)
        row = facts(model, test) | {WEIGHT.name: Missing.NOT_APPLICABLE if known.weight is None else known.weight}
        row |= {ACCURACY.name: of_metric(test, "accuracy", 100.0), BITS.name: bits}
        rows.append(row | {FRAMED.name: _spread(bits, known.framed)})
    of_flows = metrics[metrics["model"].isin(list(models))]
    below = [interval_note(metrics, notes.BOOTSTRAP), CONVENTION, BOUND, *notes.of_discrete(of_flows)]
    title = "Conditional flows and PixelCNN++: accuracy and likelihood"
    return beside_paper(title, [WEIGHT, ACCURACY, BITS, FRAMED], PAPER, rows, quoted, below)


def _spread(bits: Estimate | Missing, pixels: float) -> Estimate | Missing:
    """Bits/dim where so many times as many dimensions share the same bits."""
    if isinstance(bits, Missing):
        return bits
    return Estimate(bits.value / pixels, bits.ci_low / pixels, bits.ci_high / pixels, bits.sd_over_seeds / pixels)
