"""An answer as a block of lines for readers."""

from collections.abc import Sequence
from typing import Any

from sbgc.procedures.classification import Answer


def block(told: dict[str, Any], answer: Answer, names: Sequence[str]) -> str:
    """The decision and how sure it is, then each class, the most probable first.

    told: the answer as plain values, with the name of the image and how it was converted.
    """
    lines = [f"{told['image']}: {told['class']} ({100 * answer.posterior[answer.winner]:.1f} %)"]
    if told["conversions"]:
        lines.append(f"  converted: {'; '.join(told['conversions'])}")
    if answer.flip is not None:
        measured = answer.typicality is not None
        typical = f"{answer.typicality:.3f} among {answer.references} training images" if measured else "not run"
        gap = f"gap to {told['rival']} {answer.gap:.2f} ± {answer.gap_std_error:.2f} nats"
        lines.append(f"  {answer.bits_per_dim:.3f} bits/dim; typicality p = {typical}; {gap}")
        lines.append(f"  more draws would change the decision with probability {answer.flip:.2g}")
    widest = max(map(len, names))
    for one in answer.posterior.argsort()[::-1]:
        line = f"  {names[one]:>{widest}}  {100 * answer.posterior[one]:6.2f} %"
        if answer.log_prob is not None and answer.std_error is not None:
            line += f"  log p(x|y) = {answer.log_prob[one]:.2f} ± {answer.std_error[one]:.2f} nats"
        lines.append(line)
    return "\n".join(lines)
