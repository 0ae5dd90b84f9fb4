"""From a resolved config to the objects that a training moves."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import torch

from bench.backbones import Network, count_parameters
from bench.data import Batch, Batches, Dataset, mix, scored_batches, training_batches
from bench.data.loading.streaming import StreamedBatches
from bench.methods import Method, load_method
from bench.methods._registry import params_of
from bench.plan import BenchError
from bench.plan.metrics import METRICS, USUAL_TASK, Metric, recorded_metrics
from bench.tasks import Task, build_network, load_task
from bench.train.convolutions import put_into_form, resolve_convolutions
from bench.train.frozen import KeptLogits, is_worth_keeping, views_of
from bench.train.graphed import Graphed
from bench.train.group import ALONE, Group
from bench.train.optimise import EpochSchedule, IterationSchedule, build_optimiser, by_iteration
from bench.train.precision import loss_scaler, resolve_precision
from bench.train.pretrained import begin_with
from bench.train.update import Accumulating, Eager, Scheduled, Update

if TYPE_CHECKING:
    from bench.data.loading.dense import DenseBatches

M = TypeVar("M", bound=torch.nn.Module)


@dataclass(frozen=True)
class Machine:
    """Where a training runs; nothing here changes what it computes but device, precision and the form of convolutions."""

    device: torch.device
    precision: str
    threads: int = 1
    workers: int = 0
    convolutions: str = "library"
    graphs: bool = False

    @classmethod
    def of(
        cls,
        device: str,
        precision: str,
        threads: int = 1,
        workers: int = 0,
        convolutions: str = "library",
        cuda_graphs: str = "auto",
    ) -> Machine:
        """Resolve ``auto``; says in one line when a GPU is asked for and absent.

        ``cuda_graphs`` is ``auto`` (on a GPU), ``yes`` (without one the same steps, not recorded) or ``no``.
        """
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        if device.startswith("cuda") and not torch.cuda.is_available():
            raise BenchError(f"device '{device}': no GPU is visible; allowed here: auto, cpu")
        where = torch.device(device)
        graphs = cuda_graphs == "yes" or (cuda_graphs == "auto" and where.type == "cuda")
        precision = resolve_precision(precision, where)
        return cls(where, precision, threads, workers, resolve_convolutions(convolutions, precision, where), graphs)

    def prepare(self, fixed_shapes: bool) -> None:
        """Set this process up for a training: CPU threads, and on a GPU a search of the fastest convolutions of its shapes."""
        torch.set_num_threads(self.threads)
        if self.device.type == "cuda":
            torch.backends.cudnn.benchmark = fixed_shapes

    def now(self) -> float:
        """Seconds of a clock, read when a GPU has done what it was told so far on this training's stream."""
        if self.device.type == "cuda":
            torch.cuda.current_stream(self.device).synchronize()
        return time.monotonic()


@dataclass
class Training:
    """The moving parts of one training; ``scored`` are the sides that an evaluation scores, ``test`` and ``validation``."""

    config: Mapping[str, Any]
    task: Task
    method: Method
    optimiser: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    schedule: EpochSchedule
    batches: Batches | StreamedBatches | DenseBatches
    scored: Mapping[str, Any]
    update: Update
    params: dict[str, Any]
    parameters: int
    extra_parameters: int

    @property
    def train_score(self) -> str:
        """The metric that is measured on the training images while they train; empty where the task has none."""
        return next((name for name, metric in self.metrics.items() if metric.side == "train"), "")

    @property
    def fixed_shapes(self) -> bool:
        """Whether all its images and targets have one shape; with masks or boxes they may keep theirs."""
        return task_of(self.config) == USUAL_TASK

    @property
    def selected_by(self) -> str:
        """The side whose best epoch is the headline; empty where that is the last epoch."""
        return str(self.config["recipe"].get("selection", "last")).partition("best_")[2]

    @property
    def epochs(self) -> int:
        """Epochs to train; one evaluation where there is nothing to train."""
        return int(self.config["recipe"]["epochs"]) if self.method.trains else 1

    def batches_in(self, epoch: int, start_step: int) -> Iterator[Batch]:
        """The batches of an epoch (from 1), which ends early where the recipe says so of the last one."""
        whole, share = self.batches.epoch(epoch, start_step=start_step), self.config["recipe"].get("last_epoch_share")
        if share is None or epoch < self.epochs:
            return whole
        return islice(whole, max(1, round(share * len(self.batches))) - start_step)

    @property
    def metrics(self) -> dict[str, Metric]:
        """What its record holds, the headline first."""
        return {name: METRICS[name] for name in recorded_metrics(task_of(self.config))}


def task_of(config: Mapping[str, Any]) -> str:
    """The kind of task of a resolved config."""
    return str(config.get("task", USUAL_TASK))


def build_student(config: Mapping[str, Any], num_classes: int) -> Network:
    """The backbone of a resolved config with weights drawn from its seed."""
    torch.manual_seed(mix(config["seed"], "initialise"))
    backbone, task = config["backbone"], task_of(config)
    return build_network(backbone["name"], num_classes, task=task, width=backbone["width"], **backbone["options"])


def build_training(
    config: Mapping[str, Any],
    dataset: Dataset,
    teachers: Mapping[str, Network],
    machine: Machine,
    plugins: Sequence[str] = (),
    group: Group = ALONE,
    weights: Path | None = None,
) -> Training:
    """Build everything that one run trains with.

    Parameters
    ----------
    weights
        The folder that holds the files of pretrained weights.

    Raises
    ------
    BenchError
        On an unknown method, backbone or hyper-parameter, a teacher that the method needs and the variant does not name, a
        file of weights that is missing or does not fit, or a training that ``group`` cannot divide.
    """
    kind, recipe = load_method(config["method"]["name"], plugins), config["recipe"]
    _refuse_missing_teachers(kind, config, teachers)
    batches = training_batches(
        dataset.train,
        recipe,
        seed=config["seed"],
        device=machine.device,
        views=kind.views,
        pairs=kind.pairs,
        workers=machine.workers,
        share=(group.rank, group.size),
    )
    images = len(batches.side) if hasattr(batches, "side") else len(dataset.train)  # without pictures that have no box
    group.check(kind, images, recipe["batch_size"], recipe.get("drop_last", False) or "epoch_steps" in recipe)
    method = _build_method(kind, config, len(dataset.classes), teachers, machine, weights)
    if is_worth_keeping(recipe, machine.device) and not machine.graphs:  # a look would be no step that repeats
        limit = 2 * views_of(recipe) * images  # an epoch's last batch may be shorter
        method.answers = {role: KeptLogits(teacher, limit) for role, teacher in method.teachers.items()}
    scaler, task = loss_scaler(machine.precision, machine.device), load_task(task_of(config))
    # torch's fused SGD goes on with a momentum that it never filled where a scaler leaves its first step out.
    optimiser = build_optimiser(method, recipe, fused=not scaler.is_enabled())
    return Training(
        config=config,
        task=task,
        method=method,
        optimiser=optimiser,
        scaler=scaler,
        schedule=EpochSchedule(optimiser, recipe),
        batches=batches,
        scored={
            side: scored_batches(images, recipe, device=machine.device, workers=machine.workers)
            for side, images in (("test", dataset.test), ("validation", dataset.validation))
            if images is not None
        },
        update=_build_update(method, config, optimiser, scaler, machine, group),
        params=asdict(method.params),
        parameters=count_parameters(method.student),
        extra_parameters=count_parameters(method) - count_parameters(method.student),
    )


def _build_update(
    method: Method,
    config: Mapping[str, Any],
    optimiser: torch.optim.Optimizer,
    scaler: torch.amp.GradScaler,
    machine: Machine,
    group: Group,
) -> Update:
    """The training step that a recipe describes."""
    task, recipe = task_of(config), config["recipe"]
    micro_batch = recipe.get("micro_batch", 0)
    if micro_batch and group.size > 1:
        raise BenchError(f"micro_batch {micro_batch}: a step of several passes cannot be divided among {group.size} devices")
    eager = (Accumulating if micro_batch else Eager)(
        method,
        load_task(task),
        optimiser,
        scaler,
        precision=machine.precision,
        device=machine.device,
        group=group,
        clip_gradient=recipe.get("clip_gradient"),
        clip_value=recipe.get("clip_value"),
        **({"micro_batch": micro_batch} if micro_batch else {}),
    )
    # Masks and boxes change their number, passes and devices their order, fp16 its scale: those steps run as they come.
    alike = type(method).steady and task == USUAL_TASK and group.size == 1 and not micro_batch and not scaler.is_enabled()
    update: Update = Graphed(eager) if machine.graphs and alike else eager
    return Scheduled(update, IterationSchedule(optimiser, recipe)) if by_iteration(recipe) else update


def _build_method(
    kind: type[Method],
    config: Mapping[str, Any],
    classes: int,
    teachers: Mapping[str, Network],
    machine: Machine,
    weights: Path | None,
) -> Method:
    """The method on its student, with auxiliary modules drawn from the seed, on the device."""
    params = params_of(kind, config["method"]["params"])
    student = build_student(config, classes)
    whole = bool(kind.needs.get("whole_weights"))
    begin_with(student.net, config["recipe"].get("pretrained", ""), weights, whole)
    torch.manual_seed(mix(config["seed"], "auxiliary"))
    frozen = {role: _placed(teacher, machine) for role, teacher in teachers.items()}
    return _placed(kind(student, params, classes, frozen), machine)


def _refuse_missing_teachers(kind: type[Method], config: Mapping[str, Any], teachers: Mapping[str, Network]) -> None:
    missing = [role for role in kind.teacher_roles if role not in teachers]
    if missing:
        raise BenchError(
            f"{config['run']}: method '{config['method']['name']}' needs a teacher '{missing[0]}';"
            " name it under the variant's teachers"
        )


def _placed(module: M, machine: Machine) -> M:
    """Move a module to the device, its convolutions to channels_last, where they are fastest, and into the machine's form."""
    put_into_form(module, machine.convolutions)
    return module.to(machine.device, memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]
