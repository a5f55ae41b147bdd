"""The paper's three tables (SBGC tables 1 to 3): what was measured here, next to what the paper printed."""

from collections.abc import Sequence

import pandas as pd

from sbgc.config.spec import Quoted
from sbgc.procedures.paper import notes
from sbgc.procedures.paper.layout import beside_paper, estimate, facts, interval_note, of_metric
from sbgc.procedures.paper.table_writer import Column, Entry, Missing, Row, Table, listed, over_seeds
from sbgc.procedures.tables import matrices
from sbgc.procedures.tables.adversarial_table import NORMS, WORST, place_of, white_box

MODEL = [
    Column("accuracy_percent", "accuracy %", ".1f"),
    Column("bits_per_dim_marginal", "bits/dim of p(x)", ".3f"),
    Column("bits_per_dim_conditional", "bits/dim of p(x|y)", ".3f"),
]
GRID = {
    "grid_bias_bits_per_dim": Column("grid_bias_bits_per_dim", "error of the grid: bias, bits/dim", "+.4f"),
    "grid_rms_bits_per_dim": Column("grid_rms_bits_per_dim", "error of the grid: rms, bits/dim", ".4f"),
}
PAPER_MODEL = {
    "accuracy": Column("paper_accuracy_percent_cifar10", "paper: accuracy % (CIFAR-10)", ".2f"),
    "bits_per_dim": Column("paper_bits_per_dim_cifar10", "paper: bits/dim (CIFAR-10)", ".2f"),
}
CLEAN = Column("clean_accuracy_percent", "clean accuracy %", ".1f")
PAPER_CLEAN = Column("paper_clean_accuracy_percent_cifar10", "paper: clean accuracy % (CIFAR-10)", ".2f")
CORRUPTED = {
    "clean": CLEAN,
    "all": Column("all_corruptions_accuracy_percent", "all corruptions, accuracy %", ".1f"),
    "main": Column("main_corruptions_accuracy_percent", "main corruptions, accuracy %", ".1f"),
    "without_noises": Column("without_noises_accuracy_percent", "without noises, accuracy %", ".1f"),
}
OF_MAIN = {  # columns of the row "main" in the table of means
    "mce": Column("mce_percent", "mCE %", ".1f"),
    "relative_mce": Column("relative_mce_percent", "relative mCE %", ".1f"),
    "entropy_increase": Column("entropy_increase_nats", "increase of predictive entropy, nats", ".3f"),
}
SOURCE = Column("corruption_source", "corrupted images")
PAPER_CORRUPTED = {
    "accuracy": PAPER_CLEAN,
    "all_corruptions": Column("paper_all_corruptions_percent_cifar10c", "paper: all corruptions % (CIFAR-10-C)", ".2f"),
    "without_noises": Column("paper_without_noises_percent_cifar10c", "paper: without noises % (CIFAR-10-C)", ".2f"),
}
NOISE = Column("attacker_knows_noise", "attacker knows the judge's noise")
UNRELIABLE = Column("unreliable_norms", "norms whose checks failed: no measure of robustness")
PAPER_ATTACKED = {
    "accuracy": PAPER_CLEAN,
    "linf": Column("paper_linf_percent_cifar10", "paper: l_inf 8/255, accuracy % (CIFAR-10)", ".2f"),
    "l2": Column("paper_l2_percent_cifar10", "paper: l_2 0.5, accuracy % (CIFAR-10)", ".2f"),
}


def table1(metrics: pd.DataFrame, quoted: Sequence[Quoted]) -> Table:
    """Accuracy and bits/dim on the test split, from the metrics table (SBGC table 1)."""
    rows: list[Row] = []
    solved = {name: column for name, column in GRID.items() if metrics[name].notna().any()}
    for model, of_model in metrics.groupby("model", sort=False):
        test = of_model[of_model["evaluation"] == "test"]
        bits: Row = {column.name: of_metric(test, column.name) for column in MODEL[1:]}
        if matrices.classifiers(of_model):
            bits = dict.fromkeys(bits, Missing.NOT_APPLICABLE)
        accuracy = of_metric(test, "accuracy", 100.0)
        if not test.empty and isinstance(accuracy, Missing):  # it learns no classes
            accuracy = bits["bits_per_dim_conditional"] = Missing.NOT_APPLICABLE
        grid = {name: _mean(test[name]) for name in solved}
        rows.append({**facts(str(model), test), "accuracy_percent": accuracy, **bits, **grid})
    below = [interval_note(metrics, notes.BOOTSTRAP), *notes.of_likelihoods(metrics)]
    columns = [*MODEL, *solved.values()]
    return beside_paper("Table 1: accuracy and likelihood", columns, PAPER_MODEL, rows, quoted, below)


def table2(means: pd.DataFrame, raced: pd.DataFrame | None, quoted: Sequence[Quoted]) -> Table:
    """Accuracy on clean images and its means over corruptions, from the table of means (SBGC table 2).

    A row's clean images are those that were corrupted. mCE and the increase of predictive entropy stand next to the
    accuracies (Mackowiak et al. 2021, table 3). raced: the means by racing, which have rows of their own.
    """
    rows: list[Row] = []
    together = means if raced is None else pd.concat([means, raced], ignore_index=True)
    for model, of_model in together.groupby("model", sort=False):
        corrupted = of_model[of_model["average"] != "clean"]
        row = facts(str(model), of_model) | {SOURCE.name: listed(corrupted["source"])}
        for average, column in CORRUPTED.items():
            row[column.name] = estimate(of_model[of_model["average"] == average], "accuracy", 100.0, "accuracy_ci_")
        main = of_model[of_model["average"] == "main"]
        row |= {column.name: with_unit(main, quantity, column.name) for quantity, column in OF_MAIN.items()}
        rows.append(row)
    measured = [SOURCE, *CORRUPTED.values(), *OF_MAIN.values()]
    below = notes.of_corruptions(means, raced)
    return beside_paper("Table 2: corruptions", measured, PAPER_CORRUPTED, rows, quoted, below)


def with_unit(rows: pd.DataFrame, quantity: str, name: str) -> Entry:
    """The mean over seeds of a quantity whose columns end in its unit, or "n/a" where it is not defined."""
    if rows.empty:
        return Missing.NOT_RUN
    if rows[name].isna().any():
        return Missing.NOT_APPLICABLE
    unit = name.removeprefix(quantity)
    return over_seeds(rows, name, f"{quantity}_ci_low{unit}", f"{quantity}_ci_high{unit}")


def table3(adversarial: pd.DataFrame, quoted: Sequence[Quoted]) -> Table:
    """Accuracy before and under white-box attacks, by norm and epsilon, from the adversarial table (SBGC table 3)."""
    attacks = white_box(adversarial)
    bounds = sorted(
        set(zip(attacks["norm"], attacks["epsilon"], strict=True)), key=lambda bound: (place_of(bound[0]), bound[1])
    )
    columns = {bound: _of_bound(*bound) for bound in bounds if bound[1] > 0}
    rows: list[Row] = []
    for model in adversarial["model"].unique():
        mine = attacks[attacks["model"] == model]
        before = mine[mine["epsilon"] == 0].drop_duplicates("seed")  # every norm has a row for the same clean images
        row = facts(model, mine) | {CLEAN.name: estimate(before, "accuracy", 100.0)}
        for (norm, epsilon), column in columns.items():
            under = mine[(mine["norm"] == norm) & (mine["epsilon"] == epsilon)]
            row[column.name] = estimate(under, "accuracy", 100.0)
        failed = mine.loc[mine["unreliable"] != "", "norm"].unique()
        row[NOISE.name] = ("yes" if mine["knows_noise"].all() else "no") if len(mine) else Missing.NOT_RUN
        row[UNRELIABLE.name] = ", ".join(NORMS.get(norm, norm) for norm in failed) or "none"
        rows.append(row)
    tried = [name for name in adversarial["attack"].unique() if name != WORST]
    below = [interval_note(adversarial, notes.WILSON), f"Attacks: {', '.join(tried)}. {notes.ATTACKS}", notes.RADII]
    measured = [CLEAN, *columns.values(), NOISE, UNRELIABLE]
    return beside_paper("Table 3: adversarial perturbations", measured, PAPER_ATTACKED, rows, quoted, below)


def _mean(errors: pd.Series) -> Entry:
    """The mean over seeds; n/a where nothing is solved on a grid."""
    if errors.empty:
        return Missing.NOT_RUN
    return Missing.NOT_APPLICABLE if errors.isna().all() else float(errors.mean())


def _of_bound(norm: str, epsilon: float) -> Column:
    return Column(f"{norm}_{epsilon:.4g}_accuracy_percent", f"{NORMS.get(norm, norm)} {epsilon:.4g}, accuracy %", ".1f")
