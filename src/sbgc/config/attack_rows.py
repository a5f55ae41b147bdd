"""What attacks leave behind: whom a method attacks, within which bounds, and which of its images are judged."""

from collections.abc import Iterable

from sbgc.config.attacked import CLEAN, Attacks, Method, Transfers

BOUNDED = ("pgd", "apgd", "square", "noise")  # methods that are given a size; others look for the least


def on(method: Method, models: Iterable[str], densities: Iterable[str]) -> tuple[str, ...]:
    """The models that a method attacks: of all of them, or of the densities where it evades a test of log p(x)."""
    possible = densities if getattr(method, "evades", None) else models
    chosen = getattr(method, "models", None)
    return tuple(name for name in possible if chosen is None or name in chosen)


def bounds(attacks: Attacks, name: str) -> tuple[float, ...]:
    """The epsilons that a method is given; none where it looks for the least perturbation."""
    method = attacks.methods[name]
    return attacks.epsilons[method.norm] if method.method in BOUNDED else ()


def rows(attacks: Attacks, name: str) -> int:
    """The images that an attack leaves behind, in all of its bounds; of the images before any attack, their number."""
    return attacks.images if name == CLEAN else attacks.images * (len(bounds(attacks, name)) or 1)


def transferred(attacks: Attacks, transfers: Transfers, name: str) -> int:
    """The first row of the images that other models judge: of ascending bounds, those within the one of their norm."""
    ascending = sorted(bounds(attacks, name))
    return attacks.images * ascending.index(transfers.epsilons[attacks.methods[name].norm]) if ascending else 0
