"""YAML in, validated values out: safe loading, JSON schemas, faults told in one line."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from bench.plan.errors import BenchError, one_of
from bench.plan.source import SUITE, in_suite
from bench.plan.yaml_text import parse_yaml

SCHEMAS = SUITE / "workflow" / "schemas"
EXPECTED = {
    "array": "a list such as [0, 1, 2]",
    "object": "a mapping such as {name: value}",
    "string": "a word",
    "integer": "a whole number such as 3",
    "number": "a number such as 0.5",
    "boolean": "true or false",
    "null": "nothing (null)",
}
BOUNDS = {
    "minimum": "allowed: {} or more",
    "maximum": "allowed: up to {}",
    "exclusiveMinimum": "allowed: more than {}",
    "exclusiveMaximum": "allowed: less than {}",
    "minItems": "allowed: a list of at least {}",
    "maxItems": "allowed: a list of at most {}",
    "uniqueItems": "allowed: every entry once",
    "minProperties": "allowed: a mapping of at least {}",
    "minLength": "allowed: at least {} letter",
    "pattern": "allowed: what fits {}",
}
LARGEST_YAML = 4 * 2**20  # bytes; an untrusted file must not fill the memory


def load_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML mapping with the safe loader."""
    try:
        if path.stat().st_size > LARGEST_YAML:
            raise BenchError(f"{path}: larger than {LARGEST_YAML} bytes")
        content = parse_yaml(path.read_text(encoding="utf-8"), in_suite(path))
    except FileNotFoundError:
        raise BenchError(f"{path}: no such file") from None
    except UnicodeDecodeError:
        raise BenchError(f"{path}: is not UTF-8; save it as that") from None
    except OSError as error:
        raise BenchError(f"{path}: cannot be read ({error})") from None
    if not isinstance(content, dict):
        raise BenchError(f"{in_suite(path)}: {'is empty' if content is None else 'expected a mapping at the top'}")
    return content


@cache
def _schema(name: str, part: str) -> dict[str, Any]:
    """A schema, or the one that stands in it under ``$defs``."""
    whole = load_yaml(SCHEMAS / f"{name}.schema.yaml")
    return {"$defs": whole["$defs"], "$ref": f"#/$defs/{part}"} if part else whole


@cache
def _validator(schema: str, part: str) -> Any:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    # 2.0 is no whole number here: a run's id, a range and a count would each make something else of it.
    whole = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
    return extend(Draft202012Validator, type_checker=whole)(_schema(schema, part))


@cache
def _compiled(schema: str, part: str) -> Callable[[Any], Any]:
    from fastjsonschema import compile as compiled

    check: Callable[[Any], Any] = compiled(_schema(schema, part), use_default=False)
    return check


def validate_many(content: dict[str, Any], schema: str, source: str, part: str = "") -> dict[str, Any]:
    """As :func:`validate` by a compiled check, for what there are thousands of; the line for a fault is the other one's."""
    from fastjsonschema import JsonSchemaValueException

    try:
        _compiled(schema, part)(content)
    except (JsonSchemaValueException, TypeError, OverflowError):  # a number that is none may upset the compiled check
        validate(content, schema, source, part)
    return content


def validate(content: dict[str, Any], schema: str, source: str, part: str = "") -> dict[str, Any]:
    """Hold ``content`` against ``workflow/schemas/<schema>.schema.yaml``; the worst fault becomes one line.

    ``part`` names one of the schema's ``$defs`` to hold it against instead.
    """
    from jsonschema.exceptions import best_match

    error = best_match(_validator(schema, part).iter_errors(content))
    if error is None:
        return content
    where = ".".join(str(part) for part in error.absolute_path) or "top level"
    if error.validator == "additionalProperties" and isinstance(error.schema, dict):
        known = error.schema.get("properties", {})
        unknown = [key for key in error.instance if key not in known]
        raise BenchError(f"{source}, {where}: unknown key '{unknown[0]}'; {one_of(unknown[0], known)}")
    if error.validator == "enum":
        raise BenchError(f"{source}, {where}: '{error.instance}'; {one_of(str(error.instance), error.validator_value)}")
    raise BenchError(f"{source}, {where}: {_advice(error)}")


def _advice(error: Any) -> str:
    """What to write instead of a value that a schema refuses, by example where there is a usual one."""
    wanted: Any = error.validator_value
    short = str(error.instance)[:80]
    if error.validator == "type":
        kinds = wanted if isinstance(wanted, list) else [wanted]
        if kinds == ["array"] and isinstance(error.instance, str) and error.schema.get("items", {}).get("type") == "string":
            return f"'{short}'; expected a list such as [{short}]"
        return f"'{short}'; expected {' or '.join(EXPECTED.get(str(kind), str(kind)) for kind in kinds)}"
    if error.validator == "required":
        return f"lacks '{next(name for name in wanted if name not in error.instance)}'"
    if error.validator in BOUNDS:
        return f"'{short}'; {BOUNDS[error.validator].format(wanted)}"
    return str(error.message)[:200]


def defaults(schema: str) -> dict[str, Any]:
    """The default of every top-level property that has one."""
    properties = load_yaml(SCHEMAS / f"{schema}.schema.yaml")["properties"]
    return {key: prop["default"] for key, prop in properties.items() if "default" in prop}
