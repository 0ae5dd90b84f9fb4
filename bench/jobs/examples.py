"""What trained networks of masks or boxes predict, for a table's page: numbers per class and a few test pictures."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from bench.data.masks import VOID, voc_palette
from bench.jobs.predictions import Predictor
from bench.plan import BenchError, Plan, Run
from bench.plan.metrics import headline
from bench.records.predictions import Picture, Predicted, Predictions, predictions_path, write_predictions
from bench.records.record import read_record
from bench.tasks import load_task
from bench.tasks._average_precision import average_precision
from bench.tasks.detection import Precision

PICTURES = 4  # of a test set, evenly spaced, the same for every run
SIDE = 160  # pixels of a shown picture's longer side, at most
LEAST_SCORE, MOST_BOXES = 0.3, 10  # of the boxes that are shown


def look_at_table(plan: Plan, paper: str, table: str) -> tuple[Path, int]:
    """Have every run of a table predict whose weights were kept; the file that says what, and the number of runs.

    Raises
    ------
    BenchError
        If the table is of classification, or no run kept its weights.
    """
    target = f"{paper}/{table}"
    runs = [run for run in plan.runs_shown(paper, table) if plan.resolve(run).get("task") in ("segmentation", "detection")]
    if not runs:
        raise BenchError(f"probe {target}: a table of classification; networks are looked at for figures, masks and boxes")
    kept = [run for run in runs if _kept_its_weights(run)]
    if not kept:
        again = f"python -m bench train RUN... --set keep_weights=true --set scale={plan.scale.name}"
        raise BenchError(f"probe {target}: no run of it kept its weights; {again} trains them so")
    pictures: dict[str, Picture] = {}
    found = {run.id: _look(plan, run, pictures) for run in kept}
    colours = tuple("#" + "".join(f"{part:02x}" for part in colour) for colour in voc_palette().tolist())
    path = predictions_path(plan, paper, table)
    write_predictions(path, Predictions(colours, pictures, found))
    return path, len(found)


def _kept_its_weights(run: Run) -> bool:
    """Whether the weights in the workspace are those of the record."""
    if not Path(run.record).exists() or not Path(run.weights).exists():
        return False
    record = read_record(Path(run.record))
    return record["status"] == "finished" and "sha256" in record["weights"]


def _look(plan: Plan, run: Run, pictures: dict[str, Picture]) -> Predicted:
    """What a run's network predicts; the pictures that it is the first to show are added."""
    predictor = Predictor.of(plan, run)
    record, test = predictor.record, predictor.test
    scorer: Any = load_task(predictor.task).scorer(len(record["data"]["classes"]))
    names = {index: f"{record['data']['digest'][:12]}/{index}" for index in _spread(len(test))}
    drawings: dict[str, Any] = {}
    for batch, prediction in predictor.batches():
        scorer.add(prediction, batch.labels)
        for place, index in enumerate(batch.indices.tolist()):
            if index not in names:
                continue
            shown = pictures.setdefault(names[index], _picture(predictor, index))
            if predictor.task == "segmentation":
                mask = predictor.mask(index, prediction[place : place + 1])
                drawings[names[index]] = _mask(mask.numpy(), (shown.width, shown.height))
            else:
                found = scorer.found[place - len(batch.indices)]
                drawings[names[index]] = _found_boxes(found, shown.width / test.picture(index).shape[1])
    score = record["metrics"][headline(predictor.task)]
    per_class = (
        _precision(scorer) if predictor.task == "detection" else {"IoU": _percent(scorer.intersection_over_union().tolist())}
    )
    return Predicted(run.id, record["fingerprint"], score, scorer.values(), per_class, drawings)


def _spread(count: int) -> list[int]:
    """Places of :data:`PICTURES` pictures, evenly spaced over ``count``."""
    return sorted({(2 * n + 1) * count // (2 * PICTURES) for n in range(PICTURES)})


def _precision(scorer: Precision) -> dict[str, tuple[float | None, ...]]:
    """AP and AP50 of every class alone; COCO's AP is the mean over the classes that there are."""
    labels = range(scorer.classes)
    sides = ([[_only(image, label) for image in side] for side in (scorer.truth, scorer.found)] for label in labels)
    found = [average_precision(truth, detections, 1) for truth, detections in sides]
    return {title: _percent([each[name] / 100 for each in found]) for title, name in (("AP", "box_ap"), ("AP50", "box_ap50"))}


def _only(image: Any, label: int) -> dict[str, Any]:
    """A picture's boxes of one class, under label 0."""
    chosen = np.asarray(image["labels"]) == label
    columns = {key: np.asarray(image[key])[chosen] for key in ("boxes", "areas", "crowd", "scores") if key in image}
    return {"image_id": image["image_id"], "labels": np.zeros(int(chosen.sum()), dtype=np.int64), **columns}


def _percent(shares: Sequence[float]) -> tuple[float | None, ...]:
    return tuple(None if math.isnan(share) else round(100 * share, 4) for share in shares)


def _picture(predictor: Predictor, index: int) -> Picture:
    pixels = predictor.test.picture(index)
    height, width = pixels.shape[:2]
    factor = min(1.0, SIDE / max(height, width))
    size = max(1, round(width * factor)), max(1, round(height * factor))
    address = _address(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS), "JPEG", quality=88)
    if predictor.task == "segmentation":
        return Picture(address, *size, _mask(predictor.test.mask(index), size))
    boxes = predictor.test.boxes(index)
    rows = zip(boxes["boxes"].tolist(), boxes["labels"].tolist(), boxes["crowd"].tolist(), strict=True)
    return Picture(address, *size, [[*_scaled(box, factor), label, None] for box, label, crowd in rows if not crowd])


def _mask(mask: np.ndarray, size: tuple[int, int]) -> str:
    """The address of a palette PNG in VOC's colours whose ground is transparent; void is grey."""
    picture = Image.fromarray(mask).resize(size, Image.Resampling.NEAREST)
    picture.putpalette(voc_palette().flatten().tolist())
    return _address(picture, "PNG", transparency=bytes([0]) + bytes([255]) * VOID, optimize=True)


def _found_boxes(found: Any, factor: float) -> list[list[Any]]:
    """The most certain of a picture's boxes, best first."""
    rows = zip(found["boxes"].tolist(), found["labels"].tolist(), found["scores"].tolist(), strict=True)
    chosen = sorted((row for row in rows if row[2] >= LEAST_SCORE), key=lambda row: -row[2])[:MOST_BOXES]
    return [[*_scaled(box, factor), label, round(score, 2)] for box, label, score in chosen]


def _scaled(box: Sequence[float], factor: float) -> list[float]:
    left, top, right, bottom = (round(side * factor, 1) for side in box)
    return [left, top, round(right - left, 1), round(bottom - top, 1)]


def _address(picture: Image.Image, kind: str, **options: Any) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
