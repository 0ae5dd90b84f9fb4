"""A resolved config and a small dataset of coloured squares, trained in a second."""

import copy

import pytest
import torch
from projects.squares import trained

from bench.backbones import Network
from bench.data import Dataset, ImageSet
from bench.train import Machine

CONFIG = {
    "run": "demo/drrnet/squares/resnet18/baseline/seed0",
    "paper": "drrnet",
    "recipe_version": 1,
    "scale": {"name": "demo", "comparable": False},
    "data": {"name": "squares", "stand_in": True, "size": 32, "options": {}, "key": "squares-32px"},
    "recipe": {
        "image_size": 32,
        "augmentation": [{"horizontal_flip": 0.5}],
        "normalise": {"mean": [0.5], "std": [0.5]},
        "optimiser": {"name": "adam", "lr": 2e-3},
        "schedule": {"name": "step", "step_size": 5, "gamma": 0.5},
        "epochs": 12,
        "schedule_epochs": 12,
        "batch_size": 16,
    },
    "backbone": {"name": "resnet18", "width": 0.125, "options": {}},
    "method": {"name": "baseline", "params": {}},
    "teachers": {},
    "seed": 0,
    "precision": "fp32",
}


@pytest.fixture
def config():
    """Builds a resolved config; keyword arguments replace the recipe's keys."""

    def build(method="baseline", params=None, seed=0, backbone="resnet18", **recipe):
        made = copy.deepcopy(CONFIG)
        made["method"] = {"name": method, "params": params or {}}
        made["seed"] = seed
        made["backbone"]["name"] = backbone
        made["recipe"].update(recipe)
        return made

    return build


@pytest.fixture(scope="session")
def squares():
    """Three classes of noisy squares of different sizes; 60 training and 30 test images of 32 pixels."""
    draw = torch.Generator().manual_seed(0)

    def images(count):
        labels = torch.arange(count) % 3
        pixels = torch.randint(0, 90, (count, 1, 32, 32), generator=draw)
        for index, label in enumerate(labels.tolist()):
            side = 6 + 8 * label
            pixels[index, :, 4 : 4 + side, 4 : 4 + side] += 120
        return ImageSet(pixels.to(torch.uint8), labels)

    return Dataset("squares", ("small", "middle", "large"), True, images(60), images(30), "0" * 64)


@pytest.fixture
def machine():
    return Machine.of("cpu", "fp32", 1)


@pytest.fixture
def run(squares, machine, tmp_path):
    """Trains a config; returns the outcome and the training."""

    def train(config, teachers=None, checkpoint=tmp_path / "checkpoint.pt", **options):
        return trained(config, squares, machine, checkpoint, teachers, **options)

    return train


@pytest.fixture
def teacher(squares):
    def build(seed=5):
        from bench.train import build_student

        made = copy.deepcopy(CONFIG)
        made["seed"] = seed
        network: Network = build_student(made, len(squares.classes))
        return network

    return build
