"""Find a dataset's family, its facts and its files."""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from bench.plan import BenchError, one_of
from bench.plan.catalogue import dataset_facts, dataset_files


def family_of(name: str) -> ModuleType:
    """The module whose ``DATASETS`` holds ``name``.

    Raises
    ------
    BenchError
        If there is none.
    """
    dataset_facts(name)
    return importlib.import_module(f"bench.data.{dataset_files()[name].stem}")


def source_folder(name: str, data_dir: str | Path) -> Path | None:
    """Where the files of ``name`` lie below ``data_dir``; ``None`` for generated data.

    The folder's name may be spelt in any case, with or without punctuation (``OpenSARShip``, ``FUSAR_Ship1.0``).

    Raises
    ------
    BenchError
        If there is no such folder.
    """
    facts = dataset_facts(name)
    folders = facts.get("folders", [])
    if not folders:
        return None
    title = facts["title"]
    if not str(data_dir):
        raise BenchError(
            f"dataset '{name}' ({title}) needs its files and data_dir is not set; give the folder that holds '{folders[0]}/', "
            f"as in --config data_dir=/data"
        )
    root = Path(data_dir)
    if not root.is_dir():
        raise BenchError(f"dataset '{name}' ({title}): data_dir '{data_dir}' is not a folder; see docs/data.md")
    found = sorted(path for path in root.iterdir() if path.is_dir() and _bare(path.name) in {_bare(f) for f in folders})
    if not found:
        raise BenchError(f"dataset '{name}' ({title}): no folder '{folders[0]}/' in data_dir '{data_dir}'; see docs/data.md")
    return found[0]


def source_stamp(folder: Path | None) -> dict[str, list[int]]:
    """Size in bytes and modification time in ns of every file below ``folder``, by relative path; empty for generated data."""
    stamp: dict[str, list[int]] = {}
    if folder is None:
        return stamp
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent) / name
            try:
                state = path.stat()
            except OSError:  # a dangling link, or gone since the listing
                continue
            stamp[path.relative_to(folder).as_posix()] = [state.st_size, state.st_mtime_ns]
    return dict(sorted(stamp.items()))


def checked_options(name: str, options: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """``options`` over ``defaults``.

    Raises
    ------
    BenchError
        For a key that is not among the defaults.
    """
    for key in options:
        if key not in defaults:
            raise BenchError(f"dataset '{name}' has no option '{key}'; {one_of(key, defaults)}")
    return {**defaults, **options}


def one_option(name: str, key: str, value: Any, allowed: tuple[str, ...]) -> str:
    """``value`` if it is among the allowed words, else a :class:`BenchError`."""
    if value not in allowed:
        raise BenchError(f"dataset '{name}', option '{key}': '{value}'; {one_of(str(value), allowed)}")
    return str(value)


def _bare(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.lower())
