"""What a class is called in figures: its name where the data have one, else its number."""

from collections.abc import Iterable, Sequence

from sbgc.artifacts import Split

LONGEST = 14  # letters of a name; longer ones are cut


def of_split(split: Split, classes: Iterable[int]) -> list[str]:
    """The names of these classes, from the list of str that the split's meta may hold as "class_names"."""
    return called(split.meta.get("class_names", ()), classes)


def called(names: Sequence[str], classes: Iterable[int]) -> list[str]:
    """The names of these classes, or their numbers where there are no names; names[y] is the name of class y."""
    return [_short(str(names[one])) if one < len(names) else str(one) for one in classes]


def _short(name: str) -> str:
    """On one line, of at most LONGEST letters, and with dollars that do not turn it into a formula."""
    line = " ".join(name.split())
    cut = line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + "…"
    return cut.replace("$", r"\$")
