"""The suite from Python: results as a table of pandas, a trained network ready to predict."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.plan import Plan, load_settings, parse_run
from bench.records.record import read_record, result_of
from bench.records.result import Result
from bench.records.stored import read_stored

if TYPE_CHECKING:
    import pandas as pd

    from bench.jobs.export import TrainedNetwork

__all__ = ["load_network", "load_results"]


def load_results(scale: str = "demo", *, curves: bool = False, stored: bool = False, **settings: Any) -> pd.DataFrame:
    """Every result of a scale, a row per run.

    Parameters
    ----------
    scale
        As in ``results/runs/<scale>``.
    curves
        A row per run and epoch instead, with the curve's values in place of the last epoch's metrics; stored results have none.
    stored
        The rows of ``results/stored`` in place of the records that were trained in this folder.
    settings
        Keys of the config, as ``stored_dir="mine"``.

    Returns
    -------
    pandas.DataFrame
        ``run``, its parts, ``status``, scores in percent, ``train_seconds`` and what else a training cost.

    Raises
    ------
    BenchError
        If a record or file is damaged.
    """
    import pandas as pd

    known = load_settings([f"scale={scale}", *(f"{key}={value}" for key, value in settings.items())])
    if stored:
        results = [result for path in known.stored_files(scale).values() for result in read_stored(path)]
    else:
        paths = sorted(Path("results/runs", scale).rglob("seed*.json"))
        results = [result_of(parse_run(path.as_posix()), read_record(path, curves), curves) for path in paths]
    return pd.DataFrame([row for result in results for row in (_epochs(result) if curves else [_row(result)])])


def load_network(run: str, **settings: Any) -> TrainedNetwork:
    """The network that a run trained, in evaluation mode: pictures to logits.

    Parameters
    ----------
    run
        Its id, as in ``demo/drrnet/fusar/resnet18/dlb/seed0``; its weights were kept (teachers', or ``keep_weights=true``).

    Raises
    ------
    BenchError
        If it is not trained, or its weights were not kept or are damaged.
    """
    from bench.jobs.export import trained_network

    parsed = parse_run(run)
    words = [f"scale={parsed.cell.scale}", *(f"{key}={value}" for key, value in settings.items())]
    return trained_network(Plan(load_settings(words)), parsed)


def _head(result: Result) -> dict[str, Any]:
    cell = result.run.cell
    parts = {name: getattr(cell, name) for name in ("scale", "paper", "dataset", "backbone", "variant")}
    return {"run": result.run.id, **parts, "seed": result.run.seed, "status": result.status}


def _row(result: Result) -> dict[str, Any]:
    return {**_head(result), **result.metrics, **result.facts.get("cost", {})}


def _epochs(result: Result) -> list[dict[str, Any]]:
    columns = result.curve
    count = max(map(len, columns.values()), default=0)
    return [
        {
            **_head(result),
            "epoch": epoch + 1,
            **{name: values[epoch] for name, values in columns.items() if epoch < len(values)},
        }
        for epoch in range(count)
    ]
