"""Equal compute: what every row of the arena costs, which epochs that leaves, and who pays for teachers."""

import csv
import shutil
from dataclasses import replace

import pytest

from bench.plan import BenchError, Plan, Teacher, settings_from
from bench.plan.compute import COLUMNS, derived, is_counted, passes_over, row_of, scaled, step_flops, step_key
from bench.plan.resolve import flops_of


@pytest.fixture(scope="module", params=["demo", "paper"])
def plan(request):
    return Plan(settings_from({"scale": request.param}))


def cost(plan, cell):
    return flops_of(cell.run(0), plan.paper("arena"), plan.scale)


def test_every_row_spends_what_the_baseline_spends_teachers_included(plan):
    for cell in plan.cells_of("arena", "equal-compute"):
        base = cost(plan, replace(cell, variant="baseline"))
        times = {"baseline-2x": 2, "baseline-4x": 4}.get(cell.variant, 1)
        assert cost(plan, cell) / base == pytest.approx(times, rel=0.05), cell.id


@pytest.mark.parametrize("scale", ["demo", "laptop", "paper"])
def test_every_step_of_the_arena_is_counted(scale):
    plan = Plan(settings_from({"scale": scale}))
    for table in ("equal-compute", "equal-epochs"):
        for run in plan.runs_of_item("arena", table):
            teachers = {role: plan.resolve(teacher) for role, teacher in plan.teachers(run).items()}
            assert is_counted(plan.resolve(run), teachers), f"{run.id}: python benchmarks/step_costs.py counts it"


def test_a_student_and_its_teachers_train_for_equally_many_epochs():
    plan = Plan(settings_from({"scale": "paper"}))
    student = plan.cell("arena", "cifar100", "resnet20_cifar", "kd-equal-compute").run(3)
    (teacher,) = plan.teachers(student).values()
    assert (teacher.cell.backbone, teacher.cell.variant, teacher.seed) == ("resnet56_cifar", "kd-equal-compute-offline", 3)
    epochs = [passes_over(plan.resolve(run)["recipe"]) for run in (student, teacher)]
    assert epochs[0] == epochs[1] < 60  # of the baseline's 200: the teacher's step costs three times as much
    assert plan.resolve(student)["recipe"]["schedule_epochs"] == 200


def test_what_costs_nothing_more_is_trained_once_for_both_tables():
    paper = Plan(settings_from({})).paper("arena")
    shown = {name: {entry.variant for entry in table.entries()} for name, table in paper.tables.items()}
    shared = shown["equal-compute"] & shown["equal-epochs"]
    assert shared == {
        "baseline", "baseline-2x", "baseline-4x", "lsr", "tfkd-reg", "patriarch", "mixup", "cutmix", "sad",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("epochs", "keys"),
    [
        (100.0, {"epochs": 100}),
        (23.81, {"epochs": 24}),  # off by 0.8 %
        (2.57, {"epochs": 3, "last_epoch_share": 0.57}),
        (0.4, {"epochs": 1, "last_epoch_share": 0.4}),
    ],
)
def test_epochs_are_whole_where_that_is_near_enough(epochs, keys):
    assert scaled(epochs) == keys
    assert passes_over(scaled(epochs)) == pytest.approx(epochs, rel=0.01)


def test_a_method_of_ones_own_is_taken_at_its_declared_passes(tmp_path):
    (tmp_path / "mine.py").write_text(
        "from bench.methods import Method\n\n"
        "class Mine(Method):\n    label = 'Mine'\n    passes = {'forward': 2, 'backward': 2}\n"
    )
    plan = Plan(settings_from({"plugins": [str(tmp_path / "mine.py")], "scale": "paper"}))
    paper = plan.paper("arena")
    paper = replace(paper, variants={**paper.variants, "mine": replace(paper.variants["dlb"], name="mine", method="mine")})
    cell = plan.cell("arena", "cifar100", "resnet20_cifar", "mine")
    ratio = flops_of(cell.run(0), paper, plan.scale, plan.settings.plugins) / cost(plan, replace(cell, variant="baseline"))
    assert ratio == pytest.approx(2.0)


def test_a_new_method_s_row_at_equal_compute_is_a_training_of_its_own(tmp_path):
    """At its declared passes; at the counted ones as soon as a file beside it has them."""
    file = tmp_path / "mine.py"
    file.write_text(
        "from bench.methods import Method\n\n"
        "class Mine(Method):\n    label = 'Mine'\n    passes = {'forward': 2, 'backward': 2}\n"
    )
    plan = Plan(settings_from({"new_method": str(file), "compare": ["arena/equal-compute"]}))
    paper = plan.paper("arena")
    rows = [row_of(table, paper, "mine") for table in paper.tables.values()]
    assert rows == ["mine-equal-compute", "mine"]
    run = plan.cell("arena", "cifar100", "resnet20_cifar", rows[0]).run(0)
    epochs = plan.resolve(run)["recipe"]["epochs"]
    assert epochs == plan.resolve(replace(run, cell=replace(run.cell, variant="baseline")))["recipe"]["epochs"] / 2
    key, estimate = step_key(plan.resolve(run), {}), step_flops(plan.resolve(run), {}, plan.settings.plugins)
    with (tmp_path / "mine.steps.csv").open("w", newline="") as counted:
        csv.writer(counted).writerows([COLUMNS, (*key, estimate * 2)])
    again = Plan(plan.settings)
    assert again.resolve(run)["recipe"]["epochs"] == epochs / 2


def test_a_scale_has_the_columns_that_it_names(tmp_path):
    plans = {scale: Plan(settings_from({"scale": scale})) for scale in ("demo", "paper")}
    shown = {scale: {cell.dataset for cell in plan.cells_of("arena", "equal-epochs")} for scale, plan in plans.items()}
    assert shown["demo"] == {"cifar100", "opensarship"} and shown["paper"] == {*shown["demo"], "fer2013"}
    assert {cell.dataset for cell in plans["demo"].cells_of("arena", "figure1")} == shown["demo"]
    assert "FER-2013, WRN-16-2" in plans["demo"].table("arena", "equal-epochs").note
    shutil.copytree(plans["demo"].settings.scales, tmp_path / "scales")
    (tmp_path / "scales" / "mine.yaml").write_text("{title: Mine, note: Mine., columns: {arena: [cifar100/resnet19]}}")
    with pytest.raises(BenchError, match="scale 'mine', columns of arena: no table has 'cifar100/resnet19'"):
        Plan(settings_from({"scale": "mine", "scales_dir": str(tmp_path / "scales")})).paper("arena")


def test_a_teacher_that_several_students_share_is_refused():
    variants = Plan(settings_from({})).paper("arena").variants
    one = replace(
        variants["kd"], teachers={"offline": Teacher("baseline", {"resnet20_cifar": "wrn40_2", "wrn16_2": "wrn40_2"})}
    )
    with pytest.raises(BenchError, match="one teacher stands beside several students"):
        derived(["kd"], {**variants, "kd": one}, "baseline")


def test_a_scale_may_set_keys_for_one_paper_alone():
    plan = Plan(settings_from({}))
    epochs = [
        plan.resolve(plan.cell(paper, "cifar100", "resnet20_cifar", "baseline").run(0))["recipe"]["epochs"]
        for paper in ("arena", "generations")
    ]
    assert epochs[0] == 4 != epochs[1]
