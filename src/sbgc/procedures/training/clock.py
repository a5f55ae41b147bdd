"""A time budget: the place that it has reached on a training's schedule, and when it is over."""

import time


class Clock:
    """`seconds` of wall time from now on, over which a schedule of `steps` steps is spread.

    Steps are handed over to the devices some at a time. The first ones are compiled, so the schedule begins after them.
    """

    def __init__(self, seconds: float, steps: int):
        self._steps, self._end = steps, time.perf_counter() + seconds
        self._begun: float | None = None
        self._done = 0

    @property
    def compiling(self) -> bool:
        """Whether no hand-over is done yet."""
        return self._begun is None

    def finished(self) -> None:
        """Count a hand-over that is done."""
        if self._begun is None:
            self._begun = time.perf_counter()
        else:
            self._done += 1

    def place(self) -> float:
        """The place on the schedule, in steps."""
        if self._begun is None:
            return 0.0
        share = (time.perf_counter() - self._begun) / max(self._end - self._begun, 1e-9)
        return self._steps * min(share, 1.0)

    def over(self, under_way: int) -> bool:
        """Whether no more should begin: one more, after those under way, would end too late at their mean time."""
        if self._begun is None:
            return False
        now = time.perf_counter()
        each = (now - self._begun) / max(self._done, 1)
        return now + (under_way + 1) * each > self._end
