"""How often a new method's file was compared: the best of several tries looks better than it is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.plan.files import write_atomically

FOLDER = Path("results/compared")


def earlier_tries(name: str, file: Path, params: Mapping[str, Any]) -> int:
    """How many other versions of a method were compared in this folder before; this one is noted.

    Parameters
    ----------
    file
        Its code, or its numbers.
    params
        Hyper-parameters that are not its defaults: another value is another try.
    """
    text = json.dumps(dict(params), sort_keys=True, default=str)
    version = hashlib.sha256(file.read_bytes() + b"\0" + text.encode()).hexdigest()
    path = FOLDER / f"{name}.json"
    known = _read(path)
    if version not in known:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps([*known, version], indent=1) + "\n")
    return len([each for each in known if each != version])


def _read(path: Path) -> list[str]:
    """The noted versions; what cannot be read is begun anew."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [str(each) for each in found] if isinstance(found, list) else []
