"""What a trained network predicts for the test pictures, in the forms that other tools read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F

from bench.data import load_dataset, scored_batches
from bench.data.masks import write_mask
from bench.data.sides import BoxedFiles, MaskedFiles
from bench.jobs.export import trained
from bench.plan import BenchError, Plan, Run
from bench.plan.datakeys import DATA_CACHE
from bench.plan.files import write_atomically
from bench.tasks.detection import Precision
from bench.train import Machine, build_student


@torch.inference_mode()
def export_predictions(plan: Plan, run: Run, target: Path) -> int:
    """Write the predictions of a run's plain network for every test picture; returns the number of pictures.

    Parameters
    ----------
    target
        Of segmentation a folder: a palette PNG in VOC's colours per picture, as large as the picture and named as it is. Of
        detection a file: COCO's result format, boxes in pixels of the picture, categories under the data set's own ids.

    Raises
    ------
    BenchError
        If the run is of classification, has no finished record, or its weights were not kept.
    """
    config: dict[str, Any] = plan.resolve(run)
    if config.get("task") not in ("segmentation", "detection"):
        raise BenchError(f"{run.id}: of classification the record says which test images were right; nothing else is exported")
    record, state = trained(plan, run)
    settings = plan.settings
    machine = Machine.of(settings.device, "fp32", settings.threads, settings.workers)
    data, network = config["data"], build_student(config, len(record["data"]["classes"]))
    network.net.load_state_dict(state)
    network.to(machine.device).eval()
    test = load_dataset(data["name"], data["size"], data["options"], settings.data_dir, DATA_CACHE).test
    batches = scored_batches(test, config["recipe"], device=machine.device, workers=machine.workers)  # type: ignore[arg-type]
    write = _write_boxes if config["task"] == "detection" else _write_masks
    write(network, test, batches, target)
    return len(test)  # type: ignore[arg-type]


def _write_masks(network: Any, test: Any, batches: Any, folder: Path) -> None:
    names = [Path(pair.picture).stem for pair in test.pairs] if isinstance(test, MaskedFiles) else None
    for batch in batches:
        for index, logits in zip(batch.indices.tolist(), network(batch.images).split(1), strict=True):
            size = test.picture(index).shape[:2]
            found = F.interpolate(logits, size, mode="bilinear", align_corners=False).argmax(1)[0]
            name = names[index] if names else f"{index:06d}"
            write_atomically(folder / f"{name}.png", write_mask(found.byte().cpu().numpy()))


def _write_boxes(network: Any, test: Any, batches: Any, file: Path) -> None:
    kept = Precision(0)
    for batch in batches:
        kept.add(network(batch.images), batch.labels)
    categories = test.categories if isinstance(test, BoxedFiles) else None
    write_atomically(file, json.dumps(kept.results(categories)) + "\n")
