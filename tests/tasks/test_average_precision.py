"""COCO's average precision: pycocotools' numbers by every evaluator, whatever the order."""

import importlib.util
import math
import random

import numpy as np
import pytest

from bench.tasks._average_precision import EVALUATORS, average_precision, coco_results, coco_truth

PACKAGES = [name for name in EVALUATORS if importlib.util.find_spec(name)]


def picture(identity, *objects):
    """Objects (label, x1, y1, x2, y2, area, crowd)."""
    return {
        "image_id": identity,
        "boxes": [list(row[1:5]) for row in objects],
        "labels": [row[0] for row in objects],
        "areas": [row[5] for row in objects],
        "crowd": [row[6] for row in objects],
    }


def detections(identity, *objects):
    """Detections (label, x1, y1, x2, y2, score)."""
    return {
        "image_id": identity,
        "boxes": [list(row[1:5]) for row in objects],
        "labels": [row[0] for row in objects],
        "scores": [row[5] for row in objects],
    }


TRUTH = [  # a crowd, an object of every size, a picture without objects
    picture(11, (0, 10, 10, 50, 50, 1600, 0), (0, 100, 20, 120, 50, 600, 0), (1, 60, 80, 160, 150, 7000, 0)),
    picture(12, (0, 20, 30, 140, 140, 13200, 0), (1, 5, 5, 15, 15, 100, 0)),
    picture(13, (1, 50, 50, 110, 110, 3600, 1), (0, 150, 100, 180, 130, 900, 0)),
    picture(14),
]
FOUND = [  # (picture, label, x, y, width, height, score): a tie, a double, detections on the crowd and where nothing is
    (11, 0, 12, 11, 40, 40, 0.9), (11, 0, 101, 22, 20, 30, 0.8), (11, 0, 14, 8, 38, 44, 0.7), (11, 1, 62, 84, 96, 64, 0.6),
    (12, 0, 25, 35, 118, 100, 0.95), (12, 1, 5, 6, 10, 10, 0.3), (12, 1, 150, 100, 20, 20, 0.85),
    (13, 1, 55, 55, 30, 30, 0.5), (13, 1, 60, 60, 40, 30, 0.5), (13, 0, 148, 98, 34, 36, 0.65), (14, 0, 10, 10, 50, 50, 0.4),
]  # fmt: skip
STATS = [0.5716996699669967, 0.8085808580858086, 0.7095709570957095, 0.45024752475247526, 0.8, 0.8]


def perfect():
    return [{**image, "scores": [0.9] * len(image["boxes"])} for image in TRUTH]


@pytest.mark.parametrize("package", PACKAGES)
def test_the_numbers_of_pycocotools(package):
    """Of a run of pycocotools 2.0.11 on JSON files."""
    found = [detections(image, (label, x, y, x + w, y + h, score)) for image, label, x, y, w, h, score in FOUND]
    for order in (found, sorted(found, key=lambda row: -row["image_id"])):
        scores = average_precision(TRUTH, order, 2, package)
        assert list(scores.values()) == pytest.approx([100 * value for value in STATS], abs=1e-10)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_perfect_detector_has_100(package):
    assert all(value == pytest.approx(100) for value in average_precision(TRUTH, perfect(), 2, package).values())


@pytest.mark.parametrize("package", PACKAGES)
def test_by_hand(package):
    """One class, two objects; a hit, a miss and a hit: precision 1 up to recall 1/2, then 2/3."""
    truth = [picture(1, (0, 0, 0, 40, 40, 1600, 0), (0, 100, 0, 140, 40, 1600, 0))]
    found = [detections(1, (0, 0, 0, 40, 40, 0.9), (0, 60, 60, 99, 99, 0.8), (0, 100, 0, 140, 40, 0.7))]
    scores = average_precision(truth, found, 1, package)
    assert scores["box_ap"] == pytest.approx(100 * (51 * 1 + 50 * 2 / 3) / 101)
    assert scores["box_ap_medium"] == pytest.approx(scores["box_ap"])
    assert math.isnan(scores["box_ap_small"]) and math.isnan(scores["box_ap_large"])


@pytest.mark.parametrize("package", PACKAGES)
def test_crowds_count_neither_way(package):
    inside = [detections(13, (1, 55, 55, 80, 80, 0.99))]
    assert average_precision(TRUTH, perfect(), 2, package) == average_precision(TRUTH, [*perfect(), *inside], 2, package)


@pytest.mark.parametrize("package", PACKAGES)
def test_no_detection_is_zero_where_there_was_something(package):
    scores = average_precision(TRUTH[2:], [], 2, package)
    assert [scores[name] for name in ("box_ap", "box_ap50", "box_ap75", "box_ap_small")] == [0, 0, 0, 0]
    assert math.isnan(scores["box_ap_medium"]) and math.isnan(scores["box_ap_large"])  # the crowd does not count
    assert average_precision(TRUTH, [detections(14)], 2, package)["box_ap"] == 0


def drawn(seed=0, pictures=20):
    """Random objects and detections near them, many of equal score."""
    draw = np.random.RandomState(seed)
    truth, found = [], []
    for identity in range(1, 3 * pictures, 3):
        count = draw.randint(0, 6)
        corner, size = draw.uniform(0, 150, (count, 2)), draw.uniform(4, 120, (count, 2))
        boxes, labels = np.concatenate([corner, corner + size], 1), draw.randint(0, 3, count)
        crowd = (draw.rand(count) < 0.15).astype(int)
        rows = zip(labels.tolist(), boxes.tolist(), size.prod(1).tolist(), crowd.tolist(), strict=True)
        truth.append(picture(identity, *((label, *box, area, mark) for label, box, area, mark in rows)))
        chosen = draw.randint(0, max(count, 1), 12 if count else 0)
        moved = boxes[chosen] + draw.uniform(-6, 6, (len(chosen), 4))
        moved[:, 2:] = np.maximum(moved[:, 2:], moved[:, :2] + 1)
        scores = draw.randint(1, 9, len(chosen)) / 10
        near = zip(labels[chosen].tolist(), moved.tolist(), scores.tolist(), strict=True)
        found.append(detections(identity, *((label, *box, score) for label, box, score in near)))
    return truth, found


def test_the_order_of_pictures_does_not_matter():
    truth, found = drawn()
    expected = average_precision(truth, found, 3, "pycocotools")
    random.Random(0).shuffle(truth)
    random.Random(1).shuffle(found)
    assert average_precision(truth, found, 3, "pycocotools") == expected
    assert 0 < expected["box_ap"] < expected["box_ap50"] < 100


@pytest.mark.skipif("faster_coco_eval" not in PACKAGES, reason="faster-coco-eval is not installed")
def test_the_quicker_evaluator_gives_the_same_numbers():
    truth, found = drawn(1)
    slow, quick = (average_precision(truth, found, 3, package) for package in ("pycocotools", "faster_coco_eval"))
    assert quick == pytest.approx(slow, abs=1e-10)


def test_results_have_the_sets_own_categories():
    results = coco_results([detections(5, (1, 1, 2, 4, 8, 0.5))], categories=(1, 90))
    assert results == [{"image_id": 5, "category_id": 90, "bbox": [1, 2, 3, 6], "score": 0.5}]
    assert [entry["id"] for entry in coco_truth(TRUTH, 2)["annotations"]] == [1, 2, 3, 4, 5, 6, 7]  # 0 means unmatched
