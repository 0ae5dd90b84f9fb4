"""The arena's table and figure from made-up results: who is tested, what costs are shown, what the picture says."""

import math

import pytest

from bench.plan import Plan, settings_from
from bench.records.result import Result
from bench.report.figures import draw, figure_view
from bench.report.figures.compute import spread_sideways
from bench.report.table import table_view

GAINS = {"dlb": 6.0, "frskd-sla": 3.0}  # over the baseline, at equal epochs; every doubling gives the baseline 2 points
SCATTER = (-0.4, -0.2, 0.0, 0.2, 0.4)


@pytest.fixture(scope="module")
def plan():
    return Plan(settings_from({}))


def results(cells):
    for cell in cells:
        gain = {"baseline-2x": 2.0, "baseline-4x": 4.0}.get(cell.variant, GAINS.get(cell.variant, 0.0))
        taught = {"teacher_seconds": 1.0} if cell.variant == "tfkd" else {}
        facts = {"data": {"stand_in": True, "digest": "0"}, "cost": {"train_seconds": 2.0, **taught}, "config": {}}
        for seed, off in enumerate(SCATTER):
            yield Result(cell.run(seed), "finished", {"accuracy": 60.0 + gain + off}, {}, facts)


def test_a_table_at_equal_epochs_shows_costs_and_tests_no_control(plan):
    paper, cells = plan.paper("arena"), plan.cells_of("arena", "equal-epochs")
    view = table_view(paper, paper.tables["equal-epochs"], results(cells), {}, plan.scale, plan.settings.seeds)
    rows = {row.label: row for block in view.blocks for row in block.rows}
    assert rows["Baseline, 4 × the epochs"].cells[0].gain is None
    assert rows["Baseline, 4 × the epochs"].cost.relative.text == "4.00 ×"
    assert rows["DLB"].cells[0].gain.estimate.text == "+6.00" and rows["DLB"].cost.relative.text == "2.00 ×"
    assert (rows["Tf-KD"].cost.relative.text, rows["Tf-KD"].cost.seconds.text) == ("2.36 ×", "3.0 s (1.50 ×)")
    assert view.sentences[0].startswith("DLB (+6.0 points) and FRSKD+SLA (+3.0) beat Baseline over the two columns")
    assert "4 × the epochs" not in view.sentences[0]


def test_stored_columns_and_rows_alone_are_shown_and_the_others_named(plan):
    paper = plan.paper("arena")
    stored = [cell for cell in plan.cells_of("arena", "equal-epochs") if cell.variant in ("baseline", "dlb")]
    cells = [cell for cell in stored if cell.dataset == "opensarship"]
    seeds = plan.settings.seeds
    view = table_view(paper, paper.tables["equal-epochs"], results(cells), {}, plan.scale, seeds, stored=True)
    assert [row.label for block in view.blocks for row in block.rows] == ["Baseline", "DLB"]
    assert [len(block.columns) for block in view.blocks] == [1]
    assert "Nothing is stored of CIFAR-100, ResNet-20; Baseline, 2 × the epochs; Baseline, 4 × the epochs; LSR;" in view.note


def test_the_picture_tells_what_lies_above_the_baseline_s_curve(plan):
    cells = plan.cells_of("arena", "figure1")
    view = figure_view(plan.paper("arena"), plan.figure("arena", "figure1"), results(cells), plan.scale, plan.settings.seeds)
    assert "DLB (+4.0 points) beats the baseline’s curve over the two columns; " in view.caption
    assert "FRSKD+SLA (−1.0)" in view.caption  # 3 points over the baseline, at more than 4 times its compute
    first = view.panels[0]
    assert [round(compute, 6) for compute, _, _ in first.curve] == [1.0, 2.0, 4.0]
    dlb = next(point for point in first.points if view.labels[point.number - 1] == "DLB")
    assert (round(dlb.compute, 3), dlb.mean, dlb.outcome) == (2.0, 66.0, "better")
    drawn = draw(view)
    assert drawn["svg"].startswith(b"<?xml") and drawn["pdf"].startswith(b"%PDF")


def test_points_of_one_compute_stand_side_by_side():
    assert spread_sideways([1.0, 4.0]) == [1.0, 4.0]
    left, right, far = spread_sideways([1.0, 1.0, 4.0])
    assert left < 1.0 < right and left * right == pytest.approx(1.0) and far == 4.0 and math.log2(right) < 0.2
