"""How fast a training runs, and whether its devices had to wait for the host."""

import math
import time
from typing import Any, NamedTuple

WARMUP = 2  # the first steps are not timed, since the first one includes the compilation


class Throughput(NamedTuple):
    """Images per second, and the share of steps before which the devices were idle.

    Images per second is NaN where there were no steps beyond the warm-up, and so is the share where the host never
    handed a step over before the last one was finished.
    """

    images_per_second: float
    starved: float

    def facts(
        self, flop_per_image: float | None, peak_teraflops: float | None, devices: int
    ) -> dict[str, float | None]:
        """The facts for a manifest; what is not known is None.

        The share of the peak refers to the peak of all devices together.
        """
        flop = None if flop_per_image is None else self.images_per_second * flop_per_image
        share = None if peak_teraflops is None or flop is None else flop / (1e12 * peak_teraflops * devices)
        told = {
            "images_per_second": self.images_per_second,
            "flop_per_image": flop_per_image,
            "flop_per_second": flop,
            "share_of_peak": share,
            "starved_steps_share": self.starved,
            "devices": devices,
        }
        return {name: None if value is None or math.isnan(value) else value for name, value in told.items()}


class Meter:
    """A count of the steps that were handed over to the devices, and of those that they finished."""

    def __init__(self) -> None:
        self._started, self._steps, self._images = 0.0, 0, 0
        self._handed, self._asked, self._starved = 0, 0, 0

    def handed_over(self, last: Any) -> None:
        """Count a step that is about to be handed over.

        `last` is a result of the step before it, or None where the host has waited for that. If it is ready already,
        the devices are idle.
        """
        self._handed += 1
        if self._handed > WARMUP and last is not None:
            self._asked += 1
            self._starved += last.is_ready()

    def finished(self, images: int) -> None:
        """Count a finished step on `images` images."""
        self._steps += 1
        if self._steps == WARMUP:
            self._started = time.perf_counter()
        elif self._steps > WARMUP:
            self._images += images

    def throughput(self) -> Throughput:
        """The throughput of all steps so far."""
        timed = self._steps > WARMUP
        rate = self._images / (time.perf_counter() - self._started) if timed else float("nan")
        return Throughput(rate, self._starved / self._asked if self._asked else float("nan"))
