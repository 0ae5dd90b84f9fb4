"""Results to rows: one per seed, and one per cell, with a fixed column order."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.plan import BenchError
from bench.plan.files import write_atomically
from bench.records.result import Result

if TYPE_CHECKING:
    import pandas as pd

METRICS = ("accuracy", "best_accuracy", "balanced_accuracy", "train_accuracy")
STATUSES = ("finished", "diverged", "failed", "missing")
PLACE = ("scale", "paper", "dataset", "backbone", "variant")

# What a result's row says of how it came about. Name to meaning; the order is that of the columns.
FACTS = {
    "source": "fresh: just trained here; stored: committed with the project",
    "data": "registry name of the data that was trained on",
    "stand_in": "True where that is generated stand-in data",
    "data_digest": "digest of the images and labels",
    "recipe_version": "version of the paper's recipes",
    "method": "registry name of the method",
    "epochs": "passes over the training set",
    "image_size": "side of the network's input in pixels",
    "batch_size": "fresh images per step",
    "width": "factor on the backbone's channels",
    "parameters": "trainable parameters of the student",
    "precision": "arithmetic of forward and backward passes",
    "cpu": "processor",
    "gpu": "accelerator, empty where none was used",
    "threads": "threads of the training process",
    "train_seconds": "duration of the training",
    "images_per_second": "throughput of the training",
    "peak_memory_mb": "peak memory in MiB, the accelerator's where one was used",
    "torch": "version of torch",
    "fingerprint_config": "hash of the resolved config and its teachers'",
    "fingerprint_code": "hash of the source files that the run used",
    "commit": "the project's commit",
    "dirty": "True where tracked files differed from that commit",
}
SEED_COLUMNS = ("run", *PLACE, "seed", "status", *METRICS, *FACTS)
TEXT_COLUMNS = ("run", *PLACE, "status", "data_digest", "fingerprint_config", "fingerprint_code", "commit")
CELL_COLUMNS = (*PLACE, "metric", "mean", "sd", "n", *STATUSES)


def facts_of(result: Result) -> dict[str, Any]:
    """The columns ``FACTS`` of one result; empty where its record does not say."""
    facts = result.facts
    config, data, git = _part(facts, "config"), _part(facts, "data"), _part(facts, "git")
    recipe, cost, hardware = _part(config, "recipe"), _part(facts, "cost"), _part(facts, "hardware")
    mark = facts.get("fingerprint", "")
    mark = mark if isinstance(mark, Mapping) else {"config": mark}
    row = {
        "source": result.source,
        "data": data.get("name"),
        "stand_in": data.get("stand_in"),
        "data_digest": data.get("digest"),
        "recipe_version": config.get("recipe_version"),
        "method": _part(config, "method").get("name"),
        **{key: recipe.get(key) for key in ("epochs", "image_size", "batch_size")},
        "width": _part(config, "backbone").get("width"),
        "parameters": cost.get("parameters"),
        "precision": facts.get("precision"),
        **{key: hardware.get(key) for key in ("cpu", "gpu", "threads")},
        **{key: cost.get(key) for key in ("train_seconds", "images_per_second", "peak_memory_mb")},
        "torch": _part(facts, "versions").get("torch"),
        "fingerprint_config": mark.get("config"),
        "fingerprint_code": mark.get("code"),
        "commit": git.get("commit"),
        "dirty": git.get("dirty"),
    }
    return {key: "" if row[key] is None else row[key] for key in FACTS}


def seed_rows(results: Iterable[Result]) -> pd.DataFrame:
    """One row per result, in the order of their ids; columns ``SEED_COLUMNS``, metrics in percent."""
    import pandas as pd

    rows = []
    for result in sorted(results, key=lambda result: result.run):
        cell = result.run.cell
        place = {name: getattr(cell, name) for name in PLACE}
        measured = {name: result.metric(name) for name in METRICS}
        rows.append(
            {"run": result.run.id, **place, "seed": result.run.seed, "status": result.status, **measured, **facts_of(result)}
        )
    return pd.DataFrame(rows, columns=list(SEED_COLUMNS))


def cell_rows(seeds: pd.DataFrame, metric: str = "accuracy") -> pd.DataFrame:
    """One row per cell of a frame as ``seed_rows`` gives it; columns ``CELL_COLUMNS``.

    ``mean`` and ``sd`` (ddof=1, NaN for one seed) are those of the finished seeds; the last columns count seeds by status.
    """
    import pandas as pd

    rows = []
    for place, group in seeds.groupby(list(PLACE), sort=True):
        values = group.loc[group["status"] == "finished", metric].astype(float).dropna()
        counts = {status: int((group["status"] == status).sum()) for status in STATUSES}
        summary = {"metric": metric, "mean": values.mean(), "sd": values.std(ddof=1), "n": len(values)}
        rows.append({**dict(zip(PLACE, place, strict=True)), **summary, **counts})
    return pd.DataFrame(rows, columns=list(CELL_COLUMNS))


def write_rows(rows: pd.DataFrame, path: Path) -> None:
    """Write a frame as CSV, in full precision, atomically."""
    write_atomically(path, rows.to_csv(index=False, lineterminator="\n"))


def read_rows(path: Path, columns: tuple[str, ...] = SEED_COLUMNS) -> pd.DataFrame:
    """Read a frame that ``write_rows`` wrote.

    Raises
    ------
    BenchError
        If the file is missing, no CSV, or has other columns.
    """
    import pandas as pd

    try:
        rows = pd.read_csv(io.StringIO(path.read_text(encoding="utf-8")), dtype=dict.fromkeys(TEXT_COLUMNS, "str"))
    except FileNotFoundError:
        raise BenchError(f"{path}: no such file") from None
    except (OSError, ValueError) as error:
        raise BenchError(f"{path}: not a CSV of results ({error})") from None
    if tuple(rows.columns) != columns:
        unknown = sorted(set(rows.columns) ^ set(columns)) or list(rows.columns)
        raise BenchError(f"{path}: not the columns of a summary; missing or unknown: {', '.join(map(str, unknown))[:300]}")
    return rows


def _part(mapping: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = mapping.get(key)
    return part if isinstance(part, Mapping) else {}
