"""The plan: runs, teachers, what is shared between tables."""

import subprocess
import sys
from dataclasses import replace

import pytest

from bench.plan import BenchError, Cell, Plan, parse_run, settings_from
from bench.plan.resolve import resolve


@pytest.fixture
def plan():
    return Plan(settings_from({}))


def test_table_2_is_250_trainings(plan):
    runs = plan.runs_of("reports/table2.html")
    assert len(runs) == len(set(runs)) == 250
    assert {run.seed for run in runs} == {0, 1, 2, 3, 4}


def test_teachers_come_first_and_share_the_seed(plan):
    runs = plan.runs_of("table2")
    place = {run: position for position, run in enumerate(runs)}
    for run in runs:
        teachers = plan.teachers(run)
        assert set(teachers) == ({"offline"} if run.cell.variant in ("tfkd", "drrnet") else set())
        for teacher in teachers.values():
            assert place[teacher] < place[run]
            assert teacher.seed == run.seed
            assert teacher.cell.variant == {"tfkd": "baseline", "drrnet": "dlb"}[run.cell.variant]


def test_nothing_is_trained_twice_across_tables_and_figures(plan):
    items = ("table1", "table2", "tableR1", "figure3", "figureR1")
    apart = {item: set(plan.runs_of(item)) for item in items}
    together = plan.runs_of("all")
    assert len(together) == len(set(together))
    assert set(together) >= set().union(*apart.values())
    assert apart["figure3"] <= apart["table2"]
    assert apart["figureR1"] <= apart["table2"]
    assert len(apart["table1"] - apart["table2"]) == 4 * 5  # four weight settings of DLB and Tf-KD


def test_resolve_joins_recipe_scale_and_variant(plan):
    run = plan.cell("drrnet", "fusar", "vgg19_bn", "drrnet").run(3)
    demo = plan.resolve(run)
    assert demo["data"]["stand_in"] is True
    assert demo["method"] == {"name": "drrnet_skd", "params": {"alpha": 1.5}}
    assert demo["teachers"] == {"offline": "demo/drrnet/fusar/vgg19_bn/dlb/seed3"}
    paper = Plan(settings_from({"scale": "paper"}))
    full = paper.resolve(paper.cell("drrnet", "fusar", "resnet50", "drrnet").run(3))
    assert full["method"]["params"] == {"alpha": 1.3}
    assert full["backbone"]["width"] == 1
    recipe = full["recipe"]
    assert (recipe["epochs"], recipe["batch_size"], recipe["image_size"]) == (100, 32, 224)
    assert recipe["optimiser"] == {"name": "adam", "lr": 2e-4, "weight_decay": 0}
    assert recipe["schedule"] == {"name": "step", "step_size": 7, "gamma": 0.8}
    assert full["data"]["stand_in"] is False


def test_a_scale_may_name_the_network_that_stands_in_for_a_backbone(plan):
    cell = plan.cell("drrnet", "fusar", "vgg19_bn", "baseline")
    config = plan.resolve(cell.run(0))
    assert (config["run"], config["backbone"]["name"]) == ("demo/drrnet/fusar/vgg19_bn/baseline/seed0", "vgg19_bn_short")
    assert "network" not in config["recipe"]
    wrong = replace(plan.scale, backbones={"vgg19_bn": {"network": "vgg19_bn_shirt"}})
    line = r"network of vgg19_bn: 'vgg19_bn_shirt'; did you mean 'vgg19_bn_short'\? allowed: vgg19_bn_short, .*, and \d\d more$"
    with pytest.raises(BenchError, match=line):
        resolve(cell.run(0), plan.paper("drrnet"), wrong)


@pytest.mark.parametrize(
    ("scale", "wish", "found"), [("paper", "auto", "fp32"), ("paper", "bf16", "bf16"), ("quick", "auto", "auto")]
)
def test_the_papers_precision_is_fp32_unless_another_is_asked_for(scale, wish, found):
    plan = Plan(settings_from({"scale": scale, "precision": wish}))
    assert plan.resolve(plan.cell("drrnet", "fusar", "resnet50", "baseline").run(0))["precision"] == found


def test_quick_is_a_tenth_of_the_epochs_on_the_paper_s_schedule():
    plan = Plan(settings_from({"scale": "quick"}))
    recipe = plan.resolve(plan.cell("drrnet", "fusar", "resnet50", "baseline").run(0))["recipe"]
    assert (recipe["epochs"], recipe["schedule_epochs"]) == (10, 100)


@pytest.mark.parametrize("target", ["table9", "drrnet/table9.html", "nobody/table2", "../table2", "reports/table2/x.html", ""])
def test_an_unknown_target_is_one_line(plan, target):
    with pytest.raises(BenchError):
        plan.runs_of(target)


@pytest.mark.parametrize("text", ["demo/drrnet/a/b/c", "demo/drrnet/../b/c/seed0", "a/b/c/d/e/seed-1", "a/b/c/d/e/seedx"])
def test_a_run_s_id_cannot_leave_its_folder(text):
    with pytest.raises(BenchError):
        parse_run(text)


def test_a_run_s_id_is_its_path():
    run = Cell("demo", "drrnet", "fusar", "resnet18", "dlb-w0.3").run(4)
    assert parse_run(str(run.record)) == run
    assert str(run.record) == "results/runs/demo/drrnet/fusar/resnet18/dlb-w0.3/seed4.json"


def test_the_plan_and_the_fingerprints_import_no_torch():
    code = (
        "import sys, bench.plan; from bench.records.fingerprint import fingerprint; "
        "heavy = {'torch', 'pandas', 'scipy', 'matplotlib', 'timm', 'torchvision'} & set(sys.modules); "
        "sys.exit(repr(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_twice_the_epochs_stretch_the_schedule():
    plan = Plan(settings_from({"scale": "paper"}))
    recipe = plan.resolve(plan.cell("drrnet", "fusar", "resnet50", "baseline-2x-epochs").run(0))["recipe"]
    assert (recipe["epochs"], recipe["schedule_epochs"]) == (200, 100)
    assert "epochs_multiple" not in recipe


@pytest.mark.parametrize(
    ("recipe", "scored"),
    [
        ({"selection": "best_validation"}, "validation"),
        ({"selection": "best_test", "validation": {"share": 0.1, "only": True}}, "test"),
    ],
)
def test_an_epoch_cannot_be_chosen_by_images_that_are_not_scored(plan, recipe, scored):
    paper = plan.paper("drrnet")
    variant = replace(paper.variants["dlb"], recipe=recipe)
    with pytest.raises(BenchError, match=f"chooses by {scored} images, and the recipe scores none"):
        resolve(plan.cell("drrnet", "fusar", "resnet18", "dlb").run(0), replace(paper, variants={"dlb": variant}), plan.scale)
