"""The house: imports run down the rooms, there is no circle, and rooms that plan or render never reach torch."""

import ast
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter

from bench.plan.catalogue import PACKAGE, ROOT

# From the top down; rooms of one floor do not import each other.
FLOORS = (
    ("cli",),
    ("flow", "report"),
    ("stats",),
    ("jobs", "probes", "testing"),
    ("train",),
    ("methods",),
    ("tasks",),
    ("backbones", "data", "records"),
    ("plan",),
)
FLOOR = {room: number for number, floor in enumerate(FLOORS) for room in floor}


@cache
def imports():
    """Every import between files of the package, as (file, file)."""
    return tuple(_imports())


def _imports():
    files = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in PACKAGE.rglob("*.py")}
    modules = {name.removesuffix(".__init__"): path for name, path in files.items()}
    for path in files.values():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            yield from ((path, modules[name]) for name in names if name in modules and modules[name] != path)


def room_of(path):
    inside = path.relative_to(PACKAGE).parts
    return inside[0] if len(inside) > 1 else ""


def test_every_room_has_a_floor():
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms == set(FLOOR)


def test_imports_run_down():
    up = {
        f"{source.relative_to(ROOT)} imports {target.relative_to(ROOT)}"
        for source, target in imports()
        if room_of(source) and room_of(target) and room_of(source) != room_of(target)
        and FLOOR[room_of(source)] >= FLOOR[room_of(target)]
    }  # fmt: skip
    assert not up


def test_there_is_no_circle():
    graph = {}
    for source, target in imports():
        if target.name != "__init__.py" and source.name != "__init__.py":
            graph.setdefault(source, set()).add(target)
    tuple(TopologicalSorter(graph).static_order())  # raises where there is one


LIGHT = ("plan", "records", "flow", "report", "stats")
REACHED = """
import importlib, sys
for room, names in {rooms}:
    for name in names:
        importlib.import_module(name)
    assert "torch" not in sys.modules, room
"""


def modules_of(room):
    paths = (path.relative_to(ROOT).with_suffix("") for path in sorted((PACKAGE / room).rglob("*.py")))
    return [".".join(path.parts).removesuffix(".__init__") for path in paths]


def test_rooms_that_plan_or_render_never_reach_torch():
    code = REACHED.format(rooms=[(room, modules_of(room)) for room in LIGHT])
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
