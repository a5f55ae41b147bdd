"""Source code as canonical text: equal for sources that do the same but for docstrings, comments and formatting.

The text of a source is equal on all versions of Python that can parse it. That of `ast.dump` is not: versions differ in
the fields that a node has, and in which empty fields they print.
"""

import ast
import functools
from collections.abc import Iterator
from typing import Any


def running(source: bytes | str, name: str = "<source>") -> ast.Module:
    """The syntax tree of a source without the statements that do nothing when it runs; `name` is for error messages."""
    return _Running().visit(ast.parse(source, name))


def text(value: object) -> str:
    """A node, a list or a plain value, without what is empty in some version of Python or in all."""
    if isinstance(value, list):
        return f"[{','.join(map(text, value))}]"
    if isinstance(value, ast.Constant):  # without `kind`, which tells u"" from ""
        return ascii(value.value)
    if not isinstance(value, ast.AST):
        return ascii(value)
    if isinstance(value, ast.JoinedStr):
        value = ast.JoinedStr(_merged(value.values))
    fields = ((name, getattr(value, name, None)) for name in _in_order(value._fields))
    written = ",".join(f"{name}={text(field)}" for name, field in fields if not _is_empty(field))
    return f"{type(value).__name__}({written})"


def statements(node: ast.AST) -> Iterator[ast.stmt]:
    """All statements below a node, at any depth. There are none below an expression."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield child
        if not isinstance(child, ast.expr):
            yield from statements(child)


@functools.cache
def _in_order(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(names))


class _Running(ast.NodeTransformer):
    def visit(self, node: ast.AST) -> Any:
        """Go no further at an expression, below which no statement lies: most of a tree is expressions."""
        return node if isinstance(node, ast.expr) else super().visit(node)

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        """Remove a bare constant: the docstring of a module, class, function or attribute, or an ellipsis."""
        return None if isinstance(node.value, ast.Constant) else node

    def visit_Pass(self, node: ast.Pass) -> None:
        """Remove a placeholder, which a body that holds a docstring does not need."""

    def visit_If(self, node: ast.If) -> ast.If | list[ast.stmt]:
        """Remove what only a type checker reads, and keep the `else` of it."""
        self.generic_visit(node)
        name = getattr(node.test, "attr", getattr(node.test, "id", None))  # of typing.TYPE_CHECKING, or alone
        return node.orelse if name == "TYPE_CHECKING" else node


def _is_empty(field: object) -> bool:
    """Whether a field is absent, or only says if a name is read or written, which the tree tells anyway."""
    return field is None or field == [] or isinstance(field, ast.expr_context)


def _merged(values: list[ast.expr]) -> list[ast.expr]:
    """The parts of an f-string with neighboring constants joined: versions may cut them at different places."""
    parts: list[ast.expr] = []
    for value in values:
        if isinstance(value, ast.Constant) and parts and isinstance(parts[-1], ast.Constant):
            parts[-1] = ast.Constant(str(parts[-1].value) + str(value.value))
        else:
            parts.append(value)
    return [part for part in parts if not (isinstance(part, ast.Constant) and part.value == "")]
