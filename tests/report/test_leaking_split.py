"""FRSKD's Table 4 under each split of PASCAL VOC: what its page says where test images are trained on."""

import pytest

from bench.plan import Plan, settings_from
from bench.records.result import Result
from bench.report.reported import load_reported
from bench.report.table import table_view

MEANS = {"segmentation-baseline": 70.0, "frskd-segmentation": 76.0}
LEAK = "not comparable: trained on its test images"


@pytest.fixture(scope="module")
def view_of():
    plan = Plan(settings_from({"scale": "paper"}))
    paper, table = plan.paper("frskd"), plan.table("frskd", "table4")
    reported = load_reported(plan.settings.reported_of("frskd"), paper, "table4")

    def view(split, data=None):
        results = []
        for run in plan.runs(plan.cells_of("frskd", "table4")):
            config = plan.resolve(run)
            config = {**config, "data": {**config["data"], "options": {"split": split} if split else {}}}
            facts = {"config": config, "data": data or {"name": "voc"}, "precision": "fp32"}
            miou = MEANS[run.cell.variant] + 0.1 * run.seed
            results.append(Result(run, "finished", {"miou": miou, "best_miou": miou}, facts=facts))
        return table_view(paper, table, results, reported, plan.scale, plan.settings.seeds)

    return view


@pytest.mark.parametrize(
    ("split", "level", "gain"),
    [
        ("paper", LEAK, LEAK),
        ("clean", "not comparable: our own split", "direction confirmed"),
        ("", "not comparable: our own split", "direction confirmed"),  # the loader's default is the clean one
    ],
)
def test_no_verdict_is_given_on_a_split_that_trains_on_its_test_images(view_of, split, level, gain):
    view = view_of(split)
    ours = [cell for cell in view.cells() if cell.key.variant == "frskd-segmentation"]
    assert {cell.level.text for cell in ours} == {level}
    assert all(cell.gain_verdict.text.startswith(gain) for cell in ours), [cell.gain_verdict.text for cell in ours]
    assert "Our split of PASCAL VOC is not the paper's" in " ".join(text for _, text in view.caption)


def test_the_page_says_why(view_of):
    note = view_of("paper").note
    assert "all 210 of VOC 2007's test list" in note and "split: paper" in note
