"""The columns of a table of training losses."""

from typing import Any

from sbgc.config.spec import Spec


def columns(spec: Spec, seed: int, losses: list[tuple[int, float, float]]) -> dict[str, Any]:
    """Those of rows (step, loss, norm of the gradient before clipping), led by those that say of what."""
    return {
        "experiment": spec.experiment,
        "dataset": spec.dataset.name,
        "model": spec.model,
        "kind": spec.settings.kind,
        "seed": seed,
        "step": [step for step, _, _ in losses],
        "loss": [loss for _, loss, _ in losses],
        "grad_norm": [norm for _, _, norm in losses],
    }
