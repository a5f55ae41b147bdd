"""The likelihood benchmark's table, which docs/results.md quotes, and its figure, from its JSON."""

from pathlib import Path
from typing import Any

from sbgc.figures import style

COLUMNS = [
    "procedure", "draws", "accuracy, %", "log p, nats", "its standard error", "of the class gap",
    "evaluations an image", "seconds an image", "memory, MiB", "fewer evaluations", "less time", "fewer for log p",
]  # fmt: skip
BASE = "reference, as the paper"
LEGEND = """The last three columns compare each procedure with the paper's at equal precision. For this, a procedure
gets as many draws as make its standard error of the class gap equal to that of the paper's procedure; in the last
column, its standard error of log p. Racing is compared as it is, since it stops at a decision. The memory is that of
the buffers for a batch of pairs of an image and a class."""


def markdown(result: dict[str, Any]) -> str:
    """The table, and a note on what it was measured on."""
    rows = {row["procedure"]: row for row in result["procedures"]}
    base, lines = rows[BASE], [f"| {' | '.join(COLUMNS)} |", "|" + "---|" * len(COLUMNS)]
    for row in result["procedures"]:
        cheaper, faster, denser = gains(row, base)
        lines.append(
            f"| {row['procedure']} | {row['draws']} | {100 * row['accuracy']:.1f} | {row['log_prob_nats']:.2f} "
            f"| {row['log_prob_std_error_nats']:.2f} | {row['gap_std_error_nats']:.2f} | {row['nfe_per_image']:,.0f} "
            f"| {row['seconds_per_image']:.3f} | {row['memory_mib']:.0f} "
            f"| {cheaper:.0f}x | {faster:.0f}x | {denser:.0f}x |"
        )
    race = result["racing"]
    lines.append(
        f"| racing, {race['images']} images | {race['mean_draws']} | {100 * race['accuracy']:.1f} | n/a | n/a | n/a "
        f"| {race['nfe_per_image']:,.0f} | {race['seconds_per_image']:.3f} | n/a "
        f"| {base['nfe_per_image'] / race['nfe_per_image']:.0f}x "
        f"| {base['seconds_per_image'] / race['seconds_per_image']:.0f}x | n/a |"
    )
    facts = (
        f"Measured on the first {result['images']} images of the digits' test split (racing: {race['images']}), on the "
        f"{result['manifest']['device']}. Standard errors are from {result['repetitions']} repetitions. Of the "
        f"{race['images']} images, the fast procedure classifies {100 * race['accuracy_of_one_draw']:.1f} % right with "
        f"one draw, and {100 * race['accuracy_of_all_draws']:.1f} % with {race['draws']} draws. Races and all "
        f"{race['draws']} draws disagree on {100 * race['other_decisions_than_all_draws']:.1f} % of these images."
    )
    if paired := result["paired"]:
        low, high = (100 * end for end in paired["difference_interval"])
        facts += (
            f" Of {paired['images']} images, the paper's solver with one draw, which all classes share, classifies "
            f"{100 * paired['reference_accuracy']:.1f} % right, and the fast procedure with a block of "
            f"{paired['fast_draws']} draws {100 * paired['fast_accuracy']:.1f} %. The paired difference is "
            f"{100 * paired['difference']:+.1f} points [{low:.1f}, {high:.1f}]."
        )
    return "\n".join([*lines, "", facts, "", LEGEND, ""])


def gains(row: dict[str, Any], base: dict[str, Any]) -> tuple[float, float, float]:
    """The gains in evaluations and seconds at equal error of the class gap, and in evaluations at that of log p."""
    gap = (base["gap_std_error_nats"] / row["gap_std_error_nats"]) ** 2
    log_prob = (base["log_prob_std_error_nats"] / row["log_prob_std_error_nats"]) ** 2
    cheaper = base["nfe_per_image"] / row["nfe_per_image"]
    return gap * cheaper, gap * base["seconds_per_image"] / row["seconds_per_image"], log_prob * cheaper


LINES = {
    "fast, block of 8": (style.BLUE, "o"),
    "fast, 1 rademacher": (style.GREEN, "v"),
    "evidence lower bound, 36 samples": (style.PURPLE, "D"),
    "reference, shared draws": (style.ORANGE, "s"),
    BASE: (style.VERMILION, "^"),
}
DRAWS, BLOCKS = (1, 3, 10, 30), {"fast, block of 8": (8, 16, 32)}


@style.styled
def draw(result: dict[str, Any], path: Path) -> None:
    """Cost against the standard error of the class gap, on logarithmic axes. Draws move a procedure along a line."""
    drawn = style.figure(style.SINGLE_COLUMN, 3.6)
    axes = drawn.subplots()
    rows = {row["procedure"]: row for row in result["procedures"]}
    for name, (color, marker) in LINES.items():
        row = rows[name]
        draws = BLOCKS.get(name, DRAWS)
        cost = [row["nfe_per_image"] * n / row["draws"] for n in draws]
        error = [row["gap_std_error_nats"] * (row["draws"] / n) ** 0.5 for n in draws]
        axes.plot(cost, error, color=color, marker=marker, label=name)
    race = result["racing"]
    axes.axvline(race["nfe_per_image"], color=style.GREY, linestyle=(0, (4, 1.5)), label="racing to a decision")
    axes.set(xscale="log", yscale="log", xlabel="Network evaluations an image, all classes")
    axes.set_ylabel("Standard error of class gap [nats]")
    drawn.legend(loc="outside upper left", ncols=1)
    images = result["images"]
    facts = f"Digits, {images} test images, {result['repetitions']} repetitions. Marks: 1, 3, 10, 30 draws; 8, 16, 32."
    style.small_print(drawn, facts)
    style.write(drawn, path)
