"""Predictions of a trained network as palette PNGs and in COCO's result format: what the record's score was made of."""

import copy
import json

import pytest
import torch

from bench.data import load_dataset, scored_batches
from bench.data.masks import read_mask
from bench.jobs import examples, predictions
from bench.plan import BenchError, Plan, parse_run, settings_from
from bench.tasks import load_task
from bench.tasks._average_precision import coco_results
from bench.train import build_student

RUNS = {
    "segmentation": "demo/frskd/voc/efficientdet_d0/segmentation-baseline/seed0",
    "detection": "demo/reviewkd/coco/fasterrcnn_resnet18_fpn/detector/seed0",
}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def untrained(monkeypatch, cache):
    """Puts an untrained network of a task in the place of a trained one, and eight test pictures in that of all.

    Returns plan, run, what the network predicts with the targets, and the number of classes.
    """

    def prepare(task):
        plan, run = Plan(settings_from({"scale": "demo", "device": "cpu"})), parse_run(RUNS[task])
        config = plan.resolve(run)
        whole = load_dataset(config["data"]["name"], config["data"]["size"], {}, "", cache)
        part = copy.copy(whole)
        object.__setattr__(part, "test", whole.test.chosen(list(range(8))))
        network = build_student(config, len(whole.classes)).eval()
        record = {"data": {"classes": list(whole.classes), "digest": whole.digest}, "precision": "fp32"}
        record |= {"metrics": {"miou": 1.0, "box_ap": 2.0}, "fingerprint": {"config": "aaaa"}}
        monkeypatch.setattr(predictions, "trained", lambda *_: (record, network.net.state_dict()))
        monkeypatch.setattr(predictions, "load_dataset", lambda *_: part)
        batches = scored_batches(part.test, config["recipe"], device="cpu")
        with torch.inference_mode():
            return plan, run, [(network(batch.images), batch.labels) for batch in batches], len(whole.classes)

    return prepare


@pytest.fixture
def exported(untrained):
    """Exports the predictions; returns what the network predicts with the targets, and the number of classes."""

    def export(task, target):
        plan, run, found, classes = untrained(task)
        assert predictions.export_predictions(plan, run, target) == 8
        return found, classes

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


@pytest.mark.parametrize("task", sorted(RUNS))
def test_what_a_page_shows_is_what_the_score_is_made_of(untrained, task):
    plan, run, found, classes = untrained(task)
    pictures, scorer = {}, load_task(task).scorer(classes)
    for prediction, truth in found:
        scorer.add(prediction, truth)
    looked = examples._look(plan, run, pictures)
    assert (
        looked.again == pytest.approx(scorer.values(), nan_ok=True)
        and looked.score == {"segmentation": 1.0, "detection": 2.0}[task]
    )
    assert all(len(numbers) == classes for numbers in looked.per_class.values())
    assert len(looked.drawings) == examples.PICTURES and set(looked.drawings) == set(pictures)
    kind = {"segmentation": str, "detection": list}[task]
    assert all(isinstance(drawn, kind) for drawn in (*looked.drawings.values(), *(each.truth for each in pictures.values())))
    assert all(each.address.startswith("data:image/jpeg") and each.width <= examples.SIDE for each in pictures.values())


def test_classification_is_refused_in_a_line(tmp_path):
    run = parse_run("demo/drrnet/opensarship/resnet18/baseline/seed0")
    with pytest.raises(BenchError, match="of classification the record says which test images were right"):
        predictions.export_predictions(Plan(settings_from({"scale": "demo"})), run, tmp_path)
