"""Strategies for broken inputs, and the one way in which they may end."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.plan import BenchError

CASES = int(os.environ.get("BENCH_FUZZ_CASES", "12"))  # per test; `make test-fuzz` asks for more


def fuzzed(*strategies: Any, **named: Any) -> Callable:
    """As hypothesis's ``given``, with the same cases at every run."""

    def decorate(test: Callable) -> Callable:
        return settings(
            max_examples=CASES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
        )(given(*strategies, **named)(test))

    return decorate


HOSTILE = (
    "../../../etc/passwd",
    "/etc/passwd",
    "..",
    ".",
    "",
    " ",
    "a/../b",
    "~root",
    "$(touch owned)",
    "`touch owned`",
    "; touch owned",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}",
    "<< 7 * 7 >>",
    "{% raw %}",
    "\\input{/etc/passwd}",
    "\\end{document}",
    "\\write18{touch owned}",
    "%",
    "&",
    "_^#$~",
    "\u202e",
    "\x00",
    "\n",
    "a\nb",
    "é船",
    "=cmd|' /C calc'!A0",
    "A" * 5000,
    "__import__('os').system('touch owned')",
    "!!python/object/apply:os.system ['touch owned']",
)

words = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=30))
numbers = st.one_of(
    st.integers(),
    st.floats(),
    st.sampled_from([float("nan"), float("inf"), -float("inf"), 10**400, -1, 0, 1e308, 2**63, -(2**63)]),
)
scalars = st.one_of(st.none(), st.booleans(), numbers, words)
values = st.recursive(
    scalars, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(words, inner, max_size=4)), max_leaves=8
)


@st.composite
def damaged(draw: Callable, content: Any) -> Any:
    """A copy of nested mappings and lists of which up to three places are replaced, removed or joined by something else."""
    found = copy.deepcopy(content)
    for _ in range(draw(st.integers(1, 3))):
        place = found
        for _ in range(draw(st.integers(0, 5))):
            inner = [
                item
                for item in (place.values() if isinstance(place, dict) else place)
                if isinstance(item, (dict, list)) and item
            ]
            if not inner:
                break
            place = draw(st.sampled_from(inner))
        if isinstance(place, dict) and place:
            key = draw(st.one_of(st.sampled_from(sorted(place)), words))
            _change(draw, place, key, key in place)
        elif isinstance(place, list) and place:
            _change(draw, place, draw(st.integers(0, len(place) - 1)), True)
    return found


def _change(draw: Callable, place: Any, key: Any, there: bool) -> None:
    if there and draw(st.booleans()) and draw(st.booleans()):
        del place[key]
    else:
        place[key] = draw(values)


@st.composite
def damaged_bytes(draw: Callable, content: bytes) -> bytes:
    """Bytes with a stretch cut out, replaced or repeated."""
    start = draw(st.integers(0, len(content)))
    end = draw(st.integers(start, min(len(content), start + 400)))
    return (
        content[:start]
        + draw(st.one_of(st.binary(max_size=40), words.map(lambda text: text.encode("utf-8", "replace"))))
        + content[end:]
    )


def clear(action: Callable[[], Any]) -> Any:
    """What an action gives; ``None`` where it refuses in one line. Any other exception is a fault of ours."""
    try:
        return action()
    except BenchError as error:
        line = str(error)
        assert line and "\n" not in line and len(line) < 3000, line[:200]
        return None
