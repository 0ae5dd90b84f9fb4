"""Predictions of a trained network as palette PNGs and in COCO's result format: what the record's score was made of."""

import copy
import json

import pytest
import torch

from bench.data import load_dataset, scored_batches
from bench.data.masks import read_mask
from bench.jobs import predictions
from bench.plan import BenchError, Plan, parse_run, settings_from
from bench.tasks import load_task
from bench.tasks._average_precision import coco_results
from bench.train import build_student

RUNS = {
    "segmentation": "demo/frskd/voc/efficientdet_d0/segmentation-baseline/seed0",
    "detection": "demo/reviewkd/coco/fasterrcnn_resnet18_fpn/detector/seed0",
}


@pytest.fixture
def exported(monkeypatch, tmp_path):
    """Exports the predictions of an untrained network for eight test pictures; returns these and the network as well."""

    def export(task, target):
        plan, run = Plan(settings_from({"scale": "demo", "device": "cpu"})), parse_run(RUNS[task])
        config = plan.resolve(run)
        whole = load_dataset(config["data"]["name"], config["data"]["size"], {}, "", tmp_path / "cache")
        part = copy.copy(whole)
        object.__setattr__(part, "test", whole.test.chosen(list(range(8))))
        network = build_student(config, len(whole.classes)).eval()
        record = {"data": {"classes": list(whole.classes)}}
        monkeypatch.setattr(predictions, "trained", lambda *_: (record, network.net.state_dict()))
        monkeypatch.setattr(predictions, "load_dataset", lambda *_: part)
        assert predictions.export_predictions(plan, run, target) == 8
        batches = scored_batches(part.test, config["recipe"], device="cpu")
        with torch.inference_mode():
            return [(network(batch.images), batch.labels) for batch in batches], len(whole.classes)

    return export


def test_masks_are_palette_pngs_of_the_likeliest_classes(exported, tmp_path):
    found, classes = exported("segmentation", tmp_path / "masks")
    expected = torch.cat([logits.argmax(1) for logits, _ in found])
    files = sorted((tmp_path / "masks").iterdir())
    assert [file.name for file in files] == [f"{index:06d}.png" for index in range(8)]
    for file, mask in zip(files, expected, strict=True):
        assert torch.equal(torch.from_numpy(read_mask(file.read_bytes(), classes)).long(), mask)


def test_boxes_are_what_the_score_is_made_of(exported, tmp_path):
    found, classes = exported("detection", tmp_path / "boxes.json")
    scorer = load_task("detection").scorer(classes)
    for prediction, truth in found:
        scorer.add(prediction, truth)
    written = json.loads((tmp_path / "boxes.json").read_text())
    assert written and written == coco_results(scorer.found)
    assert scorer.results([10, 20, 30, 40, 50])[0]["category_id"] == 10 * (written[0]["category_id"] + 1)


def test_classification_is_refused_in_a_line(tmp_path):
    run = parse_run("demo/drrnet/opensarship/resnet18/baseline/seed0")
    with pytest.raises(BenchError, match="of classification the record says which test images were right"):
        predictions.export_predictions(Plan(settings_from({"scale": "demo"})), run, tmp_path)
