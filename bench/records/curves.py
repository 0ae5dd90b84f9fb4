"""The curves that a page shows, read apart: all of a record's curves together are most of it, and a table shows one."""

from __future__ import annotations

import json
import math
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from bench.plan import BenchError
from bench.records.result import Result


def with_curves(results: Iterable[Result], names: Collection[str]) -> Iterator[Result]:
    """Results that were read without their curves, one at a time, with these curves of their records."""
    for result in results:
        curve = read_curves(Path(result.run.record), names) if result.facts and result.source == "fresh" else {}
        yield replace(result, curve=curve) if curve else result


def read_curves(path: Path, names: Collection[str]) -> Mapping[str, array[float]]:
    """Those of the named curves that a record holds, an item per epoch; NaN where it holds none of an epoch.

    Raises
    ------
    BenchError
        If one of them is no list of numbers.
    """
    text, found = path.read_bytes(), {}
    # As written, a key of the top level stands behind a line break and one space, one of a mapping in it behind two.
    begin = text.find(b'\n "curve": {\n')
    end = text.find(b"\n }", begin)
    for name in names:
        key = f'\n  "{name}": ['.encode()
        start = text.find(key, begin, end) if 0 <= begin < end else -1
        if start >= 0:
            values = text[start + len(key) - 1 : text.find(b"]", start, end) + 1]
            try:
                found[name] = array("d", [math.nan if item is None else item for item in json.loads(values)])
            except (ValueError, TypeError, OverflowError):
                raise BenchError(f"{path}: its curve '{name}' is no list of numbers") from None
    return found
