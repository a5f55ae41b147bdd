"""Losses, bits/dim, accuracy and overconfidence of IB-INN by beta (Mackowiak et al. 2021, table 2)."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from sbgc import units
from sbgc.config.spec import BottleneckFacts, Quoted
from sbgc.procedures.paper import notes
from sbgc.procedures.paper.layout import beside_paper, facts, interval_note, of_metric
from sbgc.procedures.paper.table_writer import Column, Estimate, Missing, Row, Table

BETA = Column("beta", "beta", "g")
LOSS_X = Column("loss_x", "L_X, nats per dim.", ".2f")
LOSS_Y = Column("loss_y", "L_Y, nats", ".3f")
BITS = Column("bits_per_dim_marginal", "bits/dim of p(x)", ".3f")
ACCURACY = Column("accuracy_percent", "accuracy %", ".1f")
OVERCONFIDENCE = Column("overconfidence_error", "overconfidence error", ".2f")
CROPS = Column("accuracy_ten_crops_percent", "accuracy of ten crops %", ".1f")
MEASURED = [BETA, LOSS_X, LOSS_Y, BITS, ACCURACY, CROPS, OVERCONFIDENCE]
PAPER = {
    "loss_x": Column("paper_loss_x", "paper: L_X", ".2f"),
    "loss_y": Column("paper_loss_y", "paper: L_Y", ".2f"),
    "bits_per_dim": Column("paper_bits_per_dim", "paper: bits/dim", ".2f"),
    "accuracy": Column("paper_accuracy_percent", "paper: accuracy %", ".2f"),
    "overconfidence_error": Column("paper_overconfidence_error", "paper: overconfidence error", ".2f"),
}
LOSSES = (
    "L_X is that of bits/dim of p(x) in nats, of images divided by their number of grey levels, less the constant "
    "log(2 pi) / 2 that training leaves out. L_Y is the cross-entropy of p(y|x). What the paper prints as L_Y is about "
    "log 1000 = 6.91 more than a cross-entropy can be at its accuracies, as if the class prior were left out."
)
OF_BETA_0 = "With beta = 0 no label is learned: the classes are clusters without a name, and only p(x) means something."
OF_CROPS = (
    "Ten crops: the posterior is the mean over crops at the corners and the center of the image with a border, as the "
    "accuracies of the paper have it. Everything else is of the image itself."
)
UNDEFINED = "The overconfidence error of a model is n/a where it is sure of no prediction, or has no classes."


def bottleneck_table(metrics: pd.DataFrame, models: Mapping[str, BottleneckFacts], quoted: Sequence[Quoted]) -> Table:
    """A row for each IB-INN, and for each classifier beside them, from the metrics table."""
    rows = []
    for model, known in sorted(models.items(), key=_in_order):
        mine = metrics[metrics["model"] == model]
        test, crops = (mine[mine["evaluation"] == name] for name in ("test", "ten_crops"))
        row = facts(model, test) | {BETA.name: _beta(known)} | _likelihood(test, known)
        rows.append(row | _classes(test, crops, known))
    below = [interval_note(metrics, notes.BOOTSTRAP), LOSSES, OF_BETA_0, OF_CROPS, UNDEFINED]
    title = "IB-INN: the two losses, likelihood and accuracy by beta"
    return beside_paper(title, MEASURED, PAPER, rows, quoted, below)


def _in_order(one: tuple[str, BottleneckFacts]) -> tuple[bool, float]:
    """By beta; classifiers come last, after networks whose beta is not known."""
    _, known = one
    return known.classifier, math.inf if known.beta in ("infinity", None) else float(known.beta)


def _beta(known: BottleneckFacts) -> float | str | Missing:
    return Missing.NOT_APPLICABLE if known.beta is None else known.beta


def _likelihood(test: pd.DataFrame, known: BottleneckFacts) -> Row:
    if known.classifier:
        return {LOSS_X.name: Missing.NOT_APPLICABLE, BITS.name: Missing.NOT_APPLICABLE}
    bits = of_metric(test, BITS.name)
    return {LOSS_X.name: _loss_x(bits, known.levels), BITS.name: bits}


def _loss_x(bits: Estimate | Missing, levels: int) -> Estimate | Missing:
    """-log q(x) / D of x / L, without the constant of the normal density."""
    if isinstance(bits, Missing):
        return bits
    ends = units.bottleneck_nats([bits.value, bits.ci_low, bits.ci_high], levels)
    value, low, high = map(float, ends)
    return Estimate(value, low, high, math.log(2.0) * bits.sd_over_seeds)


def _classes(test: pd.DataFrame, crops: pd.DataFrame, known: BottleneckFacts) -> Row:
    if known.beta == 0:
        return {column.name: Missing.NOT_APPLICABLE for column in (LOSS_Y, ACCURACY, CROPS, OVERCONFIDENCE)}
    return {
        LOSS_Y.name: of_metric(test, "posterior_nll"),
        ACCURACY.name: of_metric(test, "accuracy", 100.0),
        CROPS.name: of_metric(crops, "accuracy", 100.0),
        OVERCONFIDENCE.name: of_metric(test, OVERCONFIDENCE.name),
    }
