from pathlib import Path

import pytest

from sbgc import config


def read(path: Path, text: str) -> list[str]:
    path.write_text(text)
    with pytest.raises(config.ConfigError) as caught:
        config.read(path)
    return str(caught.value).replace(str(path), "config.yaml").splitlines()


def test_a_key_that_stands_twice_is_refused_with_its_lines(tmp_path):
    text = "a:\n  - b: 1\n    c: 2\n    b: 3\na: {d: 1, d: 1}\n"
    assert read(tmp_path / "config.yaml", text) == [
        "config.yaml: a[0].b: this key stands twice, on lines 2 and 4",
        "config.yaml: a: this key stands twice, on lines 1 and 5",
        "config.yaml: a.d: this key stands twice, on lines 5 and 5",
    ]


def test_an_alias_is_no_repetition(tmp_path):
    (tmp_path / "config.yaml").write_text("a: &a {b: 1}\nc: *a\nd: {<<: *a, b: 2}\n")
    assert config.read(tmp_path / "config.yaml") == {"a": {"b": 1}, "c": {"b": 1}, "d": {"b": 2}}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: b: c", "config.yaml: not YAML: mapping values are not allowed here (line 1, column 5)"),
        ("a:\n\tb: 1", "config.yaml: not YAML: found character '\\t' that cannot start any token (line 2, column 1)"),
        ("a: \0", "config.yaml: not YAML: "),
        ("- a", "config.yaml: must be a mapping of keys to values"),
        ("", "config.yaml: must be a mapping of keys to values"),
    ],
)
def test_a_file_that_is_no_mapping_in_yaml_is_one_line(tmp_path, text, line):
    (found,) = read(tmp_path / "config.yaml", text)
    assert found.startswith(line)


def test_a_file_that_cannot_be_read_is_one_line(tmp_path):
    for path, why in ((tmp_path / "absent.yaml", "no such file"), (tmp_path, "Is a directory")):
        with pytest.raises(config.ConfigError) as caught:
            config.read(path)
        assert str(caught.value) == f"{path}: {why}"
