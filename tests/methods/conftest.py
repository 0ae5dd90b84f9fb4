"""A network and batches small enough for gradients by hand."""

from collections import OrderedDict

import pytest
import torch
from torch import nn

from bench.data import Batch
from bench.methods import Clock
from bench.tasks.classification import Classifier

CLASSES = 5


@pytest.fixture
def network():
    """Builds a small float network with batch normalisation; the seed fixes its weights."""

    def build(seed=0, classes=CLASSES):
        torch.manual_seed(seed)
        net = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(8, classes),
        )
        return Classifier(net)

    return build


@pytest.fixture
def batch():
    """Builds a batch of random images; the seed fixes it."""

    def build(seed=0, size=6, views=1, classes=CLASSES, pixels=8):
        draw = torch.Generator().manual_seed(seed)
        images = tuple(torch.randn(size, 3, pixels, pixels, generator=draw) for _ in range(views))
        labels = torch.randint(classes, (size,), generator=draw)
        return Batch(images, (labels,) * views, torch.arange(size))

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


@pytest.fixture
def staged():
    """Builds a small network of three stages (convolution, batch norm, ReLU) with 4, 8, 8 channels, halving from the second."""

    def block(inputs, outputs, stride):
        return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, padding=1), nn.BatchNorm2d(outputs), nn.ReLU())

    def build(seed=0, classes=CLASSES):
        torch.manual_seed(seed)
        parts = [("stage1", block(3, 4, 1)), ("stage2", block(4, 8, 2)), ("stage3", block(8, 8, 2))]
        parts += [("pool", nn.AdaptiveAvgPool2d(1)), ("flatten", nn.Flatten()), ("classifier", nn.Linear(8, classes))]
        return Classifier(nn.Sequential(OrderedDict(parts)), ("stage1", "stage2", "stage3"))

    return build


@pytest.fixture
def make_staged(staged):
    """As ``make``, on the network of three stages."""

    def build(kind, *, seed=0, teachers=None, classes=CLASSES, **params):
        return kind(staged(seed, classes), kind.Params(**params), classes, teachers or {}).train()

    return build


@pytest.fixture
def gradients():
    """Size of a loss's gradient with respect to every parameter of a module; 0 where the loss does not depend on it."""

    def of(loss, module):
        found = torch.autograd.grad(loss, list(module.parameters()), retain_graph=True, allow_unused=True)
        return [0.0 if item is None else float(item.abs().max()) for item in found]

    return of
