"""What tasks, methods, backbones and datasets exist, read from their files without importing them.

A task is a file of ``bench/tasks``, its metrics are a literal ``METRICS`` there; a method is a file of ``bench/methods``; a
backbone is a key of the literal ``BACKBONES`` in a file of ``bench/backbones``; a dataset is a key of the literal ``DATASETS``
in a file of ``bench/data``. Reading syntax alone keeps torch out of the Snakefile, which is parsed anew for every job.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

from bench.plan.errors import BenchError, one_of
from bench.plan.source import PACKAGE, ROOT, syntax_of

__all__ = ["PACKAGE", "ROOT"]


def method_files(plugins: Iterable[str] = ()) -> dict[str, Path]:
    """Every method's name and file: those of the package, then those that the user's config names."""
    files = {path.stem: path for path in _modules(PACKAGE / "methods")}
    for plugin in plugins:
        path = Path(plugin)
        if path.suffix != ".py" or not path.is_file():
            raise BenchError(f"plug-in '{plugin}': no such Python file")
        if path.stem in files:
            raise BenchError(f"plug-in '{plugin}': a method called '{path.stem}' exists already; rename the file")
        files[path.stem] = path.resolve()
    return files


def backbone_files() -> dict[str, Path]:
    return {name: path for name, (path, _) in _entries("backbones", "BACKBONES").items()}


def dataset_files() -> dict[str, Path]:
    return {name: path for name, (path, _) in _entries("data", "DATASETS").items()}


def task_files() -> dict[str, Path]:
    return {path.stem: path for path in _modules(PACKAGE / "tasks")}


def task_metrics(name: str) -> dict[str, dict[str, Any]]:
    """The metrics of a task and what is known of each, its headline first."""
    files = task_files()
    if name not in files:
        raise BenchError(f"unknown task '{name}'; {one_of(name, files)}")
    return _literal(files[name], "METRICS")


def probe_files() -> dict[str, Path]:
    return {path.stem: path for path in _modules(PACKAGE / "probes")}


def is_gated(backbone: str) -> bool:
    """Whether the residual blocks of a backbone can be left out."""
    return bool(_value(backbone_files()[backbone], "GATED"))


def backbone_facts(name: str) -> dict[str, Any]:
    entries = _entries("backbones", "BACKBONES")
    if name not in entries:
        raise BenchError(f"unknown backbone '{name}'; {one_of(name, entries)}")
    return deepcopy(entries[name][1])


def dataset_facts(name: str) -> dict[str, Any]:
    entries = _entries("data", "DATASETS")
    if name not in entries:
        raise BenchError(f"unknown dataset '{name}'; {one_of(name, entries)}")
    return deepcopy(entries[name][1])


def method_facts(path: Path) -> dict[str, Any]:
    """The literal class attributes of a method's class (``label``, ``passes``), its docstring, its ``Params``' defaults."""
    for node in syntax_of(path).body:
        if isinstance(node, ast.ClassDef) and not node.decorator_list and not node.name.startswith("_"):
            facts: dict[str, Any] = {"class": node.name, "doc": ast.get_docstring(node) or "", "params": {}}
            for line in node.body:
                if isinstance(line, ast.ClassDef) and line.name == "Params":
                    facts["params"] = dict(_assignments(line.body))
            return {**facts, **dict(_assignments(node.body))}
    raise BenchError(f"{path.name}: holds no method class")


def _assignments(lines: Iterable[ast.stmt]) -> Iterator[tuple[str, Any]]:
    """Names and values of the literals that are assigned in a class body."""
    for line in lines:
        target = line.targets[0] if isinstance(line, ast.Assign) else line.target if isinstance(line, ast.AnnAssign) else None
        if isinstance(target, ast.Name) and line.value is not None:  # type: ignore[attr-defined]
            with suppress(ValueError):
                yield target.id, ast.literal_eval(line.value)  # type: ignore[attr-defined]


def _entries(room: str, variable: str) -> dict[str, tuple[Path, dict[str, Any]]]:
    """Every key of the room's literals with its file and facts; not to be changed by whoever asks."""
    return _read_entries(variable, tuple((path, path.stat().st_mtime_ns) for path in _modules(PACKAGE / room)))


@lru_cache(maxsize=8)
def _read_entries(variable: str, files: tuple[tuple[Path, int], ...]) -> dict[str, tuple[Path, dict[str, Any]]]:
    # A plan of thousands of runs asks for the same few facts each time.
    return {name: (path, facts) for path, _ in files for name, facts in _literal(path, variable).items()}


def _modules(folder: Path) -> list[Path]:
    names = sorted(entry.name for entry in os.scandir(folder) if entry.name.endswith(".py") and not entry.name.startswith("_"))
    return [folder / name for name in names]


def _literal(path: Path, variable: str) -> dict[str, Any]:
    return dict(_value(path, variable) or {})


def _value(path: Path, variable: str) -> Any:
    """The literal that a file assigns to a name; ``None`` where it does not."""
    for node in syntax_of(path).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id == variable:
            return ast.literal_eval(node.value)  # type: ignore[attr-defined]
    return None
