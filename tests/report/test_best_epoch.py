"""Verdicts at the best epoch in place of the last, and precisions beside each other."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from projects.paper import BASELINE, BETTER, FACTS, as_errors

from bench.report.page import table_page
from bench.report.pagedata import page_data
from bench.report.rows import table_csv
from bench.report.table import table_view
from bench.report.verdicts import VERDICTS

SEEDS = range(5)
UNSTATED = {"selection": "last", "assumptions": {"selection": "Not stated; the last."}}


def with_rule(paper, rule):
    return replace(paper, recipes={"ships": {**paper.recipes["ships"], **rule}})


def with_best(results, ahead):
    """Results whose best epoch is ``ahead`` points above the last, by variant."""
    return [
        replace(each, metrics={**each.metrics, "best_accuracy": each.metrics["accuracy"] + ahead[each.run.cell.variant]})
        for each in results
    ]


def cells(paper, scale, reported, results):
    view = table_view(paper, paper.tables["table2"], results, reported, scale, SEEDS)
    return view, {cell.key.variant: cell for cell in view.cells()}


@pytest.fixture
def results(make_results):
    return with_best(make_results({"baseline": BASELINE, "ours": BETTER}), {"baseline": 0.5, "ours": 5.0})


def test_where_the_last_epoch_is_printed_the_best_is_not_judged(paper, scale, reported, results) -> None:
    view, found = cells(paper, scale, reported, results)
    assert all(cell.best_epoch is None for cell in found.values())
    assert not any("best epoch" in sentence for sentence in view.sentences)


def test_where_the_paper_does_not_say_both_are_judged(paper, scale, reported, results) -> None:
    view, found = cells(with_rule(paper, UNSTATED), scale, reported, results)
    ours = found["ours"]
    assert (ours.level.name, ours.gain_verdict.name) == ("lower", "direction confirmed")
    assert ours.best_epoch.mean.text == "83.00" and not ours.best_epoch.printed
    assert [(what, verdict.name) for what, verdict in ours.best_epoch.verdicts] == [
        ("level", "equivalent"),
        ("gain", "confirmed"),
    ]
    assert found["baseline"].best_epoch.mean.text == "70.50" and found["close"].best_epoch is None
    expected = (
        "3 verdicts were reached at the best epoch too, since the paper does not say which one it prints: 2 of them are others"
    )
    assert any(sentence.startswith(expected) for sentence in view.sentences)
    row = next(
        row for row in csv.DictReader(io.StringIO(table_csv([view]))) if row["row"] == "cell" and row["variant"] == "ours"
    )
    assert (row["best_epoch_value"], row["best_epoch_gain_verdict"]) == ("83.0", "confirmed")
    shown = next(cell for cell in page_data(table_page(view), {})["cells"] if cell["id"].endswith("ours-accuracy"))
    assert shown["bestEpoch"]["number"] == "83.00 ± 1.58" and len(shown["bestEpoch"]["verdicts"]) == 2


def test_where_the_best_epoch_is_printed_the_last_is_not_comparable(paper, scale, reported, results) -> None:
    view, found = cells(with_rule(paper, {"selection": "best_test"}), scale, reported, results)
    assert (
        found["ours"].gain_verdict.text
        == "not comparable: the paper prints the best epoch by test images, ours is the last epoch"
    )
    assert found["ours"].best_epoch.printed and found["ours"].best_epoch.gain.name == "confirmed"
    assert any("which the paper prints" in sentence for sentence in view.sentences)


def test_nothing_is_said_where_neither_can_be_judged(paper, reported, results, scale) -> None:
    reduced = replace(scale, name="paper", comparable=False)
    _, found = cells(with_rule(paper, UNSTATED), reduced, reported, results)
    assert all(cell.best_epoch is None for cell in found.values())
    without = [replace(each, metrics={"accuracy": each.metrics["accuracy"]}) for each in results]
    _, found = cells(with_rule(paper, UNSTATED), scale, reported, without)
    assert all(cell.best_epoch is None for cell in found.values())


def test_the_best_epoch_of_an_error_is_its_lowest(paper, scale, reported, results) -> None:
    errors, printed = as_errors(with_rule(paper, UNSTATED), reported)
    _, found = cells(errors, scale, printed, results)
    assert (found["ours"].mean.text, found["ours"].best_epoch.mean.text) == ("22.00", "17.00")


def in_precision(results, precision, source="fresh", shift=0.0, **data):
    facts = {**FACTS, "precision": precision, "data": {**FACTS["data"], **data}}
    return [
        replace(each, facts=facts, source=source, metrics={"accuracy": each.metrics["accuracy"] + shift}) for each in results
    ]


@pytest.mark.parametrize(
    ("beside", "verdict"),
    [
        ({}, "equivalent"),
        ({"shift": 6.0}, "not comparable"),
        ({"digest": "of other data"}, "not comparable"),
        ({"seeds": 2}, "not comparable"),
        (None, "not comparable"),
    ],
)
def test_another_precision_stands_in_the_way_of_the_level_until_both_are_shown_equivalent(
    paper, scale, reported, make_results, beside, verdict
) -> None:
    runs = make_results({"baseline": BASELINE, "ours": BETTER})
    results = in_precision(runs, "bf16")
    if beside is not None:
        seeds = beside.pop("seeds", 5)
        results += in_precision([each for each in runs if each.run.seed < seeds], "fp32", "beside", **beside)
    _, found = cells(paper, scale, reported, results)
    assert found["baseline"].level.name == verdict and found["baseline"].level.name in VERDICTS
    assert found["ours"].gain_verdict.name == "direction confirmed" and found["ours"].n == 5
    said = found["baseline"].precisions
    assert said.startswith("bf16: 70.00 ± 1.58 (5 runs); fp32: ") == (beside is not None and "digest" not in beside)
