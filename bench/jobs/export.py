"""The plain network that a run trained, for use outside the suite: as a file of weights, or ready to predict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from bench.plan import BenchError, Plan, Run
from bench.plan.files import replacing
from bench.records.record import read_record
from bench.train import build_student
from bench.train.checkpoint import load_checkpoint

FORMATS = ("torch", "safetensors")


class TrainedNetwork(nn.Module):
    """A trained plain network behind its recipe's normalisation.

    Attributes
    ----------
    classes
        Their names; logits are in this order.
    image_size
        Side in pixels that it was trained and tested at; other sizes are not resized here.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, net: nn.Module, normalise: dict[str, list[float]], classes: list[str], image_size: int) -> None:
        super().__init__()
        self.net, self.classes, self.image_size = net, tuple(classes), image_size
        for name in ("mean", "std"):
            self.register_buffer(name, torch.tensor(normalise[name], dtype=torch.float32).view(1, -1, 1, 1))

    def forward(self, images: Tensor) -> Tensor:
        """Logits (N, C) of pictures (N, 1 or 3, H, W): uint8, or floats from 0 to 1; grey ones are repeated three times."""
        floats = images.float() / 255 if images.dtype == torch.uint8 else images
        normal = (floats.expand(-1, 3, -1, -1) - self.mean) / self.std
        logits: Tensor = self.net(normal)
        return logits


def export_weights(plan: Plan, run: Run, file: Path, kind: str = "torch") -> int:
    """Write the state dict of a run's plain backbone in one of :data:`FORMATS`; returns its number of tensors.

    It loads into the untouched network (torchvision's, timm's or ours) and predicts what the run's record scores.

    Raises
    ------
    BenchError
        If the run has no finished record, its weights were not kept, or the file cannot be written.
    """
    _, state = trained(plan, run)
    with replacing(file) as stream:
        if kind == "safetensors":
            from safetensors.torch import save

            stream.write(save({name: value.contiguous().clone() for name, value in state.items()}, {"run": run.id}))
        else:
            torch.save(state, stream)
    return len(state)


def trained_network(plan: Plan, run: Run) -> TrainedNetwork:
    """The network that a run trained, in evaluation mode.

    Raises
    ------
    BenchError
        As :func:`export_weights`.
    """
    record, state = trained(plan, run)
    config, classes = plan.resolve(run), record["data"]["classes"]
    network = build_student(config, len(classes))
    network.net.load_state_dict(state)
    recipe: dict[str, Any] = config["recipe"]  # type: ignore[assignment]
    own = config.get("task") == "detection"  # a detector normalises by itself, and takes 0 to 255
    normalise = {"mean": [0.0], "std": [1 / 255]} if own else recipe["normalise"]
    return TrainedNetwork(network.net, normalise, classes, recipe["image_size"]).eval()


def trained(plan: Plan, run: Run) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """A run's record and the state of its plain network; errors as of :func:`export_weights`."""
    record_file, weights = Path(run.record), Path(run.weights)
    if not record_file.exists():
        raise BenchError(f"{run.id}: not trained yet; python -m bench train {run.id} --set keep_weights=true")
    record = read_record(record_file)
    if record["status"] != "finished":
        raise BenchError(f"{run.id}: is '{record['status']}' and leaves no weights")
    if not weights.exists():
        raise BenchError(
            f"{run.id}: its weights were not kept (those of teachers are);"
            f" python -m bench train {run.id} --set keep_weights=true trains it again"
        )
    return record, load_checkpoint(weights)["net"]
