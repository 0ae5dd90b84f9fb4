"""A tuning's page: every point with its seeds, what is chosen, how sure that is, and the values as a YAML to be taken up."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bench.plan import BenchError, Paper, Plan
from bench.plan.metrics import METRICS, headline
from bench.plan.pages import TUNE, Page
from bench.plan.tuning import Tuning, TuningPoint
from bench.records.fingerprint import short_digest
from bench.records.result import Result
from bench.records.sources import sources_of_tuning
from bench.records.summary import Summary, digest_of, write_rendered
from bench.report import formatting
from bench.report.formatting import Number, number
from bench.report.render import html
from bench.stats import Sample, standings, welch
from bench.stats.words import counted, listed, span
from bench.stats.words import points as signed

WORDS = (
    "A point is the mean validation score of its seeds at the last epoch. The choice is the best mean among points with three "
    "seeds and a spread; Welch's t against it, Holm over the points of a method. It is the best by the very numbers that it is "
    "chosen by, so its mean is too good by chance."
)


@dataclass(frozen=True)
class PointView:
    """A point, its seeds' scores (percent) and where it stands."""

    values: Mapping[str, Any]
    words: str
    scores: tuple[float, ...]
    mean: Number
    sd: Number
    state: str
    best: bool
    not_below_best: bool


@dataclass(frozen=True)
class MethodView:
    """A method's points, the best first; ``chosen`` is ``None`` where none can be judged."""

    variant: str
    label: str
    points: tuple[PointView, ...]
    chosen: PointView | None
    finding: str
    trainings: int


@dataclass(frozen=True)
class TuningView:
    """A tuning: its methods, and how the numbers came about as term and text."""

    name: str
    title: str
    scale: str
    stand_in: bool
    measure: str
    methods: tuple[MethodView, ...]
    facts: tuple[tuple[str, str], ...]
    values: Mapping[str, Any]

    @property
    def lead(self) -> str:
        """Whose choice is sure and whose is not."""
        sure = [each.label for each in self.methods if each.chosen and not any(p.not_below_best for p in each.points)]
        open_ = [each.label for each in self.methods if each.chosen and each.label not in sure]
        words = [f"The choice is significant for {listed(sure)}"] if sure else []
        start = "for" if sure else "No choice is significant: for"
        words += [f"{start} {listed(open_)} other points cannot be told from the best"] if open_ else []
        return "; ".join(words) + "." if words else "No point can be judged yet."


def tuning_view(plan: Plan, tuning: Tuning, results: Iterable[Result]) -> TuningView:
    """Everything that the page of a tuning shows.

    Raises
    ------
    BenchError
        If a run scored the test set.
    """
    by_variant: dict[str, list[Result]] = {}
    for result in results:
        if result.facts.get("data", {}).get("test_evaluations", 0):
            raise BenchError(f"{result.run.id}: the test set was scored; a tuning must not, train it anew")
        by_variant.setdefault(result.run.cell.variant, []).append(result)
    paper, runs = plan.paper(tuning.as_paper), plan.tuning_runs(tuning.name)
    known = [result for found in by_variant.values() for result in found if result.facts]
    if not any(result.status == "finished" for result in known):
        raise BenchError(f"tuning '{tuning.name}': nothing is trained yet at scale '{plan.scale.name}'")
    task = known[0].task
    methods = tuple(
        _method(paper, variant, found, by_variant, f"validation_{headline(task)}", len(runs[variant]))
        for variant, found in tuning.points.items()
    )
    data = known[0].facts["data"]
    return TuningView(
        name=tuning.name,
        title=tuning.title,
        scale=plan.scale.name,
        stand_in=bool(data.get("stand_in")),
        measure=f"validation {METRICS[headline(task)].label}, percent",
        methods=methods,
        facts=_facts(plan, tuning, known),
        values=_values(plan, tuning, methods, known),
    )


def _facts(plan: Plan, tuning: Tuning, known: Sequence[Result]) -> tuple[tuple[str, str], ...]:
    data = known[0].facts["data"]
    images = f"{data.get('validation', '?')} validation and {data['train']} training images"
    scored = sum(result.facts["data"].get("test_evaluations", 0) for result in known)
    return (
        ("Data", f"{data['name']}, {images}, digest {data['digest'][:12]}"),
        ("Test set", f"Left alone: {counted(scored, 'evaluation')} in {counted(len(known), 'run')}."),
        ("Budget", f"{counted(tuning.budget, 'training')} a method may use, its teachers' included."),
        ("Seeds", f"{', '.join(map(str, tuning.seeds))}; no table uses them."),
        ("Scale", f"{plan.scale.title}. {plan.scale.note}"),
        ("Choice", WORDS),
    )


def _method(
    paper: Paper, variant: str, points: Sequence[TuningPoint], results: Mapping[str, list[Result]], curve: str, trainings: int
) -> MethodView:
    scores = {point.variant: _scores(results.get(point.variant, ()), curve) for point in points}
    samples = {name: Sample.of(found) for name, found in scores.items()}
    marks = standings(samples)
    views = [
        PointView(
            values=point.values,
            words=point.words,
            scores=scores[point.variant],
            mean=number(samples[point.variant].mean, formatting.percent),
            sd=number(samples[point.variant].sd, formatting.percent),
            state=samples[point.variant].state,
            best=point.variant in marks.best[:1],
            not_below_best=point.variant in marks.not_below or point.variant in marks.best[1:],
        )
        for point in points
    ]
    views.sort(key=lambda view: -view.mean.value if view.mean.known else math.inf)
    chosen = next((view for view in views if view.best), None)
    return MethodView(variant, paper.label(variant), tuple(views), chosen, _finding(views, chosen), trainings)


def _finding(views: Sequence[PointView], chosen: PointView | None) -> str:
    """How sure a choice is against its runner-up."""
    if chosen is None:
        return "No choice: it takes two points with three seeds each and a spread."
    rivals = [view for view in views if view is not chosen and view.state == "ok"]
    alike = sum(view.not_below_best for view in views)
    found = welch(Sample.of(chosen.scores), Sample.of(rivals[0].scores))
    lead = f"{signed(found.estimate)} points over {rivals[0].words} (95 % interval {span(found.low, found.high)})"
    others = len(views) - 1
    several = (
        f"{alike} of {others} other points cannot be told from it" if others > 1 else "the other point cannot be told from it"
    )
    told = several if alike else "every other judged point is significantly below"
    return f"{chosen.words}: {lead}; {told}."


def _scores(results: Iterable[Result], curve: str) -> tuple[float, ...]:
    """Of a point's finished runs, at the last epoch; a diverged one leaves NaN, so that the point is not judged."""
    ordered = sorted((result for result in results if result.status in ("finished", "diverged")), key=lambda each: each.run)
    return tuple(result.curve[curve][-1] if result.status == "finished" else math.nan for result in ordered)


def _values(plan: Plan, tuning: Tuning, methods: Sequence[MethodView], known: Sequence[Result]) -> dict[str, Any]:
    """What a paper's file takes up, with how it came about."""
    git: Mapping[str, Any] = next((result.facts["git"] for result in known if result.facts.get("git", {}).get("commit")), {})
    return {
        "tuning": tuning.name,
        "paper": tuning.paper,
        "scale": plan.scale.name,
        "stand_in": bool(known[0].facts["data"].get("stand_in")),
        "dataset": tuning.dataset,
        "backbone": tuning.backbone,
        "budget": tuning.budget,
        "seeds": list(tuning.seeds),
        "validation": tuning.validation,
        "test_evaluations": 0,
        "data_digest": known[0].facts["data"]["digest"],
        **({"commit": git["commit"]} if git else {}),
        "records": short_digest(sorted((result.run.id, result.facts["fingerprint"]["config"]) for result in known)),
        "methods": {
            each.variant: {
                "values": dict(each.chosen.values),
                "points": len(each.points),
                "trainings": each.trainings,
                "mean": round(each.chosen.mean.value, 4),
                "sd": round(each.chosen.sd.value, 4),
                "finding": each.finding,
            }
            for each in methods
            if each.chosen
        },
    }


def render_tuning(plan: Plan, view: TuningView) -> list[Path]:
    """Write the page, the YAML of chosen values and a CSV with a row per run, the summary last."""
    rows = _csv(view)
    head = f"# Chosen on validation images by `python -m bench tune {view.name}`; the test set was not read (docs/tuning.md).\n"
    values = head + yaml.safe_dump(dict(view.values), sort_keys=False, allow_unicode=True, width=120)
    summary = Summary(
        kind="tuning",
        scale=view.scale,
        stored=False,
        folder=TUNE,
        name=view.name,
        label=view.name,
        title=view.title,
        stand_in=view.stand_in,
        rows=digest_of(rows.encode()),
        sources=sources_of_tuning(plan, view.name),
    )
    page = Page(view.scale, TUNE, view.name)
    return write_rendered(summary, {".html": html("tune.html.j2", page=page, view=view), ".yaml": values, ".csv": rows})


def _csv(view: TuningView) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("variant", "point", "run", "validation_score", "chosen"))
    for method in view.methods:
        for point in method.points:
            writer.writerows(
                (method.variant, point.words, place, score, point.best) for place, score in enumerate(point.scores)
            )
    return text.getvalue()
