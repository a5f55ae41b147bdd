"""Experiments and models that extend others of their kind: `extends: NAME`, with a deep merge."""

from collections.abc import Iterator, Mapping
from typing import Any

from sbgc.config.mistakes import Mistake, Place, one_of, shown_key

KEY = "extends"
TAGS = ("kind", "method", "procedure")  # keys whose value tells which others there are
NAMED = ("sde", "prior", "defence")  # sections whose `name` does so, too
LONGEST_CHAIN = 20
Named = Mapping[str, Any]


def merged(below: Named, above: Named) -> dict[str, Any]:
    """Two mappings as one: mappings are merged key by key, anything else of `above` takes the place of `below`'s.

    So does a mapping of another kind, procedure, process, prior or defence, whose keys are others.
    """
    both = dict(below)
    for key, value in above.items():
        under = both.get(key)
        if isinstance(value, Mapping) and isinstance(under, Mapping) and not _of_another_kind(key, under, value):
            value = merged(under, value)
        both[key] = value
    return both


def _of_another_kind(key: str, below: Named, above: Named) -> bool:
    tags = (*TAGS, *(["name"] if key in NAMED else []))
    return any(tag in below and tag in above and below[tag] != above[tag] for tag in tags)


def expanded(whole: Named) -> tuple[dict[str, Any], list[Mistake]]:
    """The configuration with what experiments and their models take over written out, and the mistakes in `extends`.

    Nothing is written out where an `extends` among the same experiments or models is mistaken.
    """
    experiments = whole.get("experiments")
    if not isinstance(experiments, Mapping):
        return dict(whole), []
    if found := list(_mistakes(("experiments",), experiments)):
        return dict(whole), found
    experiments = _resolved(experiments)
    for name, experiment in experiments.items():
        if isinstance(experiment, Mapping) and isinstance(models := experiment.get("models"), Mapping):
            wrong = list(_mistakes(("experiments", name, "models"), models))
            found += wrong
            if not wrong:
                experiments[name] = {**experiment, "models": _resolved(models)}
    return {**whole, "experiments": experiments}, found


def extended(whole: Named, place: Place) -> Place | None:
    """The place of the experiment or the model that the one at `place` extends, if it does.

    A model that stands in the experiment that this one extends is extended as well.
    """
    value: Any = whole
    for part in place:
        value = value.get(part) if isinstance(value, Mapping) else None
    if isinstance(value, Mapping) and isinstance(value.get(KEY), str):
        return (*place[:-1], value[KEY])
    outer = extended(whole, place[:2]) if len(place) > 2 else None
    inherited = extended(whole, (*outer, *place[2:])) if outer else None
    return (*place[:-1], inherited[-1]) if inherited else None


def _mistakes(place: Place, named: Named) -> Iterator[Mistake]:
    """Members that extend one that is not there, or themselves by a detour; each circle is told once."""
    circles: set[frozenset[str]] = set()
    for name, one in named.items():
        if not isinstance(one, Mapping) or KEY not in one:
            continue
        base, chain = one[KEY], _chain(named, name)
        if not isinstance(base, str) or base not in named or base == name:
            others = [key for key in named if key != name]
            rule = one_of(base, others) if others else "there is no other one to extend"
            yield Mistake((*place, name, KEY), rule, base)
        elif chain[-1] == name and frozenset(chain) not in circles:
            circles.add(frozenset(chain))
            yield Mistake((*place, name, KEY), f"goes round in a circle: {' -> '.join(map(shown_key, chain))}", base)
        elif len(chain) > LONGEST_CHAIN + 1:
            yield Mistake(
                (*place, name, KEY), f"takes over from more than {LONGEST_CHAIN} others, one through another", base
            )


def _chain(named: Named, name: str) -> list[str]:
    """A member, the one that it extends, the one which that extends and so on, until one stands twice."""
    chain = [name]
    while len(chain) <= LONGEST_CHAIN + 1 and len(set(chain)) == len(chain):
        one = named[chain[-1]]
        base = one.get(KEY) if isinstance(one, Mapping) else None
        if not isinstance(base, str) or base not in named:
            break
        chain.append(base)
    return chain


def _resolved(named: Named) -> dict[str, Any]:
    def taken_over(one: Any) -> Any:
        if not isinstance(one, Mapping) or KEY not in one:
            return one
        own = {key: value for key, value in one.items() if key != KEY}
        base = taken_over(named[one[KEY]])
        return merged(base, own) if isinstance(base, Mapping) else own

    return {name: taken_over(one) for name, one in named.items()}
