"""The registered methods, a small resolved config for each, and its teachers."""

import copy

import torch

from bench.methods import load_method
from bench.plan.catalogue import method_files
from bench.train import build_student

METHODS = sorted(method_files())
TRAINED = [name for name in METHODS if load_method(name).trains]
CLASSES = 7
CONFIG = {
    "run": "demo/conformance/noise/resnet20_cifar/baseline/seed0",
    "recipe": {
        "image_size": 32,
        "augmentation": [{"random_crop": 4}, {"horizontal_flip": 0.5}],
        "normalise": {"mean": [0.5], "std": [0.5]},
        "optimiser": {"name": "sgd", "lr": 0.05, "momentum": 0.9, "weight_decay": 5e-4},
        "schedule": {"name": "multistep", "milestones": [100]},
        "epochs": 2,
        "schedule_epochs": 200,  # ramps and late starts are over by the second epoch
        "batch_size": 8,
    },
    "backbone": {"name": "resnet20_cifar", "width": 0.25, "options": {}},
    "seed": 0,
}


def config_of(name, seed=0):
    made = copy.deepcopy(CONFIG)
    made["method"] = {"name": name, "params": {}}
    made["seed"] = seed
    return made


def teachers_of(name):
    """A frozen network of the student's kind per role, with statistics that are not those of a fresh one."""
    found = {}
    for index, role in enumerate(load_method(name).teacher_roles):
        network = build_student(config_of("baseline", seed=50 + index), CLASSES)
        network.train()
        with torch.no_grad():
            network(torch.randn(8, 3, 32, 32, generator=torch.Generator().manual_seed(index)))
        found[role] = network
    return found
