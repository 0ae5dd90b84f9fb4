"""What a cell opens to: its runs, their curves, config, setting and cost, and the command that trains it again."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bench.plan import Paper, Plan, Run, Scale, Table
from bench.plan.metrics import METRICS
from bench.records.result import Result
from bench.report.formatting import DASH, duration, percent
from bench.report.provenance import config_of, costs_of, setup_of

CURVE_POINTS = 60  # of a curve; a longer one is thinned out, so that a page of a hundred cells stays light
USUAL_SEEDS = (0, 1, 2, 3, 4)  # of config/config.yaml
CURVES = {"error": "test_accuracy", "top5_error": "test_top5_accuracy", "best_accuracy": "test_accuracy"}  # else test_<metric>
NO_CURVE = {"stored": "Stored rows hold no curve.", "fresh": "The record holds no curve of it."}


@dataclass(frozen=True)
class RunDetail:
    """One run as its cell's details show it; texts are a dash where unknown. ``curve`` is on the cell's ``epochs``."""

    seed: int
    status: str
    last: str
    best: str
    seconds: str
    reason: str = ""
    record: str = ""
    curve: tuple[float, ...] = ()


@dataclass(frozen=True)
class CellDetail:
    """What a cell opens to beyond its numbers.

    ``config`` is YAML; ``setup`` are term and text; ``costs`` holds what is known of ``relative_cost``, ``train_seconds`` and
    ``parameters``; ``no_curve`` says why there is none.
    """

    runs: tuple[RunDetail, ...] = ()
    curve_label: str = ""
    epochs: tuple[int, ...] = ()
    no_curve: str = ""
    setup: tuple[tuple[str, str], ...] = ()
    config: str = ""
    costs: Mapping[str, float] = field(default_factory=dict)
    command: str = ""


def detail_of(results: Sequence[Result], metric: str, stand_in: bool) -> CellDetail:
    """The details of a cell from its results, one per seed.

    Parameters
    ----------
    metric
        What the table shows; its curve over epochs is drawn where the records hold one.
    stand_in
        Whether the runs need no data of the user's.
    """
    if not results:
        return CellDetail()
    recorded = [result for result in results if result.facts]
    label, series = _curves(results, metric)
    length = max(map(len, series.values()), default=0)
    epochs = _thinned(length)
    runs = [_run(result, metric, _at(series.get(result.run.seed, []), epochs)) for result in results]
    return CellDetail(
        runs=tuple(runs),
        curve_label=label,
        epochs=tuple(epoch + 1 for epoch in epochs),
        no_curve="" if length else NO_CURVE[recorded[0].source] if recorded else "Nothing is trained yet.",
        setup=setup_of(recorded),
        config=config_of(recorded),
        costs=costs_of(recorded),
        command=cell_command([result.run for result in results], stand_in),
    )


def cell_command(runs: Sequence[Run], stand_in: bool) -> str:
    """The line that trains the runs of one cell, teachers first, where they have no record yet."""
    seeds = [run.seed for run in runs]
    names = f"{{{','.join(map(str, seeds))}}}" if len(seeds) > 1 else str(seeds[0])
    cell, usual = runs[0].cell, set(seeds) <= set(USUAL_SEEDS)
    target = f"results/runs/{cell.id}/seed{names}.json"
    return _command(target, cell.scale, () if usual else seeds, stand_in)


def table_command(paper: Paper, table: Table, scale: Scale, seeds: Sequence[int], stand_in: bool) -> str:
    """The line that trains and renders a table."""
    target = f"reports/{paper.name}/{table.name}.html"
    return _command(target, scale.name, () if tuple(seeds) == USUAL_SEEDS else seeds, stand_in)


def comparison_command(plan: Plan, name: str) -> str:
    """The line that trains a new method and compares it."""
    known = plan.settings
    words = [_command(f"reports/compare/{name}.html", plan.scale.name, () if known.seeds == USUAL_SEEDS else known.seeds, True)]
    words.append(f"new_method={shlex.quote(known.new_method)}")
    words += [shlex.quote(f"compare=[{','.join(known.compare)}]")] if known.compare else []
    for key, value in (("new_method_params", known.new_method_params), ("new_method_teachers", known.new_method_teachers)):
        words += [f"{key}={shlex.quote(json.dumps(value))}"] if value else []
    return " ".join([*words, *(["data_dir=/data"] if known.data_dir else [])])


def _command(target: str, scale: str, seeds: Sequence[int], stand_in: bool) -> str:
    words = ["snakemake", "--cores", "all", target, "--config", f"scale={scale}"]
    words += [shlex.quote(f"seeds=[{','.join(map(str, seeds))}]")] if seeds else []
    return " ".join(words + ([] if stand_in else ["data_dir=/data"]))


def _curves(results: Sequence[Result], metric: str) -> tuple[str, dict[int, list[float]]]:
    """What the curves show, and each seed's in percent."""
    name = metric if metric.startswith("train_") else CURVES.get(metric, f"test_{metric}")
    found = {result.run.seed: list(result.curve[name]) for result in results if result.curve.get(name)}
    if not METRICS[metric].higher_is_better:
        return f"{METRICS[metric].label.capitalize()} on the test images per epoch", {
            seed: [100.0 - value for value in values] for seed, values in found.items()
        }
    return f"{name.replace('_', ' ').capitalize()} per epoch", found


def _thinned(length: int) -> list[int]:
    """Evenly spaced positions with the first and the last."""
    if length <= CURVE_POINTS:
        return list(range(length))
    return sorted({round(step * (length - 1) / (CURVE_POINTS - 1)) for step in range(CURVE_POINTS)})


def _at(values: Sequence[float], epochs: Sequence[int]) -> list[float]:
    """The values there; a diverged run's curve ends early."""
    return [values[epoch] for epoch in epochs if epoch < len(values)]


def _run(result: Result, metric: str, curve: Sequence[float]) -> RunDetail:
    seconds = result.facts.get("cost", {}).get("train_seconds")
    best = result.metrics.get("best_accuracy") if result.status == "finished" else None
    if best is not None and metric == "error":
        best = 100.0 - best
    return RunDetail(
        seed=result.run.seed,
        status=result.status,
        last=percent(result.metric(metric)),
        best=percent(best) if metric in ("accuracy", "best_accuracy", "error") else DASH,
        seconds=DASH if seconds is None else duration(float(seconds)),
        reason=result.reason,
        record=str(result.run.record) if result.source == "fresh" and result.facts else "",
        curve=tuple(round(value, 2) if math.isfinite(value) else math.nan for value in curve),
    )
