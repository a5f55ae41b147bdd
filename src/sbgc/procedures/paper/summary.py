"""summary.md: the headline numbers, where each comes from, the command that remakes it, and what was not run."""

from collections.abc import Iterator, Sequence

import pandas as pd

from sbgc.artifacts import Matrix
from sbgc.maths import intervals
from sbgc.procedures.paper import manifests, not_run
from sbgc.procedures.paper.table_writer import grid, listed, over_seeds, text
from sbgc.procedures.tables import crosscheck_table
from sbgc.procedures.tables.adversarial_table import white_box

HEADER = ["model", "quantity", "value", "dataset", "split", "images", "draws", "seeds", "command that remakes it"]
METRICS = {  # metric: what readers see, scale, format
    "accuracy": ("accuracy %", 100.0, ".1f"),
    "bits_per_dim_marginal": ("bits/dim of p(x)", 1.0, ".3f"),
    "bits_per_dim_conditional": ("bits/dim of p(x|y)", 1.0, ".3f"),
    "bits_per_dim_importance_weighted": ("bits/dim of p(x|y), importance-weighted bound", 1.0, ".3f"),
    "log_prob_std_error": ("standard error of log p(x|y) over draws, nats", 1.0, ".2f"),
    "class_gap_std_error": ("standard error of the class gap over draws, nats", 1.0, ".2f"),
    "flip_probability": ("decisions that more draws are expected to change %", 100.0, ".2f"),
    "posterior_nll": ("posterior negative log-likelihood, nats", 1.0, ".3f"),
    "brier": ("Brier score, from 0 to 2", 1.0, ".3f"),
    "ece": ("expected calibration error %", 100.0, ".2f"),
    "mce": ("maximum calibration error %", 100.0, ".2f"),
    "overconfidence_error": ("overconfidence error: error rate of predictions above 99.7 %, by 0.3 %", 1.0, ".2f"),
}
UNDEFINED = "undefined: no prediction is that confident"
AVERAGES = {
    "all": "accuracy %, mean over corruptions",
    "without_noises": "accuracy %, mean over corruptions without noises",
}
Lines = list[str]
# By name: metrics and, where the experiment has them, corruption_means, adversarial, convergence, crosscheck and
# decisions.
Tables = dict[str, pd.DataFrame]


def summary(tables: Tables, evaluated: Sequence[Matrix]) -> str:
    """The text of summary.md, from the tables by name and from the test matrices with their manifests.

    Only the table "metrics" is needed. What the experiment leaves out is named at the end.
    """
    experiment = tables["metrics"]["experiment"].iloc[0]
    command = f"snakemake --cores all --config experiment={experiment} results/{experiment}/tables"
    rows = [[*row[:-1], f"`{command}/{row[-1]}`"] for row in _headlines(tables)]
    lines = [f"# {experiment}: summary", "", *_introduction(tables["metrics"]), ""]
    lines += ["## Headline numbers", "", *grid(HEADER, rows), ""]
    lines += ["## Provenance of the test evaluations", "", *manifests.lines(evaluated), ""]
    lines += ["## Not run", "", *(f"- {line}" for line in not_run.lines(tables))]
    return "\n".join(lines) + "\n"


def _introduction(metrics: pd.DataFrame) -> Lines:
    level = ", ".join(f"{100 * level:g} %" for level in sorted(metrics["ci_level"].unique()))
    return [
        f"Every number was measured here, on {text(listed(metrics['dataset']), '.0f')}.",
        f"[a, b] is a {level} confidence interval over images: Wilson's for attacks and races, and otherwise a "
        "percentile bootstrap.",
        "Where a model was trained with several seeds, values and ends of intervals are means over the seeds, and sd "
        "is the standard deviation over the seeds.",
        "A command needs the same `--configfile` as the run that made this page, if that had one.",
    ]


def _headlines(tables: Tables) -> Iterator[Lines]:
    test = tables["metrics"][tables["metrics"]["evaluation"] == "test"]
    for (model, metric), rows in test.groupby(["model", "metric"], sort=False):
        title, scale, spec = METRICS[metric]
        value = UNDEFINED if rows["value"].isna().all() else _estimate(rows, "value", scale, spec)
        yield [model, title, value, *_facts(rows), "metrics.parquet"]
    sections = {
        "corruption_means": _corruptions,
        "adversarial": _attacks,
        "convergence": _convergence,
        "crosscheck": _crosscheck,
        "decisions": lambda table: _races(table, float(tables["metrics"]["ci_level"].iloc[0])),
    }
    for name, section in sections.items():
        if name in tables:
            yield from section(tables[name])


def _corruptions(means: pd.DataFrame) -> Iterator[Lines]:
    for (model, average), rows in means.groupby(["model", "average"], sort=False):
        if average in AVERAGES and rows["accuracy"].notna().all():
            value = _estimate(rows, "accuracy", 100.0, ".1f", "accuracy_ci_")
            yield [model, AVERAGES[average], value, *_facts(rows), "table2_corruptions.md"]


def _attacks(table: pd.DataFrame) -> Iterator[Lines]:
    for (model, norm, epsilon), rows in white_box(table).groupby(["model", "norm", "epsilon"], sort=False):
        title = f"accuracy %, {norm} attack, epsilon {epsilon:.4g}" if epsilon else f"accuracy %, before {norm} attack"
        yield [model, title, _estimate(rows, "accuracy", 100.0, ".1f"), *_facts(rows), "table3_adversarial.md"]


def _convergence(table: pd.DataFrame) -> Iterator[Lines]:
    """Accuracy with one draw and with all draws: the mean over seeds, and two standard deviations over subsets."""
    for model, of_model in table.groupby("model", sort=False):
        for draws in sorted({of_model["draws"].min(), of_model["draws"].max()}):
            rows = of_model[of_model["draws"] == draws]
            value = f"{100 * rows['accuracy_mean'].mean():.1f}"
            if draws < of_model["draws"].max():  # all draws make only one subset, whose deviation of 0 says nothing
                value += f" ± {200 * rows['accuracy_sd'].mean():.1f} (2 sd over subsets of the draws)"
            yield [str(model), "accuracy % with so many draws", value, *_facts(rows), "convergence.parquet"]


def _crosscheck(table: pd.DataFrame) -> Iterator[Lines]:
    agreement = crosscheck_table.agreement(table).assign(draws=1)
    for (model, quantity, unit), rows in agreement.groupby(["model", "quantity", "unit"], sort=False):
        if (quantity, unit) in crosscheck_table.HEADLINES:
            title = f"own likelihood procedure and the reference: {quantity} ({unit})"
            yield [model, title, f"{rows['value'].mean():.4g}", *_facts(rows), "crosscheck.md"]


def _races(table: pd.DataFrame, confidence: float) -> Iterator[Lines]:
    """Races, and how their decisions compare with those by all draws of all classes of the same images."""
    for model, of_model in table.groupby("model", sort=False):
        raced, full = (of_model[of_model["evaluation"] == name] for name in ("race", "test"))
        both = raced.merge(full, on=["seed", "split", "index"], suffixes=("", "_full"))
        if raced.empty:
            continue
        images, seeds = raced["index"].nunique(), raced["seed"].nunique()
        facts = [*_facts(raced.assign(num_images=images, draws=f"up to {raced['draws'].max()}")), "decisions.parquet"]
        hits = float((raced["winner"] == raced["label"]).sum() / seeds)  # several seeds do not make more images
        low, high = intervals.wilson_interval(hits, images, confidence)
        accuracy = f"{100 * hits / images:.1f} [{100 * low:.1f}, {100 * high:.1f}]"
        cost = f"{raced['nfe'].mean():,.0f}"
        racing = f"racing ({text(listed(raced['procedure']), '')})"
        yield [str(model), f"accuracy %, {racing}", accuracy, *facts]
        yield [str(model), f"network evaluations per image, {racing}", cost, *facts]
        if len(both):
            other = f"{100 * (both['winner'] != both['winner_full']).mean():.1f}"
            yield [str(model), "decisions that differ between racing and all draws %", other, *facts]


def _estimate(rows: pd.DataFrame, value: str, scale: float, spec: str, ends: str = "ci_") -> str:
    return text(over_seeds(rows, value, f"{ends}low", f"{ends}high", scale), spec)


def _facts(rows: pd.DataFrame) -> Lines:
    return [text(listed(rows[name]), ".0f") for name in ("dataset", "split", "num_images", "draws", "seed")]
