"""COCO's average precision: pycocotools defines it; faster-coco-eval, where it is installed, gives the same numbers sooner."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from torch import Tensor

SUMMARY = ("box_ap", "box_ap50", "box_ap75", "box_ap_small", "box_ap_medium", "box_ap_large")
RANGES = {"box_ap_small": (0, 32**2), "box_ap_medium": (32**2, 96**2), "box_ap_large": (96**2, 1e10)}
EVALUATORS = {  # package: module of COCO, module of COCOeval, its name
    "faster_coco_eval": ("faster_coco_eval", "faster_coco_eval", "COCOeval_faster"),
    "pycocotools": ("pycocotools.coco", "pycocotools.cocoeval", "COCOeval"),
}

Image = Mapping[str, Any]


def average_precision(truth: Iterable[Image], found: Iterable[Image], classes: int, package: str = "") -> dict[str, float]:
    """The six numbers of a test set, in percent; NaN where there is no object of that size.

    Boxes are (x1, y1, x2, y2) in pixels of the original image. Detections on a crowd box are neither right nor wrong. The
    result does not depend on the order of the images; equal scores are ranked by image.

    Parameters
    ----------
    truth
        Per image ``image_id``, ``boxes`` (n, 4), ``labels`` (n,) from 0, ``areas`` (n,) of the objects (not of their boxes),
        and ``crowd`` (n,).
    found
        Per image ``image_id``, ``boxes``, ``labels`` and ``scores``; an image may be missing.
    classes
        K.
    package
        One of :data:`EVALUATORS`; the first that is installed where not given.
    """
    dataset, detections = coco_truth(truth, classes), coco_results(found)
    if not detections:
        return _nothing_found(dataset["annotations"])
    where = EVALUATORS[package or installed()]
    with contextlib.redirect_stdout(io.StringIO()):
        reference = importlib.import_module(where[0]).COCO()
        reference.dataset = dataset
        reference.createIndex()
        evaluator = getattr(importlib.import_module(where[1]), where[2])(reference, reference.loadRes(detections), "bbox")
        evaluator.evaluate()
        evaluator.accumulate()
        evaluator.summarize()
    measured = zip(SUMMARY, evaluator.stats, strict=False)
    return {name: 100.0 * float(value) if value >= 0 else float("nan") for name, value in measured}


def installed() -> str:
    """The quicker evaluator where it is installed, else pycocotools."""
    return next((name for name in EVALUATORS if importlib.util.find_spec(name) is not None), "pycocotools")


def coco_truth(images: Iterable[Image], classes: int) -> dict[str, Any]:
    """COCO's annotation blocks; a class's category is its label, an annotation's id counts from 1 (0 means unmatched there)."""
    pictures: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for image in images:
        pictures.append({"id": int(image["image_id"])})
        columns = (_list(image[key]) for key in ("boxes", "labels", "areas", "crowd"))
        for box, label, area, crowd in zip(*columns, strict=True):
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": int(image["image_id"]),
                    "category_id": int(label),
                    "bbox": _corner_and_size(box),
                    "area": float(area),
                    "iscrowd": int(crowd),
                }
            )
    return {
        "images": pictures,
        "annotations": annotations,
        "categories": [{"id": label} for label in range(classes)],
        "info": {},
    }  # type: ignore[dict-item]


def coco_results(images: Iterable[Image], categories: Sequence[int] | None = None) -> list[dict[str, Any]]:
    """Detections in COCO's result format; ``categories`` gives each label's own id."""
    return [
        {
            "image_id": int(image["image_id"]),
            "category_id": int(label) if categories is None else categories[int(label)],
            "bbox": _corner_and_size(box),
            "score": float(score),
        }
        for image in images
        for box, label, score in zip(*(_list(image[key]) for key in ("boxes", "labels", "scores")), strict=True)
    ]


def _nothing_found(annotations: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """0 where there was something to find; the evaluators refuse an empty list of detections."""
    areas = [annotation["area"] for annotation in annotations if not annotation["iscrowd"]]
    counts = {name: sum(low <= area <= high for area in areas) for name, (low, high) in RANGES.items()}
    return {name: 0.0 if counts.get(name, len(areas)) else float("nan") for name in SUMMARY}


def _corner_and_size(box: Sequence[float]) -> list[float]:
    left, top, right, bottom = (float(value) for value in box)
    return [left, top, right - left, bottom - top]


def _list(values: Tensor | Sequence[Any]) -> list[Any]:
    return values.tolist() if isinstance(values, Tensor) else list(values)
