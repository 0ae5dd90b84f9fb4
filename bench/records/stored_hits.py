"""Hits of stored results: ``results/stored/<scale>/hits/<paper>.csv``, beside the rows in ``<scale>/<paper>.csv``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from bench.plan import BenchError
from bench.plan.files import write_atomically
from bench.records.hits import hits_csv, read_hits_csv
from bench.records.result import Result

FOLDER = "hits"
ROUNDING = 1e-4  # percentage points; accuracies of older rows were single-precision numbers


def hits_file(rows: Path) -> Path:
    """Where the hits of the results of a file of rows lie."""
    return rows.parent / FOLDER / rows.name


def with_hits(results: Iterable[Result], rows: Path) -> list[Result]:
    """Results of a file of rows, each with its stored hits where there are any.

    Raises
    ------
    BenchError
        If the file of hits cannot be read, or holds some of a run that has no row.
    """
    path, known = hits_file(rows), list(results)
    found = read_hits_csv(path)
    strangers = sorted(found.keys() - {result.run.id for result in known})
    if strangers:
        raise BenchError(f"{path}: hits of {strangers[0]}, of which {rows.name} holds no row")
    return [
        replace(result, facts={**result.facts, "hits": found[result.run.id].fields()}) if result.run.id in found else result
        for result in known
    ]


def hits_text(results: Iterable[Result]) -> str:
    """The file of hits that goes with ``results``."""
    return hits_csv({result.run.id: result.hits for result in results if result.hits is not None})


def hits_in_order(results: Iterable[Result], rows: Path) -> bool:
    """Whether the file of hits, if there is one, is the one that `write_hits` makes of ``results``."""
    path = hits_file(rows)
    return not path.exists() or path.read_text(encoding="ascii") == hits_text(results)


def write_hits(results: Iterable[Result], rows: Path) -> None:
    """Write the hits that go with a file of rows; no file where no result has any."""
    kept = [result for result in results if result.hits is not None]
    if kept:
        path = hits_file(rows)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, hits_text(kept))
    else:
        hits_file(rows).unlink(missing_ok=True)


def hits_fault(result: Result) -> str:
    """What a result's hits say otherwise than the rest of it; empty if nothing, or if it has none."""
    try:
        hits = result.hits
    except BenchError as error:
        return str(error)
    if hits is None:
        return ""
    data = result.facts.get("data", {})
    if hits.data != data.get("digest") or hits.images != data.get("test"):
        return f"{result.run.id}: its hits are of {hits.images} images of other data than its row's"
    accuracy = result.metric("accuracy")
    if not abs(hits.accuracy - accuracy) <= ROUNDING:
        return f"{result.run.id}: its hits give an accuracy of {hits.accuracy:.4f}, its row says {accuracy:.4f}"
    return ""
