"""A network that a probe looks at, built in the test and not trained."""

from types import SimpleNamespace

import pytest
import torch

from bench.data import Dataset, ImageSet, evaluation_batches
from bench.methods import load_method
from bench.methods._registry import params_of
from bench.tasks import build_network

RECIPE = {"image_size": 16, "normalise": {"mean": [0.5], "std": [0.5]}}
CLASSES = 5


@pytest.fixture(scope="session")
def noise():
    """40 images of noise on each side, 8 of each class."""
    draw = torch.Generator().manual_seed(0)
    labels = torch.arange(40) % CLASSES
    sides = [ImageSet(torch.randint(0, 256, (40, 3, 16, 16), generator=draw).to(torch.uint8), labels) for _ in range(2)]
    return Dataset("noise", tuple("abcde"), True, *sides, "0" * 64)


@pytest.fixture
def network(noise):
    """Builds what a probe sees; ``wrap`` changes the method after an epoch."""

    def build(method, epochs=(1, 2), wrap=lambda method, epoch: method):
        def after(epoch):
            kind = load_method(method)
            torch.manual_seed(epoch)
            student = build_network("resnet20_cifar", CLASSES, width=0.25, depth=14)
            return wrap(kind(student, params_of(kind, {}), CLASSES, {}).eval(), epoch)

        def batches(images):
            return evaluation_batches(images.images, images.labels, RECIPE, batch_size=16)

        run = SimpleNamespace(cell=SimpleNamespace(dataset="noise"))
        pictures = lambda images: images.images / 255  # noqa: E731
        return SimpleNamespace(run=run, dataset=noise, epochs=epochs, method=after, batches=batches, pictures=pictures)

    return build


@pytest.fixture(autouse=True)
def without_gradients():
    with torch.inference_mode():
        yield
