"""``list``: what there is."""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any

import typer

from bench.cli.common import Set, SettingsFile, plan_of
from bench.plan import Plan
from bench.plan.catalogue import backbone_files, dataset_facts, dataset_files, method_facts, method_files
from bench.plan.scales import load_scale, scale_names

Kind = StrEnum("Kind", ["papers", "tables", "figures", "methods", "backbones", "datasets", "variants", "scales"])


def list_names(
    kind: Annotated[Kind, typer.Argument(help="What to list.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    settings: Set = None,
    settings_file: SettingsFile = None,
) -> None:
    """List what the suite knows by name.

    Example: `python -m bench list tables`
    """
    rows = _ROWS[kind](plan_of(settings, settings_file))
    if as_json:
        print(json.dumps(rows, indent=1))
        return
    width = max((len(row["name"]) for row in rows), default=0)
    for row in rows:
        print(f"{row['name']:<{width}}  {row['title']}".rstrip())


def _papers(plan: Plan) -> list[dict[str, Any]]:
    return [{"name": paper.name, "title": paper.title, "citation": paper.citation} for paper in plan.papers.values()]


def _of_papers(plan: Plan, part: str, title: Callable[[Any], str]) -> list[dict[str, Any]]:
    """A part of every paper, its ``tables`` say, each named after its paper."""
    return [
        {"name": f"{paper.name}/{name}", "title": title(item)}
        for paper in plan.papers.values()
        for name, item in getattr(paper, part).items()
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


def _scales(plan: Plan) -> list[dict[str, Any]]:
    folder = plan.settings.scales
    return [{"name": name, "title": load_scale(name, folder).title} for name in scale_names(folder)]


_ROWS: dict[Kind, Callable[[Plan], list[dict[str, Any]]]] = {
    Kind.papers: _papers,
    Kind.tables: lambda plan: _of_papers(plan, "tables", lambda table: table.title),
    Kind.figures: lambda plan: _of_papers(plan, "figures", lambda figure: f"{figure.title} ({figure.kind})"),
    Kind.methods: _methods,
    Kind.backbones: _backbones,
    Kind.datasets: _datasets,
    Kind.variants: lambda plan: _of_papers(plan, "variants", lambda variant: f"{variant.label} ({variant.method})"),
    Kind.scales: _scales,
}
