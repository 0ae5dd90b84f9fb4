"""Numbers per class make up the task's own number; drawings are of the classes that they show."""

import base64
import io

import numpy as np
import pytest
import torch
from PIL import Image

from bench.data.masks import read_mask
from bench.jobs import examples
from bench.plan import BenchError, Plan, settings_from
from bench.records.predictions import Predicted, read_predictions
from bench.tasks.detection import Precision


def test_average_precision_per_class_has_the_task_s_mean():
    draw, scorer = torch.Generator().manual_seed(0), Precision(4)
    for number in range(6):
        corner = 60 * torch.rand(5, 2, generator=draw)
        boxes = torch.cat([corner, corner + 10 + 20 * torch.rand(5, 2, generator=draw)], 1)
        labels = torch.randint(3, (5,), generator=draw)  # nothing is of the fourth class
        truth = {"image_id": number + 1, "size": (100, 100), "input_size": (100, 100), "boxes": boxes, "labels": labels}
        truth |= {"areas": torch.full((5,), 200.0), "crowd": torch.zeros(5, dtype=torch.bool)}
        found = {
            "boxes": boxes + torch.randn(5, 4, generator=draw),
            "labels": labels.clone(),
            "scores": torch.rand(5, generator=draw),
        }
        found["labels"][0] = 3
        scorer.add([found], [truth])
    per_class, whole = examples._precision(scorer), scorer.values()
    assert per_class["AP"][3] is None and len(set(per_class["AP"])) == 4
    for title, name in (("AP", "box_ap"), ("AP50", "box_ap50")):
        assert np.mean(per_class[title][:3]) == pytest.approx(whole[name], abs=1e-3)


def test_a_mask_is_drawn_in_its_classes_and_its_ground_is_clear():
    mask = np.array([[0, 1], [5, 255]], dtype=np.uint8)
    content = base64.b64decode(examples._mask(mask, (4, 4)).partition(",")[2])
    assert np.array_equal(read_mask(content, 6), mask.repeat(2, 0).repeat(2, 1))
    clear = np.array(Image.open(io.BytesIO(content)).convert("RGBA"))[..., 3]
    assert np.array_equal(clear == 0, mask.repeat(2, 0).repeat(2, 1) == 0)


@pytest.mark.parametrize("count", [1, 3, 4, 48, 5000])
def test_pictures_are_spread_over_the_test_set(count):
    places = examples._spread(count)
    assert len(places) == min(count, examples.PICTURES) and places[0] >= 0 and places[-1] < count
    assert count < 8 or abs(places[0] - (count - 1 - places[-1])) <= 1


def test_boxes_are_the_surest_and_scaled():
    found = {"boxes": torch.arange(48.0).reshape(12, 4), "labels": torch.arange(12), "scores": torch.linspace(0.2, 0.9, 12)}
    drawn = examples._found_boxes(found, 0.5)
    assert drawn[0] == [22.0, 22.5, 1.0, 1.0, 11, 0.9] and len(drawn) == 10 and drawn[-1][5] >= 0.3


def test_in_a_table_of_several_tasks_masks_and_boxes_are_looked_at(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(examples, "_kept_its_weights", lambda run: True)
    monkeypatch.setattr(examples, "_look", lambda plan, run, pictures: Predicted(run.id, {}, 1.0, {}, {"IoU": (1.0,)}))
    plan = Plan(settings_from({"scale": "demo"}))
    masks, images = plan.runs_shown("frskd", "table4"), plan.runs_shown("drrnet", "table2")
    monkeypatch.setattr(Plan, "runs_shown", lambda self, paper, table: [*images, *masks])
    path, count = examples.look_at_table(plan, "frskd", "table4")
    assert count == len(masks) and read_predictions(path).runs.keys() == {run.id for run in masks}


@pytest.mark.parametrize(
    ("table", "words"), [(("drrnet", "table2"), "a table of classification"), (("frskd", "table4"), "keep_weights=true")]
)
def test_what_cannot_be_looked_at_is_told(table, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BenchError, match=words):
        examples.look_at_table(Plan(settings_from({"scale": "demo"})), *table)
