"""One cell of a table: its results, what the tests say of them, and the paper's number beside it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bench.plan import Entry
from bench.plan.metrics import METRICS
from bench.records.result import Result
from bench.report import formatting
from bench.report.cells import Gathered, GatheredTable
from bench.report.details import detail_of
from bench.report.formatting import NO_NUMBER, Number, number
from bench.report.judgement import Verdicts, beside_sample
from bench.report.provenance import distinct, provenances
from bench.report.reference import Reference
from bench.report.reported import Key, ReportedNumber
from bench.report.settings import setting_of
from bench.report.verdicts import BestEpochView
from bench.report.view import CellView, PaperView, SeedView
from bench.stats import PrintedClaim, Sample, Standings
from bench.stats.words import counted


@dataclass(frozen=True)
class Context:
    """A gathered table and every comparison that its cells quote from."""

    found: GatheredTable
    reference: Reference
    standings: Mapping[Key, Standings[Key]]  # each cell beside the others of its printed column
    claims: Mapping[Key, PrintedClaim]
    verdicts: Verdicts
    best_epoch: Mapping[Key, BestEpochView]


def cell_view(entry: Entry, row: str, column: str, context: Context) -> CellView:
    """The entry as readers see it."""
    key = Key.at(entry)
    reported = context.found.reported.get(Key.reported(entry))
    blank = CellView(key, column, row, "reported", paper=_paper(key, reported, context) if reported else None)
    if entry.kind == "reported":
        return blank
    if entry.kind == "setting":
        value = setting_of(context.found.paper, entry)
        same = reported and math.isclose(value, reported.value)
        words = "" if reported is None or math.isnan(value) else "as printed" if same else "not as printed"
        return replace(blank, state="setting", mean=number(value, formatting.plain), words=words)
    stand_in = entry.dataset in context.found.stand_ins
    found = context.found.cells.get(key, Gathered("missing"))
    view = replace(
        blank,
        state=found.state,
        words=context.reference.remarks.get(key, found.words),
        seeds=tuple(_seed(result, entry.metric) for result in found.results),
        detail=detail_of(found.results, entry.metric, stand_in, context.found.predictions),
        stand_in=stand_in,
    )
    shown = _score if METRICS[entry.metric].is_score else _size
    return shown(view, found, reported, context)


def _score(view: CellView, found: Gathered, reported: ReportedNumber | None, context: Context) -> CellView:
    """A tested number."""
    key, sample, standing = view.key, found.shown, context.standings.get(view.key)
    return replace(
        view,
        mean=number(sample.mean, formatting.percent),
        sd=number(sample.sd, formatting.percent),
        n=sample.n,
        n_text=formatting.runs(sample.n),
        gain=context.reference.gains.get(key),
        dagger=key in context.reference.better,
        best=bool(standing and key in standing.best),
        not_below_best=bool(standing and key in standing.not_below),
        difference=_difference(sample.mean, found, reported, key, context),
        level=context.verdicts.levels.get(key),
        gain_verdict=context.verdicts.gains.get(key),
        best_epoch=context.best_epoch.get(key),
        precisions=_precisions(found, key.metric),
    )


def _precisions(found: Gathered, metric: str) -> str:
    """The cell's number in each precision, where runs in another than the table's are stored beside it."""
    if not found.beside:
        return ""
    sides = ((found.shown, found.results), (beside_sample(found, metric), found.beside))
    return "; ".join(
        f"{distinct(each.arithmetic for each in provenances(results))}: {formatting.percent(sample.mean)} ± "
        f"{formatting.percent(sample.sd)} ({counted(sample.n, 'run')})"
        for sample, results in sides
    )


def _size(view: CellView, found: Gathered, reported: ReportedNumber | None, context: Context) -> CellView:
    """A counted number, the same for every seed: shown once, held against the printed one as that is rounded."""
    mean = Sample.of(found.values).mean
    difference = _difference(mean, found, reported, view.key, context)
    shown = replace(view, mean=number(mean, formatting.percent), n=len(found.values), difference=difference)
    if reported is None or not difference.known:
        return shown
    decimals = len(reported.text.partition(".")[2])
    same = math.isclose(round(shown.mean.value, decimals), reported.value, abs_tol=10.0**-decimals / 100)
    return replace(shown, words="as printed" if same else "not as printed")


def _difference(mean: float | None, found: Gathered, reported: ReportedNumber | None, key: Key, context: Context) -> Number:
    """Ours minus the paper's; open for stand-in data and diverged cells."""
    if reported is None or mean is None or found.state != "measured" or key.dataset in context.found.stand_ins:
        return NO_NUMBER
    return number(mean - reported.value, formatting.signed)


def _seed(result: Result, metric: str) -> SeedView:
    found = result.provenance
    seconds = found.cost.train_seconds if found else None
    return SeedView(
        seed=result.run.seed,
        status=result.status,
        number=number(result.metric(metric), formatting.percent),
        best=formatting.percent(result.at_best_epoch(metric)),
        seconds=formatting.DASH if seconds is None else formatting.duration(seconds),
        reason=result.reason,
        record=str(result.run.record) if result.source == "fresh" and found else "",
        provenance=found,
    )


def _paper(key: Key, reported: ReportedNumber, context: Context) -> PaperView:
    gain, claim = context.found.reported.get(key.gain), context.claims.get(key)
    return PaperView(
        value=Number(reported.value, reported.text),
        sd=Number(math.nan if reported.sd is None else reported.sd, reported.sd_text or formatting.DASH),
        n=reported.n,
        gain=number(gain.value if gain else claim.difference.estimate if claim else None, formatting.signed),
        gain_printed=gain is not None,
        significant=bool(claim and claim.significant),
        p_adjusted=number(claim.p_adjusted if claim else None, formatting.probability),
        note=reported.note,
    )
