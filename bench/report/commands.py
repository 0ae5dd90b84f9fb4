"""The lines of a shell that make what a page shows once more."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence

from bench.plan import Paper, Plan, Run, Scale, Table
from bench.plan.pages import COMPARE, Page

USUAL_SEEDS = (0, 1, 2, 3, 4)  # of config/config.yaml


def cell_command(runs: Sequence[Run], stand_in: bool) -> str:
    """The line that trains the runs of one cell, teachers first, where they have no record yet."""
    seeds = [run.seed for run in runs]
    names = f"{{{','.join(map(str, seeds))}}}" if len(seeds) > 1 else str(seeds[0])
    cell, usual = runs[0].cell, set(seeds) <= set(USUAL_SEEDS)
    target = f"results/runs/{cell.id}/seed{names}.json"
    return _command(target, cell.scale, () if usual else seeds, stand_in)


def table_command(paper: Paper, table: Table, scale: Scale, seeds: Sequence[int], stand_in: bool) -> str:
    """The line that trains and renders a table."""
    target = Page(scale.name, paper.name, table.name).file(".html").as_posix()
    return _command(target, scale.name, () if tuple(seeds) == USUAL_SEEDS else seeds, stand_in)


def page_command(page: Page, ending: str, stand_in: bool) -> str:
    """The line that trains and renders a page which is not made yet."""
    return _command(page.file(ending).as_posix(), page.scale, (), stand_in)


def stored_command(paper: Paper, table: Table, scale: Scale, seeds: Sequence[int], stand_in: bool) -> str:
    """The line that renders a table of stored results."""
    return f"python -m bench report {paper.name}/{table.name} --stored --set scale={scale.name}"


def comparison_command(plan: Plan, name: str) -> str:
    """The line that trains a new method and compares it."""
    known = plan.settings
    target = Page(plan.scale.name, COMPARE, name).file(".html").as_posix()
    words = [_command(target, plan.scale.name, () if known.seeds == USUAL_SEEDS else known.seeds, True)]
    words.append(f"new_method={shlex.quote(known.new_method)}")
    words += [shlex.quote(f"compare=[{','.join(known.compare)}]")] if known.compare else []
    for key, value in (("new_method_params", known.new_method_params), ("new_method_teachers", known.new_method_teachers)):
        words += [f"{key}={shlex.quote(json.dumps(value))}"] if value else []
    return " ".join([*words, *(["data_dir=/data"] if known.data_dir else [])])


def _command(target: str, scale: str, seeds: Sequence[int], stand_in: bool) -> str:
    words = ["snakemake", "--cores", "all", target, "--config", f"scale={scale}"]
    words += [shlex.quote(f"seeds=[{','.join(map(str, seeds))}]")] if seeds else []
    return " ".join(words + ([] if stand_in else ["data_dir=/data"]))
