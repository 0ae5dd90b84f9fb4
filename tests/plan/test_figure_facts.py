"""Figures in a paper's file: a schema per kind, what each shows, and what trainings keep for it."""

import pytest
from projects.figures import BACKBONE, PLACE, FigureProject

from bench.plan import BenchError
from bench.plan.figures import epoch_at


@pytest.fixture
def project(tmp_path):
    return FigureProject(tmp_path)


def cells(plan, figure):
    return [cell.variant for cell in plan.cells_of("tiny", figure)]


def test_every_kind_says_which_cells_it_shows(project):
    plan = project.plan
    assert {name: figure.kind for name, figure in plan.paper("tiny").figures.items()} == {
        "figure1": "curves", "figure2": "sweep", "figure3": "scores", "figure4": "attention", "figure5": "embedding"
    }  # fmt: skip
    assert cells(plan, "figure1") == ["baseline", "frskd"]
    assert cells(plan, "figure2") == ["baseline", "frskd", "guided"]
    assert [cells(plan, f"figure{number}") for number in (3, 4, 5)] == [["baseline"], ["frskd"], ["guided"]]


def test_a_figure_of_networks_shows_the_first_seed_and_others_show_all(project):
    plan = project.plan
    assert [run.seed for run in plan.runs_shown("tiny", "figure1")] == [0, 1, 0, 1]
    assert [run.seed for run in plan.runs_shown("tiny", "figure4")] == [0]
    assert [run.seed for run in plan.runs_of("figure4")] == [0]


def test_a_training_keeps_what_the_figures_look_at_and_no_other_seed_does(project):
    plan = project.plan
    assert plan.snapshots(project.run("frskd")) == (1, 3)
    assert plan.snapshots(project.run("guided")) == (2, 3)
    assert plan.snapshots(project.run("baseline")) == (3,)
    assert plan.snapshots(project.run("frskd", seed=1)) == plan.snapshots(project.run("ensemble")) == ()
    project.content["figures"]["figure6"] = {**project.content["figures"]["figure4"], "epochs": [0.6]}
    project.write()
    assert project.plan.snapshots(project.run("frskd")) == (1, 2, 3)


@pytest.mark.parametrize(
    ("share", "epochs", "epoch"), [(0.25, 200, 50), (0.1, 5, 1), (0.5, 5, 3), (0.01, 4, 1), (1.0, 4, 4), (0.125, 4, 1)]
)
def test_a_share_is_its_nearest_epoch(share, epochs, epoch):
    assert epoch_at(share, epochs) == epoch


def test_a_panel_s_own_words_win_over_its_figure_s(project):
    own = {**PLACE, "axis": "weight", "x": [1, 2], "lines": [{"label": "a", "variants": ["frskd", None]}], "title": "Own"}
    project.content["figures"]["figure2"]["panels"].append(own)
    project.write()
    first, second = project.plan.figure("tiny", "figure2").panels
    assert (first.axis, first.x, first.reference) == ("method", ("FRSKD", "Self-Guidance"), "baseline")
    assert (second.title, second.axis, second.x, second.lines[0].variants) == ("Own", "weight", (1, 2), ("frskd", None))


FAULTS = {
    "kind": ("figure1", {"kind": "pie"}, "'pie'; allowed: attention, compute, curves"),
    "key of another kind": ("figure1", {"matrix": "marks"}, "figures.figure1: unknown key 'matrix'"),
    "misspelt": ("figure4", {"epoch": [1.0]}, "unknown key 'epoch'.*did you mean 'epochs'"),
    "share": ("figure4", {"epochs": [50]}, "figures.figure4.epochs.0"),
    "metric": ("figure2", {"metric": "acuracy"}, "metric 'acuracy' cannot be drawn.*did you mean 'accuracy'"),
    "size": ("figure2", {"metric": "flops_ratio"}, "cannot be drawn"),
    "points": ("figure2", {"x": [1, 2, 3]}, "has 2 variants for 3 values of x"),
    "axis": ("figure2", {"axis": None}, "figures.figure2.axis"),
    "variant of a line": ("figure2", {"lines": [{"variants": ["frskd", "gided"]}]}, "unknown variant 'gided'.*'guided'"),
    "reference": ("figure2", {"reference": "basline"}, "unknown variant 'basline'"),
    "matrix": ("figure3", {"matrix": "mars"}, "matrix 'mars' is no dataset of its panels"),
    "variant": ("figure5", {"variant": "gided"}, "unknown variant 'gided'"),
    "nothing trained": ("figure3", {"variant": "ensemble"}, "'ensemble' trains nothing and has no network to show"),
    "backbone": ("figure5", {"panels": [{**PLACE, "backbone": "resnet19"}]}, "unknown backbone 'resnet19'"),
    "dataset": ("figure5", {"panels": [{**PLACE, "dataset": "mars"}]}, "dataset without a recipe 'mars'"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_one_line(project, fault):
    figure, change, words = FAULTS[fault]
    project.content["figures"][figure].update(change)
    project.write()
    with pytest.raises(BenchError, match=words) as told:
        project.plan.paper("tiny")
    assert "\n" not in str(told.value) and str(project.plan.settings.paper_file("tiny")) in str(told.value)


def test_a_panel_without_anything_to_vary_is_one_line(project):
    del project.content["figures"]["figure2"]["axis"]
    project.write()
    with pytest.raises(BenchError, match=f"neither the figure nor its panel marks/{BACKBONE} says 'axis'"):
        project.plan.paper("tiny")
