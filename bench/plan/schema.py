"""YAML in, validated values out: safe loading, JSON schemas, faults told in one line."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bench.plan.catalogue import ROOT
from bench.plan.errors import BenchError, one_of

SCHEMAS = ROOT / "workflow" / "schemas"
LARGEST_YAML = 4 * 2**20  # bytes; an untrusted file must not fill the memory


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML's safe loader that also refuses duplicate keys, which YAML would silently drop."""


def _unique_mapping(loader: Any, node: yaml.MappingNode) -> dict[Any, Any]:
    own = [key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
    twice = next((key for position, key in enumerate(own) if key in own[:position]), None)
    if twice is not None:
        raise yaml.constructor.ConstructorError(None, None, f"key '{twice}' appears twice", node.start_mark)
    loader.flatten_mapping(node)  # puts what is merged in first, so that the mapping's own keys win
    mapping = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(None, None, "a key must be a plain word", node.start_mark)
        mapping[loader.construct_object(key_node, deep=True)] = loader.construct_object(value_node, deep=True)
    return mapping


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _unique_mapping)
# YAML 1.1 reads 2e-4 as text; a learning rate is a number.
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:\d+\.?\d*|\.\d+)[eE][-+]?\d+$"),
    list("-+0123456789."),
)


def load_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML mapping with the safe loader."""
    try:
        if path.stat().st_size > LARGEST_YAML:
            raise BenchError(f"{path.name}: larger than {LARGEST_YAML} bytes")
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except FileNotFoundError:
        raise BenchError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BenchError(f"{path}: cannot be read ({error})") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise BenchError(f"{path.name}{where}: not valid YAML ({getattr(error, 'problem', error)})") from None
    if not isinstance(content, dict):
        raise BenchError(f"{path.name}: expected a mapping at the top")
    return content


@cache
def _validator(schema: str) -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(load_yaml(SCHEMAS / f"{schema}.schema.yaml"))


def validate(content: dict[str, Any], schema: str, source: str) -> dict[str, Any]:
    """Hold ``content`` against ``workflow/schemas/<schema>.schema.yaml``; the worst fault becomes one line."""
    from jsonschema.exceptions import best_match

    error = best_match(_validator(schema).iter_errors(content))
    if error is None:
        return content
    where = ".".join(str(part) for part in error.absolute_path) or "top level"
    if error.validator == "additionalProperties" and isinstance(error.schema, dict):
        known = error.schema.get("properties", {})
        unknown = [key for key in error.instance if key not in known]
        raise BenchError(f"{source}, {where}: unknown key '{unknown[0]}'; {one_of(unknown[0], known)}")
    if error.validator == "enum":
        raise BenchError(f"{source}, {where}: '{error.instance}'; {one_of(str(error.instance), error.validator_value)}")
    raise BenchError(f"{source}, {where}: {error.message[:200]}")


def defaults(schema: str) -> dict[str, Any]:
    """The default of every top-level property that has one."""
    properties = load_yaml(SCHEMAS / f"{schema}.schema.yaml")["properties"]
    return {key: prop["default"] for key, prop in properties.items() if "default" in prop}
