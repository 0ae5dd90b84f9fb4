"""Sweeps and figures of networks: values by hand, what is missing, the same bytes twice."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from projects.paper import FACTS, results_of

from bench.plan import BenchError
from bench.plan.figures import AttentionFigure, EmbeddingFigure, ScoresFigure, SweepFigure, SweepLine, SweepPanel
from bench.probes import Probe, ProbedNetwork
from bench.report.figures import draw, figure_view
from bench.report.figures.attention import stretched
from bench.report.figures.sweep import positions

PLACE = ("ships", "tiny")


def sweep(lines, x=(1, 2), reference="baseline"):
    panel = SweepPanel(PLACE, "", "weight", x, tuple(SweepLine(label, names) for label, names in lines), reference)
    return SweepFigure(name="figure4", title="A sweep", metric="accuracy", panels=(panel,))


def network(arrays, facts, epochs=(2,), status="finished", stand_in=False):
    data = {"name": "ships", "digest": "0" * 64, "stand_in": stand_in, "classes": ["cargo", "tanker", "tug"]}
    return ProbedNetwork("paper/small/ships/tiny/ours/seed0", status, "", epochs, 4, {}, data, facts, arrays)


def drawn_twice(view):
    first = draw(view)
    assert first == draw(view) and b"CreationDate" not in first["pdf"]
    return first["svg"].decode()


def test_points_of_a_sweep_by_hand(paper, scale) -> None:
    figure = sweep([("line", ("close", "ours")), ("gap", (None, "close"))])
    results = results_of({"baseline": (70.0, 72.0), "close": (71.0, 71.0), "ours": (78.0, 82.0)})
    view = figure_view(paper, figure, results, scale, range(2))
    (panel,) = view.panels
    assert (panel.title, panel.axis, panel.x) == ("Tiny, Ships", "weight", (1, 2))
    assert panel.lines[0].mean == (71.0, 80.0) and panel.lines[0].sd == pytest.approx((0.0, math.sqrt(8)))
    assert math.isnan(panel.lines[1].mean[0]) and panel.lines[1].mean[1] == 71.0
    assert (panel.reference, panel.reference_label, panel.note) == (71.0, "Baseline", "")
    assert view.axis == "Accuracy (%)" and "The dashed level is Baseline." in view.caption
    assert "Points are means over 2 seeds, bars ±" in view.caption
    drawn_twice(view)


def test_an_error_rate_is_drawn_as_one(paper, scale) -> None:
    figure = replace(sweep([("line", ("close", "ours"))]), metric="error")
    view = figure_view(paper, figure, results_of({"close": (71.0,), "ours": (78.0,)}), scale, [0])
    assert view.panels[0].lines[0].mean == (29.0, 22.0) and view.axis == "Error rate (%)"


def test_what_a_sweep_lacks_is_counted_and_a_diverged_cell_has_no_point(paper, scale) -> None:
    results = results_of({"baseline": (70.0,), "ours": (78.0, "diverged")})
    (panel,) = figure_view(paper, sweep([("line", ("close", "ours"))]), results, scale, range(2)).panels
    assert all(map(math.isnan, panel.lines[0].mean)) and panel.reference == 70.0
    assert panel.note == "1 of 3 cells diverged; 1 of 3 cells without a result yet; 1 of 3 cells of fewer than 2 seeds"


@pytest.mark.parametrize(
    ("x", "at", "axis"),
    [
        ((1, 2, 3), [1, 2, 3], "linear"),
        ((0.1, 0.2, 0.3), [0.1, 0.2, 0.3], "linear"),
        ((50, 100, 200, 500), [50, 100, 200, 500], "log"),
        ((0, 1, 10), [0, 1, 10], "linear"),
        (("a", "b", "c"), [0, 1, 2], "linear"),
        ((7,), [7], "linear"),
    ],
)
def test_where_points_stand(x, at, axis) -> None:
    assert positions(x) == (at, axis)


def scores_figure():
    return ScoresFigure(name="figure1", title="Scores", variant="ours", panels=(PLACE, ("ships", "other")), matrix="ships")


def test_scores_and_second_classes(paper, scale) -> None:
    counts = np.array([[0, 5, 1], [6, 0, 0], [2, 4, 0]])
    first = network({"sorted": np.array([90.0, 9.0, 1.0]), "second": counts}, {"train_accuracy": 98.5, "images": 18})
    second = network({"sorted": np.array([80.0, 15.0, 5.0])}, {"train_accuracy": 88.0, "images": 18})
    view = figure_view(paper, scores_figure(), [], scale, [0], Probe("", "", (first, second)))
    assert [line.label for line in view.lines] == ["Tiny, Ships: 98.50 % correct", "other, Ships: 88.00 % correct"]
    assert (view.second == counts).all() and view.classes == ("cargo", "tanker", "tug") and view.note == ""
    assert "One network each, seed 0 after epoch 2 of 4: Ours." in view.caption
    drawn_twice(view)


FOUND = {
    "scores": (scores_figure, {"sorted": np.ones(3), "second": np.ones((3, 3), int)}, {"train_accuracy": 98.5}),
    "attention": (
        lambda: AttentionFigure(name="figure3", title="Maps", variant="ours", panels=(PLACE, PLACE)),
        {"images": np.ones((1, 3, 4, 4)), "classifier_2_1": np.ones((1, 2, 2)), "teacher_2_1": np.ones((1, 2, 2))},
        {"labels": [2], "blocks": 1},
    ),
    "embedding": (
        lambda: EmbeddingFigure(name="figure5", title="Features", variant="ours", panels=(PLACE, PLACE)),
        {"points": np.ones((1, 2, 3, 2)), "labels": np.array([0, 1, 2])},
        {"classes": ["cargo", "tanker", "tug"], "masks": ["10"]},
    ),
}


@pytest.mark.parametrize("kind", FOUND)
def test_arrays_of_another_shape_are_one_line(kind, paper, scale) -> None:
    make, arrays, facts = FOUND[kind]
    wrong = [({**arrays, name: array[..., None]}, facts) for name, array in arrays.items()]
    wrong += [({**arrays, name: np.array(["word"])}, facts) for name in arrays]
    wrong += [({other: array for other, array in arrays.items() if other != name}, facts) for name in list(arrays)[:1]]
    wrong += [(arrays, {**facts, name: value}) for name in facts for value in (None, "word", 7)]
    wrong += [(arrays, {}), (arrays, None), ({}, facts)]
    for each in wrong:
        with pytest.raises(BenchError, match=r"is not what it shows; python -m bench probe small/figure\d --set scale="):
            figure_view(paper, make(), [], scale, [0], Probe("", "", (network(arrays, facts), network(*each))))
    with pytest.raises(BenchError, match="is not what it shows"):
        figure_view(paper, make(), [], scale, [0], Probe("", "", (network(arrays, facts),)))


def test_a_diverged_network_is_said_to_be(paper, scale) -> None:
    lost = network({}, {}, status="diverged")
    view = figure_view(paper, scores_figure(), [], scale, [0], Probe("", "", (lost, lost)))
    assert view.lines == () and view.note.count("training diverged") == 2
    draw(view)


def test_maps_are_stretched_each_by_itself(paper, scale) -> None:
    figure = AttentionFigure(name="figure3", title="Maps", variant="ours", panels=(PLACE,), epochs=(0.5, 1.0), samples=1)
    maps = np.array([[[1.0, 3.0], [2.0, 5.0]]])
    names = [f"{row}_{epoch}_{block}" for row in ("classifier", "teacher") for epoch in (2, 4) for block in (1, 2)]
    arrays = {"images": np.full((1, 3, 4, 4), 0.5), **dict.fromkeys(names, maps)}
    probe = Probe("", "", (network(arrays, {"labels": [2], "blocks": 2}, (2, 4), stand_in=True),))
    facts = {**FACTS, "data": {**FACTS["data"], "stand_in": True}}
    view = figure_view(paper, figure, results_of({"ours": (70.0,)}, facts=facts), scale, [0], probe)
    (panel,) = view.panels
    (sample,) = panel.samples
    assert (panel.epochs, panel.blocks, sample.label) == ((2, 4), 2, "tug")
    assert sample.rows["teacher"][1][0].tolist() == [[0.0, 0.5], [0.25, 1.0]]
    assert sample.image.shape == (4, 4, 3)
    assert view.stand_in and panel.title.endswith("(stand-in data)") and view.caption.endswith("Stand-in data.")
    drawn_twice(view)
    assert (stretched(np.ones((2, 2))) == 0).all()


def test_a_panel_without_a_network_says_so(paper, scale) -> None:
    figure = AttentionFigure(name="figure3", title="Maps", variant="ours", panels=(PLACE,))
    view = figure_view(paper, figure, [], scale, [0])
    assert view.panels[0].note == "no network yet"
    draw(view)


def test_an_embedding_names_its_students_and_their_masks(paper, scale) -> None:
    figure = EmbeddingFigure(
        name="figure5", title="Features", variant="ours", panels=(PLACE,), epochs=(0.5, 1.0), skipped=(1, 2)
    )
    points = np.arange(2 * 3 * 6 * 2, dtype=float).reshape(2, 3, 6, 2)
    arrays = {"points": points, "labels": np.array([0, 0, 1, 1, 2, 2])}
    facts = {"classes": ["cargo", "tanker", "tug"], "masks": ["1011", "1001"]}
    view = figure_view(paper, figure, [], scale, [0], Probe("", "", (network(arrays, facts, (2, 4)),)))
    assert view.columns == ("Teacher (full network)", "Student A (skips 1 of 4)", "Student B (skips 2 of 4)")
    assert "A 1011, B 1001" in view.caption and "6 test images" in view.caption and view.epochs == (2, 4)
    drawn_twice(view)
    assert figure_view(paper, figure, [], scale, [0]).note == "no network yet"
    draw(figure_view(paper, figure, [], scale, [0]))
