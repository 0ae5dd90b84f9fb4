"""Fingerprints: what a run's result depends on, as two short hashes.

``config`` covers the resolved config and the fingerprints of the teachers; ``code`` covers the source files that the run
uses, found by following the imports of its method, backbone, dataset and of the training loop. Comments, docstrings and
layout do not count.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from bench.plan import Plan, Run
from bench.plan.catalogue import PACKAGE, ROOT, backbone_files, dataset_files, method_files, task_files
from bench.plan.metrics import USUAL_TASK


def fingerprint(plan: Plan, run: Run) -> dict[str, str]:
    """Both hashes of a run, 16 hex digits each."""
    known = plan.kept.setdefault("fingerprints", {})
    if run not in known:
        known[run] = _fingerprint(plan, run)
    return dict(known[run])


def fingerprint_after(plan: Plan, run: Run, teachers: Mapping[str, str]) -> dict[str, str]:
    """Both hashes of a run that learns from weights which other code may have trained; ``teachers`` are their code's hashes."""
    return {**fingerprint(plan, run), "code": _code(plan, plan.resolve(run), teachers)}


def _fingerprint(plan: Plan, run: Run) -> dict[str, str]:
    config = plan.resolve(run)
    teachers = {role: fingerprint(plan, teacher) for role, teacher in plan.teachers(run).items()}
    ours = {key: value for key, value in config.items() if key != "run"}
    return {
        "config": _digest([ours, {role: teacher["config"] for role, teacher in teachers.items()}]),
        "code": _code(plan, config, {role: teacher["code"] for role, teacher in teachers.items()}),
    }


def _code(plan: Plan, config: Mapping[str, Any], teachers: Mapping[str, str]) -> str:
    """The code's hash, worked out once per plan for each set of files: a plan of thousands of runs has a few dozen."""
    known = plan.kept.setdefault("code", {})
    used = (*(config[part]["name"] for part in ("method", "backbone", "data")), *sorted(teachers.items()))
    if used not in known:
        known[used] = _digest([source_digests(config, plan.settings.plugins), teachers])
    return str(known[used])


def source_digests(config: Mapping[str, Any], plugins: Iterable[str] = ()) -> dict[str, str]:
    """Path (relative to the project, a plug-in's bare name) to digest, for every source file that a run uses."""
    used = (
        method_files(tuple(plugins))[config["method"]["name"]],
        backbone_files()[config["backbone"]["name"]],
        dataset_files()[config["data"]["name"]],
        task_files()[config.get("task", USUAL_TASK)],
        PACKAGE / "train" / "loop.py",
    )
    return {_name(path): _source_digest(path, path.stat().st_mtime_ns) for path in _closure(used)}


def code_digest(files: Iterable[Path]) -> str:
    """One hash, 16 hex digits, of source files and what they import; comments, docstrings and layout do not count."""
    return _digest({_name(path): _source_digest(path, path.stat().st_mtime_ns) for path in _closure(files)})


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(PACKAGE) else path.name


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _closure(files: Iterable[Path]) -> list[Path]:
    """``files`` and every module of the package that they import, directly or not.

    The plan only describes runs and is left out.
    """
    found: set[Path] = set()
    queue = list(files)
    while queue:
        path = queue.pop()
        if path not in found:
            found.add(path)
            queue.extend(_imports(path, path.stat().st_mtime_ns))
    return sorted(found)


@cache
def _imports(path: Path, stamp: int) -> tuple[Path, ...]:
    modules: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("bench."):
            modules.add(node.module)
            modules.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            modules.update(alias.name for alias in node.names if alias.name.startswith("bench."))
    return tuple(sorted(path for path in map(_module_file, modules) if path is not None))


def _module_file(module: str) -> Path | None:
    base = ROOT.joinpath(*module.split("."))
    if base.is_relative_to(PACKAGE / "plan"):
        return None
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


@cache
def _source_digest(path: Path, stamp: int) -> str:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            node.body = body[1:] or [ast.Pass()]  # type: ignore[attr-defined]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()[:16]
