"""``list`` and ``plan``: what there is, and what a target needs."""

from __future__ import annotations

import json
from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from bench.cli.common import Set, plan_of
from bench.plan import Plan
from bench.plan.catalogue import backbone_files, dataset_facts, dataset_files, method_facts, method_files

Kind = StrEnum("Kind", ["papers", "tables", "figures", "methods", "backbones", "datasets", "variants"])


def list_names(
    kind: Annotated[Kind, typer.Argument(help="What to list.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    settings: Set = None,
) -> None:
    """List what the suite knows by name.

    Example: `python -m bench list tables`
    """
    rows = _ROWS[kind](plan_of(settings))
    if as_json:
        print(json.dumps(rows, indent=1))
        return
    width = max((len(row["name"]) for row in rows), default=0)
    for row in rows:
        print(f"{row['name']:<{width}}  {row['title']}".rstrip())


def show_plan(
    target: Annotated[
        str, typer.Argument(help="A table or figure, as in table2, drrnet/figure3 or reports/table2.html; or all.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print every run as JSON.")] = False,
    settings: Set = None,
) -> None:
    """Say which trainings a target needs, teachers included, each counted once.

    Example: `python -m bench plan table2`
    """
    plan = plan_of(settings)
    runs = plan.runs_of(target)
    if as_json:
        print(json.dumps([{"run": run.id, "teachers": [t.id for t in plan.teachers(run).values()]} for run in runs], indent=1))
        return
    teachers = {teacher for run in runs for teacher in plan.teachers(run).values()}
    done = sum(Path(run.record).exists() for run in runs)
    cells = {run.cell for run in runs}
    print(f"{target} at scale '{plan.scale.name}': {len(runs)} trainings in {len(cells)} cells; {done} done")
    print(f"  {len(teachers)} of them teach others and are trained first")
    for what, pick in (("dataset", "dataset"), ("backbone", "backbone"), ("variant", "variant")):
        counts = Counter(getattr(run.cell, pick) for run in runs)
        print(f"  by {what}: " + ", ".join(f"{name} {count}" for name, count in counts.items()))


def _papers(plan: Plan) -> list[dict[str, Any]]:
    return [{"name": paper.name, "title": paper.title, "citation": paper.citation} for paper in plan.papers.values()]


def _tables(plan: Plan) -> list[dict[str, Any]]:
    return [
        {"name": f"{paper.name}/{table.name}", "title": table.title}
        for paper in plan.papers.values()
        for table in paper.tables.values()
    ]


def _figures(plan: Plan) -> list[dict[str, Any]]:
    return [
        {"name": f"{paper.name}/{item.name}", "title": f"{item.title} ({item.kind})"}
        for paper in plan.papers.values()
        for item in paper.figures.values()
    ]


def _methods(plan: Plan) -> list[dict[str, Any]]:
    rows = []
    for name, path in sorted(method_files(plan.settings.plugins).items()):
        facts = method_facts(path)
        idea = facts["doc"].split("\n\n")[0].replace("\n", " ")
        also = f" Also: {', '.join(facts['named'])}." if facts.get("named") else ""
        rows.append({"name": name, "title": f"{facts.get('label', '')}: {idea}{also}"})
    return rows


def _backbones(plan: Plan) -> list[dict[str, Any]]:
    return [{"name": name, "title": f"({path.stem})"} for name, path in sorted(backbone_files().items())]


def _datasets(plan: Plan) -> list[dict[str, Any]]:
    return [{"name": name, **dataset_facts(name)} for name in sorted(dataset_files())]


def _variants(plan: Plan) -> list[dict[str, Any]]:
    return [
        {"name": f"{paper.name}/{variant.name}", "title": f"{variant.label} ({variant.method})"}
        for paper in plan.papers.values()
        for variant in paper.variants.values()
    ]


_ROWS = {
    Kind.papers: _papers,
    Kind.tables: _tables,
    Kind.figures: _figures,
    Kind.methods: _methods,
    Kind.backbones: _backbones,
    Kind.datasets: _datasets,
    Kind.variants: _variants,
}
