"""What methods, backbones and datasets exist, read from their files without importing them.

A method is a file of ``bench/methods``; a backbone is a key of the literal ``BACKBONES`` in a file of ``bench/backbones``; a
dataset is a key of the literal ``DATASETS`` in a file of ``bench/data``. Reading the syntax alone keeps torch out of the
Snakefile, which is parsed anew for every job.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Mapping
from copy import deepcopy
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from bench.plan.errors import BenchError, one_of

PACKAGE = Path(__file__).resolve().parents[1]
ROOT = PACKAGE.parent


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


def probe_files() -> dict[str, Path]:
    return {path.stem: path for path in _modules(PACKAGE / "probes")}


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
    """The literal class attributes of a method's class (``label``, ``cost``) and its docstring."""
    for node in _tree(path).body:
        if isinstance(node, ast.ClassDef) and not node.decorator_list and not node.name.startswith("_"):
            facts = {"class": node.name, "doc": ast.get_docstring(node) or ""}
            for line in node.body:
                if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
                    try:
                        facts[line.targets[0].id] = ast.literal_eval(line.value)
                    except ValueError:
                        continue
            return facts
    raise BenchError(f"{path.name}: holds no method class")


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


@cache
def _parsed(path: Path, stamp: int) -> ast.Module:
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise BenchError(f"{path.name}, line {error.lineno}: not Python ({error.msg})") from None


def _tree(path: Path) -> ast.Module:
    return _parsed(path, path.stat().st_mtime_ns)


def _literal(path: Path, variable: str) -> Mapping[str, Any]:
    for node in _tree(path).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id == variable:
            return dict(ast.literal_eval(node.value))  # type: ignore[attr-defined]
    return {}
