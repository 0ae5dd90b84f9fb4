"""Figures: means and bands by hand, the same bytes twice, stand-in data named."""

from __future__ import annotations

import copy
import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
from projects.paper import FACTS, make_paper, results_of

from bench.plan import Scale
from bench.records.summary import read_summary
from bench.report.figures import draw, figure_view, render_figure


@pytest.fixture
def view(paper, scale):
    results = results_of({"baseline": (70.0, 72.0), "ours": (78.0, "diverged")})
    return figure_view(paper, paper.figures["figure3"], results, scale, range(2))


def test_means_and_deviations_by_hand(view) -> None:
    (panel,) = view.panels
    baseline, ours = panel.lines
    assert (panel.title, baseline.label, baseline.n) == ("Tiny, Ships", "Baseline", 2)
    assert baseline.mean == (51.0, 66.0, 71.0)
    assert baseline.sd == pytest.approx([math.sqrt(2)] * 3)
    assert ours.mean == (58.0, 73.0, 78.0) and all(math.isnan(sd) for sd in ours.sd)
    assert panel.note == "Ours: 1 of 2 runs diverged"


def test_caption_says_what_the_band_is(view) -> None:
    assert view.caption == (
        "Figure 3 of Small: Curves. Ours, scale paper. Lines are means over 2 seeds, bands ±\u00a0one standard deviation."
    )


def test_the_same_values_give_the_same_bytes(view) -> None:
    first, second = draw(view), draw(view)
    assert first == second
    assert b"CreationDate" not in first["pdf"]
    assert not re.search(rb"<dc:date>", first["svg"])


def test_lines_differ_without_colour(view) -> None:
    svg = draw(view)["svg"].decode()
    assert "stroke-dasharray" in svg


def test_stand_in_data_is_named_in_the_picture(paper, scale) -> None:
    facts = copy.deepcopy(FACTS)
    facts["data"]["stand_in"] = True
    results = results_of({"baseline": (70.0, 72.0)}, "demo", facts)
    view = figure_view(paper, paper.figures["figure3"], results, Scale("demo", "demo", ""), range(2))
    assert view.stand_in and view.caption.endswith("Stand-in data.")


def test_hostile_labels_and_nothing_to_draw(scale, reports: Path) -> None:
    paper = make_paper(row=r"$\frac{<b>")
    figure = paper.figures["figure3"]
    results = results_of({"ours": (78.0,)})
    assert draw(figure_view(paper, figure, results, scale, [0]))["svg"].startswith(b"<?xml")
    paths = render_figure(figure_view(paper, figure, [], scale, [0]))
    assert [path.name for path in paths] == ["figure3.svg", "figure3.pdf", "figure3.json"]
    assert sorted(path.name for path in (reports / "small").iterdir()) == ["figure3.json", "figure3.pdf", "figure3.svg"]


def test_two_curves_of_one_variant(scale) -> None:
    paper = make_paper()
    figure = replace(paper.figures["figure3"], variants=("ours",), curves=("w_lb", "w_kd"))
    results = results_of({"ours": (78.0, 79.0)})
    for result in results:
        result.curve.update({"w_lb": [0.5, 1.0], "w_kd": [0.8, 0.3]})
    (panel,) = figure_view(paper, figure, results, scale, range(2)).panels
    assert [line.label for line in panel.lines] == ["last-batch weight w_LB", "offline weight w_KD"]
    assert panel.lines[1].mean == (0.8, 0.3)


def errors(paper, results, scale, seeds=range(2)):
    figure = replace(paper.figures["figure3"], curves=("test_error", "train_error"))
    for result in results:
        result.curve["train_accuracy"] = [value + 10.0 for value in result.curve["test_accuracy"]]
    return figure_view(paper, figure, results, scale, seeds)


def test_errors_are_what_is_missing_to_a_hundred(paper, scale) -> None:
    view = errors(paper, results_of({"baseline": (70.0, 72.0), "ours": (78.0, 78.0)}), scale)
    test, train, other, _ = view.panels[0].lines
    assert test.mean == (49.0, 34.0, 29.0) and train.mean == (39.0, 24.0, 19.0)
    assert (test.split, train.split, test.series, train.series, other.series) == ("test", "train", 0, 0, 1)
    assert view.axis == "Error (%)" and "Bold: test error; thin and dashed: training error." in view.caption


def test_a_pair_shares_colour_and_differs_in_dashes_and_weight(paper, scale) -> None:
    drawn = draw(errors(paper, results_of({"baseline": (70.0, 72.0), "ours": (78.0, 78.0)}), scale))["svg"].decode()
    first = [line for line in drawn.splitlines() if "#0072b2" in line and "fill: none" in line]
    assert any("stroke-width: 2" in line for line in first)
    assert any("stroke-dasharray" in line and "stroke-width: 0.9" in line for line in first)


def test_the_first_epochs_of_a_long_error_curve_may_leave_the_axis(paper, scale) -> None:
    results = results_of({"baseline": (70.0,)})
    results[0].curve["test_accuracy"] = [2.0, *[60.0] * 29]
    view = errors(paper, results, scale, [0])
    assert view.panels[0].top == pytest.approx(44.0) and "lie above the axis" in view.caption
    assert math.isnan(errors(paper, results_of({"baseline": (70.0,)}), scale, [0]).panels[0].top)


def test_a_curve_that_no_record_has_is_named(paper, scale) -> None:
    figure = replace(paper.figures["figure3"], curves=("energy",), variants=("ours",))
    (panel,) = figure_view(paper, figure, results_of({"ours": (78.0,)}), scale, [0]).panels
    assert panel.note == "Ours: its records have no 'energy'"


def test_scale_and_stand_ins_are_in_metadata_and_summary(view, reports: Path) -> None:
    paths = render_figure(view)
    found = read_summary(paths[-1])
    assert (found.kind, found.scale, found.stand_in, found.label) == ("figure", "paper", False, "Figure 3")
    assert "scale paper</rdf:li>" in paths[0].read_text() and "stand-in data</rdf:li>" not in paths[0].read_text()
    made_up = render_figure(replace(view, scale="a<b", stand_in=True))
    assert read_summary(made_up[-1]).stand_in and made_up[0].as_posix() == "reports/a<b/small/figure3.svg"
    assert "scale a&lt;b</rdf:li>" in made_up[0].read_text() and "stand-in data</rdf:li>" in made_up[0].read_text()
