"""Weights from files: detectron2's detectors and bodies, Caffe2's ResNets, torchvision's classifiers.

A pickle is read by a reader that builds arrays and nothing else.
"""

from __future__ import annotations

import io
import pickle
import re
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bench.backbones.detection.detector import FasterRCNN
from bench.plan.errors import BenchError

HARMLESS = {
    ("collections", "OrderedDict"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy.core.multiarray", "scalar"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("_codecs", "encode"),
}
NORM = r"(weight|bias|running_mean|running_var)"
# Names in a file to names here; the first pattern that fits the whole name counts.
CAFFE2 = [
    (r"conv1_w", "stem.conv1.weight"),
    (r"res_conv1_bn_([sb])", r"stem.conv1.norm.\1"),
    (r"(res\d)_(\d+)_branch1_w", r"\1.\2.shortcut.weight"),
    (r"(res\d)_(\d+)_branch1_bn_([sb])", r"\1.\2.shortcut.norm.\3"),
    (r"(res\d)_(\d+)_branch2([abc])_w", r"\1.\2.conv\3.weight"),
    (r"(res\d)_(\d+)_branch2([abc])_bn_([sb])", r"\1.\2.conv\3.norm.\4"),
]
DETECTRON2 = [
    (r"stem\.conv1\.weight", "body.stem.conv1.weight"),
    (rf"stem\.conv1\.norm\.{NORM}", r"body.stem.bn1.\1"),
    (r"(res\d)\.(\d+)\.conv(\d)\.weight", r"body.\1.\2.conv\3.weight"),
    (rf"(res\d)\.(\d+)\.conv(\d)\.norm\.{NORM}", r"body.\1.\2.bn\3.\4"),
    (r"(res\d)\.(\d+)\.shortcut\.weight", r"body.\1.\2.downsample.0.weight"),
    (rf"(res\d)\.(\d+)\.shortcut\.norm\.{NORM}", r"body.\1.\2.downsample.1.\3"),
    (r"fpn_lateral(\d)\.(weight|bias)", r"pyramid.inner_blocks.\1.0.\2"),
    (r"fpn_output(\d)\.(weight|bias)", r"pyramid.layer_blocks.\1.0.\2"),
    (r"proposal_generator\.rpn_head\.conv\.(weight|bias)", r"proposals.conv.\1"),
    (r"proposal_generator\.rpn_head\.objectness_logits\.(weight|bias)", r"proposals.objectness.\1"),
    (r"proposal_generator\.rpn_head\.anchor_deltas\.(weight|bias)", r"proposals.deltas.\1"),
    (r"roi_heads\.box_head\.(fc[12])\.(weight|bias)", r"regions.\1.\2"),
    (r"roi_heads\.box_predictor\.cls_score\.(weight|bias)", r"regions.scores.\1"),
    (r"roi_heads\.box_predictor\.bbox_pred\.(weight|bias)", r"regions.deltas.\1"),
    (r"pixel_(mean|std)", r"\1"),
]
TORCHVISION = [
    (r"(conv1\.weight)", r"body.stem.\1"),
    (rf"bn1\.{NORM}", r"body.stem.bn1.\1"),
    (rf"layer(\d)\.(\d+)\.(conv\d|bn\d|downsample\.\d)\.{NORM}", r"body.layer\1.\2.\3.\4"),
]
PASSED_OVER = re.compile(
    r"(backbone\.bottom_up\.)?(fc|linear|stem\.fc|classifier|pred)[._].*|fc1000_.*|.*num_batches_tracked"
    r"|.*anchor_generator\.cell_anchors\..*|weight_order|conv1_b|features\.18\..*"
)


def load_weights(detector: FasterRCNN, path: Path) -> list[str]:
    """Load what a file holds of a detector or of its body; returns the parameters that it says nothing of.

    detectron2's and Caffe2's networks see blue first: their first convolution is turned round. The background's scores come
    first here and last in detectron2.

    Parameters
    ----------
    path
        ``.pkl`` of detectron2 (``{"model": names to arrays}`` or the names themselves), or what ``torch.save`` wrote of a
        state dict under its names or under this suite's.

    Raises
    ------
    BenchError
        If it cannot be read, holds more than arrays, holds a name that is not known, or a shape that does not fit.
    """
    own, arrays = detector.state_dict(), _read(path)
    found = arrays if arrays.keys() <= own.keys() else _renamed(arrays, path.name)  # or as this suite exports it
    for name, value in found.items():
        if name not in own:
            raise BenchError(f"{path.name}: '{name}' has no place in this detector")
        if value.numel() != own[name].numel() or (own[name].dim() != 3 and value.shape != own[name].shape):
            shapes = f"{tuple(value.shape)}, this detector's {tuple(own[name].shape)}"
            raise BenchError(f"{path.name}: '{name}' has the shape {shapes}")
        own[name] = value.reshape(own[name].shape).to(own[name].dtype)
    detector.load_state_dict(own)
    return sorted(name for name in own if name not in found and name not in ("mean", "std"))


def _renamed(arrays: Mapping[str, Tensor], file: str) -> dict[str, Tensor]:
    """By our names, with channels and classes in our order."""
    found: dict[str, Tensor] = {}
    blue_first = not any(name.startswith(("layer1.", "features.")) for name in arrays)
    for name, value in arrays.items():
        if PASSED_OVER.fullmatch(name):
            continue
        ours = _ours(name)
        if ours is None:
            raise BenchError(f"{file}: '{name}' is no name of detectron2's detectors, Caffe2's or torchvision's networks")
        if blue_first and ours == "body.stem.conv1.weight":
            value = value.flip(1)
        elif ours in ("mean", "std"):
            value = value.flatten().flip(0)
        elif ours.startswith("regions.scores."):
            value = value.roll(1, 0)
        found[ours] = value
    for name in [name for name in found if re.search(r"(bn\d|downsample\.1)\.weight$", name)]:
        stem = name.removesuffix("weight")  # statistics that a file has folded into the affine part
        found.setdefault(f"{stem}running_mean", torch.zeros_like(found[name]))
        found.setdefault(f"{stem}running_var", torch.full_like(found[name], 1 - 1e-5))
    return found


def _ours(name: str) -> str | None:
    name = name.removeprefix("backbone.").removeprefix("bottom_up.")
    for pattern, translation in CAFFE2:
        if match := re.fullmatch(pattern, name):
            name = match.expand(translation)
            name = re.sub(r"\.conv([abc])\.", lambda found: f".conv{'abc'.index(found[1]) + 1}.", name)
            name = re.sub(r"norm\.s$", "norm.weight", re.sub(r"norm\.b$", "norm.bias", name))
            break
    for pattern, translation in DETECTRON2 + TORCHVISION:
        if match := re.fullmatch(pattern, name):
            ours = match.expand(translation)
            ours = re.sub(r"_blocks\.(\d)", lambda found: f"_blocks.{int(found[1]) - 2}", ours)
            return re.sub(r"body\.layer(\d)", lambda found: f"body.res{int(found[1]) + 1}", ours)
    return _mobilenet(name)


def _mobilenet(name: str) -> str | None:
    """A block of MobileNetV2, whose flat list torchvision has and stages cut here."""
    match = re.fullmatch(r"features\.(\d+)\.(.*)", name)
    if match is None:
        return None
    index, rest = int(match[1]), match[2]
    if index == 0:
        return f"body.stem.{rest}"
    for stage, (start, end) in enumerate(((1, 4), (4, 7), (7, 14), (14, 18)), start=2):
        if start <= index < end:
            return f"body.res{stage}.{index - start}.{rest}"
    return None


def _read(path: Path) -> dict[str, Tensor]:
    try:
        content = path.read_bytes()
        if content[:2] == b"PK" or path.suffix in (".pt", ".pth"):
            state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        else:
            state = _Arrays(io.BytesIO(content), encoding="latin1").load()
    except OSError as error:
        raise BenchError(f"{path}: cannot be read ({error.strerror})") from None
    except Exception as error:  # whatever a file that nobody meant as weights makes of the readers
        raise BenchError(f"{path.name}: holds no weights ({type(error).__name__}: {error})") from None
    for key in ("model", "blobs", "state_dict"):
        state = state[key] if isinstance(state, Mapping) and isinstance(state.get(key), Mapping) else state
    if not isinstance(state, Mapping):
        raise BenchError(f"{path.name}: holds no mapping of names to weights")
    arrays = {str(name): _tensor(value) for name, value in state.items() if isinstance(value, (np.ndarray, Tensor))}
    if not arrays:
        raise BenchError(f"{path.name}: holds no weights")
    return arrays


def _tensor(value: np.ndarray | Tensor) -> Tensor:
    return value if isinstance(value, Tensor) else torch.from_numpy(np.ascontiguousarray(value))


class _Arrays(pickle.Unpickler):
    """Builds mappings, lists, numbers, words and arrays; refuses everything else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in HARMLESS:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)
