"""Weights that a network begins with, from a file of the user's."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from bench.plan import BenchError


def weights_file(name: str, folder: Path | None) -> Path:
    """The file of that name below the folder of weights.

    Raises
    ------
    BenchError
        If it is not there.
    """
    path = folder / name if folder is not None else None
    if path is None or not path.is_file():
        where = f"'{folder}'" if folder is not None else "data_dir/weights, and data_dir is not set"
        raise BenchError(f"pretrained weights '{name}' are not in {where}; see docs/data.md, 'Pretrained weights'")
    return path


def digest_of_weights(name: str, folder: Path | None) -> str:
    """SHA-256 of a file of weights; empty without a name."""
    return hashlib.sha256(weights_file(name, folder).read_bytes()).hexdigest() if name else ""


def begin_with(net: nn.Module, name: str, folder: Path | None, whole: bool = False) -> None:
    """Load a file of weights into a network, what the file holds beyond it left out; nothing without a name.

    A detector reads detectron2's, Caffe2's and torchvision's files; a segmentation network timm's of its backbone; every
    network its own state dict, but for its last layer where the file has one of another length.

    Parameters
    ----------
    whole
        The file has to hold the whole network and nothing beyond it, since nothing is trained after.

    Raises
    ------
    BenchError
        If the file is missing, holds no weights, or weights of another network.
    """
    if not name:
        return
    path = weights_file(name, folder)
    if hasattr(net, "regions"):
        from bench.backbones.detection.weights import load_weights

        left = load_weights(net, path)  # type: ignore[arg-type]
        _refuse_parts(path, [key for key in left if whole and not key.endswith("num_batches_tracked")], [])
        return
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a file that nobody meant as weights makes of the reader
        raise BenchError(f"{path.name}: holds no weights ({type(error).__name__})") from None
    backbone = None if whole else getattr(net, "backbone", None)
    target = backbone if isinstance(backbone, nn.Module) else net
    own = target.state_dict()
    missing = [key for key in own if key not in found and not key.endswith("num_batches_tracked")]
    if whole:
        _refuse_parts(path, missing, [key for key in found if key not in own])
    fitting = {key: value for key, value in found.items() if key in own and value.shape == own[key].shape}
    others = [key for key in own if key in found and key not in fitting]
    last = [] if whole else list(own)[-2:]  # a classifier of other classes
    wrong = [key for key in (*missing, *others) if key not in last]
    if wrong:
        raise BenchError(f"{path.name}: does not fit the network: '{wrong[0]}' is missing or of another shape")
    target.load_state_dict(fitting, strict=False)


def _refuse_parts(path: Path, missing: Sequence[str], beyond: Sequence[str]) -> None:
    """Raise a :class:`BenchError` where a file that is to hold a whole network lacks names of it or has others."""
    for names, words in ((missing, "is not the whole network: it lacks"), (beyond, "holds more than the network:")):
        if names:
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            raise BenchError(f"{path.name}: {words} '{names[0]}'{more}")
