"""Faster R-CNN detectors of ReviewKD's supplement, as detectron2 configures them."""

from __future__ import annotations

from typing import Any

from torch import nn

from bench.plan.errors import BenchError

BACKBONES = {
    "fasterrcnn_resnet18_fpn": {
        "body": "resnet18", "pixels": "torchvision", "frozen": ["stem", "res2"], "task": "detection", "native_size": 800,
    },
    "fasterrcnn_resnet50_fpn": {
        "body": "resnet50", "pixels": "msra", "frozen": ["stem", "res2"], "task": "detection", "native_size": 800,
    },
    "fasterrcnn_resnet101_fpn": {
        "body": "resnet101", "pixels": "msra", "frozen": ["stem", "res2"], "task": "detection", "native_size": 800,
    },
    "fasterrcnn_mobilenetv2_fpn": {
        "body": "mobilenet_v2", "pixels": "msra", "frozen": [], "task": "detection", "native_size": 800,
    },
}  # fmt: skip
PIXELS = {  # mean and deviation, red first, of what the weights were trained on
    "msra": ((123.675, 116.28, 103.53), (1.0, 1.0, 1.0)),
    "torchvision": ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375)),
}
NORMALISATIONS = ("intended", "code")
PYRAMID_WIDTH, HIDDEN = 256, 1024


def build(
    num_classes: int,
    *,
    body: str,
    pixels: str,
    frozen: list[str],
    width: float = 1.0,
    norm: str = "frozen",
    normalisation: str = "intended",
    blocks: list[int] | None = None,
    pyramid_width: int | None = None,
    hidden: int | None = None,
    **settings: Any,
) -> nn.Module:
    """A detector with random weights.

    Parameters
    ----------
    num_classes
        K, without background.
    body, norm, blocks
        As of ``build_body``.
    pixels
        Whose normalisation: ``msra`` (detectron2's ResNets) or ``torchvision``.
    frozen
        Parts of the body that do not train.
    width
        Multiplies the body's channel counts, and the pyramid's and the hidden layers' where these are not given.
    normalisation
        ``code`` swaps red and blue of mean and deviation, as the released configuration of ResNet-18 and its teacher does.
    settings
        Fields of ``DetectorSettings``.

    Raises
    ------
    BenchError
        On a word or setting that is not allowed.
    """
    from bench.backbones.detection.bodies import build_body
    from bench.backbones.detection.detector import FasterRCNN
    from bench.backbones.detection.settings import DetectorSettings

    mean, std = _statistics(pixels, normalisation)
    try:
        numbers = DetectorSettings(**settings)
    except TypeError as error:
        raise BenchError(f"detector: {error}") from None
    return FasterRCNN(
        build_body(body, norm=norm, width=width, blocks=blocks),
        pyramid_width or round(PYRAMID_WIDTH * width),
        hidden or round(HIDDEN * width),
        num_classes,
        numbers,
        mean,
        std,
        frozen,
    )


def _statistics(pixels: str, normalisation: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and deviation of the pixels, red first."""
    if normalisation not in NORMALISATIONS:
        raise BenchError(f"normalisation '{normalisation}'; allowed: {', '.join(NORMALISATIONS)}")
    if pixels not in PIXELS:
        raise BenchError(f"pixels '{pixels}'; allowed: {', '.join(PIXELS)}")
    order = 1 if normalisation == "intended" else -1
    mean, std = PIXELS[pixels]
    return mean[::order], std[::order]
