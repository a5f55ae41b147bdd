import pytest
from pydantic import ValidationError

from sbgc.config import mistakes
from sbgc.config.mistakes import Mistake, line, listed, one_of, refuse, shown, together


def test_a_line_has_the_source_the_place_the_value_and_the_rule():
    assert line(Mistake(("a", 1, "b"), "must be true", 5), "c.yaml") == "c.yaml: a[1].b = 5: must be true"
    assert line(Mistake(("a",), "this key is missing"), "c.yaml") == "c.yaml: a: this key is missing"
    assert line(Mistake((), "must be a mapping"), "c.yaml") == "c.yaml: must be a mapping"


def test_a_line_holds_nothing_that_a_terminal_obeys():
    told = line(Mistake(("\x1b[2J", "a\nb"), "must be \u2028 this\r", "c\nd"), "e\nf.yaml")
    assert told == "e\\nf.yaml: \\x1b[2J.a\\nb = 'c\\nd': must be \\u2028 this\\r"


def test_values_are_shown_as_yaml_writes_them_and_long_ones_are_cut():
    assert [shown(value) for value in (True, None, (1, 2), "x", 2.5)] == ["true", "null", "[1, 2]", "'x'", "2.5"]
    for long in (
        "x" * 10_000,
        list(range(10_000)),
        16**10_000,
        {"a": {"b": {"c": {}}}},
        {number: 0 for number in range(99)},
    ):
        assert len(shown(long)) < 100


def test_choices_are_listed_with_a_guess_and_many_are_cut():
    assert one_of("fig", ["fog", "frost"]) == "must be one of 'fog', 'frost' (did you mean fog?)"
    assert one_of("x", ["fog"]) == "must be 'fog'"
    assert one_of(5, ["fog", 6]) == "must be one of 'fog', 6"
    assert listed(f"word {number}" for number in range(100)).endswith("word 44 and 55 more")
    assert len(one_of("x" * 10_000, ["y" * 10_000] * 200)) < 1000


def test_lines_are_told_once_and_very_many_are_counted():
    assert str(together(["a", "b", "a"])) == "a\nb"
    lines = str(together(map(str, range(mistakes.MOST_LINES + 7)))).split("\n")
    assert lines[-1] == "and 7 mistakes more"
    assert len(lines) == mistakes.MOST_LINES + 1


def test_no_mistake_refuses_nothing():
    refuse([])
    with pytest.raises(ValidationError):
        refuse([Mistake(("a",), "must be b", 1)])
