"""README.md's table, from the tables of a finished run: `python benchmarks/headlines.py results/digits README.md`."""

import sys
from pathlib import Path

import pandas as pd

from sbgc import artifacts
from sbgc.figures.tables import series
from sbgc.procedures.paper.table_writer import grid, listed, over_seeds, text
from sbgc.procedures.tables.adversarial_table import white_box
from sbgc.steps.command import run

BEGIN, END = "<!-- headlines: written by benchmarks/headlines.py -->", "<!-- /headlines -->"
TABLES = ("metrics", "corruption_means", "adversarial", "decisions", "crosscheck")
ALIKE = {"accuracy": "value", "accuracy_ci_low": "ci_low", "accuracy_ci_high": "ci_high"}  # columns as in metrics
EPSILON = 8 / 255  # SBGC Table 3, l_inf, on the scale where grey levels are 0..1
DRAWS = 30  # of the paper's procedure: SBGC A.1
NOTE = f"""Measured on the first images of the test split of {{dataset}}, training seed {{seed}}. Brackets are
{{level}} % confidence intervals over images: Wilson's under attacks, otherwise a percentile bootstrap. They leave out
the spread between trainings. The paper's procedure ran with one draw; the table states what its {DRAWS} draws take."""


def table(tables: dict[str, pd.DataFrame]) -> str:
    """Five rows, a column for each model, and a note that says what was measured."""
    test = tables["metrics"].query("evaluation == 'test'")
    models = {one.rows["model"].iloc[0]: one.label for one in series(test)}
    damaged = tables["corruption_means"].query("average == 'all'").rename(columns=ALIKE)
    attacked = white_box(tables["adversarial"]).query("norm == 'linf'").rename(columns=ALIKE)
    attacked = attacked[(attacked["epsilon"] - EPSILON).abs() < 1e-9]
    kinds = damaged["corruptions"].iloc[0].count(",") + 1
    rows = [
        estimates("accuracy, %", test.query("metric == 'accuracy'"), models),
        estimates("bits/dim of p(x|y)", test.query("metric == 'bits_per_dim_conditional'"), models),
        estimates(f"accuracy over {kinds} corruptions, %", damaged, models),
        estimates("accuracy under attacks, l_inf 8/255, %", attacked, models),
        evaluations(tables["decisions"].query("evaluation == 'race'"), tables["crosscheck"], models),
    ]
    facts = {name: text(listed(test[name]), "") for name in ("dataset", "seed")}
    note = NOTE.format(**facts, level=f"{100 * test['ci_level'].iloc[0]:g}")
    return "\n".join([*grid(["quantity", "images", "draws", *models.values()], rows), "", note])


def estimates(title: str, rows: pd.DataFrame, models: dict[str, str]) -> list[str]:
    """A quantity with its interval, for every model that has it."""
    scale, spec = (100.0, ".1f") if title.endswith("%") else (1.0, ".3f")
    each = rows.groupby("model")
    of = {name: text(over_seeds(mine, "value", "ci_low", "ci_high", scale), spec) for name, mine in each}
    facts = [text(listed(rows[name]), "") for name in ("num_images", "draws")]
    return [title, *facts, *(of.get(name, "n/a") for name in models)]


def evaluations(raced: pd.DataFrame, solved: pd.DataFrame, models: dict[str, str]) -> list[str]:
    """Network evaluations an image: the mean of the races, and that of the paper's solves of all classes and draws."""
    races = raced.groupby("model")["nfe"].mean()
    solves = DRAWS * solved.groupby(["model", "seed", "index"])["reference_nfe"].sum().groupby("model").mean()
    images = " / ".join(str(one["index"].nunique()) for one in (raced, solved))
    cells = [f"{races[name]:,.0f} / {solves[name]:,.0f}" if name in races else "n/a" for name in models]
    title = "network evaluations an image: racing / the paper's procedure"
    return [title, images, f"up to {raced['draws'].max()} / {DRAWS}", *cells]


def main() -> None:
    """Rewrite what stands between the markers of a page; all else in it stays as it is."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    results, path = map(Path, sys.argv[1:])
    page = path.read_text(encoding="utf-8")
    if [page.count(marker) for marker in (BEGIN, END)] != [1, 1]:
        raise artifacts.ArtifactError(f"{path}: must hold each of the lines {BEGIN} and {END} once")
    written = table({name: artifacts.read_table(results / "tables" / f"{name}.parquet") for name in TABLES})
    with artifacts.atomic_path(path) as temporary:
        temporary.write_text(f"{page.split(BEGIN)[0]}{BEGIN}\n{written}\n{END}{page.split(END)[1]}", encoding="utf-8")


if __name__ == "__main__":
    run(main)
