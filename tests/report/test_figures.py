"""Figures: means and bands by hand, the same bytes twice, stand-in data named."""

from __future__ import annotations

import copy
import math
import re
from pathlib import Path

import pytest
from small_paper import FACTS, make_paper, results_of

from bench.plan import Scale
from bench.report.curves import figure_view
from bench.report.figures import draw, render_figure


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


def test_hostile_labels_and_nothing_to_draw(scale, tmp_path: Path) -> None:
    paper = make_paper(row=r"$\frac{<b>")
    figure = paper.figures["figure3"]
    results = results_of({"ours": (78.0,)})
    assert draw(figure_view(paper, figure, results, scale, [0]))["svg"].startswith(b"<?xml")
    paths = render_figure(figure_view(paper, figure, [], scale, [0]), tmp_path / "a" / "figure3")
    assert [path.name for path in paths] == ["figure3.svg", "figure3.pdf"]
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["figure3.pdf", "figure3.svg"]


def test_two_curves_of_one_variant(scale) -> None:
    paper = make_paper()
    figure = copy.deepcopy(paper.figures["figure3"])
    object.__setattr__(figure, "variants", ("ours",))
    object.__setattr__(figure, "curves", ("w_lb", "w_kd"))
    results = results_of({"ours": (78.0, 79.0)})
    for result in results:
        result.curve.update({"w_lb": [0.5, 1.0], "w_kd": [0.8, 0.3]})
    (panel,) = figure_view(paper, figure, results, scale, range(2)).panels
    assert [line.label for line in panel.lines] == ["last-batch weight w_LB", "offline weight w_KD"]
    assert panel.lines[1].mean == (0.8, 0.3)
