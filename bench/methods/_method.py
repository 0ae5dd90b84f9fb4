"""What a method is to the training loop, and what the loop is to a method."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from bench.backbones import Network
from bench.backbones._residual import ResidualBlock
from bench.data import Batch
from bench.plan import BenchError
from bench.plan.needs import Known, refusal


@dataclass(frozen=True)
class Clock:
    """Where a training stands. ``epoch`` counts from 1 as in the papers, ``step`` within the epoch from 0.

    ``schedule_epochs`` is the number of epochs that the schedule is written for, where that is not ``epochs`` (small scales
    train for less).
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    schedule_epochs: int | None = None

    @property
    def iteration(self) -> int:
        """Steps done since the training began."""
        return (self.epoch - 1) * self.steps + self.step

    @property
    def schedule_epoch(self) -> float:
        """Completed epochs in units of the schedule, so that a ramp of 80 epochs shrinks where a training is scaled down."""
        return (self.epoch - 1) * (self.schedule_epochs or self.epochs) / self.epochs

    def scalar(self, course: Callable[[Clock], float]) -> Any:
        """A number that changes with the epoch, as a factor of a loss term; ``course`` says it for any clock.

        A float; where a GPU replays a recorded step, a scalar tensor that is filled anew in every epoch, so that the recording
        holds for all of them. A float of one's own making from :attr:`epoch` gives the same losses and a recording per epoch.
        """
        return course(self)


@dataclass
class Step:
    """What a training step gives back.

    Attributes
    ----------
    logits
        (B, C), of the fresh images; scored as training accuracy.
    labels
        (B,), theirs; either is ``None`` where a task counts no hits while it trains.
    losses
        Named scalar terms with their weights applied; the loop minimises their sum and plots each.
    logs
        Named scalars to plot, averaged over the steps of an epoch that report them.
    firsts
        Named scalars of which an epoch's first is plotted.
    """

    logits: Tensor | None
    labels: Any
    losses: dict[str, Tensor]
    logs: dict[str, Tensor] = field(default_factory=dict)
    firsts: dict[str, Tensor] = field(default_factory=dict)


class Method(nn.Module):
    """Base class: a student, the modules that train beside it, frozen teachers, hyper-parameters.

    A subclass says in its docstring the idea, then under ``Paper:``, ``Equations:``, ``Differences from the authors' code:``
    and, where it has hyper-parameters, ``Sources:`` (``alpha, beta: the paper; width: the code.``) what ``show`` prints;
    declares what it needs as class attributes; keeps its defaults in a nested frozen dataclass ``Params``; and implements
    :meth:`forward`, one training step.
    """

    label: ClassVar[str]
    tasks: ClassVar[tuple[str, ...]] = ("classification",)
    """Kinds of task that it can be trained for."""
    needs: ClassVar[Mapping[str, Any]] = {}
    """What networks and data must have; the vocabulary is that of :mod:`bench.plan.needs`, which refuses all else."""
    views: ClassVar[int] = 1
    """Independently augmented views of every image in a batch."""
    pairs: ClassVar[bool] = False
    """Whether a batch brings a second image of the same class for each image."""
    teacher_roles: ClassVar[tuple[str, ...]] = ()
    """Roles that a variant's ``teachers`` must fill."""
    whole_batch: ClassVar[str] = ""
    """Why a step cannot be divided among devices, each with its share of the mini-batch; empty where it can."""
    steady: ClassVar[bool] = True
    """Whether a step does the same operations every time, so that a GPU may record and replay it: no number drawn or read in
    Python steers it, and no state of its own lies outside of parameters, buffers and :attr:`carried`. A file of one's own has
    to say so itself; what is observed of the first steps can still forbid it."""
    trains: ClassVar[bool] = True
    """Whether there is anything to train; where not, the run is one evaluation of :meth:`predict`."""
    named: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Settings of the hyper-parameters that the field knows by a name of their own."""
    passes: ClassVar[Mapping[str, float]] = {"forward": 1, "backward": 1}
    """Student passes, and teacher passes, per batch of fresh images (a backward pass costs two forward ones)."""

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters and their defaults."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Let a step be called by its former name too: methods written for versions up to 0.1 define ``step``."""
        super().__init_subclass__(**kwargs)
        own = vars(cls).get("forward", vars(cls).get("step"))
        if own is not None:
            cls.forward = cls.step = own  # type: ignore[method-assign, attr-defined]
        if "steady" not in vars(cls) and not cls.__module__.startswith("bench.methods."):
            cls.steady = False

    def __init__(self, student: Any, params: Any, num_classes: int, teachers: Mapping[str, Any]) -> None:
        """Build the method on a network of its task; every teacher is one too.

        Raises
        ------
        BenchError
            If :meth:`refuses` says why it cannot be trained on them.
        """
        super().__init__()
        reason = self.refuses(student, params, num_classes, teachers)
        if reason:
            raise BenchError(f"method {type(self).__name__}: {reason}")
        self.student = student
        self.params = params
        self.num_classes = num_classes
        # A plain dict: teachers are neither parameters of the student nor part of its state.
        self.teachers = {role: teacher.eval().requires_grad_(False) for role, teacher in teachers.items()}
        self.answers: dict[str, Any] = {}  # callables that give a teacher's logits in its place

    @classmethod
    def refuses(cls, student: Network, params: Any, num_classes: int, teachers: Mapping[str, Network]) -> str:
        """Why it cannot be trained on such networks and data; empty where it can. The plan asks the same of literals."""
        known = Known(
            classes=num_classes,
            stages=len(student.stages),
            gated=any(isinstance(module, ResidualBlock) for module in student.modules()),
            teacher_stages={role: len(teacher.stages) for role, teacher in teachers.items()},
            task=cls.tasks[0],
        )
        return refusal(cls.tasks, cls.needs, vars(params), known)

    @property
    def carried(self) -> tuple[Tensor, ...]:
        """Tensors that the next step reads from this one; can be set to copies of them."""
        return ()

    @carried.setter
    def carried(self, tensors: tuple[Tensor, ...]) -> None:
        """Nothing is carried."""

    def forward(self, batch: Batch, clock: Clock) -> Step:
        """Loss terms of one batch: what a training step minimises."""
        raise NotImplementedError

    def predict(self, images: Tensor) -> Tensor:
        """Logits (B, C) at test time: the plain student unless the paper deploys something else."""
        return self.student(images)

    def export(self) -> dict[str, Tensor]:
        """State dict of the plain network that predicts as :meth:`predict` does; auxiliary modules are left behind."""
        return self.student.net.state_dict()

    def ask(self, role: str, images: Tensor) -> Tensor:
        """A frozen teacher's logits (B, C), without gradient."""
        with torch.no_grad():
            return self.answers.get(role, self.teachers[role])(images)

    @classmethod
    def cost(cls) -> float:
        """Cost of a step relative to the baseline's, counted in passes (methods with extra modules cost a little more)."""
        passes = {"forward": 0.0, "backward": 0.0, "teacher": 0.0, **cls.passes}
        return (passes["forward"] + 2 * passes["backward"] + passes["teacher"]) / 3
