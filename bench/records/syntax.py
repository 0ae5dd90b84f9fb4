"""A digest of Python syntax that every Python version gives alike.

``ast.dump`` is no such thing: 3.12 gives functions and classes a field for type parameters, 3.13 leaves out empty lists, and
which letters ``repr`` escapes is a matter of the version's Unicode tables. Here every node is its name and the fields that hold
something; text is ASCII; the parts of an f-string are joined where a version splits them.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from itertools import groupby


def syntax_digest(tree: ast.AST) -> str:
    """16 hex digits; comments, docstrings and layout do not count."""
    digest = hashlib.sha256()
    for word in _words(tree):
        digest.update(word.encode("ascii"))
    return digest.hexdigest()[:16]


def _words(node: object) -> Iterator[str]:
    if isinstance(node, ast.AST):
        yield f"({type(node).__name__}"
        for name, value in ast.iter_fields(node):
            value = _told(node, name, value)
            if value is not None and value != []:
                yield f" {name}="
                yield from _constant(value) if isinstance(node, ast.Constant) else _words(value)
        yield ")"
    elif isinstance(node, list):
        yield "["
        for item in node:
            yield from _words(item)
            yield ","
        yield "]"
    else:
        yield from _constant(node)


def _told(node: ast.AST, name: str, value: object) -> object:
    """A field's value without what does not count."""
    if isinstance(node, ast.Constant) and name == "value" and value is None:
        return ast.Pass()  # a field that holds nothing is left out, and this is a None that somebody wrote
    if name == "kind" and isinstance(node, ast.Constant):
        return None  # the u of u"text"
    if name == "body" and isinstance(value, list) and value and _is_text(value[0]):
        return value[1:] or [ast.Pass()]
    if isinstance(node, ast.JoinedStr):
        return list(_joined(node.values))
    if name == "format_spec" and isinstance(value, ast.JoinedStr) and not list(_joined(value.values)):
        return None
    return value


def _is_text(line: object) -> bool:
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)


def _joined(parts: list[ast.expr]) -> Iterator[ast.expr]:
    """The parts of an f-string: neighbouring text in one piece, none that is empty."""
    for literal, group in groupby(parts, lambda part: isinstance(part, ast.Constant)):
        pieces = list(group)
        if not literal:
            yield from pieces
            continue
        text = "".join(str(piece.value) for piece in pieces if isinstance(piece, ast.Constant))
        if text:
            yield ast.Constant(text)


def _constant(value: object) -> Iterator[str]:
    if isinstance(value, ast.AST):
        yield from _words(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield hex(value)  # a decimal of thousands of digits is refused by some versions
    else:
        yield f"{type(value).__name__}:{value!a}"
