"""How corruptions are spelled in figures, and the order in which they appear."""

from collections.abc import Iterable


def in_families(kinds: Iterable[str]) -> list[str]:
    """Noises first, then blurs, then all others; by name within each family."""
    return sorted(kinds, key=lambda kind: (not kind.endswith("noise"), not kind.endswith("blur"), kind))


def spelled(kind: str) -> str:
    """ "JPEG compression" for jpeg_compression."""
    return kind.replace("_", " ").capitalize().replace("Jpeg", "JPEG")
