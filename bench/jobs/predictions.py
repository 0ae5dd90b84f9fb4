"""What a trained network predicts for the test pictures, in the forms that other tools read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F

from bench.data import Batch, load_dataset, scored_batches
from bench.data.masks import write_mask
from bench.data.sides import BoxedFiles, MaskedFiles
from bench.jobs.export import trained
from bench.plan import BenchError, Plan, Run
from bench.plan.datakeys import DATA_CACHE
from bench.plan.files import write_atomically
from bench.tasks.detection import Precision
from bench.train import Machine, build_student
from bench.train.precision import autocast


@dataclass(frozen=True)
class Predictor:
    """A trained network of masks or boxes on its test pictures.

    Attributes
    ----------
    test
        The test side, whose pictures have masks or boxes.
    """

    task: str
    record: dict[str, Any]
    network: Any
    test: Any
    recipe: dict[str, Any]
    machine: Machine

    @classmethod
    def of(cls, plan: Plan, run: Run) -> Predictor:
        """That of a run.

        Raises
        ------
        BenchError
            If the run is of classification, has no finished record, or its weights were not kept.
        """
        config: dict[str, Any] = plan.resolve(run)
        if config.get("task") not in ("segmentation", "detection"):
            words = "of classification the record says which test images were right; nothing else is exported"
            raise BenchError(f"{run.id}: {words}")
        record, state = trained(plan, run)
        settings, data = plan.settings, config["data"]
        machine = Machine.of(settings.device, record["precision"], settings.threads, settings.workers)
        network = build_student(config, len(record["data"]["classes"]))
        network.net.load_state_dict(state)
        network.to(machine.device).eval()
        whole = load_dataset(data["name"], data["size"], data["options"], settings.data_dir, DATA_CACHE)
        return cls(config["task"], record, network, whole.test, config["recipe"], machine)

    @torch.inference_mode()
    def batches(self) -> Iterator[tuple[Batch, Any]]:
        """Every batch of the test pictures with what is predicted for it, in the precision of the training."""
        for batch in scored_batches(self.test, self.recipe, device=self.machine.device, workers=self.machine.workers):
            with autocast(self.machine.precision, self.machine.device):
                prediction = self.network(batch.images)
            yield batch, prediction

    def mask(self, index: int, logits: torch.Tensor) -> torch.Tensor:
        """uint8, (H, W): the likeliest class of logits (1, C, h, w) at every pixel of a test picture."""
        size = self.test.picture(index).shape[:2]
        return F.interpolate(logits, size, mode="bilinear", align_corners=False).argmax(1)[0].byte().cpu()


def export_predictions(plan: Plan, run: Run, target: Path) -> int:
    """Write the predictions of a run's plain network for every test picture; returns the number of pictures.

    Parameters
    ----------
    target
        Of segmentation a folder: a palette PNG in VOC's colours per picture, as large as the picture and named as it is. Of
        detection a file: COCO's result format, boxes in pixels of the picture, categories under the dataset's own ids.

    Raises
    ------
    BenchError
        As :meth:`Predictor.of`.
    """
    predictor = Predictor.of(plan, run)
    write = _write_boxes if predictor.task == "detection" else _write_masks
    write(predictor, target)
    return len(predictor.test)


def _write_masks(predictor: Predictor, folder: Path) -> None:
    test = predictor.test
    names = [Path(pair.picture).stem for pair in test.pairs] if isinstance(test, MaskedFiles) else None
    for batch, prediction in predictor.batches():
        for index, logits in zip(batch.indices.tolist(), prediction.split(1), strict=True):
            name = names[index] if names else f"{index:06d}"
            write_atomically(folder / f"{name}.png", write_mask(predictor.mask(index, logits).numpy()))


def _write_boxes(predictor: Predictor, file: Path) -> None:
    kept, test = Precision(0), predictor.test
    for batch, prediction in predictor.batches():
        kept.add(prediction, batch.labels)
    categories = test.categories if isinstance(test, BoxedFiles) else None
    write_atomically(file, json.dumps(kept.results(categories)) + "\n")
