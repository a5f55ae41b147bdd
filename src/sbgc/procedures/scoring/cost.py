"""What an evaluation will cost, told before it starts: operations by XLA's count, and hours at a stated throughput."""

from typing import Any

from sbgc import models
from sbgc.config.likelihoods import Likelihood
from sbgc.config.spec import Spec


def estimate(spec: Spec, likelihood: Likelihood, images: int, draws: int, teraflops: float | None) -> dict[str, Any]:
    """The FLOP of log p(x|y) for `images` images under all classes, and the device hours that they take at `teraflops`.

    The hours are None where `teraflops` is None; and so is every number of operations where JAX does not count them.
    """
    classes = spec.dataset.num_classes
    each = models.page(spec.settings.kind).log_prob_flop(spec, likelihood)
    flop = each and images * classes * draws * each
    hours = None if teraflops is None or flop is None else flop / (3.6e15 * teraflops)
    counts = {"model": spec.model, "images": images, "classes": classes, "draws": draws}
    counts["likelihood"] = likelihood.model_dump()
    return counts | {"flop_per_log_prob": each, "flop": flop, "teraflops": teraflops, "device_hours": hours}


def line(found: dict[str, Any]) -> str:
    """The estimate as one line for a reader."""
    counts = f"{found['images']:,} images x {found['classes']} classes x {found['draws']} draws"
    total, hours = "operations not counted", ""
    if found["flop"] is not None:
        total = f"{found['flop_per_log_prob']:.2e} FLOP each, {found['flop']:.2e} in all"
    if found["device_hours"] is not None:
        hours = f": {found['device_hours']:.3g} h at {found['teraflops']:g} TFLOP/s"
    return f"{found['model']}: {counts}, {total}{hours}"
