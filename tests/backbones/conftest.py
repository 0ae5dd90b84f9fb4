"""Small networks with batch norms that do something, and images that fit them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from projects.shared import one_thread  # noqa: F401 -- for every test here
from torch import Tensor, nn

from bench.backbones import Network
from bench.plan.catalogue import backbone_facts, backbone_files
from bench.tasks import build_network

# Classifiers; the networks of other tasks have test files of their own.
ALL = sorted(name for name in backbone_files() if backbone_facts(name).get("task", "classification") == "classification")
STAGED = [name for name in ALL if "stages" in backbone_facts(name)]
# Those that differ from another one in depth or width alone; what only the wiring decides is not tested on them again.
LARGER = {
    *(f"resnet{depth}_cifar" for depth in (32, 44, 50, 56, 74, 92, 110)),
    "resnet164_bottleneck_cifar",
    "resnet32x4_cifar",
    "wrn16_4",
    "wrn40_2",
    "wrn28_4",
    "wrn28_10",
    "resnet34_cifar",
    "resnet34",
    "densenet_bc190_k40",
    "vgg11_bn",
    "vgg16_bn",
    "vgg19_bn",
    "vgg13_cifar",
    "resnet34_short",
    "vgg11_bn_short",
    "vgg16_bn_short",
}
LEAST_SIZE = {"alexnet": 63, "inception_v4": 75}  # and of their short forms


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """``registered``: every classifier, ``wired``: one of each wiring; ``staged``, ``tapped``: those with stages."""
    if "registered" in metafunc.fixturenames:
        metafunc.parametrize("registered", ALL)
    if "wired" in metafunc.fixturenames:
        metafunc.parametrize("wired", [name for name in ALL if name not in LARGER])
    if "staged" in metafunc.fixturenames:
        metafunc.parametrize("staged", STAGED)
    if "tapped" in metafunc.fixturenames:
        metafunc.parametrize("tapped", [name for name in STAGED if name not in LARGER])


@pytest.fixture
def narrow() -> Callable[..., Network]:
    """A builder of quarter-width networks with drawn batch-norm parameters and statistics."""

    def build(name: str, classes: int = 5, width: float = 0.25, **options: object) -> Network:
        torch.manual_seed(3)
        network = build_network(name, classes, width=width, **options)
        for module in network.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                nn.init.uniform_(module.weight, 0.5, 1.5)
                nn.init.normal_(module.bias, std=0.3)
                module.running_mean.normal_(std=0.3)
                module.running_var.uniform_(0.5, 1.5)
        return network

    return build


@pytest.fixture
def images_for() -> Callable[..., Tensor]:
    def draw(name: str, count: int = 2) -> Tensor:
        size = LEAST_SIZE.get(name.removesuffix("_short"), 32)
        return torch.randn(count, 3, size, size, generator=torch.Generator().manual_seed(4))

    return draw
