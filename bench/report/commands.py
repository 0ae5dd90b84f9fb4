"""The lines of a shell that make what a page shows once more."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence

from bench.plan import Plan, Run
from bench.plan.pages import COMPARE, Page

USUAL_SEEDS = (0, 1, 2, 3, 4)  # of config/config.yaml


def cell_command(runs: Sequence[Run], stand_in: bool) -> str:
    """The line that trains the runs of one cell, teachers first, where they have no record yet."""
    seeds = [run.seed for run in runs]
    names = f"{{{','.join(map(str, seeds))}}}" if len(seeds) > 1 else str(seeds[0])
    cell, usual = runs[0].cell, set(seeds) <= set(USUAL_SEEDS)
    target = f"results/runs/{cell.id}/seed{names}.json"
    return _command(target, cell.scale, () if usual else seeds, stand_in)


def page_command(page: Page, ending: str, stand_in: bool, seeds: Sequence[int] = USUAL_SEEDS) -> str:
    """The line that trains what a page shows, and renders it."""
    return _command(page.file(ending).as_posix(), page.scale, () if tuple(seeds) == USUAL_SEEDS else seeds, stand_in)


def stored_command(page: Page) -> str:
    """The line that renders a table of stored results."""
    return f"python -m bench report {page.folder}/{page.name} --stored --set scale={page.scale}"


def comparison_command(plan: Plan, name: str) -> str:
    """The line that trains a new method and compares it."""
    known = plan.settings
    words = [page_command(Page(plan.scale.name, COMPARE, name), ".html", True, known.seeds)]
    words.append(f"new_method={shlex.quote(known.new_method)}")
    words += [shlex.quote(f"compare=[{','.join(known.compare)}]")] if known.compare else []
    for key, value in (("new_method_params", known.new_method_params), ("new_method_teachers", known.new_method_teachers)):
        words += [f"{key}={shlex.quote(json.dumps(value))}"] if value else []
    return " ".join([*words, *(["data_dir=/data"] if known.data_dir else [])])


def _command(target: str, scale: str, seeds: Sequence[int], stand_in: bool) -> str:
    words = ["snakemake", "--cores", "all", target, "--config", f"scale={scale}"]
    words += [shlex.quote(f"seeds=[{','.join(map(str, seeds))}]")] if seeds else []
    return " ".join(words + ([] if stand_in else ["data_dir=/data"]))
