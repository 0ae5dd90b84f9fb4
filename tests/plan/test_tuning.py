"""Tunings: points, budgets, seeds of their own, a test set that is left alone, and values that a paper takes up."""

import shutil
from pathlib import Path

import pytest
import yaml

from bench.plan import BenchError, Plan, settings_from
from bench.plan.catalogue import ROOT

SMALL = {
    "title": "Small",
    "paper": "drrnet",
    "dataset": "fusar",
    "backbone": "resnet18",
    "seeds": [100, 101],
    "budget": 12,
    "methods": {"baseline": {"recipe.optimiser.lr": [1e-3, 4e-3]}, "tfkd": {"weight": [0.3, 0.7], "temperature": [1.0, 3.0]}},
}


@pytest.fixture
def plan_of(tmp_path):
    def build(**changes):
        (tmp_path / "tune").mkdir(exist_ok=True)
        (tmp_path / "tune" / "small.yaml").write_text(yaml.safe_dump({**SMALL, **changes}))
        return Plan(settings_from({"tune_dir": str(tmp_path / "tune")}))

    return build


def test_every_point_is_a_run_that_leaves_the_test_set_alone(plan_of):
    plan = plan_of()
    runs = plan.tuning_runs("small")
    assert {variant: len(found) for variant, found in runs.items()} == {"baseline": 4, "tfkd": 8 + 2}  # with two teachers
    for run in (run for found in runs.values() for run in found):
        recipe = plan.resolve(run)["recipe"]
        assert recipe["validation"] == {"share": 0.1, "only": True} and run.seed in (100, 101)
    point = next(run for run in runs["baseline"] if "lr0.001" in run.id)
    assert point.id == "demo/tune-small/fusar/resnet18/baseline+lr0.001/seed100"
    assert plan.resolve(point)["recipe"]["optimiser"] == {"name": "adam", "lr": 1e-3}  # the scale's, but for that
    assert plan.resolve(runs["tfkd"][-1])["method"]["params"] == {"weight": 0.7, "temperature": 3.0}


def test_random_points_are_the_same_ones_every_time(plan_of):
    drawn = [plan_of(random=2).tuning("small").points["tfkd"] for _ in range(2)]
    assert drawn[0] == drawn[1] and len(drawn[0]) == 2


def test_a_range_is_drawn_from_and_gives_the_same_points_every_time(plan_of):
    methods = {"dlb": {"weight": {"low": 0.01, "high": 1.0, "log": True}, "temperature": [1.0, 3.0]}}
    drawn = [plan_of(random=6, methods=methods).tuning("small").points["dlb"] for _ in range(2)]
    assert drawn[0] == drawn[1] and len(drawn[0]) == 6
    weights = [point.values["weight"] for point in drawn[0]]
    assert all(0.01 <= weight <= 1.0 for weight in weights) and sum(weight < 0.1 for weight in weights) in range(1, 6)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"methods": {"dlb": {"weight": {"low": 0.1, "high": 1.0}}}}, "'random' must say how many points are drawn"),
        ({"random": 2, "methods": {"dlb": {"weight": {"low": 0, "high": 1.0, "log": True}}}}, "from 0 to 1.0 is no range"),
        ({"budget": 9}, "tfkd takes 10 trainings, teachers included, and the budget is 9"),
        ({"seeds": [4, 100]}, "seed 4 is one of the tables'"),
        ({"methods": {"tfkdd": {"weight": [1.0]}}}, "has no variant 'tfkdd'"),
        ({"methods": {"tfkd": {"weigth": [1.0]}}}, "has no hyper-parameter 'weigth'"),
        ({"dataset": "cifar10"}, "has no dataset 'cifar10'"),
    ],
)
def test_a_fault_is_one_line(plan_of, changes, words):
    plan = plan_of(**changes)
    with pytest.raises(BenchError, match=words):
        [plan.resolve(run) for found in plan.tuning_runs("small").values() for run in found]


def test_the_grids_that_the_suite_brings_fit_their_budgets():
    plan = Plan(settings_from({"scale": "paper"}))
    assert {"drrnet", "frskd", "features"} <= set(plan.tunings)
    for name in plan.tunings:
        runs = plan.tuning_runs(name)
        assert "baseline" in runs
        for found in runs.values():
            for run in found:
                plan.resolve(run)


@pytest.fixture
def tuned_plan(tmp_path):
    """Table 2's Tf-KD with values that a tuning chose."""
    papers = tmp_path / "papers"
    shutil.copytree(ROOT / "config" / "papers", papers)
    chosen = {
        "tuning": "small", "paper": "drrnet", "scale": "paper", "dataset": "fusar", "backbone": "resnet18", "budget": 12,
        "seeds": [100, 101], "validation": 0.1, "test_evaluations": 0,
        "methods": {"tfkd": {"values": {"weight": 0.3, "recipe.optimiser.lr": 1e-3}, "points": 4, "trainings": 10}},
    }  # fmt: skip
    (papers / "small.tuned").write_text(yaml.safe_dump(chosen))
    text = Path(papers / "drrnet.yaml").read_text()
    text = text.replace("recipe_version: 1", "recipe_version: 1\ntuned: [small.tuned]", 1)
    text = text.replace("params: {weight: 0.7}\n    teachers", "params: tuned\n    teachers", 1)
    (papers / "drrnet.yaml").write_text(text)
    return Plan(settings_from({"papers_dir": str(papers), "scale": "paper"}))


def test_a_paper_takes_chosen_values_up_and_says_by_which_budget(tuned_plan):
    config = tuned_plan.resolve(tuned_plan.cell("drrnet", "fusar", "resnet18", "tfkd").run(0))
    assert config["method"]["params"] == {"weight": 0.3} and config["recipe"]["optimiser"]["lr"] == 1e-3
    assert "validation" not in config["recipe"]
    assert tuned_plan.paper("drrnet").variants["tfkd"].tuned == "small, 10 trainings of a budget of 12, scale paper"
    with pytest.raises(BenchError, match="nothing was tuned on this dataset and backbone"):
        tuned_plan.resolve(tuned_plan.cell("drrnet", "fusar", "vgg16_bn", "tfkd").run(0))
