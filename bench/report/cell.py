"""One place of a table: its results, what the tests say of them, and the paper's number beside it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bench.plan import Entry, Paper, Table
from bench.plan.metrics import METRICS
from bench.records.result import Result
from bench.report import formatting
from bench.report.cells import Gathered
from bench.report.details import detail_of
from bench.report.facts import facts_of
from bench.report.formatting import NO_NUMBER, Number, number
from bench.report.reported import Key, Printed
from bench.report.settings import setting_of
from bench.report.view import CellView, GainView, PaperView, SeedView, VerdictView
from bench.stats import (
    CellComparison,
    Claim,
    Difference,
    Reported,
    Sample,
    TableComparison,
    Verdict,
    seeds_sentence,
    seeds_to_settle,
    verdict_gain,
    verdict_level,
)


@dataclass(frozen=True)
class Context:
    """What every cell of a table is read from."""

    paper: Paper
    table: Table
    cells: Mapping[Key, Gathered]
    reported: Mapping[Key, Printed]
    comparison: TableComparison[Key]
    standings: Mapping[Key, CellComparison]  # each cell beside the others of its printed column
    claims: Mapping[Key, Claim]
    obstacles: Mapping[str, str]
    stand_ins: frozenset[str]
    higher_is_better: bool


def as_reported(paper: Paper, printed: Printed) -> Reported:
    """A printed number for the tests; where its n is not printed, the paper's usual number of runs."""
    return Reported(printed.value, printed.sd, printed.n or paper.repeats)


def cell_view(entry: Entry, row: str, column: str, context: Context) -> CellView:
    """The entry as readers see it."""
    key = Key.at(entry)
    printed = context.reported.get(Key.printed(entry))
    blank = CellView(key, column, row, "reported", paper=_paper(key, printed, context) if printed else None)
    if entry.kind == "reported":
        return blank
    if entry.kind == "setting":
        value = setting_of(context.paper, entry)
        same = printed and math.isclose(value, printed.value)
        words = "" if printed is None or math.isnan(value) else "as printed" if same else "not as printed"
        return replace(blank, state="setting", mean=number(value, formatting.plain), words=words)
    stand_in = entry.dataset in context.stand_ins
    found = context.cells.get(key, Gathered("missing", "", (), ()))
    view = replace(
        blank,
        state=found.state,
        words=found.words,
        seeds=tuple(_seed(result, entry.metric) for result in found.results),
        detail=detail_of(found.results, entry.metric, stand_in),
        stand_in=stand_in,
    )
    shown = _score if METRICS[entry.metric].kind == "score" else _size
    return shown(view, found, printed, context)


def _score(view: CellView, found: Gathered, printed: Printed | None, context: Context) -> CellView:
    """A tested number."""
    key, sample = view.key, Sample.of(found.values)
    compared, standing = context.comparison.cells.get(key), context.standings.get(key)
    level, gain_verdict = _verdicts(key, found, printed, context) if printed else (None, None)
    return replace(
        view,
        mean=number(sample.mean, formatting.percent),
        sd=number(sample.sd, formatting.percent),
        n=sample.n,
        n_text=formatting.runs(sample.n),
        gain=_gain(compared, context) if compared else None,
        dagger=bool(compared and compared.dagger),
        best=bool(standing and standing.column_best),
        not_below_best=bool(standing and standing.not_below_best and not standing.column_best),
        difference=_difference(sample.mean, found, printed, key, context),
        level=level,
        gain_verdict=gain_verdict,
    )


def _size(view: CellView, found: Gathered, printed: Printed | None, context: Context) -> CellView:
    """A counted number, the same for every seed: shown once, held against the printed one as that is rounded."""
    mean = Sample.of(found.values).mean
    difference = _difference(mean, found, printed, view.key, context)
    shown = replace(view, mean=number(mean, formatting.percent), n=len(found.values), difference=difference)
    if printed is None or not difference.known:
        return shown
    decimals = len(printed.text.partition(".")[2])
    same = math.isclose(round(shown.mean.value, decimals), printed.value, abs_tol=10.0**-decimals / 100)
    return replace(shown, words="as printed" if same else "not as printed")


def _difference(mean: float | None, found: Gathered, printed: Printed | None, key: Key, context: Context) -> Number:
    """Ours minus the paper's; open for stand-in data and diverged cells."""
    if printed is None or mean is None or found.state != "measured" or key.dataset in context.stand_ins:
        return NO_NUMBER
    return number(mean - printed.value, formatting.signed)


def _seed(result: Result, metric: str) -> SeedView:
    value = number(result.metric(metric), formatting.percent)
    return SeedView(result.run.seed, result.status, value, result.reason, facts_of(result) if result.facts else {})


def gain_view(gain: Difference, p_adjusted: float, permutation: float, outcome: str, seeds: int | None) -> GainView:
    """A tested difference, and how many seeds would settle it where none was found."""
    return GainView(
        estimate=number(gain.estimate, formatting.signed),
        low=number(gain.low, formatting.signed),
        high=number(gain.high, formatting.signed),
        interval=formatting.interval(gain.low, gain.high),
        p=number(gain.p, formatting.probability),
        p_adjusted=number(p_adjusted, formatting.probability),
        permutation=number(permutation, formatting.probability),
        hedges_g=number(gain.hedges_g, formatting.ratio),
        superiority=number(gain.superiority, formatting.ratio),
        outcome=outcome,
        settle=seeds_sentence(gain.estimate, seeds) if outcome == "no difference found" else "",
        seeds_to_settle=seeds,
    )


def _gain(compared: CellComparison, context: Context) -> GainView | None:
    gain, reach = compared.gain, context.comparison
    if gain is None:
        return None
    seeds = seeds_to_settle(compared.outcome, gain, reach.sd, reach.family)
    return gain_view(gain, compared.p_adjusted, compared.permutation, compared.outcome, seeds)


def _paper(key: Key, printed: Printed, context: Context) -> PaperView:
    gain, claim = context.reported.get(key.gain), context.claims.get(key)
    return PaperView(
        value=Number(printed.value, printed.text),
        sd=Number(math.nan if printed.sd is None else printed.sd, printed.sd_text or formatting.DASH),
        n=printed.n,
        gain=number(gain.value if gain else claim.gain if claim else None, formatting.signed),
        gain_printed=gain is not None,
        significant=bool(claim and claim.significant),
        p_adjusted=number(claim.p_adjusted if claim else None, formatting.probability),
        note=printed.note,
    )


def _verdicts(key: Key, found: Gathered, printed: Printed, context: Context) -> tuple[VerdictView, VerdictView | None]:
    """Verdicts on level and gain; a baseline has no gain."""
    theirs, ours = as_reported(context.paper, printed), _tested(found)
    margin = context.paper.margins.get(key.dataset, math.nan)
    rule = (margin, context.higher_is_better, context.obstacles[key.dataset])
    level = _verdict(verdict_level(ours, theirs, *rule, _status(found)))
    at = key.of(context.table.baseline)
    if key == at or at not in context.cells or at not in context.reported:
        return level, None
    baseline, their_baseline = context.cells[at], as_reported(context.paper, context.reported[at])
    worse = next((status for status in (_status(found), _status(baseline)) if status != "finished"), "finished")
    return level, _verdict(verdict_gain(ours, _tested(baseline), theirs, their_baseline, *rule, worse))


def _tested(found: Gathered) -> Sample:
    return Sample.of(found.values if found.state == "measured" else ())


def _status(found: Gathered) -> str:
    return "finished" if found.state == "measured" else found.state


def _verdict(verdict: Verdict) -> VerdictView:
    """A verdict whose short text names the obstacle, as its sentence does."""
    reason = verdict.sentence.rstrip(".").partition(": ")[2]
    text = f"{verdict.name}: {reason}" if verdict.name == "not comparable" and reason else verdict.name
    return VerdictView(verdict.name, text, verdict.sentence)
