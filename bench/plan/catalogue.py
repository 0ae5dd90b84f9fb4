"""What tasks, methods, backbones and datasets exist, read from their files without importing them.

A task is a file of ``bench/tasks``, its metrics are a literal ``METRICS`` there; a method is a file of ``bench/methods``; a
backbone is a key of the literal ``BACKBONES`` in a file of ``bench/backbones``; a dataset is a key of the literal ``DATASETS``
in a file of ``bench/data``. Reading syntax alone keeps torch out of the Snakefile, which is parsed anew for every job.
"""

from __future__ import annotations

import ast
import marshal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from bench.plan.errors import BenchError, one_of
from bench.plan.files import listed
from bench.plan.method_syntax import method_facts
from bench.plan.plugins import families, kind_of
from bench.plan.source import PACKAGE, ROOT, syntax_of

__all__ = ["PACKAGE", "ROOT", "method_facts"]


def method_files(plugins: Iterable[str] = ()) -> dict[str, Path]:
    """Every method's name and file: those of the package, then those that the user's config names."""
    files = {path.stem: path for path in _modules(PACKAGE / "methods")}
    for plugin in plugins:
        path = Path(plugin)
        if kind_of(plugin) != "method":
            continue
        if path.stem in files:
            raise BenchError(f"plug-in '{plugin}': a method called '{path.stem}' exists already; rename the file")
        files[path.stem] = path.resolve()
    return files


def backbone_files() -> dict[str, Path]:
    return dict(_entries("backbones", "BACKBONES").files)


def dataset_files() -> dict[str, Path]:
    return dict(_entries("data", "DATASETS").files)


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
    return _entries("backbones", "BACKBONES").facts_of(name, "backbone")


def dataset_facts(name: str) -> dict[str, Any]:
    return _entries("data", "DATASETS").facts_of(name, "dataset")


@dataclass(frozen=True)
class _Entries:
    """Every key of a room's literals: its file, and its facts as bytes, which are read anew sooner than they are copied."""

    files: Mapping[str, Path]
    facts: Mapping[str, bytes]

    def facts_of(self, name: str, what: str) -> dict[str, Any]:
        if name not in self.facts:
            raise BenchError(f"unknown {what} '{name}'; {one_of(name, self.facts)}")
        return marshal.loads(self.facts[name])  # type: ignore[no-any-return]


def _entries(room: str, variable: str) -> _Entries:
    """Read anew where a file of the room has another time; a plan of thousands of runs asks for the same few each time."""
    paths = (*_modules(PACKAGE / room), *families(room))
    return _read_entries(variable, paths, tuple([path.stat().st_mtime_ns for path in paths]))


@lru_cache(maxsize=8)
def _read_entries(variable: str, paths: tuple[Path, ...], stamps: tuple[int, ...]) -> _Entries:
    found: dict[str, Path] = {}
    read: dict[str, bytes] = {}
    for path in paths:
        for name, facts in _literal(path, variable).items():
            if name in found:
                raise BenchError(f"{path.name}: {variable} has '{name}', which {found[name].name} has too; remove one of them")
            found[name], read[name] = path, marshal.dumps(facts)
    return _Entries(found, read)


def _modules(folder: Path) -> list[Path]:
    return _listed(folder, folder.stat().st_mtime_ns if folder.is_dir() else 0)


@lru_cache(maxsize=64)
def _listed(folder: Path, stamp: int) -> list[Path]:
    return [path for path in listed(folder, ".py") if path.stem.isidentifier() and not path.stem.startswith("_")]


def _literal(path: Path, variable: str) -> dict[str, Any]:
    found = _value(path, variable)
    if found is None:
        return {}
    if not isinstance(found, dict) or not all(
        isinstance(name, str) and isinstance(facts, dict) for name, facts in found.items()
    ):
        raise BenchError(f"{path.name}: {variable} has to be a mapping of names to mappings of facts")
    return found


def _value(path: Path, variable: str) -> Any:
    """The literal that a file assigns to a name; ``None`` where it does not.

    Raises
    ------
    BenchError
        If what it assigns is computed.
    """
    for node in syntax_of(path).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id == variable and getattr(node, "value", None) is not None:
            try:
                return ast.literal_eval(node.value)  # type: ignore[attr-defined]
            except (ValueError, TypeError, SyntaxError, RecursionError):
                where = f"{path.name}, line {node.lineno}"
                words = "is computed; write it as a literal, files are read here without running them"
                raise BenchError(f"{where}: {variable} {words}") from None
    return None
