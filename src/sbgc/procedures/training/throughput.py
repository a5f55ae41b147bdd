"""How fast a training runs, and whether its devices ever wait for the host."""

import math
import time
from typing import Any, NamedTuple

WARMUP = 2  # steps that are not timed: the first compiles


class Throughput(NamedTuple):
    """Images a second, NaN for fewer steps than a warm-up; the share of steps before which the devices stood still."""

    images_per_second: float
    starved: float

    def facts(self, flop_per_image: float, peak_teraflops: float | None, devices: int) -> dict[str, float | None]:
        """For a manifest; the share of the peak is of that of all devices together, None where no peak is stated."""
        flop = self.images_per_second * flop_per_image
        share = None if peak_teraflops is None else flop / (1e12 * peak_teraflops * devices)
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
    """Counts steps as they are handed over to the devices, and as they are finished."""

    def __init__(self) -> None:
        self._started, self._steps, self._images = 0.0, 0, 0
        self._handed, self._starved = 0, 0

    def handed_over(self, last: Any) -> None:
        """A step is about to be; `last` is a result of the one before, there already if the devices stand still."""
        self._handed += 1
        self._starved += self._handed > WARMUP and last is not None and last.is_ready()

    def finished(self, images: int) -> None:
        """A step of so many images is."""
        self._steps += 1
        if self._steps == WARMUP:
            self._started = time.perf_counter()
        elif self._steps > WARMUP:
            self._images += images

    def throughput(self) -> Throughput:
        """Of all steps so far."""
        timed = self._steps > WARMUP
        rate = self._images / (time.perf_counter() - self._started) if timed else float("nan")
        return Throughput(rate, self._starved / max(1, self._handed - WARMUP))
