"""Files of one's own: a method, a family of backbones or datasets, or a paper each, named by ``plugins`` in the settings.

Backbones and datasets become modules of their room (``bench.backbones.<file>``, ``bench.data.<file>``), so that everything
finds them as it finds the suite's. What a process knows of them is what the settings that it read last name.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

from bench.plan.errors import BenchError
from bench.plan.source import PACKAGE, assigned_names, beside

ROOMS = {"BACKBONES": "backbones", "DATASETS": "data"}  # the literal that tells a family, and its room
PAPER = ".yaml"

_families: dict[str, Path] = {}  # module name to file


def kind_of(plugin: str) -> str:
    """``method``, ``backbones``, ``data`` or ``paper``: by the file's ending, then by the literal that it holds.

    Raises
    ------
    BenchError
        If there is no such file, or it is neither Python nor YAML.
    """
    path = Path(plugin)
    if path.suffix == PAPER and path.is_file():
        return "paper"
    if path.suffix != ".py" or not path.is_file():
        raise BenchError(f"plug-in '{plugin}': no such Python file (.py) or paper (.yaml)")
    names = assigned_names(path.resolve())
    return next((room for literal, room in ROOMS.items() if literal in names), "method")


def use_plugins(plugins: Iterable[str]) -> None:
    """Make the families among ``plugins`` known to this process, and those of settings before unknown.

    Raises
    ------
    BenchError
        If two files would be the same module.
    """
    found: dict[str, Path] = {}
    for plugin in plugins:
        if not Path(plugin).is_file():
            continue  # told where it is looked for: settings may be read for something else
        kind, path = kind_of(plugin), Path(plugin).resolve()
        if kind not in ROOMS.values():
            continue
        name = f"{PACKAGE.name}.{kind}.{path.stem}"
        if name in found or (PACKAGE / kind / path.name).exists() or (PACKAGE / kind / path.stem).exists():
            raise BenchError(f"plug-in '{plugin}': bench/{kind} has a '{path.stem}' already; rename the file")
        found[name] = path
    for name in _families:
        if found.get(name) != _families[name]:
            sys.modules.pop(name, None)
    _families.clear()
    _families.update(found)


def families(room: str) -> list[Path]:
    """The files of one's own in a room."""
    return [path for name, path in _families.items() if name.split(".")[1] == room]


def paper_plugins(plugins: Iterable[str]) -> dict[str, Path]:
    """The papers among the plug-ins: name to file; a paper's printed numbers lie beside it, in a folder of its name."""
    return {Path(plugin).stem: Path(plugin) for plugin in plugins if plugin.endswith(PAPER)}


def look_beside(path: Path) -> None:
    """Let a plug-in import what lies beside it, and nothing else of the same name: the fingerprint covers those files.

    Raises
    ------
    BenchError
        If a module of such a name is loaded already, from elsewhere.
    """
    for module, file in beside(path).items():
        loaded = sys.modules.get(module)
        origin = getattr(loaded, "__file__", None)
        if loaded is not None and (origin is None or Path(origin).resolve() != file.resolve()):
            raise BenchError(f"plug-in {path.name}: another module called '{module}' is loaded already; rename {file.name}")
    folder = str(path.parent)
    if folder in sys.path:
        sys.path.remove(folder)
    sys.path.insert(0, folder)  # and stays there: a method may import when it is called


class _Finder:
    """Python's way from a family's module name to its file."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        file = _families.get(name)
        if file is None:
            return None
        look_beside(file)
        return importlib.util.spec_from_file_location(name, file)


sys.meta_path.insert(0, _Finder)  # type: ignore[arg-type]
