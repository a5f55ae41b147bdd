"""What recorded class scores say: accuracy by estimator and number of draws, races among them, and the figure.

Blocks of images are mappings of scores [images, classes, draws], NaN where a class was out of reach, of nfe of the same
shape and of labels [images]; they are keyed by their first image.
"""

from pathlib import Path
from typing import Any

import numpy as np
import raced_corruptions

from sbgc.figures import style, tables
from sbgc.figures.style import Look
from sbgc.maths import intervals
from sbgc.procedures.racing import races

BLOCK = 4  # images
SCREENED = 2  # draws of every class
REACHES = (5.0, 10.0, 20.0)  # nats
ERROR = 0.01  # of a race: that its tests eliminate the best class
LOOKS = (
    Look(style.BLUE, "o", "-"),
    Look(style.VERMILION, "s", (0, (4, 1.5))),
    Look(style.GREEN, "^", (0, (1, 1))),
    Look(style.PURPLE, "D", (0, (4, 1.5, 1, 1.5))),
)
LEADERS = 3  # classes whose gaps to the best are close enough to matter

Blocks = dict[int, dict[str, np.ndarray]]


def report(experiment: str, found: dict[str, Blocks], fine: str) -> dict[str, Any]:
    """What each estimator decides on the images that all have, by the number of draws, and races among them."""
    common = sorted(set.intersection(*(set(blocks) for blocks in found.values())))
    joined = {name: together([blocks[first] for first in common]) for name, blocks in found.items()}
    rows = [row(name, one, draws) for name, one in joined.items() for draws in numbers(one["scores"].shape[2])]
    screens = [name for name in joined if name != fine]
    raced = [race(joined, screen, fine, reach) for screen in screens for reach in REACHES]
    images = len(joined[fine]["labels"])
    return {"experiment": experiment, "split": "test", "images": images, "estimators": rows, "races": raced}


def together(blocks: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The arrays of several blocks one after the other, as far as all have the draws."""
    draws = min(one["nfe"].shape[2] for one in blocks)
    cut = [{name: part[..., :draws] if part.ndim == 3 else part for name, part in one.items()} for one in blocks]
    return {name: np.concatenate([one[name] for one in cut]) for name in cut[0]}


def race(joined: dict[str, dict[str, np.ndarray]], screen: str, fine: str, reach: float) -> dict[str, Any]:
    """Races by the draws of `fine`, beside the decisions of all its draws on all classes.

    Half of the images race with what is learned on the other half, and the other way round.
    """
    screening, drawn = joined[screen]["scores"][:, :, 0], complete(joined[fine]["scores"])
    costs = {name: int(joined[name]["nfe"][:, :, 0].max()) for name in (screen, fine)}
    labels, draws = joined[fine]["labels"], drawn.shape[2]
    winner, nfe, drawn_on = (np.zeros(len(labels), int) for _ in range(3))
    for fold in (0, 1):
        racing = np.arange(len(labels)) // BLOCK % 2 == fold
        learned = (
            races.learned_prior(drawn[~racing, :, :SCREENED]),  # which are measured for all classes
            races.learned_screening(screening[~racing, :, None], drawn[~racing]),
        )
        settings = races.Race(reach, ERROR, draws, *learned)
        outcome = races.race(
            *(
                raced_corruptions.read((values[racing], np.full(values[racing].shape, costs[name])))
                for name, values in ((screen, screening[:, :, None]), (fine, drawn))
            ),
            int(racing.sum()),
            drawn.shape[1],
            settings,
        )
        winner[racing], nfe[racing], drawn_on[racing] = outcome.winner, outcome.nfe, outcome.draws
    of_all = drawn.mean(axis=2).argmax(axis=1)
    return {
        "screen": screen,
        "draws by": fine,
        "reach_nats": reach,
        "accuracy": round(float((winner == labels).mean()), 4),
        "accuracy_of_all_draws": round(float((of_all == labels).mean()), 4),
        "right_only_by": {
            "race": int(((winner == labels) & (of_all != labels)).sum()),
            "all draws": int(((winner != labels) & (of_all == labels)).sum()),
        },
        "other_decisions": int((winner != of_all).sum()),
        "decided_by_screening": round(float((drawn_on == 0).mean()), 3),
        "nfe_per_image": round(float(nfe.mean()), 1),
        "nfe_per_image_of_all_draws": costs[fine] * draws * drawn.shape[1],
    }


def complete(scores: np.ndarray) -> np.ndarray:
    """The scores, where a class out of reach keeps its mean gap to the leader of the first draws in all later ones.

    Gaps and not scores: what all classes share of a draw moves them together by far more than any gap.
    """
    means = scores[:, :, :SCREENED].mean(axis=2)
    leader = means.argmax(axis=1)[:, None, None]
    behind = means - np.take_along_axis(means, leader[:, :, 0], axis=1)
    return np.where(np.isnan(scores), np.take_along_axis(scores, leader, axis=1) + behind[:, :, None], scores)


def numbers(draws: int) -> list[int]:
    """1, 2, 4, ... up to all draws."""
    return [2**power for power in range(draws.bit_length()) if 2**power <= draws]


def row(name: str, one: dict[str, np.ndarray], draws: int) -> dict[str, Any]:
    """Accuracy by the mean of the first draws, the standard deviation of a gap between draws, and evaluations."""
    scores, labels = one["scores"][:, :, :draws], one["labels"]
    drawn = ~np.isnan(scores).any(axis=2)
    means = np.where(drawn, scores.mean(axis=2), -np.inf)
    right = means.argmax(axis=1) == labels
    low, high = intervals.wilson_interval(int(right.sum()), len(right), 0.95)
    return {
        "estimator": name,
        "draws": draws,
        "accuracy": round(float(right.mean()), 4),
        "interval": [round(low, 4), round(high, 4)],
        "std_of_a_gap_nats": gap_noise(one["scores"], means) if draws == 1 else None,
        "nfe_per_image": round(float(one["nfe"][:, :, :draws].sum(axis=(1, 2)).mean()), 1),
    }


def gap_noise(scores: np.ndarray, means: np.ndarray) -> float | None:
    """The root mean square over images of the standard deviation over draws of the gaps between the leading classes."""
    if scores.shape[2] < 2:
        return None
    order = np.argsort(means, axis=1)[:, ::-1][:, :LEADERS]
    best = np.take_along_axis(scores, order[:, :, None], axis=1)
    gaps = best[:, :1] - best[:, 1:]
    return round(float(np.sqrt(np.nanmean(np.nanvar(gaps, axis=2, ddof=1)))), 3)


@style.styled
def draw(result: dict[str, Any], path: Path) -> None:
    """Accuracy against evaluations of the network for an image: by the number of draws, and of races."""
    drawn = style.figure(style.SINGLE_COLUMN, 2.9)
    axes, looks = drawn.subplots(), iter(LOOKS)
    for name in dict.fromkeys(one["estimator"] for one in result["estimators"]):
        rows = [one for one in result["estimators"] if one["estimator"] == name]
        nfe, value = ([one[key] for one in rows] for key in ("nfe_per_image", "accuracy"))
        low, high = zip(*(one["interval"] for one in rows), strict=True)
        bars = 100 * tables.errors(np.array(value), np.array(low), np.array(high))
        axes.errorbar(nfe, 100 * np.array(value), bars, label=called(name), **next(looks).plot)
    star: dict[str, Any] = {"marker": "*", "color": "black", "markersize": 7, "linestyle": "none"}
    axes.plot([], [], label="race, by its reach [nats]", **star)
    for one in result["races"]:
        place = one["nfe_per_image"], 100 * one["accuracy"]
        axes.plot(*place, **star)
        beside: dict[str, Any] = {
            "textcoords": "offset points",
            "xytext": (0, 5),
            "ha": "center",
            "fontsize": style.SMALL,
        }
        axes.annotate(f"{one['reach_nats']:g}", place, **beside)
    axes.set(xscale="log", xlabel="Evaluations of the network for an image", ylabel="Accuracy [%]")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter(lambda value, _: f"{value:g}" if f"{value:g}"[0] in "25" else "")
    axes.legend(loc="lower right")
    images = f"{result['experiment']}: the first {result['images']} test images, all classes"
    races = {(called(one["screen"]), called(one["draws by"])) for one in result["races"]}
    told = "".join(f" Races: screened by the {screen}, drawn by the {fine}." for screen, fine in sorted(races))
    style.small_print(drawn, f"{images}; 1, 2, 4, ... draws. Bars: 95 % confidence interval.{told}")
    style.write(drawn, path)


def called(estimator: str) -> str:
    """What an estimator is called in a figure."""
    name, number = estimator.split()
    return f"fast, {number} nodes" if name == "fast" else f"bound, {number} {'even ' * (name == 'elbo')}samples"
