"""Classification networks cut down to what a pyramid stands on: torchvision's ResNets and MobileNetV2."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torchvision.models import mobilenet_v2
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet
from torchvision.ops import FrozenBatchNorm2d

from bench.backbones._slim import slim
from bench.plan.errors import BenchError

RESNETS: dict[str, tuple[type[BasicBlock | Bottleneck], list[int]]] = {
    "resnet18": (BasicBlock, [2, 2, 2, 2]),
    "resnet50": (Bottleneck, [3, 4, 6, 3]),
    "resnet101": (Bottleneck, [3, 4, 23, 3]),
}
MOBILENET = "mobilenet_v2"
MOBILENET_TAPS = (3, 6, 13, 17)  # the last blocks of 24, 32, 96 and 320 channels, at strides 4, 8, 16, 32
NORMS: dict[str, Callable[..., nn.Module]] = {"frozen": FrozenBatchNorm2d, "batch": nn.BatchNorm2d}
CLASSES = 1000  # of the classifier that is cut off


class Body(nn.Module):
    """Stages one after the other; ``channels`` are those of their outputs, res2 to res5."""

    def __init__(self, stem: nn.Module, stages: Sequence[nn.Module], channels: Sequence[int]) -> None:
        super().__init__()
        self.stem = stem
        self.res2, self.res3, self.res4, self.res5 = stages
        self.channels = list(channels)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Maps at strides 4, 8, 16 and 32 of images (B, 3, H, W)."""
        maps, taken = self.stem(images), []
        for stage in (self.res2, self.res3, self.res4, self.res5):
            maps = stage(maps)
            taken.append(maps)
        return taken


def build_body(name: str, *, norm: str, width: float, blocks: Sequence[int] | None = None) -> Body:
    """A body with random weights.

    Parameters
    ----------
    name
        A ResNet, or ``mobilenet_v2``. Bottlenecks carry their stride in the first 1x1 convolution, as in MSRA's ResNets.
    norm
        ``frozen``: affine maps whose parameters and statistics are constants, for pretrained weights alone; or ``batch``.
    width
        Multiplies all channel counts; not with frozen norms.
    blocks
        Per stage, where not the network's own (small scales only).

    Raises
    ------
    BenchError
        On another word, or frozen norms in a narrow network.
    """
    if norm not in NORMS:
        raise BenchError(f"norm '{norm}'; allowed: {', '.join(NORMS)}")
    if norm == "frozen" and width != 1.0:
        raise BenchError(f"norm 'frozen' needs pretrained weights, which a network of width {width} has none of; use 'batch'")
    if width == 1.0:
        return _cut(_classifier(name, norm, blocks))
    with torch.device("meta"):
        net = _classifier(name, norm, blocks)
    return _cut(slim(net, width, CLASSES))


def _classifier(name: str, norm: str, blocks: Sequence[int] | None) -> nn.Module:
    if name == MOBILENET:
        return mobilenet_v2(norm_layer=NORMS[norm])
    kind, own = RESNETS[name]
    net = ResNet(kind, list(blocks or own), norm_layer=NORMS[norm])
    for module in net.modules():
        if isinstance(module, Bottleneck) and module.stride != 1:
            module.conv1.stride, module.conv2.stride = module.conv2.stride, (1, 1)
    return net


def _cut(net: nn.Module) -> Body:
    if isinstance(net, ResNet):
        stem = nn.Sequential()
        for part in ("conv1", "bn1", "relu", "maxpool"):
            stem.add_module(part, net.get_submodule(part))
        stages = [net.layer1, net.layer2, net.layer3, net.layer4]
        return Body(stem, stages, [_outputs(stage) for stage in stages])
    features = list(net.features)  # type: ignore[arg-type]
    ends = [tap + 1 for tap in MOBILENET_TAPS]
    parts = [nn.Sequential(*features[start:end]) for start, end in zip([1, *ends[:-1]], ends, strict=True)]
    return Body(features[0], parts, [_outputs(part) for part in parts])


def _outputs(stage: nn.Module) -> int:
    if isinstance(stage[-1], BasicBlock):  # type: ignore[index]
        return stage[-1].conv2.out_channels  # type: ignore[index]
    if isinstance(stage[-1], Bottleneck):  # type: ignore[index]
        return stage[-1].conv3.out_channels  # type: ignore[index]
    return [module for module in stage.modules() if isinstance(module, nn.Conv2d)][-1].out_channels
