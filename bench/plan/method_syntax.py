"""A method's class read from its file's syntax: what it declares, and what it inherits from methods that it derives from."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bench.plan.errors import BenchError
from bench.plan.hyperparameters import DeclaredParameter, declared
from bench.plan.source import PACKAGE, imported_from, module_files, roots_of, syntax_of

BASE = (PACKAGE / "methods" / "_method.py", "Method")
DECIDING = ("tasks", "needs", "trains", "teacher_roles", "passes")  # what a plan cannot do without where they are given
DEEPEST = 20  # classes that derive from each other


@dataclass(frozen=True)
class _Class:
    """A class where it is defined."""

    file: Path
    node: ast.ClassDef


def method_facts(path: Path) -> dict[str, Any]:
    """The class attributes of a method's class that are literals (``label``, ``passes``) and what it is made of.

    Beside them stand ``class``, its name; ``doc``, its docstring; ``params``, the defaults of its ``Params``; and
    ``hyperparameters``, what each may be.

    Raises
    ------
    BenchError
        If the file holds no method class or several, or says something that only running it would tell.
    """
    return dict(_method_facts(path, path.stat().st_mtime_ns))


@cache
def _method_facts(path: Path, stamp: int) -> dict[str, Any]:
    roots = roots_of(path)
    classes = [_Class(path, node) for node in _statements(syntax_of(path).body) if isinstance(node, ast.ClassDef)]
    public = [each for each in classes if not each.node.name.startswith("_")]
    certain = [each for each in public if _derives(each, roots)]
    found = certain or [each for each in public if each.node.bases and not each.node.decorator_list]
    if not found:
        raise BenchError(f"{path.name}: holds no method class")
    if len(certain) > 1:
        names = ", ".join(each.node.name for each in certain)
        raise BenchError(f"{path.name}: expected one public class deriving from Method, found {len(certain)} ({names})")
    facts = {"params": {}, "hyperparameters": {}, **_facts(found[0], roots, DEEPEST), "class": found[0].node.name}
    roles = facts.get("teacher_roles", ())
    if not isinstance(roles, (tuple, list)) or not all(isinstance(role, str) for role in roles):
        raise BenchError(f"{path.name}: teacher_roles is {roles!r}, not a tuple; one role is written ('offline',)")
    return facts


def _derives(found: _Class, roots: Sequence[Path], depth: int = DEEPEST) -> bool:
    """Whether a class is known to derive from the suite's ``Method``."""
    if (found.file, found.node.name) == BASE:
        return True
    return depth > 0 and any(_derives(base, roots, depth - 1) for base in _bases(found, roots))


def _facts(found: _Class, roots: Sequence[Path], depth: int) -> dict[str, Any]:
    """What a class says, over what those that it derives from say; nothing of ``Method``, whose words are the defaults."""
    if (found.file, found.node.name) == BASE or depth == 0:
        return {}
    facts: dict[str, Any] = {}
    for base in reversed(_bases(found, roots)):
        facts.update(_facts(base, roots, depth - 1))
    facts["doc"] = ast.get_docstring(found.node) or facts.get("doc", "")
    names = dict(_assignments(syntax_of(found.file).body, {}, found.file))
    for line in _statements(found.node.body):
        own = _own_params(line, found, roots)
        if own is not None:
            told = _hyperparameters(own, roots, depth)
            # Of a base that nothing leads to, nobody knows what it declares.
            facts["hyperparameters"] = told if len(_bases(own, roots)) == len(own.node.bases) else {}
            facts["params"] = {name: item.default for name, item in facts["hyperparameters"].items() if item.known}
    return {**facts, **dict(_assignments(found.node.body, names, found.file, DECIDING))}


def _own_params(line: ast.stmt, found: _Class, roots: Sequence[Path]) -> _Class | None:
    """The class of the hyper-parameters, defined in the method's or named there."""
    if isinstance(line, ast.ClassDef):
        return _Class(found.file, line) if line.name == "Params" else None
    name, value = _assigned(line)
    return next(iter(_classes(value, found.file, roots, DEEPEST)), None) if name == "Params" and value is not None else None


def _hyperparameters(found: _Class, roots: Sequence[Path], depth: int) -> dict[str, DeclaredParameter]:
    items: dict[str, DeclaredParameter] = {}
    for base in reversed(_bases(found, roots) if depth else []):
        items.update(_hyperparameters(base, roots, depth - 1))
    constants = {name: value for name, value in map(_assigned, syntax_of(found.file).body) if name and value}
    return {**items, **declared(found.node, constants, found.file)}


def _bases(found: _Class, roots: Sequence[Path]) -> list[_Class]:
    return [base for expression in found.node.bases for base in _classes(expression, found.file, roots, DEEPEST)]


def _classes(expression: ast.expr, file: Path, roots: Sequence[Path], depth: int) -> list[_Class]:
    """The class that an expression names; of an expression that computes one, the method of the one module that it names."""
    if depth == 0:
        return []
    words = _dotted(expression)
    if words:
        found = _named(words, file, roots, depth)
        if found or len(words) > 1:
            return found
    value = dict(_bound(file)).get(words[0]) if words else expression
    if not isinstance(value, ast.expr) or (value is expression and words):
        return []
    if _dotted(value):
        return _classes(value, file, roots, depth - 1)
    files = {module for node in ast.walk(value) for module in _module_named(node, file, roots)}
    methods = [
        _Class(module, node) for module in sorted(files) for node in syntax_of(module).body if isinstance(node, ast.ClassDef)
    ]
    methods = [each for each in methods if not each.node.name.startswith("_") and _derives(each, roots, depth - 1)]
    return methods if len(methods) == 1 else []


def _named(words: Sequence[str], file: Path, roots: Sequence[Path], depth: int) -> list[_Class]:
    """The class that a dotted name leads to from a file: defined there, imported, or an attribute of what is imported."""
    first, *rest = words
    if depth == 0:
        return []
    for node in _statements(syntax_of(file).body):
        if isinstance(node, ast.ClassDef) and node.name == first:
            inner = _Class(file, node)
            for word in rest:
                within = [item for item in inner.node.body if isinstance(item, ast.ClassDef) and item.name == word]
                if not within:  # inherited from another, as Params may be
                    return [each for base in _bases(inner, roots) for each in _within(base, rest, roots, depth)]
                inner = _Class(file, within[0])
            return [inner]
        if isinstance(node, ast.Import):
            for alias in node.names:
                module = alias.name.split(".")
                if (alias.asname == first) or (not alias.asname and list(words[: len(module)]) == module):
                    left = rest if alias.asname else words[len(module) :]
                    found = [
                        each for path in module_files(alias.name, roots)[-1:] for each in _attribute(path, left, roots, depth)
                    ]
                    if found:
                        return found
        if isinstance(node, ast.ImportFrom):
            origin = imported_from(node, file, roots)
            for alias in node.names:
                if alias.name == "*" or (alias.asname or alias.name) == first:
                    name = first if alias.name == "*" else alias.name
                    ways = [(f"{origin}.{name}", rest), (origin, [name, *rest])]
                    for module_name, left in ways:
                        files = module_files(module_name, roots)[-1:]
                        found = [each for path in files for each in _attribute(path, left, roots, depth)]
                        if found:
                            return found
    return []


def _attribute(file: Path, words: Sequence[str], roots: Sequence[Path], depth: int) -> list[_Class]:
    return _named(words, file, roots, depth - 1) if words else []


def _within(found: _Class, words: Sequence[str], roots: Sequence[Path], depth: int) -> list[_Class]:
    return _named([found.node.name, *words], found.file, roots, depth - 1)


def _module_named(node: ast.AST, file: Path, roots: Sequence[Path]) -> Iterator[Path]:
    """The module of the suite that a bare name stands for."""
    if not isinstance(node, ast.Name):
        return
    for line in _statements(syntax_of(file).body):
        if isinstance(line, ast.ImportFrom):
            origin = imported_from(line, file, roots)
            for alias in line.names:
                if (alias.asname or alias.name) == node.id:
                    yield from module_files(f"{origin}.{alias.name}", roots)[-1:]
        elif isinstance(line, ast.Import):
            for alias in line.names:
                if alias.asname == node.id:
                    yield from module_files(alias.name, roots)[-1:]


def _bound(file: Path) -> Iterator[tuple[str, ast.expr]]:
    return ((name, value) for name, value in map(_assigned, _statements(syntax_of(file).body)) if name and value is not None)


def _dotted(expression: ast.expr) -> list[str]:
    """The words of a dotted name; none of any other expression."""
    if isinstance(expression, ast.Name):
        return [expression.id]
    if isinstance(expression, ast.Attribute):
        before = _dotted(expression.value)
        return [*before, expression.attr] if before else []
    return []


def _statements(lines: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements of a body, those behind an ``if``, ``try`` or ``with`` too."""
    for line in lines:
        yield line
        if isinstance(line, (ast.If, ast.Try, ast.With)):
            for part in ("body", "orelse", "finalbody"):
                yield from _statements(getattr(line, part, ()))


def _assigned(line: ast.stmt) -> tuple[str, ast.expr | None]:
    """The one name that a statement assigns to, and the expression."""
    target = line.targets[0] if isinstance(line, ast.Assign) else line.target if isinstance(line, ast.AnnAssign) else None
    return (target.id, line.value) if isinstance(target, ast.Name) else ("", None)  # type: ignore[attr-defined]


def _assignments(
    lines: Iterable[ast.stmt], names: dict[str, Any], file: Path, deciding: Sequence[str] = ()
) -> Iterator[tuple[str, Any]]:
    """Names and values of what is assigned as a literal, or as the name of one in ``names``."""
    known = dict(names)
    for line in _statements(lines):
        name, value = _assigned(line)
        if not name or value is None:
            continue
        try:
            known[name] = known[value.id] if isinstance(value, ast.Name) and value.id in known else ast.literal_eval(value)
        except (ValueError, TypeError, SyntaxError, RecursionError):
            if name in deciding:
                where = f"{file.name}, line {line.lineno}"
                raise BenchError(
                    f"{where}: {name} is computed; write it as a literal, the plan reads files without running them"
                ) from None
            continue
        yield name, known[name]
