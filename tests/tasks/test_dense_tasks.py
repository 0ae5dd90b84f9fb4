"""Scores and samples of segmentation and detection."""

import math

import numpy as np
import pytest
import torch
from projects.detectors import detector

from bench.data.loading.padded import PaddedImages
from bench.tasks import detection, segmentation


def one_hot(predicted, classes):
    return torch.nn.functional.one_hot(predicted, classes).permute(0, 3, 1, 2).float()


def test_overlap_by_hand():
    """IoU 1/2, 2/3, 1/1; the fourth class is nowhere and has no part; void does not count."""
    truth = torch.tensor([[[0, 0, 1], [1, 255, 2]]], dtype=torch.uint8)
    predicted = torch.tensor([[[0, 1, 1], [1, 2, 2]]])
    scorer = segmentation.scorer(4)
    scorer.add(one_hot(predicted, 4), truth)
    assert scorer.intersection_over_union()[:3].tolist() == pytest.approx([1 / 2, 2 / 3, 1.0])
    assert scorer.intersection_over_union()[3].isnan()
    assert scorer.values() == {"miou": pytest.approx(100 * (1 / 2 + 2 / 3 + 1) / 3), "pixel_accuracy": pytest.approx(80.0)}


def random_masks():
    truth = np.random.RandomState(1041).randint(0, 5, (3, 17, 19))
    other = np.random.RandomState(1043).randint(0, 5, (3, 17, 19))
    predicted = np.where(np.random.RandomState(1042).rand(3, 17, 19) < 0.6, truth, other)
    truth[np.random.RandomState(1044).rand(3, 17, 19) < 0.1] = 255
    return torch.from_numpy(truth), one_hot(torch.from_numpy(predicted), 6)


def test_overlap_equals_the_authors_code_in_any_order():
    truth, logits = random_masks()
    for order in ([0, 1, 2], [2, 0, 1]):
        scorer = segmentation.scorer(6)
        for image in order:
            scorer.add(logits[image : image + 1], truth[image : image + 1].to(torch.uint8))
        values = scorer.values()
        assert values["miou"] == pytest.approx(100 * 0.5328724207036329, rel=1e-9)
        assert values["pixel_accuracy"] == pytest.approx(69.6, rel=1e-9)
        expected = [0.5098039215686274, 0.5330396475770925, 0.5316455696202531, 0.5637860082304527, 0.5260869565217391]
        assert scorer.intersection_over_union()[:5].tolist() == pytest.approx(expected, rel=1e-9)


def test_masks_of_their_own_sizes_are_scored_at_them():
    scorer = segmentation.scorer(2)
    logits = torch.zeros(2, 2, 4, 4)
    logits[:, 1, :, 2:] = 1
    logits[:, 0, :, :2] = 1
    truth = [(torch.arange(8) >= 4).expand(6, 8).to(torch.uint8), (torch.arange(20) >= 10).expand(3, 20).to(torch.uint8)]
    scorer.add(logits, truth)
    assert scorer.values()["pixel_accuracy"] == 100 and int(scorer.confusion.counts.sum()) == 48 + 60


def test_void_is_neither_right_nor_wrong_while_training():
    truth = torch.tensor([[[0, 255], [1, 1]]], dtype=torch.uint8)
    assert segmentation.hits(one_hot(torch.tensor([[[0, 0], [1, 0]]]), 2), truth).tolist() == [True, True, False]


def test_samples_have_what_is_hard_about_them():
    draw = torch.Generator().manual_seed(0)
    batch = segmentation.sample(draw, 2, 5, views=2)
    assert len(batch.views) == len(batch.targets) == 2 and not torch.equal(*batch.targets)
    assert batch.labels.dtype == torch.uint8 and set(batch.labels.unique().tolist()) == {0, 1, 2, 3, 4, 255}
    batch = detection.sample(draw, 4, 5)
    assert isinstance(batch.images, PaddedImages) and len(batch.images) == len(batch.labels) == len(batch) == 4
    assert len(batch.labels[0]["boxes"]) == 0 and {len(each["boxes"]) for each in batch.labels[1:]} == {1, 2, 3}
    assert batch.images.sizes[-1] == (54, 44) and batch.rows(slice(1, 3)).images.sizes == ((64, 64), (64, 64))


def truth(image_id, box, size, input_size):
    values = {"boxes": torch.tensor([box], dtype=torch.float64), "labels": torch.tensor([1]), "image_id": image_id}
    return {**values, "areas": [400.0], "crowd": [False], "size": size, "input_size": input_size}


def found(box):
    return {"boxes": torch.tensor([box]), "labels": torch.tensor([1]), "scores": torch.tensor([0.7])}


def test_detections_are_scored_in_the_original_picture():
    scorer = detection.scorer(3)
    scorer.add([found([10.0, 5, 30, 25])], [truth(4, [20, 20, 60, 100], (400, 200), (100, 100))])
    assert scorer.found[0]["boxes"].tolist() == [[20, 20, 60, 100]]
    assert scorer.values()["box_ap"] == pytest.approx(100)
    scorer.add([found([90.0, 90, 130, 130])], [truth(9, [180, 360, 200, 400], (400, 200), (100, 100))])
    assert scorer.found[1]["boxes"].tolist() == [[180, 360, 200, 400]]  # clipped
    assert scorer.values()["box_ap50"] == pytest.approx(100) and math.isnan(scorer.values()["box_ap_large"])


def test_a_wrapped_detector_gives_detections_and_names_its_channels():
    net = detection.network(detector())
    net.eval()
    batch = detection.sample(torch.Generator().manual_seed(0), 2, 5)
    with torch.no_grad():
        detections = net(batch.images)
        stages, maps = net.features(batch.images)
    assert len(detections) == 2 and set(detections[0]) == {"boxes", "scores", "labels"}
    assert net.stage_channels == [stage.shape[1] for stage in stages] and {item.shape[1] for item in maps} == {net.map_channels}
    assert detection.hits(detections, batch.labels) is None
