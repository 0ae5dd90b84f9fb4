"""Every registered method on a real backbone, a few small images, a few steps."""

import sys

import pytest
import torch
from small_runs import CLASSES, METHODS, TRAINED, config_of, teachers_of

from bench.data import Batch, Dataset, ImageSet
from bench.methods import Clock, load_method
from bench.methods.shared.registry import params_of
from bench.train import Interrupted, Machine, build_student, build_training, train_run
from bench.train.progress import Reporter


def pytest_generate_tests(metafunc):
    """``registered`` runs over every method, ``trained`` over those that train something."""
    if "registered" in metafunc.fixturenames:
        metafunc.parametrize("registered", METHODS)
    if "trained" in metafunc.fixturenames:
        metafunc.parametrize("trained", TRAINED)


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def noise():
    """20 training and 14 test images of noise with a bright bar per class: 3 steps an epoch, the last one short."""
    draw = torch.Generator().manual_seed(0)

    def images(count):
        labels = torch.arange(count) % CLASSES
        pixels = torch.randint(0, 120, (count, 3, 32, 32), generator=draw)
        for index, label in enumerate(labels.tolist()):
            pixels[index, :, 4 * label : 4 * label + 4] += 130
        return ImageSet(pixels.to(torch.uint8), labels)

    return Dataset("noise", tuple("abcdefg"), True, images(20), images(14), "0" * 64)


@pytest.fixture
def build():
    """Builds a method in training mode; the seed fixes student and auxiliary modules."""

    def make(name, seed=0):
        kind = load_method(name)
        student = build_student(config_of(name, seed), CLASSES)
        torch.manual_seed(seed)
        return kind(student, params_of(kind, {}), CLASSES, teachers_of(name)).train()

    return make


@pytest.fixture
def batch():
    """Builds a batch as a method asks for it."""

    def make(method, seed=0, size=7):
        draw = torch.Generator().manual_seed(seed)
        views = tuple(torch.randn(size, 3, 32, 32, generator=draw) for _ in range(method.views))
        labels = torch.randint(CLASSES, (size,), generator=draw)
        partners = torch.randn(size, 3, 32, 32, generator=draw) if method.pairs else None
        return Batch(views, labels, torch.arange(size), partners)

    return make


@pytest.fixture
def late():
    """Builds a clock three quarters through a training, where every ramp is up and every late term has begun."""
    return lambda step: Clock(150, 200, step, 10)


@pytest.fixture(scope="session")
def train(noise, tmp_path_factory):
    """Trains a method from scratch; with ``stop_after`` steps it is interrupted there and taken up again."""
    machine = Machine.of("cpu", "fp32", 1)

    def run(name, stop_after=None):
        config, folder = config_of(name), tmp_path_factory.mktemp(name)

        def once(stop):
            training = build_training(config, noise, teachers_of(name), machine)
            reporter = Reporter(name, config["recipe"]["epochs"], (sys.stderr,))
            return train_run(training, machine, folder / "checkpoint.pt", reporter, stop=stop), training

        if stop_after is not None:
            asked = iter(range(10**6))
            with pytest.raises(Interrupted):
                once(lambda: next(asked) >= stop_after)
        return once(lambda: False)

    return run


@pytest.fixture(scope="session")
def whole(train):
    """An uninterrupted training of each method, done once."""
    done = {}

    def of(name):
        if name not in done:
            done[name] = train(name)
        return done[name]

    return of
