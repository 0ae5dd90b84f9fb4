"""Equal compute: what every row of the arena costs, which epochs that leaves, and who pays for teachers."""

from dataclasses import replace

import pytest

from bench.plan import BenchError, Plan, Teacher, settings_from
from bench.plan.compute import derived, is_counted, passes_over, scaled
from bench.plan.resolve import flops_of


@pytest.fixture(scope="module", params=["demo", "paper"])
def plan(request):
    return Plan(settings_from({"scale": request.param}))


def cost(plan, cell):
    return flops_of(cell.run(0), plan.paper("arena"), plan.scale)


def test_every_row_spends_what_the_baseline_spends_teachers_included(plan):
    for cell in plan.cells_of_table("arena", "equal-compute"):
        base = cost(plan, replace(cell, variant="baseline"))
        times = {"baseline-2x": 2, "baseline-4x": 4}.get(cell.variant, 1)
        assert cost(plan, cell) / base == pytest.approx(times, rel=0.05), cell.id


def test_every_step_of_the_arena_is_counted(plan):
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
