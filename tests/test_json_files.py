import pytest
from hand_artifacts import message

from sbgc import artifacts


def test_equal_json_values_give_equal_bytes(tmp_path):
    artifacts.write_json(tmp_path / "one.json", {"a": 1, "b": [0.1, None]})
    artifacts.write_json(tmp_path / "two.json", {"b": [0.1, None], "a": 1})
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    assert artifacts.read_json(tmp_path / "one.json") == {"a": 1, "b": [0.1, None]}


@pytest.mark.parametrize("content", [b"", b"\x80{", b"{", b"[" * 100_000], ids=["empty", "bytes", "cut", "nested"])
def test_what_is_no_json_is_refused_in_one_line(tmp_path, content):
    (tmp_path / "j.json").write_bytes(content)
    assert "not JSON" in message(artifacts.read_json, tmp_path / "j.json")


def test_letters_read_back_whatever_the_locale(tmp_path, monkeypatch):
    monkeypatch.setattr("locale.getpreferredencoding", lambda *_: "ascii")
    (tmp_path / "j.json").write_bytes('{"name": "Zürich"}'.encode())
    assert artifacts.read_json(tmp_path / "j.json") == {"name": "Zürich"}
