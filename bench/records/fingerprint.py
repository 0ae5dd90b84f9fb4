"""Fingerprints: what a run's result depends on, as two short hashes.

``config`` covers the resolved config and the fingerprints of the teachers; ``code`` covers the source files that the run
uses, found by following the imports of its method, backbone, dataset and of the training loop, those of files beside a plug-in
too. Comments, docstrings, layout and the version of Python do not count.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from bench.plan import Plan, Run
from bench.plan.catalogue import PACKAGE, ROOT, backbone_files, dataset_files, method_files, task_files
from bench.plan.metrics import USUAL_TASK
from bench.plan.source import files_used, roots_of, syntax_of
from bench.records.syntax import syntax_digest

PLAN = PACKAGE / "plan"


class File(NamedTuple):
    """A source file: its name in a record, its digest, the files of ours that it imports."""

    name: str
    digest: str
    uses: tuple[Path, ...]


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
        "config": short_digest([ours, {role: teacher["config"] for role, teacher in teachers.items()}]),
        "code": _code(plan, config, {role: teacher["code"] for role, teacher in teachers.items()}),
    }


def _code(plan: Plan, config: Mapping[str, Any], teachers: Mapping[str, str]) -> str:
    """The code's hash, worked out once per plan for each set of files: a plan of thousands of runs has a few dozen."""
    known = plan.kept.setdefault("code", {})
    used = (*(config[part]["name"] for part in ("method", "backbone", "data")), *sorted(teachers.items()))
    if used not in known:
        files = plan.kept.setdefault("files", {})
        known[used] = short_digest([source_digests(config, plan.settings.plugins, files), teachers])
    return str(known[used])


def source_digests(
    config: Mapping[str, Any], plugins: Iterable[str] = (), files: dict[Any, File] | None = None
) -> dict[str, str]:
    """Path (relative to the project, or to the plug-in's folder) to digest, for every source file that a run uses.

    ``files`` are those that were looked at before and not looked at again; what is looked at is added to it.
    """
    used = (
        method_files(tuple(plugins))[config["method"]["name"]],
        backbone_files()[config["backbone"]["name"]],
        dataset_files()[config["data"]["name"]],
        task_files()[config.get("task", USUAL_TASK)],
        PACKAGE / "train" / "loop.py",
    )
    return _digests(used, {} if files is None else files)


def code_digest(files: Iterable[Path]) -> str:
    """One hash, 16 hex digits, of source files and what they import; comments, docstrings and layout do not count."""
    return short_digest(_digests(files, {}))


def short_digest(content: object) -> str:
    """16 hex digits of a value of JSON."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _digests(files: Iterable[Path], known: dict[Any, File]) -> dict[str, str]:
    """Name to digest of ``files`` and of what they import, directly or not, of the package or beside a plug-in.

    The plan only describes runs and is left out.
    """
    found: dict[Path, File] = {}
    queue = [(path, roots_of(path)) for path in files]
    while queue:
        path, roots = queue.pop()
        if path not in found and not path.is_relative_to(PLAN):
            if (path, roots) not in known:
                digest = _source_digest(path, path.stat().st_mtime_ns)
                known[path, roots] = File(_name(path, roots), digest, files_used(path, roots))
            found[path] = known[path, roots]
            queue.extend((used, roots) for used in found[path].uses if used not in found)
    return dict(sorted((file.name, file.digest) for file in found.values()))


def _name(path: Path, roots: Iterable[Path]) -> str:
    """Relative to the project, or to where a plug-in's imports are looked for: no folder of the machine's stands in it."""
    places = (ROOT,) if path.is_relative_to(PACKAGE) else roots
    return next((path.relative_to(root).as_posix() for root in places if path.is_relative_to(root)), path.name)


@cache
def _source_digest(path: Path, stamp: int) -> str:
    return syntax_digest(syntax_of(path))
