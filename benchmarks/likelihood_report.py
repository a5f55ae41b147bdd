"""The likelihood benchmark's table and figure, from its JSON."""

from pathlib import Path
from typing import Any

from sbgc.figures import style

COLUMNS = [
    "procedure", "draws", "accuracy, %", "log p, nats", "its standard error", "of the class gap",
    "evaluations an image", "fewer", "seconds an image", "less",
]  # fmt: skip
BASE = "reference, as the paper"


def markdown(result: dict[str, Any]) -> str:
    """The table; `fewer` and `less` are against the paper's procedure."""
    rows = {row["procedure"]: row for row in result["procedures"]}
    base, lines = rows[BASE], [f"| {' | '.join(COLUMNS)} |", "|" + "---|" * len(COLUMNS)]
    for row in result["procedures"]:
        lines.append(
            f"| {row['procedure']} | {row['draws']} | {100 * row['accuracy']:.1f} | {row['log_prob_nats']:.2f} "
            f"| {row['log_prob_std_error_nats']:.2f} | {row['gap_std_error_nats']:.2f} | {row['nfe_per_image']:,.0f} "
            f"| {base['nfe_per_image'] / row['nfe_per_image']:.0f}x | {row['seconds_per_image']:.3f} "
            f"| {base['seconds_per_image'] / row['seconds_per_image']:.0f}x |"
        )
    race = result["racing"]
    lines.append(
        f"| racing, {race['images']} images | up to {race['max_draws']} | {100 * race['accuracy']:.1f} "
        f"| n/a | n/a | n/a | {race['nfe_per_image']:,.0f} | {base['nfe_per_image'] / race['nfe_per_image']:.0f}x "
        f"| {race['seconds_per_image']:.3f} | {base['seconds_per_image'] / race['seconds_per_image']:.0f}x |"
    )
    facts = (
        f"Digits, test split, {result['images']} images (racing: {race['images']}), measured on "
        f"{result['draws_measured']} draws, on the {result['manifest']['device']}. Of the same {race['images']} images "
        f"`fast` with one draw gets {100 * race['fast_accuracy']:.1f} % right, and with {result['draws_measured']} "
        f"draws {100 * race['fast_all_draws_accuracy']:.1f} %."
    )
    return "\n".join([*lines, "", facts, ""])


@style.styled
def draw(result: dict[str, Any], path: Path) -> None:
    """Cost against the standard error of the class gap, both logarithmic: a procedure's draws move it along a line."""
    drawn = style.figure(style.SINGLE_COLUMN, 2.7)
    axes = drawn.subplots()
    looks = {
        "reference, as the paper": (style.VERMILION, "^"),
        "reference, shared draws": (style.ORANGE, "s"),
    }
    fast = [row for row in result["procedures"] if row["likelihood"]["procedure"] == "fast"]
    fast.sort(key=lambda row: row["nfe_per_image"])
    axes.plot(
        [row["nfe_per_image"] for row in fast], [row["gap_std_error_nats"] for row in fast],
        color=style.BLUE, marker="o", label="fast, one draw, 1 to 16 probes",
    )  # fmt: skip
    for row in result["procedures"]:
        if row["procedure"] in looks:
            color, marker = looks[row["procedure"]]
            draws = [1, 3, 10, 30]
            axes.plot(
                [row["nfe_per_image"] * n / row["draws"] for n in draws],
                [row["gap_std_error_nats"] * (row["draws"] / n) ** 0.5 for n in draws],
                color=color, marker=marker, label=f"{row['procedure']}, 1 to 30 draws",
            )  # fmt: skip
        if row["likelihood"]["procedure"] == "elbo":
            axes.plot(row["nfe_per_image"], row["gap_std_error_nats"], color=style.PURPLE, marker="D", linestyle="none",
                      label="evidence lower bound, one draw")  # fmt: skip
    axes.axvline(result["racing"]["nfe_per_image"], color=style.GREY, linestyle=(0, (4, 1.5)), label="racing: its cost")
    axes.set(xscale="log", yscale="log", xlabel="network evaluations an image, all classes")
    axes.set_ylabel("standard error of the class gap [nats]")
    axes.legend(fontsize=6)
    style.small_print(drawn, f"Digits, {result['images']} test images, {result['draws_measured']} draws measured.")
    style.write(drawn, path)
