"""YAML text to plain values, for text that nobody vouches for.

What comes out is what JSON has: mappings with words for keys, lists, text, finite numbers, truth values and nothing. Text that
nests deeply or unfolds its anchors into millions of values is refused before it is built: either would bring the process down.
"""

from __future__ import annotations

import math
import re
from typing import Any

import yaml

from bench.plan.errors import BenchError

DEEPEST = 40
MOST_VALUES = 1_000_000  # anchors unfolded


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


def parse_yaml(text: str, name: str) -> Any:
    """The value that a text holds; ``name`` is what faults call it.

    Raises
    ------
    BenchError
        If it is not YAML, or holds what is not allowed here.
    """
    try:
        _refuse_depth(text)
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return None
            _unfolded(node, {})
            return _plain(loader.construct_document(node))
        finally:
            loader.dispose()
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        words = getattr(error, "problem", None) or str(error) or type(error).__name__
        raise BenchError(f"{name}{where}: not valid YAML ({words[:200]})") from None


def _refuse_depth(text: str) -> None:
    """The reader of nodes calls itself once per level, in C, where no limit catches it."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise ValueError(f"nested more than {DEEPEST} levels deep")


def _unfolded(node: yaml.Node, known: dict[int, tuple[int, int] | None]) -> tuple[int, int]:
    """How many values a node unfolds to and how deep; an anchor stands before what refers to it, so each is looked at once."""
    if id(node) in known:
        found = known[id(node)]
        if found is None:
            raise ValueError("an anchor refers to itself")
        return found
    known[id(node)] = None
    count, depth = 1, 1
    children = node.value if isinstance(node, yaml.SequenceNode) else ()
    if isinstance(node, yaml.MappingNode):
        children = [part for pair in node.value for part in pair]
    for child in children:
        theirs = _unfolded(child, known)
        count, depth = count + theirs[0], max(depth, theirs[1] + 1)
    if count > MOST_VALUES:
        raise ValueError(f"its anchors unfold to more than {MOST_VALUES} values")
    if depth > 2 * DEEPEST:
        raise ValueError(f"its anchors nest more than {2 * DEEPEST} levels deep")
    known[id(node)] = count, depth
    return count, depth


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise ValueError(f"the key {str(key)[:40]!r} is not a word; quote it")
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, (int, float)):
        if (isinstance(value, float) and not math.isfinite(value)) or abs(value) > 1e300:
            raise ValueError(f"{str(value)[:40]} is not a finite number")
        return value
    raise ValueError(f"{str(value)[:40]!r} is a {type(value).__name__}, which is not allowed; quote it if it is text")
