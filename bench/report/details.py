"""What a cell opens to: its runs, their curves, config, setting and cost, and the command that trains it again."""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bench.plan.metrics import METRICS, curve_of, recorded_metrics
from bench.records.predictions import NO_PREDICTIONS, Predictions
from bench.records.provenance import Cost, Provenance
from bench.records.result import Result
from bench.report.commands import cell_command
from bench.report.formatting import duration, mean_and_sd
from bench.report.predicted import PredictedView, predicted_view
from bench.report.provenance import config_of, costs_of, distinct, provenances
from bench.stats.words import capitalised, counted

CURVE_POINTS = 60  # of a curve; a longer one is thinned out, so that a page of a hundred cells stays light
NO_CURVE = {"stored": "Stored rows hold no curve.", "fresh": "The record holds no curve of it."}


@dataclass(frozen=True)
class CellDetail:
    """What a cell opens to beyond its numbers.

    ``curves`` are by seed, on the cell's ``epochs``; ``config`` is YAML; ``setup`` are term and text; ``costs`` holds what is
    known of ``relative_cost``, ``train_seconds`` and ``parameters``; ``no_curve`` says why there is none. ``scores`` are the
    other metrics of the same runs, name and text.
    """

    curve_label: str = ""
    epochs: tuple[int, ...] = ()
    curves: Mapping[int, Sequence[float]] = field(default_factory=dict)
    no_curve: str = ""
    setup: tuple[tuple[str, str], ...] = ()
    config: str = ""
    costs: Mapping[str, float] = field(default_factory=dict)
    command: str = ""
    scores: tuple[tuple[str, str], ...] = ()
    predicted: PredictedView | None = None


def detail_of(results: Sequence[Result], metric: str, stand_in: bool, predictions: Predictions = NO_PREDICTIONS) -> CellDetail:
    """The details of a cell from its results, one per seed.

    Parameters
    ----------
    metric
        What the table shows; its curve over epochs is drawn where the records hold one.
    stand_in
        Whether the runs need no data of the user's.
    predictions
        What networks of the table predict, as far as that was looked at.
    """
    if not results:
        return CellDetail()
    recorded = provenances(results)
    label, series = _curves(results, metric)
    length = max(map(len, series.values()), default=0)
    epochs = _thinned(length)
    return CellDetail(
        curve_label=label,
        epochs=tuple(epoch + 1 for epoch in epochs),
        curves={seed: _at(values, epochs) for seed, values in series.items()},
        no_curve="" if length else NO_CURVE[recorded[0].source] if recorded else "Nothing is trained yet.",
        setup=setup_of(recorded),
        config=config_of(results),
        costs=costs_of(results),
        command=cell_command([result.run for result in results], stand_in),
        scores=_scores(results, metric),
        predicted=predicted_view(results, predictions),
    )


def _scores(results: Sequence[Result], metric: str) -> tuple[tuple[str, str], ...]:
    """The metrics of the same epoch beside the one that the table shows, as far as they are recorded: mean and sd."""
    finished = [result for result in results if result.status == "finished"]
    names = [name for name in recorded_metrics(results[0].task) if name != metric and not METRICS[name].best_of]
    values = {name: [value for each in finished if math.isfinite(value := each.metric(name))] for name in names}
    return tuple((METRICS[name].label, mean_and_sd(found)) for name, found in values.items() if found)


def setup_of(recorded: Sequence[Provenance]) -> tuple[tuple[str, str], ...]:
    """How a cell's results came about, term and text, in reading order; what they do not say is left out."""
    if not recorded:
        return ()
    first = recorded[0]  # what differs from seed to seed is named; the rest is said of the first
    versions = (f"{name} {distinct(dict(each.versions).get(name) for each in recorded)}" for name, _ in first.versions)
    lines = [
        ("Data", _data(first)),
        ("Model", _model(first.cost)),
        ("Time", _time(recorded)),
        ("Hardware", _hardware(recorded)),
        ("Software", ", ".join(versions)),
        ("Source", _source(recorded)),
    ]
    return tuple((term, text) for term, text in lines if text)


def _data(found: Provenance) -> str:
    data = found.data
    images = data.images if data.train is not None and data.test is not None else ""
    name = f"{'stand-in data ' if data.stand_in else ''}{data.name}"
    return _joined(name, images, f"digest {data.digest[:12]}" if data.digest else "")


def _model(cost: Cost) -> str:
    return _joined(
        f"{cost.parameters:,.0f} parameters" if cost.parameters else "",
        f"{cost.extra_parameters:,.0f} more while training" if cost.extra_parameters else "",
    )


def _time(recorded: Sequence[Provenance]) -> str:
    seconds, cost = [each.cost.train_seconds or 0.0 for each in recorded], recorded[0].cost
    return _joined(
        f"{duration(sum(seconds) / len(seconds))} per run" if any(seconds) else "",
        f"{cost.images_per_second:,.0f} images per second" if cost.images_per_second else "",
        f"{cost.relative_cost:g} times the baseline's passes" if cost.relative_cost else "",
    )


def _hardware(recorded: Sequence[Provenance]) -> str:
    threads, memory = recorded[0].hardware.threads, recorded[0].cost.peak_memory_mb
    return _joined(
        distinct(each.hardware.device for each in recorded),
        counted(threads, "thread") if threads else "",
        distinct(each.arithmetic for each in recorded),
        f"{memory:,.0f} MiB at most" if memory else "",
    )


def _source(recorded: Sequence[Provenance]) -> str:
    code = recorded[0].code
    changed = " with local changes" if code.dirty else ""
    return _joined(
        distinct(each.source for each in recorded),
        f"commit {code.commit[:12]}{changed}" if code.commit else "",
        *(f"fingerprint of the {name} {value}" for name, value in (("config", code.config), ("code", code.code)) if value),
    )


def _joined(*parts: str) -> str:
    return ", ".join(filter(None, parts))


def _curves(results: Sequence[Result], metric: str) -> tuple[str, dict[int, list[float]]]:
    """What the curves show, and each seed's in percent."""
    name = curve_of(metric)
    found = {result.run.seed: list(result.curve[name]) for result in results if result.curve.get(name)}
    if not METRICS[metric].higher_is_better:
        return f"{METRICS[metric].label.capitalize()} on the test images per epoch", {
            seed: [100.0 - value for value in values] for seed, values in found.items()
        }
    label = f"{'Test' if METRICS[metric].side == 'test' else ''} {METRICS[name.removeprefix('test_')].label}".strip()
    return f"{capitalised(label)} per epoch", found


def _thinned(length: int) -> list[int]:
    """Evenly spaced positions with the first and the last."""
    if length <= CURVE_POINTS:
        return list(range(length))
    return sorted({round(step * (length - 1) / (CURVE_POINTS - 1)) for step in range(CURVE_POINTS)})


def _at(values: Sequence[float], epochs: Sequence[int]) -> Sequence[float]:
    """The values there; a diverged run's curve ends early."""
    there = (values[epoch] for epoch in epochs if epoch < len(values))
    return array("d", [round(value, 2) if math.isfinite(value) else math.nan for value in there])
