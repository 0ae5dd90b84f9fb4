"""``plan``: which trainings a target needs, and about how long they take."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from bench.cli.common import Set, SettingsFile, plan_of
from bench.plan import Plan, Run
from bench.plan.costs import STAND_IN, backbone_costs, devices
from bench.plan.estimate import Estimates
from bench.stats.words import counted

LISTED = 12  # names of a kind


def show_plan(
    target: Annotated[
        str, typer.Argument(help="A table or figure, as in table2, drrnet/figure3 or reports/table2.html; or all.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print every run with its teachers and estimates as JSON.")] = False,
    settings: Set = None,
    settings_file: SettingsFile = None,
) -> None:
    """Say which trainings a target needs, teachers included, each counted once, and about how long they take.

    Example: `python -m bench plan table2`
    """
    plan = plan_of(settings, settings_file)
    items = plan.items_of(target)
    needed = {item: plan.runs_of_item(*item) for item in items}
    runs = list(dict.fromkeys(run for each in needed.values() for run in each))
    estimates = [Estimates(plan, device) for device in devices().values()]
    if as_json:
        print(json.dumps([_facts(run, plan, estimates) for run in runs], indent=1))
        return
    shared = {run for run, count in Counter(run for each in needed.values() for run in each).items() if count > 1}
    done = sum(Path(run.record).exists() for run in runs)
    cells = {run.cell for run in runs}
    teachers = {teacher for run in runs for teacher in plan.teachers(run).values()}
    print(
        f"{target} at scale '{plan.scale.name}': {counted(len(runs), 'training')} in {counted(len(cells), 'cell')}; {done} done"
    )
    one, many = "1 of them teaches others and is", f"{len(teachers)} of them teach others and are"
    print(f"  {one if len(teachers) == 1 else many} trained first" if teachers else "  none of them teaches others")
    if len(items) > 1:
        spared = counted(sum(map(len, needed.values())) - len(runs), "training")
        print(f"  {len(shared)} stand in several tables or figures and are trained once, which spares {spared}")
    for what, pick in (("dataset", "dataset"), ("backbone", "backbone"), ("variant", "variant")):
        counts = Counter(getattr(run.cell, pick) for run in runs)
        most = [f"{name} {count}" for name, count in counts.most_common(LISTED)]
        more = [f"{len(counts) - LISTED} more"] if len(counts) > LISTED else []
        print(f"  by {what}: " + ", ".join(most + more))
    print(_hours(runs, shared, teachers, estimates))


def _hours(runs: Sequence[Run], shared: set[Run], teachers: set[Run], estimates: Sequence[Estimates]) -> str:
    """The estimates as a table, a line per paper, and what they rest on."""
    papers = list(dict.fromkeys(run.cell.paper for run in runs))
    head = ["", "trainings", "shared", "teachers", *(each.device.name + ", hours" for each in estimates)]
    rows = [head]
    for paper in [*papers, *(["together"] if len(papers) > 1 else [])]:
        ours = [run for run in runs if paper in (run.cell.paper, "together")]
        counts = [len(ours), len(shared.intersection(ours)), len(teachers.intersection(ours))]
        rows.append([paper, *(f"{count:,}" for count in counts), *(_rounded(each.seconds(ours) / 3600) for each in estimates)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    table = ["  ".join(["", row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows]
    assumed = sorted({run.cell.dataset for run in runs if estimates[0].of(run).assumed_size})
    lines = ["Device-hours of all of them, estimated, one training at a time on each device:", *table]
    for each in estimates:
        kind = "measured" if each.device.measured else "not measured"
        lines.append(f"  {each.device.name}: {each.device.title} ({kind}). {each.device.basis} {_largest(runs, each)}")
    uncounted = sorted({run.cell.backbone for run in runs} - backbone_costs().keys())
    if uncounted:
        words = f"The cost of {', '.join(uncounted)} was never counted and is taken for {STAND_IN}'s"
        lines.append(f"  {words}; benchmarks/backbone_costs.py of a checkout counts all.")
    if assumed:
        lines.append(f"  The number of images of {', '.join(assumed)} is an assumption (bench/plan/dataset_sizes.csv).")
    return "\n".join(lines)


def _largest(runs: Sequence[Run], estimates: Estimates) -> str:
    """What the hungriest of the runs takes."""
    each = [estimates.of(run) for run in runs]
    host, own = (max((getattr(one, name) for one in each), default=0.0) / 1024 for name in ("memory_mb", "device_memory_mb"))
    device = f" and {_rounded(own)} GB of the device's own" if estimates.device.own_memory else ""
    return f"The largest training takes about {_rounded(host)} GB of memory{device}."


def _facts(run: Run, plan: Plan, estimates: Sequence[Estimates]) -> dict[str, object]:
    return {
        "run": run.id,
        "teachers": [teacher.id for teacher in plan.teachers(run).values()],
        "estimates": {each.device.name: vars(each.of(run)) for each in estimates},
    }


def _rounded(value: float) -> str:
    """Two significant digits: an estimate has no more."""
    if value >= 100:
        return f"{round(value, 1 - int(len(str(int(value))) - 1)):,.0f}"
    return f"{value:.2g}"
