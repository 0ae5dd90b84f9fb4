"""Find a dataset's family, its facts, its options and its files."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from bench.data.store.pictures import plain
from bench.data.store.walking import fault_of, files_below, is_junk
from bench.plan import BenchError, one_of
from bench.plan.catalogue import dataset_facts, dataset_files


class AbsentError(BenchError):
    """A dataset of which nothing is there."""


def family_of(name: str) -> ModuleType:
    """The module whose ``DATASETS`` holds ``name``.

    Raises
    ------
    BenchError
        If there is none, or its file cannot be used: it is somebody's own, perhaps.
    """
    dataset_facts(name)
    file = dataset_files()[name]
    form = "a dataset's file holds DATASETS and samples(source), see docs/data.md, 'A new dataset'"
    try:
        module = importlib.import_module(f"bench.data.{file.stem}")
    except Exception as error:
        raise BenchError(f"{file.name} cannot be imported ({type(error).__name__}: {error}); {form}") from None
    wanted = "sides" if "task" in dataset_facts(name) else "samples"
    if not callable(getattr(module, wanted, None)):
        before = "decode and listing are called no more" if hasattr(module, "decode") or hasattr(module, "listing") else ""
        if wanted == "sides":
            raise BenchError(f"{file.name} has no sides(source, size), which sets of masks or boxes need")
        raise BenchError(f"{file.name} has no samples(source){f' ({before})' if before else ''}; {form}")
    return module


def source_folder(name: str, data_dir: str | Path) -> Path | None:
    """Where the files of ``name`` lie below ``data_dir``; ``None`` for generated data.

    The folder's name may be spelt in any case, with or without punctuation (``OpenSARShip``, ``FUSAR_Ship1.0``).

    Raises
    ------
    AbsentError
        If there is no such folder.
    BenchError
        If there is more than one, or ``data_dir`` is no folder.
    """
    facts = dataset_facts(name)
    folders = facts.get("folders", [])
    if not folders:
        return None
    what = f"dataset '{name}' ({facts['title']})"
    if not str(data_dir):
        raise AbsentError(
            f"{what} needs its files and data_dir is not set; give the folder that holds '{folders[0]}/', "
            f"as in --config data_dir=/data"
        )
    root = Path(data_dir)
    names = {plain(folder) for folder in folders}
    try:
        entries = [entry for entry in os.scandir(root) if plain(entry.name) in names and not is_junk(entry.name)]
        found = sorted(entry.name for entry in entries if entry.is_dir())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise BenchError(f"{what}: data_dir '{data_dir}' is not a folder; see docs/data.md") from None
    except OSError as error:
        raise fault_of(error, f"{what}: data_dir '{data_dir}'") from None
    if len(found) > 1:
        raise BenchError(f"{what}: several folders in data_dir '{data_dir}': {', '.join(found)}; move all but one away")
    if not found:
        itself = f"; it is such a folder itself: give the one around it, {root.parent}" if plain(root.name) in names else ""
        raise AbsentError(f"{what}: no folder '{folders[0]}/' in data_dir '{data_dir}'{itself}; see docs/data.md")
    return root / found[0]


def source_stamp(folder: Path | None) -> dict[str, list[int]]:
    """Size in bytes and modification time in ns of every data file below ``folder``, by relative path.

    Raises
    ------
    BenchError
        If something may not be read.
    """
    stamp: dict[str, list[int]] = {}
    for name in files_below(folder) if folder is not None else ():
        assert folder is not None
        try:
            state = (folder / name).stat()
        except OSError as error:
            raise fault_of(error, f"{folder.name}: '{name}'") from None
        stamp[name] = [state.st_size, state.st_mtime_ns]
    return stamp


def checked_options(name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The dataset's options with their values: those given, else the defaults.

    ``options`` of the facts says what is allowed: a list of words, the first the default, or the two ends of a range of
    numbers, the lower the default.

    Raises
    ------
    BenchError
        For an option that does not exist, or a value that is not allowed.
    """
    known: dict[str, list[Any]] = dataset_facts(name).get("options", {})
    for key, value in options.items():
        if key not in known:
            raise BenchError(f"dataset '{name}' has no option '{key}'; {one_of(key, known)}")
        where = f"dataset '{name}', option '{key}': '{value}'"
        if isinstance(known[key][0], str):
            if value not in known[key]:
                raise BenchError(f"{where}; {one_of(str(value), known[key])}")
            continue
        low, high = known[key]
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise BenchError(f"{where} is not a share between {low:g} and {high:g}")
    return {**{key: allowed[0] for key, allowed in known.items()}, **options}
