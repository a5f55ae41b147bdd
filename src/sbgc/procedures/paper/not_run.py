"""What an experiment leaves out, in sentences: part of summary.md."""

from collections.abc import Callable, Iterator, Mapping

import pandas as pd

from sbgc.kinds import KINDS, Kind
from sbgc.procedures.tables import matrices

# What an experiment may leave out: the name of the table, what readers call the analysis, and which kinds it is for.
ANALYSES: dict[str, tuple[str, Callable[[Kind], bool]]] = {
    "test": ("The test split", lambda kind: True),
    "corruption_means": ("Corruptions", lambda kind: True),
    "adversarial": ("Attacks", lambda kind: True),
    "convergence": ("Convergence with the number of draws", lambda kind: kind.gives == "log_prob"),
    "crosscheck": ("The comparison with a reference likelihood", lambda kind: not kind.exact),
    "race": ("Races", lambda kind: not kind.exact),
}


def lines(tables: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    """A sentence for each thing that was not run, from the tables by name; only "metrics" must be there."""
    metrics = tables["metrics"]
    kinds = dict(zip(metrics["model"], metrics["kind"], strict=True))
    named = set(metrics.loc[metrics["metric"] == "accuracy", "model"])
    unnamed = [model for model in kinds if model not in named]
    if "cifar10" not in set(metrics["dataset"]):
        yield "The paper's experiment, on CIFAR-10, was not run. Tables quote its numbers in columns of their own."
    if metrics["seed"].nunique() == 1:
        seed = metrics["seed"].iloc[0]
        yield f"No model was trained with another seed than {seed}, so no interval includes the spread over seeds."
    run = {"test": metrics[metrics["evaluation"] == "test"], **tables}
    if "decisions" in tables:
        run["race"] = tables["decisions"][tables["decisions"]["evaluation"] == "race"]
    for name, (title, concerns) in ANALYSES.items():
        able = [model for model, kind in kinds.items() if concerns(KINDS[kind]) and model not in unnamed]
        done = set(run[name]["model"]) if name in run else set()
        if absent := [model for model in able if model not in done]:
            of = f" for {', '.join(absent)}" if done else ""
            yield f"{title}: not run{of}."
    if unnamed:
        yield f"Accuracies do not apply to {', '.join(unnamed)}: no label took part in training."
    if classifiers := sorted(matrices.classifiers(metrics)):
        yield f"Likelihoods do not apply to {', '.join(classifiers)}: a classifier has no density of images."
