import math
import time

import pytest

from sbgc.config.file import read
from sbgc.config.mistakes import ConfigError


def refusal(path, content: str | bytes) -> list[str]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(ConfigError) as caught:
        read(path)
    return str(caught.value).replace(str(path), "config.yaml").split("\n")


def test_a_key_that_stands_twice_is_refused_with_its_lines(tmp_path):
    text = "a:\n  - b: 1\n    c: 2\n    b: 3\na: {d: 1, d: 1}\n"
    assert refusal(tmp_path / "config.yaml", text) == [
        "config.yaml: a[0].b: this key stands twice, on lines 2 and 4",
        "config.yaml: a: this key stands twice, on lines 1 and 5",
        "config.yaml: a.d: this key stands twice, on lines 5 and 5",
    ]


def test_an_alias_is_no_repetition(tmp_path):
    (tmp_path / "config.yaml").write_text("a: &a {b: 1}\nc: *a\nd: {<<: *a, b: 2}\n")
    assert read(tmp_path / "config.yaml") == {"a": {"b": 1}, "c": {"b": 1}, "d": {"b": 2}}


def test_values_are_those_of_yaml(tmp_path):
    (tmp_path / "config.yaml").write_text("{a: 1, b: 2.0e-4, c: true, d: null, e: [x, 'y'], f: .inf, g: 2e-4}")
    expected = {"a": 1, "b": 2e-4, "c": True, "d": None, "e": ["x", "y"], "f": math.inf, "g": "2e-4"}
    assert read(tmp_path / "config.yaml") == expected


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("a: b: c", "not YAML: mapping values are not allowed here (line 1, column 5)"),
        ("a:\n\tb: 1", "not YAML: found character '\\t' that cannot start any token (line 2, column 1)"),
        ("a: \0", "not YAML: unacceptable character #x0000"),
        (b"a: \xff", "not YAML: 'utf-8' codec can't decode byte 0xff"),
        ("--- a\n--- b", "not YAML: but found another document (line 2, column 1)"),
        ("? [a]\n: b", "not YAML: found unhashable key (line 1, column 3)"),
        ("a: *b", "not YAML: found undefined alias 'b' (line 1, column 4)"),
        ("a: " + "9" * 5000, "not YAML: a value is not what its tag says: Exceeds the limit"),
        ("a: !!int x", "not YAML: a value is not what its tag says: invalid literal for int()"),
        ("a: !!int ''", "not YAML: a value is not what its tag says: "),
        ("a: !!bool x", "not YAML: a value is not what its tag says: "),
        ("- a", "must be a mapping of keys to values"),
        ("", "must be a mapping of keys to values"),
        ("a", "must be a mapping of keys to values"),
        ("a: 2026-01-31", "a: YAML takes it for a timestamp; put text into quotes"),
        ("a: [!!binary eA==]", "a[0]: YAML takes it for a binary; put text into quotes"),
        ("a: !!set {b}", "a: YAML takes it for a set; put text into quotes"),
        ("a: !!python/object/apply:os.system [exit]", "a: YAML takes it for a python/object/apply:os.system; put text"),
        ("a: !own x", "a: YAML takes it for a !own; put text into quotes"),
        ('"\\uD800": 1', "\\ud800: is text that no file can hold, with half of a surrogate pair"),
        ("a: &a {b: [*a]}", "a.b[0]: is an alias of a part that it stands in itself"),
        ("a: " + "[" * 3000 + "]" * 3000, "nested too deeply; settings have some ten levels"),
        ("\n".join(" " * depth + "a:" for depth in range(3000)), "nested too deeply; settings have some ten levels"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_file_that_is_no_mapping_of_settings_is_one_line(tmp_path, content, line):
    started = time.process_time()
    (found,) = refusal(tmp_path / "config.yaml", content)
    assert found.startswith(f"config.yaml: {line}"), found
    assert found.isprintable()
    assert len(found) < 1000
    assert time.process_time() - started < 2


def test_a_file_that_cannot_be_read_is_one_line(tmp_path):
    for path, why in ((tmp_path / "absent.yaml", "no such file"), (tmp_path, "Is a directory")):
        with pytest.raises(ConfigError) as caught:
            read(path)
        assert str(caught.value) == f"{path}: {why}"
