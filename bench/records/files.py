"""JSON files, written as a whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bench.plan import BenchError
from bench.plan.files import write_atomically


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write JSON with sorted keys; NaN is written as null, which JSON has."""
    write_atomically(path, json.dumps(_without_nan(content), indent=1, sort_keys=True, allow_nan=False) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises
    ------
    BenchError
        If the file is missing, truncated or no JSON object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BenchError(f"{path}: no such file") from None
    except (OSError, ValueError, RecursionError):
        raise BenchError(f"{path}: damaged (not JSON); delete it and run again") from None
    if not isinstance(content, dict):
        raise BenchError(f"{path}: damaged (not a JSON object); delete it and run again")
    return content


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _without_nan(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(item) for item in value]
    if isinstance(value, float) and not (value == value and abs(value) != float("inf")):
        return None
    return value
