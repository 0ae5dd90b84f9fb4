"""A method put to the test: built on a small real backbone, fed a few small images, trained for a few steps on the CPU."""

from __future__ import annotations

import copy
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bench.backbones import Network
from bench.data import Batch, Dataset, ImageSet
from bench.data.boxes import table_of
from bench.data.drawing import draw_things
from bench.data.sides import BoxedArrays, MaskedArrays
from bench.methods import Clock, Method, load_method
from bench.methods._registry import params_of
from bench.tasks import load_task
from bench.train.loop import Interrupted, Loop, Outcome
from bench.train.progress import Reporter
from bench.train.setup import Machine, Training, build_student, build_training

CLASSES = 7
BATCH = 7
CONFIG = {
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
SMALL_DETECTOR = {
    "norm": "batch", "frozen": [], "pyramid_width": 16, "hidden": 32, "smallest_anchor": 4.0, "canonical": 18.0,
    "proposals_per_level": 50, "proposals_per_level_test": 25, "proposals": 40, "regions_drawn": 16, "anchors_drawn": 32,
    "least_score": 0.01,
}  # fmt: skip
DENSE: dict[str, dict[str, Any]] = {  # what a task has in place of a classifier's
    "segmentation": {
        "recipe": {"image_size": 64, "augmentation": [{"horizontal_flip": 0.5}], "batch_size": 4},
        "backbone": {"name": "efficientdet_d0", "width": 0.125, "options": {"backbone_bn_momentum": 0.1}},
    },
    "detection": {
        "recipe": {
            "image_size": 64,
            "augmentation": [{"horizontal_flip": 0.5}],
            "batch_size": 4,
            "optimiser": {"name": "sgd", "lr": 0.005, "momentum": 0.9, "weight_decay": 1e-4},
        },
        # Not an eighth: oneDNN's 1x1 convolution of stride 2 from 8 channels to 16 writes beyond its memory on two threads.
        "backbone": {"name": "fasterrcnn_resnet18_fpn", "width": 0.25, "options": SMALL_DETECTOR},
    },
}


@dataclass(frozen=True)
class Candidate:
    """A method by its name, and what :mod:`bench.testing.conformance` does with it.

    Attributes
    ----------
    name
        As ``python -m bench list methods`` has it; of a plug-in, its file's name.
    plugins
        The file of a method that is not the package's.
    unreached
        Parameters that by design get no gradient in a step.
    exports
        Whether one plain network predicts as the method does; where not, ``export`` has to refuse.
    """

    name: str
    plugins: tuple[str, ...] = ()
    unreached: frozenset[str] = frozenset()
    exports: bool = True

    @classmethod
    def of_file(cls, path: str | Path) -> Candidate:
        """The method that a file of one's own holds."""
        return cls(Path(path).stem, (str(path),))

    @cached_property
    def kind(self) -> type[Method]:
        """Its class."""
        return load_method(self.name, self.plugins)

    @property
    def task(self) -> str:
        """The kind of task that it is tried on: the first that it names."""
        return self.kind.tasks[0]

    def config(self, seed: int = 0) -> dict[str, Any]:
        """A small resolved config with the method's default hyper-parameters."""
        config, own = copy.deepcopy(CONFIG), copy.deepcopy(DENSE.get(self.task, {}))
        recipe = {**config["recipe"], **own.pop("recipe", {})}  # type: ignore[dict-item]
        task = {"task": self.task} if own else {}
        method = {"name": self.name, "params": {}}
        return {**config, **own, **task, "recipe": recipe, "method": method, "seed": seed, "run": self._run}

    @property
    def _run(self) -> str:
        return f"demo/conformance/noise/{DENSE.get(self.task, CONFIG)['backbone']['name']}/candidate/seed0"  # type: ignore[index]

    def teachers(self) -> dict[str, Network]:
        """A network of the student's kind per role, with statistics that are not those of a fresh one."""
        found = {}
        for index, role in enumerate(self.kind.teacher_roles):
            network = build_student(self.config(seed=50 + index), CLASSES).train()
            with torch.no_grad():
                images = load_task(self.task).sample(torch.Generator().manual_seed(index), 8, CLASSES).images
                network(images)
            found[role] = network
        return found

    def build(self, seed: int = 0) -> Method:
        """The method in training mode; the seed fixes student and auxiliary modules."""
        student = build_student(self.config(seed), CLASSES)
        torch.manual_seed(seed)
        return self.kind(student, params_of(self.kind, {}), CLASSES, self.teachers()).train()

    def batch(self, seed: int = 0) -> Batch:
        """A batch of noise as the method asks for it."""
        draw = torch.Generator().manual_seed(seed)
        return load_task(self.task).sample(draw, BATCH, CLASSES, self.kind.views, self.kind.pairs)

    def train(self, stop_after: int | None = None) -> tuple[Outcome, Training]:
        """Train from scratch; with ``stop_after`` steps it is interrupted there and taken up again."""
        with tempfile.TemporaryDirectory() as folder:
            checkpoint = Path(folder) / "checkpoint.pt"
            if stop_after is not None:
                asked = iter(range(10**6))
                try:
                    self._train(checkpoint, lambda: next(asked) >= stop_after)
                except Interrupted:
                    pass
                else:
                    raise ValueError(f"the training has no more than {stop_after} steps")
            return self._train(checkpoint, lambda: False)

    def stepped(self, cuda_graphs: str, device: str = "cpu") -> Training:
        """Five steps over two epochs, as they come or, with ``yes``, as a GPU would replay them."""
        machine = Machine.of(device, "fp32", 1, cuda_graphs=cuda_graphs)
        training = build_training(self.config(), _noise(self.task), self.teachers(), machine, self.plugins)
        training.method.train()
        for step in range(5):
            torch.manual_seed(step)
            training.update(self.batch(step).rows(slice(2)).to(device), Clock(149 + step // 4, 200, step % 4, 4))
        return training

    @cached_property
    def whole(self) -> tuple[Outcome, Training]:
        """An uninterrupted training, done once."""
        return self.train()

    def _train(self, checkpoint: Path, stop: Callable[[], bool]) -> tuple[Outcome, Training]:
        machine, config = Machine.of("cpu", "fp32", 1), self.config()
        training = build_training(config, _noise(self.task), self.teachers(), machine, self.plugins)
        reporter = Reporter(self.name, config["recipe"]["epochs"], (sys.stderr,))
        return Loop(training, machine, checkpoint, reporter, stop=stop).run(), training


def late(step: int) -> Clock:
    """A clock three quarters through a training, where every ramp is up and every late term has begun."""
    return Clock(150, 200, step, 10)


@cache
def _noise(task: str) -> Dataset:
    """Noise with a bright bar, 20 training and 14 test images, or half of it with things: 3 steps an epoch, the last short."""
    if task != "classification":
        return Dataset("noise", tuple("abcdefg"), True, _things(task, 10), _things(task, 7), "0" * 64)
    draw = torch.Generator().manual_seed(0)

    def images(count: int) -> ImageSet:
        labels = torch.arange(count) % CLASSES
        pixels = torch.randint(0, 120, (count, 3, 32, 32), generator=draw)
        for index, label in enumerate(labels.tolist()):
            pixels[index, :, 4 * label : 4 * label + 4] += 130
        return ImageSet(pixels.to(torch.uint8), labels)

    return Dataset("noise", tuple("abcdefg"), True, images(20), images(14), "0" * 64)


def _things(task: str, count: int) -> MaskedArrays | BoxedArrays:
    """Drawn things with masks or boxes, no picture without any."""
    images, things = draw_things(count + 1, 64, np.random.default_rng(count))
    if task == "segmentation":
        return MaskedArrays(images[1:], np.stack([thing.mask for thing in things[1:]]))
    return BoxedArrays(images[1:], table_of(things[1:]))
