"""A training job in one line of words, for whoever watches the workflow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from bench.plan import BenchError, Plan, Run
from bench.plan.metrics import METRICS, headline
from bench.records.record import fresh_results
from bench.records.worklist import duration, read_worklist


def job_line(plan: Plan, runs: Sequence[Run], seconds: float) -> str:
    """``DLB, ResNet-18, FUSAR-Ship: 5 seeds, 48.9 %, 12 s; 31 jobs left, about 6 min``.

    The score is the mean over what finished, of several backbones the lowest and the highest of their means.
    """
    cells = list(dict.fromkeys(run.cell for run in runs))
    paper = plan.paper(cells[0].paper)
    backbones = list(dict.fromkeys(cell.backbone for cell in cells))
    where = paper.label(backbones[0]) if len(backbones) == 1 else f"{len(backbones)} backbones"
    variants = ", ".join(dict.fromkeys(paper.label(cell.variant) for cell in cells))
    datasets = ", ".join(dict.fromkeys(paper.label(cell.dataset) for cell in cells))
    seeds = sorted({run.seed for run in runs})
    words = [f"{len(seeds)} seeds" if len(seeds) > 1 else f"seed {seeds[0]}", *_scores(runs), duration(seconds)]
    return f"{variants}, {where}, {datasets}: {', '.join(words)}{_left(runs)}"


def _scores(runs: Sequence[Run]) -> list[str]:
    try:
        found = list(fresh_results([run for run in runs if Path(run.record).exists()], curve=False))
    except BenchError:  # damaged: the next plan says so
        return []
    finished = [result for result in found if result.status == "finished"]
    means = []
    for cell in dict.fromkeys(result.run.cell for result in finished):
        values = [result.metric(headline(result.task)) for result in finished if result.run.cell == cell]
        means.append(sum(values) / len(values))
    words = []
    if means and not math.isnan(sum(means)):  # a recipe may leave the test set alone
        low, high = f"{min(means):.1f}", f"{max(means):.1f}"
        name = METRICS[headline(finished[0].task)].label.lower()
        words.append(f"{name} {low} %" if low == high else f"{name} {low} to {high} %")
    lost = len(runs) - len(finished)
    return [*words, *([f"{lost} without a result"] if lost else [])]


def _left(runs: Sequence[Run]) -> str:
    """Jobs and time left of the workflow's latest call; empty where these runs are none of it."""
    listed, ours = read_worklist(), {run.id for run in runs}
    if listed is None or not any(ours & set(job.runs) for job in listed.jobs):
        return ""
    count, seconds = listed.left()
    if not count:
        return "; the last of the trainings"
    return f"; {count} job{'s' if count > 1 else ''} left" + (f", about {duration(seconds)}" if seconds is not None else "")
