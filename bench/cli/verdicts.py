"""``verdicts``: what the verdicts would say of a paper that is right, half right, or wrong."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.common import Set, SettingsFile, plan_of
from bench.plan import Paper, Plan

if TYPE_CHECKING:
    from bench.report.verdict_rates import FamilyRates, MarginRate

WORDS = {"right": "exactly right", "drawn": "right, its numbers drawn", "half": "gains half", "zero": "gains zero"}


def verdicts(
    paper: Annotated[str, typer.Argument(help="A paper, table by table; every paper in two lines where absent.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, every table.")] = False,
    settings: Set = None,
    settings_file: SettingsFile = None,
) -> None:
    """Say how often each verdict would be passed if a paper is exactly right, if its gains are half, and if they are zero.

    Nothing is trained: runs are simulated with the deviations that the paper prints, through the verdicts' own code.

    Example: `python -m bench verdicts frskd`
    """
    from bench.report.verdict_rates import margin_rates, paper_rates, together

    plan = plan_of(settings, settings_file)
    papers = [plan.paper(paper)] if paper else list(plan.papers.values())
    rates = {each.name: paper_rates(each, plan.settings.reported_of(each.name), len(plan.settings.seeds)) for each in papers}
    margins = {each.name: margin_rates(each, plan.settings.reported_of(each.name), len(plan.settings.seeds)) for each in papers}
    if as_json:
        print(json.dumps(_facts(plan, rates, margins), indent=1))
        return
    lines = [(each, rate) for each in papers for rate in (rates[each.name] if paper else together(rates[each.name]))]
    print(f"{len(plan.settings.seeds)} seeds per method.\n\n{claims_table(lines)}")
    rows = [(each, margin) for each in papers for margin in margins[each.name]]
    if rows:
        print(f"\n{margins_table(rows)}")


def claims_table(lines: Sequence[tuple[Paper, FamilyRates]]) -> str:
    """A Markdown table: four rows per family, a column per verdict, in percent."""
    from bench.report.verdict_rates import RUNGS, SCENARIOS

    head = ("paper", "family", "gains", "if the paper is", *RUNGS[:-1], "a false one in a family", "gains of 3 sd or more")
    rows = [head, ("---",) * len(head)]
    for paper, rate in lines:
        where = paper.short if rate.table == "all" else f"{paper.short}, {rate.table}"
        gains = f"{rate.gains}{' (sd assumed)' if rate.assumed else ''}{'' if rate.sized else ' (direction alone)'}"
        for name in SCENARIOS:
            first = name == "right"
            large = f"{_percent(rate.large_confirmed)} of {rate.large}" if rate.large else "none"
            rows.append(
                (
                    where if first else "",
                    rate.family if first else "",
                    gains if first else "",
                    WORDS[name],
                    *(_percent(rate.verdicts[name][rung]) for rung in RUNGS[:-1]),
                    _percent(rate.false_one[name]),
                    large if first else "",
                )
            )
    return _markdown(rows)


def margins_table(rows: Sequence[tuple[Paper, MarginRate]]) -> str:
    """A Markdown table: how often each margin shows equal means to be equivalent."""
    head = ("paper", "dataset", "margin, pp", "cells", "equal means shown equivalent: median", "range")
    body = [
        (
            paper.short,
            paper.label(rate.dataset),
            f"{rate.margin:g}",
            str(rate.cells),
            f"{_percent(rate.median)}{', too tight to decide' if rate.median < 0.5 else ''}",
            f"{_percent(rate.lowest)} to {_percent(rate.highest)}",
        )
        for paper, rate in rows
    ]
    return _markdown([head, ("---",) * len(head), *body])


def _facts(plan: Plan, rates: dict[str, list[FamilyRates]], margins: dict[str, list[MarginRate]]) -> dict[str, object]:
    return {
        "seeds": len(plan.settings.seeds),
        "papers": {
            name: {
                "claims": [_known(asdict(rate)) for rate in found],
                "margins": [asdict(rate) for rate in margins[name]],
            }
            for name, found in rates.items()
        },
    }


def _known(facts: dict[str, object]) -> dict[str, object]:
    """JSON has no NaN."""
    return {key: None if isinstance(value, float) and math.isnan(value) else value for key, value in facts.items()}


def _percent(value: float) -> str:
    """A probability in whole percent; the ends only where they are exact to a hundredth of a percent."""
    if math.isnan(value):
        return "—"
    if 0.0001 <= value < 0.005:
        return "< 1 %"
    return "> 99 %" if 0.995 <= value < 0.9999 else f"{100 * value:.0f} %"


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "| " + " | ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)) + " |" for row in rows
    )
