"""A file's text is UTF-8 in every locale."""

import ast
from pathlib import Path

import pytest

import sbgc

PACKAGE = Path(sbgc.__file__).parent
CALLS = ("open", "read_text", "write_text")
# They open bytes, or say UTF-8 themselves.
SAFE = ("Image.open", "archive.open", "tarfile.open", "table_writer.write_text", "write_text")


def without_encoding(source):
    """The lines that read or write text in the encoding of the locale; a mode with "b" is of bytes."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or ast.unparse(node.func) in SAFE:
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", None))
        modes = [value.value for value in node.args if isinstance(value, ast.Constant)]
        binary = any(isinstance(mode, str) and "b" in mode for mode in modes)
        if name in CALLS and not binary and "encoding" not in {keyword.arg for keyword in node.keywords}:
            yield node.lineno


@pytest.mark.parametrize("call", ["open(p)", "p.open('a')", "p.read_text()", "p.write_text(t)", "Path(p).read_text()"])
def test_a_call_without_an_encoding_is_found(call):
    assert list(without_encoding(call)) == [1]


@pytest.mark.parametrize("call", ["p.open('rb')", "p.read_text(encoding='utf-8')", "p.read_bytes()", "Image.open(p)"])
def test_a_call_that_depends_on_no_locale_is_not(call):
    assert list(without_encoding(call)) == []


def test_no_module_reads_or_writes_text_in_the_encoding_of_the_locale():
    modules = sorted(PACKAGE.rglob("*.py"))
    found = [f"{path}:{line}" for path in modules for line in without_encoding(path.read_text(encoding="utf-8"))]
    assert found == []
