"""The recipes of segmentation and detection as the papers and the released codes have them."""

import pytest

from bench.plan import Plan, parse_run, settings_from
from bench.plan.costs import dataset_size, devices
from bench.plan.estimate import Estimates
from bench.report.settings import setting_of

VOC = "paper/frskd/voc/efficientdet_d0/frskd-segmentation/seed0"
COCO = "paper/reviewkd/coco/fasterrcnn_resnet18_fpn/reviewkd-detector/seed0"


@pytest.fixture(scope="module")
def plan():
    return Plan(settings_from({"scale": "paper"}))


def test_voc_adds_up_two_passes_of_sixteen_and_leaves_the_test_images_out(plan):
    config = plan.resolve(parse_run(VOC))
    recipe = config["recipe"]
    assert (config["task"], config["data"]["options"], config["data"]["size"]) == ("segmentation", {"split": "clean"}, 512)
    assert (recipe["batch_size"], recipe["micro_batch"], recipe["clip_value"], recipe["epochs"]) == (32, 16, 2.0, 60)
    assert plan.paper("frskd").own_split("voc") and config["method"]["params"]["beta"] == 50.0


def test_coco_trains_180_000_iterations_from_the_teacher_of_its_pair(plan):
    run = parse_run(COCO)
    config = plan.resolve(run)
    recipe = config["recipe"]
    assert recipe["epochs"] * recipe["epoch_steps"] == 180_000 and recipe["schedule"]["milestones"] == [120_000, 160_000]
    assert config["method"]["params"]["weight"] == 1.2
    assert plan.teachers(run)["offline"].cell.backbone == "fasterrcnn_resnet101_fpn"
    paper = plan.paper("reviewkd")
    entries = [entry for entry in paper.tables["settings"].entries() if entry.dataset == "coco" and entry.kind == "setting"]
    assert {setting_of(paper, entry) for entry in entries if entry.metric == "iterations"} == {180_000}
    weights = {setting_of(paper, entry) for entry in entries if entry.metric == "loss_weight"}
    assert weights == {1.2, 1.0, 2.0, 20.0, 0.1, 0.01}


def test_the_detection_table_shows_six_numbers_of_teacher_student_and_four_methods(plan):
    table = plan.table("reviewkd", "detection")
    assert len(table.blocks) == 3 and not table.printed
    assert all(len(block.rows) == len(block.columns) == 6 for block in table.blocks)
    assert len(plan.cells_of("reviewkd", "detection")) == 16


def test_estimates_count_the_steps_of_a_stream_and_few_evaluations(plan):
    made = Estimates(plan, devices()["a100"])
    baseline, review = (
        made.of(parse_run(COCO.replace("reviewkd-detector", name))) for name in ("detector", "reviewkd-detector")
    )
    assert review.seconds > 1.3 * baseline.seconds > 3600 and not baseline.assumed_size
    assert made.of(parse_run(VOC)).device_memory_mb < 40_000
    assert dataset_size("things_standin5_boxes").train == 96


@pytest.mark.parametrize("scale", ["demo", "quick", "laptop"])
def test_every_cell_resolves_at_other_scales(scale):
    plan = Plan(settings_from({"scale": scale}))
    for paper, table in (("frskd", "table4"), ("reviewkd", "detection")):
        for cell in plan.cells_of(paper, table):
            recipe = plan.resolve(cell.run(0))["recipe"]
            assert ("pretrained" in recipe) == (scale == "laptop")
