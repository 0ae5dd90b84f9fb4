"""What a training is expected to take: time, memory, size of its checkpoint.

An estimate is arithmetic on counts (operations, numbers kept, parameters, layers of the backbone; passes of the method; images,
epochs and batch of the recipe) and on a reference device's four rates. It is good for planning and for what a cluster is asked
for, not for a bill: auxiliary modules of a method are not counted beyond its passes, augmentation and reading of data are not
counted at all, and devices are not what they are on paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.plan.catalogue import method_facts, method_files
from bench.plan.compute import passes_over
from bench.plan.costs import DatasetSize, Device, counted_or_stand_in, dataset_size, forward_flops
from bench.plan.plan import Plan
from bench.plan.values import Cell, Run

BYTES = 4  # of a number in fp32; bf16 halves part of the kept ones, which is left as a reserve
EVALUATION_BATCH = 256
DENSE_EVALUATION_BATCH = 16  # of pictures with masks or boxes
MIB = 2**20
OPTIMISER_STATES = {"sgd": 1, "adam": 2, "adamw": 2}


@dataclass(frozen=True)
class Estimate:
    """Of one training.

    Attributes
    ----------
    seconds
        From start to record, on the reference device; what one process trains shares its start.
    memory_mb
        MiB of the process on the host.
    device_memory_mb
        MiB on the device, where it has memory of its own; 0 elsewhere.
    checkpoint_mb
        MiB on disc while the training lasts.
    assumed_size
        Whether the number of images of its dataset is an assumption.
    """

    seconds: float
    memory_mb: float
    device_memory_mb: float
    checkpoint_mb: float
    assumed_size: bool


@dataclass(frozen=True)
class _Passes:
    """Forward, backward and teachers' passes of a step, per batch of fresh images."""

    forward: float
    backward: float
    trains: bool


@dataclass(frozen=True)
class Estimates:
    """The estimates of a plan's runs on one device; the seeds of a cell share theirs."""

    plan: Plan
    device: Device
    _cells: dict[Cell, Estimate] = field(default_factory=dict)
    _sizes: dict[str, DatasetSize] = field(default_factory=dict)
    _passes: dict[str, _Passes] = field(default_factory=dict)

    def of(self, run: Run) -> Estimate:
        """The estimate of one run."""
        if run.cell not in self._cells:
            self._cells[run.cell] = self._estimate(run)
        return self._cells[run.cell]

    def seconds(self, runs: Iterable[Run]) -> float:
        """The sum over runs."""
        return sum(self.of(run).seconds for run in runs)

    def start(self, run: Run) -> float:
        """Seconds of a run's part in the start of its process: a fork's, where the workflow's trainings are forks."""
        settings, cell = self.plan.settings, run.cell
        are_forks = settings.preload == "auto" and not settings.gpus and not settings.array_jobs
        fork = self.device.fork_seconds if are_forks else None
        whole = self.device.start_seconds if fork is None else fork
        place = (cell.paper, cell.dataset)
        groups = () if settings.array_jobs else self.plan.scale.together  # a job of an array is of one cell
        together = (each["backbones"] for each in groups if (each["paper"], each["dataset"]) == place)
        backbones = next((len(names) for names in together if cell.backbone in names), 1)
        return whole / backbones / min(self.plan.seeds_per_job, len(self.plan.seeds_of(cell.paper)))

    def _estimate(self, run: Run) -> Estimate:
        config = self.plan.resolve(run)
        recipe: Mapping[str, Any] = config["recipe"]  # type: ignore[assignment]
        size = self._size(config["data"]["name"])  # type: ignore[index]
        student = _Network.of(config["backbone"], recipe["image_size"], size.classes)  # type: ignore[arg-type]
        teachers = []
        for teacher in self.plan.teachers(run).values():
            theirs = self.plan.resolve(teacher)
            teachers.append(_Network.of(theirs["backbone"], recipe["image_size"], size.classes))  # type: ignore[arg-type]
        passes = self._passes_of(config["method"]["name"])  # type: ignore[index]
        seconds = self.start(run) + self._seconds(student, teachers, passes, recipe, size, self.plan.devices(run))
        states = OPTIMISER_STATES.get(recipe["optimiser"]["name"], 2)
        weights = student.parameters * BYTES / MIB
        checkpoint = weights * (1 + states)
        # Weights, gradients and optimiser states, and once more what a checkpoint writes, which is put together in memory.
        held = weights * (2 + states) + sum(teacher.parameters for teacher in teachers) * BYTES / MIB
        images = max(
            student.kept * recipe.get("micro_batch", recipe["batch_size"]) * max(1.0, passes.backward),
            2 * student.largest * min(DENSE_EVALUATION_BATCH if "task" in config else EVALUATION_BATCH, size.test),
        )
        held += images * BYTES / MIB
        data = 0.0 if size.streams else (size.train + size.test) * 3 * recipe["image_size"] ** 2 / MIB
        host = self.device.host_memory_mb + checkpoint + data
        if self.device.own_memory:
            return Estimate(seconds, host, held + data, checkpoint, size.assumed)
        return Estimate(seconds, host + held, 0.0, checkpoint, size.assumed)

    def _seconds(
        self,
        student: _Network,
        teachers: list[_Network],
        passes: _Passes,
        recipe: Mapping[str, Any],
        size: DatasetSize,
        devices: int,
    ) -> float:
        """Training, divided among devices, and one evaluation per epoch, which is not."""
        if not passes.trains:
            return sum(self._pass(network, size.test, EVALUATION_BATCH) for network in teachers or [student])
        batch, epochs = recipe["batch_size"], recipe["epochs"]
        images = recipe["epoch_steps"] * batch if "epoch_steps" in recipe else size.train
        steps = -(-images // batch)
        step = (passes.forward + 2 * passes.backward) * self._pass(student, images, batch)
        step += sum(self._pass(teacher, images, batch) for teacher in teachers)
        update = steps * student.parameters / self.device.parameters_per_second
        evaluations = -(-epochs // recipe.get("evaluate_every", 1))
        return passes_over(recipe) * (step / devices + update) + evaluations * self._pass(student, size.test, EVALUATION_BATCH)

    def _pass(self, network: _Network, images: int, batch: int) -> float:
        """Seconds of one forward pass over ``images``; a backward pass takes two of them."""
        device = self.device
        each = network.flops / device.flops_per_second + network.kept / device.numbers_per_second
        return images * each + -(-images // batch) * network.layers * device.seconds_per_layer

    def _size(self, name: str) -> DatasetSize:
        if name not in self._sizes:
            self._sizes[name] = dataset_size(name)
        return self._sizes[name]

    def _passes_of(self, method: str) -> _Passes:
        if method not in self._passes:
            facts = method_facts(method_files(self.plan.settings.plugins)[method])
            counted = {"forward": 1.0, "backward": 1.0, **facts.get("passes", {})}
            self._passes[method] = _Passes(counted["forward"], counted["backward"], facts.get("trains", True))
        return self._passes[method]


@dataclass(frozen=True)
class _Network:
    """A backbone's counts at one image size, width and number of classes."""

    flops: float
    kept: float
    largest: float
    parameters: float
    layers: int

    @classmethod
    def of(cls, backbone: Mapping[str, Any], size: int, classes: int) -> _Network:
        counted = counted_or_stand_in(backbone)
        width, area = backbone["width"], (size / counted.size) ** 2
        parameters = counted.parameters + (classes - 100) * counted.parameters_per_class
        return cls(
            flops=forward_flops(backbone, size),
            kept=counted.kept_numbers * area * width,
            largest=counted.largest_output * area * width,
            parameters=max(0.0, parameters) * width**2,
            layers=counted.layers,
        )
