"""A network and batches small enough for gradients by hand."""

import pytest
import torch
from torch import nn

from bench.backbones import Network
from bench.data import Batch
from bench.methods import Clock

CLASSES = 5


@pytest.fixture
def network():
    """Builds a small float network with batch normalisation; the seed fixes its weights."""

    def build(seed=0, classes=CLASSES):
        torch.manual_seed(seed)
        net = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, classes)
        )
        return Network(net)

    return build


@pytest.fixture
def batch():
    """Builds a batch of random images; the seed fixes it."""

    def build(seed=0, size=6, views=1, classes=CLASSES, pixels=8):
        draw = torch.Generator().manual_seed(seed)
        images = tuple(torch.randn(size, 3, pixels, pixels, generator=draw) for _ in range(views))
        labels = torch.randint(classes, (size,), generator=draw)
        return Batch(images, labels, torch.arange(size))

    return build


@pytest.fixture
def clock():
    """Builds a clock; the first epoch's first step unless told otherwise."""

    def build(epoch=1, epochs=100, step=0, steps=10):
        return Clock(epoch, epochs, step, steps)

    return build


@pytest.fixture
def make(network):
    """Builds a method on the small network: ``make(Method, alpha=1.3, teachers={"offline": network(1)})``."""

    def build(kind, *, seed=0, teachers=None, classes=CLASSES, **params):
        return kind(network(seed, classes), kind.Params(**params), classes, teachers or {}).train()

    return build
