"""A tuning's page from made-up records: the choice, how sure it is, and a record that scored the test set."""

from dataclasses import replace

import pytest
import yaml

from bench.plan import BenchError, Plan, settings_from
from bench.records.result import Result
from bench.report.tuning import render_tuning, tuning_view

SMALL = {
    "title": "Small", "paper": "drrnet", "dataset": "fusar", "backbone": "resnet18", "seeds": [100, 101, 102], "budget": 9,
    "methods": {"baseline": {"recipe.optimiser.lr": [0.1, 0.2]}, "dlb": {"weight": [0.1, 0.3, 0.7]}},
}  # fmt: skip
SCORES = {
    "lr0.1": (60, 61, 62),
    "lr0.2": (80, 81, 82),
    "weight0.1": (60, 61, 62),
    "weight0.3": (61, 62, 63),
    "weight0.7": (60, 60, 60),
}


@pytest.fixture
def plan(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tune").mkdir()
    (tmp_path / "tune" / "small.yaml").write_text(yaml.safe_dump(SMALL))
    return Plan(settings_from({"tune_dir": "tune"}))


@pytest.fixture
def results(plan):
    found = []
    for run in (run for each in plan.tuning_runs("small").values() for run in each):
        score = SCORES[run.cell.variant.partition("+")[2]][run.seed - 100]
        data = {
            "name": "x",
            "digest": "0" * 64,
            "stand_in": True,
            "train": 90,
            "validation": 10,
            "test": 0,
            "test_evaluations": 0,
        }
        facts = {"data": data, "config": {}, "fingerprint": {"config": "a", "code": "b"}, "git": {"commit": "abc"}}
        found.append(Result(run, "finished", {}, {"validation_accuracy": [1.0, score]}, facts))
    return found


def test_the_choice_and_how_sure_it_is(plan, results):
    view = tuning_view(plan, plan.tuning("small"), results)
    baseline, dlb = view.methods
    assert (baseline.chosen.words, baseline.chosen.mean.text, baseline.chosen.sd.text) == ("lr 0.2", "81.00", "1.00")
    # SE = sqrt(1/3 + 1/3) = 0.816, df = 4, t(0.975, 4) = 2.776: 20 +- 2.27.
    assert baseline.finding == (
        "lr 0.2: +20.0 points over lr 0.1 (95 % interval +17.7 to +22.3); every other judged point is significantly below."
    )
    assert [point.words for point in dlb.points] == ["weight 0.3", "weight 0.1", "weight 0.7"]
    assert dlb.finding.endswith("1 of 2 other points cannot be told from it.") and dlb.points[2].state == "no spread"
    assert view.lead == "The choice is significant for Baseline; for DLB other points cannot be told from the best."
    assert dict(view.facts)["Test set"] == "Left alone: 0 evaluations in 15 runs."


def test_what_is_written_can_be_taken_up(plan, results):
    files = render_tuning(plan, tuning_view(plan, plan.tuning("small"), results))
    assert [path.name for path in files] == ["small.html", "small.yaml", "small.csv", "small.json"]
    chosen = yaml.safe_load(files[1].read_text())
    assert chosen["methods"]["baseline"]["values"] == {"recipe.optimiser.lr": 0.2}
    assert (chosen["test_evaluations"], chosen["budget"], chosen["methods"]["dlb"]["trainings"]) == (0, 9, 9)


def test_a_run_that_scored_the_test_set_is_refused(plan, results):
    facts = results[0].facts
    results[0] = replace(results[0], facts={**facts, "data": {**facts["data"], "test_evaluations": 3}})
    with pytest.raises(BenchError, match="the test set was scored"):
        tuning_view(plan, plan.tuning("small"), results)
