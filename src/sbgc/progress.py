"""A progress bar with rate and time left; where nobody watches a terminal, a plain line now and then."""

import sys

from tqdm import tqdm

LOG_EVERY_SECONDS = 10.0


class _Lines:
    """A stream that turns each redraw of a bar into a line of its own."""

    def write(self, text: str) -> None:
        """Write what is visible of `text`."""
        if text.strip():
            sys.stderr.write(text.strip() + "\n")

    def flush(self) -> None:
        """Hand the lines on."""
        sys.stderr.flush()


def progress_bar(total: int, what: str, unit: str, initial: int = 0) -> tqdm:
    """A bar on standard error: on a terminal redrawn in place, in a log file a line every ten seconds."""
    if sys.stderr.isatty():
        return tqdm(total=total, desc=what, unit=unit, initial=initial)
    return tqdm(
        total=total,
        desc=what,
        unit=unit,
        initial=initial,
        file=_Lines(),
        mininterval=LOG_EVERY_SECONDS,
        maxinterval=LOG_EVERY_SECONDS,
        ascii=True,
        ncols=100,
    )
