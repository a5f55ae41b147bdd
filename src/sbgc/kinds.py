"""What is known of each kind of model, once: config, rules, tables and figures read it here."""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Kind:
    """A family of models.

    title: what readers see. gives: log p(x|y) of each class, or logits. fitted: by descent in segments, or at once.
    exact: whether log p(x|y) is a closed form, or estimated by a procedure that has settings and noise. samples:
    whether it draws images. cost: scoring an image, relative to a score model. loss_unit: of its training loss (""
    without one). color, marker, line: its look in figures; any one of the three tells kinds apart.
    """

    title: str
    gives: Literal["log_prob", "logits"]
    fitted: Literal["descent", "at_once"]
    exact: bool
    samples: bool
    cost: float
    loss_unit: str
    color: str
    marker: str
    line: Any


KINDS: dict[str, Kind] = {
    "score": Kind(
        "Score model", "log_prob", "descent", False, True, 1.0, "Score-matching loss [per dim.]", "#0072B2", "o", "-"
    ),
    "gaussian": Kind("Gaussian", "log_prob", "at_once", True, False, 1 / 64, "", "#009E73", "s", (0, (4, 1.5))),
    "wide_resnet": Kind(
        "WideResNet",
        "logits",
        "descent",
        True,
        False,
        1 / 64,
        "Cross-entropy [nats]",
        "#D55E00",
        "^",
        (0, (5, 1.5, 1, 1.5)),
    ),
}
