"""Hyper-parameters as the syntax of ``Params`` declares them: what a value may be, refused before anything is trained."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.plan.errors import BenchError, one_of

UNKNOWN = object()
UNWRITABLE = ("set", "frozenset", "bytes", "bytearray", "complex", "object")  # calls whose value JSON has no word for
WORDS = {"int": (int,), "float": (int, float), "str": (str,), "bool": (bool,), "None": (type(None),)}
LISTS = ("tuple", "list", "Sequence", "Tuple", "List", "Iterable", "Collection")
MAPPINGS = ("dict", "Mapping", "Dict")


@dataclass(frozen=True)
class DeclaredParameter:
    """One field: its default where that is a literal (``UNKNOWN`` elsewhere) and its annotation, with the file's constants."""

    name: str
    default: Any
    annotation: ast.expr
    constants: Mapping[str, ast.expr]

    @property
    def known(self) -> bool:
        return self.default is not UNKNOWN

    def fault(self, value: Any) -> str:
        """Why ``value`` cannot be given; empty where it can or where nobody knows."""
        if _fits(value, self.annotation, self.constants, 10):
            return ""
        return f"{self.name} is {value!r}; allowed: {ast.unparse(self.annotation)}"


def declared(node: ast.ClassDef, constants: Mapping[str, ast.expr], file: Path) -> dict[str, DeclaredParameter]:
    """The fields of a ``Params`` class.

    Raises
    ------
    BenchError
        If a default is something that no record can hold: a function, a set, bytes, a number that is not finite.
    """
    found = {}
    for line in node.body:
        if not isinstance(line, ast.AnnAssign) or not isinstance(line.target, ast.Name):
            continue
        if _word(line.annotation) in ("ClassVar", "InitVar"):
            continue
        name, default = line.target.id, UNKNOWN
        if line.value is not None:
            told = _unfielded(line.value)
            reason = _unwritable(told)
            if reason:
                where = f"{file.name}, line {line.lineno}"
                raise BenchError(f"{where}: the default of {name} is {reason}, which no record can hold; {ALLOWED}")
            default = _literal(told)
        found[name] = DeclaredParameter(name, default, line.annotation, constants)
    return found


ALLOWED = "allowed: numbers, text, truth values, None, lists and mappings of them"


def refuse_values(method: str, items: Mapping[str, DeclaredParameter], given: Mapping[str, Any], where: str) -> None:
    """Refuse hyper-parameters that a method does not have, or of a kind that it does not take.

    Raises
    ------
    BenchError
        Told in one line.
    """
    for key, value in given.items() if items else ():  # a method may have some that syntax does not show
        if key not in items:
            raise BenchError(f"{where}: method '{method}' has no hyper-parameter '{key}'; {one_of(key, items)}")
        fault = items[key].fault(value)
        if fault:
            raise BenchError(f"{where}: method '{method}': {fault}")


def unwritable_value(value: Any) -> str:
    """What a value is that JSON has no word for; empty where it is all numbers, text, truth values, lists and mappings."""
    if isinstance(value, Mapping):
        wrong = next((key for key in value if not isinstance(key, str)), None)
        if wrong is not None:
            return f"a mapping with the key {str(wrong)[:40]!r}, which is no text"
        return next(filter(None, map(unwritable_value, value.values())), "")
    if isinstance(value, (list, tuple)):
        return next(filter(None, map(unwritable_value, value)), "")
    if value is None or type(value) in (bool, int, str):
        return ""
    if type(value) is float:
        return "" if math.isfinite(value) else f"{value}, which is not finite"
    return f"a {type(value).__name__}"


def _unfielded(value: ast.expr) -> ast.expr:
    """What ``field(default=...)`` gives, or what the function behind ``default_factory`` does."""
    if isinstance(value, ast.Call) and _word(value.func) == "field":
        for keyword in value.keywords:
            if keyword.arg == "default":
                return keyword.value
            if keyword.arg == "default_factory":
                return keyword.value.body if isinstance(keyword.value, ast.Lambda) else ast.Call(keyword.value, [], [])
    return value


def _unwritable(value: ast.expr) -> str:
    if isinstance(value, ast.Lambda):
        return "a function"
    if isinstance(value, (ast.Set, ast.SetComp, ast.GeneratorExp)):
        return "a set" if not isinstance(value, ast.GeneratorExp) else "a generator"
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in UNWRITABLE:
        return f"a {value.func.id}"
    if isinstance(value, (ast.Tuple, ast.List, ast.Dict)):
        parts = value.values if isinstance(value, ast.Dict) else value.elts
        reason = next(filter(None, map(_unwritable, parts)), "")
        if reason:
            return reason
    told = _literal(value)
    return unwritable_value(told) if told is not UNKNOWN else ""


def _literal(value: ast.expr) -> Any:
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and not value.args and not value.keywords:
        return {"list": [], "tuple": (), "dict": {}}.get(value.func.id, UNKNOWN)
    try:
        return ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, RecursionError):
        return UNKNOWN


def _word(expression: ast.expr) -> str:
    """The last word of a name, or of what stands before its brackets."""
    if isinstance(expression, ast.Subscript):
        return _word(expression.value)
    return getattr(expression, "attr", getattr(expression, "id", ""))


def _fits(value: Any, annotation: ast.expr, constants: Mapping[str, ast.expr], depth: int) -> bool:
    """Whether a value of JSON is of an annotated type; true where the annotation is none that is read here."""
    if depth == 0:
        return True
    if isinstance(annotation, ast.Constant):
        if isinstance(annotation.value, str):  # an annotation in quotation marks
            try:
                return _fits(value, ast.parse(annotation.value, mode="eval").body, constants, depth - 1)
            except SyntaxError:
                return True
        return value is None if annotation.value is None else True
    if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
        return any(_fits(value, side, constants, depth - 1) for side in (annotation.left, annotation.right))
    word = _word(annotation)
    if isinstance(annotation, ast.Subscript):
        return _fits_inside(value, word, annotation.slice, constants, depth)
    if word in constants and isinstance(annotation, ast.Name):
        return _fits(value, constants[word], constants, depth - 1)
    if word in LISTS:
        return isinstance(value, (list, tuple))
    if word in MAPPINGS:
        return isinstance(value, Mapping)
    kinds = WORDS.get(word)
    return kinds is None or (isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool)))


def _fits_inside(value: Any, word: str, inside: ast.expr, constants: Mapping[str, ast.expr], depth: int) -> bool:
    """As :func:`_fits`, of an annotation with brackets."""
    parts = inside.elts if isinstance(inside, ast.Tuple) else [inside]
    if word == "Optional":
        return value is None or _fits(value, inside, constants, depth - 1)
    if word == "Union":
        return any(_fits(value, part, constants, depth - 1) for part in parts)
    if word in ("Annotated", "Final"):
        return _fits(value, parts[0], constants, depth - 1)
    if word == "Literal":
        allowed = [_literal(part) for part in parts]
        return UNKNOWN in allowed or any(type(value) is type(item) and value == item for item in allowed)
    if word in MAPPINGS:
        return isinstance(value, Mapping) and all(_fits(item, parts[-1], constants, depth - 1) for item in value.values())
    if word not in LISTS:
        return True
    if not isinstance(value, (list, tuple)):
        return False
    endless = [part for part in parts if not (isinstance(part, ast.Constant) and part.value is Ellipsis)]
    if word in ("tuple", "Tuple") and len(endless) == len(parts):
        pairs = zip(value, parts, strict=False)
        return len(value) == len(parts) and all(_fits(item, part, constants, depth - 1) for item, part in pairs)
    return all(_fits(item, endless[0], constants, depth - 1) for item in value)
