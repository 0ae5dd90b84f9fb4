"""A training step that a GPU replays: recorded once per shape of its tensors as a CUDA graph, then one launch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn

from bench.data import Batch
from bench.methods import Clock
from bench.train.meters import StepResult
from bench.train.operations import Operations
from bench.train.precision import autocast
from bench.train.update import Eager

MOST_REHEARSED = 4  # steps of a form until two in a row must have been alike; the first makes its clock's scalars
Counts = Mapping[nn.Module, int]


class Graphed:
    """The steps of :class:`Eager`, replayed.

    A step is recorded when two in a row did the same operations with the same numbers; until then each is rehearsed, and run as
    it would be without. What changes from step to step lies in tensors that stay where they are: the mini-batch, what a method
    carries over, learning rates, and the scalars that a method asks its clock for. A mini-batch of another size is another
    form with a recording of its own. A step that cannot be recorded is run as it comes, and ``how`` says why.

    Without a GPU all of this happens but the recording: the operations are run again, on the same tensors.
    """

    def __init__(self, eager: Eager) -> None:
        self.eager, self.method, self.optimiser, self.device = eager, eager.method, eager.optimiser, eager.device
        on_gpu = self.device.type == "cuda"
        exact = torch.float32 if on_gpu else torch.float64  # what torch's fused optimisers read there
        self.rates = [torch.zeros((), dtype=exact, device=self.device) for _ in self.optimiser.param_groups]
        self.norms = [norm for norm in self.method.modules() if isinstance(norm, nn.modules.batchnorm._NormBase)]
        self.forms: dict[Any, _Form] = {}
        self.carried: dict[Any, tuple[Tensor, ...]] = {}
        self.reason = ""
        self.stream = torch.cuda.Stream(self.device) if on_gpu else None
        self.pool = torch.cuda.graph_pool_handle() if on_gpu else None

    @property
    def how(self) -> str:
        """``graphed``, or ``eager`` with the reason."""
        return f"eager: {self.reason}" if self.reason else "graphed"

    def __call__(self, batch: Batch, clock: Clock) -> StepResult:
        """Change the weights by a mini-batch."""
        if self.reason:
            return self.eager(batch, clock)
        self._settle_carried()
        form = self._form(batch)
        form.take(batch, clock)
        for rate, group in zip(self.rates, self.optimiser.param_groups, strict=True):
            rate.fill_(group["lr"])
        if not form.repeats or (form.clock.reads("epoch") and form.epoch != clock.epoch):
            self._rehearse(form, clock)
            with self._aside():
                return self._work(form)
        try:
            form.replay = form.replay or self._recorded(form)
        except RuntimeError as error:  # of CUDA, whose words a record may show
            self._give_up(f"it cannot be recorded ({str(error).splitlines()[0][:200]})")
            return self.eager(batch, clock)
        return form.replay()

    def _form(self, batch: Batch) -> _Form:
        tensors = (*batch.views, *batch.targets, batch.partners, *self.method.carried)
        key = tuple(None if each is None else (each.shape, each.dtype) for each in tensors)
        if key not in self.forms:
            self.forms[key] = _Form(_copied(batch), HeldClock(self.device))
        return self.forms[key]

    def _rehearse(self, form: _Form, clock: Clock) -> None:
        """Hold the operations of a step's forward pass against those of the one before, and undo what the pass has changed.

        Beside the step and not in it: where operations are listened to, torch computes some gradients in another order.
        """
        before, carried = self._counted(), self.method.carried
        buffers = [each for part in (self.method, *self.method.teachers.values()) for each in part.buffers()]
        kept = [_copied_tensor(each) for each in buffers]
        devices = [self.device] if self.device.type == "cuda" else []
        with torch.random.fork_rng(devices), Operations(self.device) as seen, autocast(self.eager.precision, self.device):
            self.eager.forward(form.batch, form.clock)
        form.counts = {norm: now - was for (norm, now), was in zip(self._counted().items(), before.values(), strict=True)}
        for buffer, each in zip(buffers, kept, strict=True):
            buffer.copy_(each)
        self.method.carried = carried
        form.clock.set(clock)
        form.repeats, form.epoch = seen.found == form.operations, clock.epoch
        form.rehearsed = 0 if form.repeats else form.rehearsed + 1
        if not form.repeats:
            form.operations, form.replay = seen.found, None
        if seen.impossible:
            self._give_up(seen.impossible)
        elif form.clock.reads("step"):
            self._give_up("its step reads the clock's step")
        elif form.rehearsed == MOST_REHEARSED:
            self._give_up("its operations differ from step to step")

    def _recorded(self, form: _Form) -> Callable[[], StepResult]:
        """What repeats the step of a form."""

        def work() -> StepResult:
            with _counting_at_once(form.counts):
                return self._work(form)

        if self.stream is None:
            return work
        carried, graph = self.method.carried, torch.cuda.CUDAGraph()
        self.optimiser.zero_grad(set_to_none=True)  # gradients of the recording are its own
        try:
            with torch.cuda.graph(graph, self.pool, self.stream, capture_error_mode="thread_local"):
                measured = work()
        finally:  # recording runs nothing
            after, self.method.carried = self.method.carried, carried

        def replay() -> StepResult:
            graph.replay()
            self.method.carried = after
            return measured

        return replay

    def _work(self, form: _Form) -> StepResult:
        """The step itself, from tensors that stay to tensors that stay."""
        groups = self.optimiser.param_groups
        kept = [dict(group) for group in groups]
        for group, rate in zip(groups, self.rates, strict=True):
            group["lr"] = rate
            if "capturable" in group:
                group["capturable"] = self.stream is not None
        try:
            measured = self.eager(form.batch, form.clock)
        finally:
            for group, own in zip(groups, kept, strict=True):
                group.update(own)
        self._settle_carried()
        return measured

    def _settle_carried(self) -> None:
        """Put what the method carries over into tensors that stay, one set for each shape."""
        carried = self.method.carried
        key = tuple(each.shape for each in carried)
        if key not in self.carried:
            self.carried[key] = tuple(_copied_tensor(each) for each in carried)
        for held, each in zip(self.carried[key], carried, strict=True):
            if held is not each:
                held.copy_(each)
        self.method.carried = self.carried[key]

    def _counted(self) -> dict[nn.Module, int]:
        """How many mini-batches every normalisation layer has counted; layers whose momentum needs the number are left out."""
        norms = [norm for norm in self.norms if norm.num_batches_tracked is not None and norm.momentum is not None]
        counters = [norm.num_batches_tracked for norm in norms]
        return dict(zip(norms, torch.stack(counters).tolist() if counters else [], strict=True))  # type: ignore[arg-type]

    def _give_up(self, reason: str) -> None:
        self.reason = reason
        self.forms.clear()

    @contextmanager
    def _aside(self) -> Iterator[None]:
        """On the stream that records: what is made before a recording has to be made there."""
        if self.stream is None:
            yield
            return
        current = torch.cuda.current_stream(self.device)
        self.stream.wait_stream(current)
        with torch.cuda.stream(self.stream):
            yield
        current.wait_stream(self.stream)


@dataclass
class _Form:
    """A step for tensors of certain shapes: where they lie, what was seen of it, and what replays it."""

    batch: Batch
    clock: HeldClock
    operations: list[Any] | None = None
    counts: Counts = field(default_factory=dict)
    rehearsed: int = 0
    epoch: int = 0
    repeats: bool = False
    replay: Callable[[], StepResult] | None = None

    def take(self, batch: Batch, clock: Clock) -> None:
        """Copy a mini-batch to where the step looks for it, and set the clock."""
        pairs = zip(_tensors(self.batch), _tensors(batch), strict=True)
        for held, each in pairs:
            held.copy_(each)
        self.clock.set(clock)


class HeldClock(Clock):
    """A clock that a recorded step holds on to: its scalars are tensors, and what else is read of it is noted."""

    def __init__(self, device: torch.device) -> None:
        vars(self).update(device=device, courses=[], place=0, noted=set())

    def set(self, now: Clock) -> None:
        """Show another time, and fill the scalars where the epoch has changed."""
        changed = "now" not in vars(self) or now.epoch != self.now.epoch
        vars(self).update(now=now, place=0, epochs=now.epochs, steps=now.steps, schedule_epochs=now.schedule_epochs)
        for course, held in self.courses if changed else ():
            held.fill_(course(now))

    def scalar(self, course: Callable[[Clock], float]) -> Tensor:
        """A scalar of fp32 that is filled anew in every epoch."""
        if self.place == len(self.courses):
            self.courses.append((course, torch.full((), float(course(self.now)), device=self.device)))
        vars(self)["place"] += 1
        held: Tensor = self.courses[self.place - 1][1]
        return held

    def reads(self, name: str) -> bool:
        """Whether a step has read ``epoch`` or ``step`` itself."""
        return name in self.noted

    def __getattr__(self, name: str) -> Any:
        """Epoch and step, which alone are not set."""
        if name not in ("epoch", "step"):
            raise AttributeError(name)
        self.noted.add(name)
        return getattr(self.now, name)


@contextmanager
def _counting_at_once(counts: Counts) -> Iterator[None]:
    """Add to the normalisation layers' counters of mini-batches in one operation, and not in one for each layer's pass."""
    counters: dict[Any, Tensor] = {norm: norm.get_buffer("num_batches_tracked") for norm, count in counts.items() if count}
    for norm in counters:
        norm.num_batches_tracked = None
    try:
        yield
    finally:
        for norm, counter in counters.items():
            norm.num_batches_tracked = counter
    for count in sorted({counts[norm] for norm in counters}):
        torch._foreach_add_([counters[norm] for norm in counters if counts[norm] == count], count)


def _tensors(batch: Batch) -> list[Tensor]:
    several = (*batch.views, *batch.targets, batch.indices, batch.partners, batch.partner_indices)
    return [each for each in several if each is not None]


def _copied(batch: Batch) -> Batch:
    """The mini-batch in tensors of its own."""
    views, targets = tuple(map(_copied_tensor, batch.views)), tuple(map(_copied_tensor, batch.targets))
    names = ("indices", "partners", "partner_indices")
    rest: dict[str, Any] = {name: _copied_tensor(getattr(batch, name)) for name in names if getattr(batch, name) is not None}
    return replace(batch, views=views, targets=targets, **rest)


def _copied_tensor(tensor: Tensor) -> Tensor:
    return tensor.detach().clone(memory_format=torch.preserve_format)
