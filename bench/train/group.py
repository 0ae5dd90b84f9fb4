"""The processes that train one run together, one per device; alone, nothing here does anything.

Every process draws the same mini-batch and takes its share of it; gradients are averaged so that the step is the one of the
whole mini-batch. What that does not cover is stated where it is: batch normalisation sees a process's share (as in the papers'
own multi-GPU code; the first process's running statistics are kept), and draws inside of a step (dropout, mixing) are each
process's own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.distributed as distributed
from torch.nn.parallel import DistributedDataParallel
from torch.utils._pytree import register_dataclass

from bench.data import Batch
from bench.data.loading.batches import rows_of
from bench.methods import Clock, Method, Step
from bench.plan import BenchError
from bench.train.meters import EpochMeter


@dataclass(frozen=True)
class Group:
    """This process's place among ``size`` of them."""

    rank: int = 0
    size: int = 1
    stop_every: ClassVar[Mapping[str, int]] = {"cuda": 32, "cpu": 1}
    """In how many steps several processes ask one another once whether to stop: a GPU, whose steps are short, waits for it."""

    @classmethod
    def here(cls) -> Group:
        """As torchrun says in the environment; alone without it."""
        if "TORCHELASTIC_RUN_ID" not in os.environ:
            return cls()
        return cls(int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"]))

    @property
    def first(self) -> bool:
        """Whether this process evaluates, reports and writes."""
        return self.rank == 0

    @property
    def words(self) -> tuple[int | str, ...]:
        """What sets this process's draws inside of a step apart from the others'."""
        return ("rank", self.rank) if self.size > 1 else ()

    def device(self, wish: str) -> str:
        """``wish``, and on GPUs the one with this process's number."""
        if self.size > 1 and wish in ("auto", "cuda") and torch.cuda.is_available():
            return f"cuda:{self.rank}"
        return wish

    @contextmanager
    def joined(self, device: torch.device) -> Iterator[None]:
        """Connected to the others while the block runs."""
        if self.size == 1:
            yield
            return
        if device.type == "cuda":
            torch.cuda.set_device(device)
        distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
        try:
            yield
        finally:
            distributed.destroy_process_group()

    def check(self, method: type[Method], images: int, batch_size: int, drop_last: bool) -> None:
        """Refuse what cannot be divided.

        Raises
        ------
        BenchError
            If the method's step needs the whole mini-batch, or a device would be left with fewer than two images of some.
        """
        if self.size == 1:
            return
        if method.whole_batch:
            raise BenchError(f"method {method.__name__} cannot be divided among devices: {method.whole_batch}; devices_per_run")
        rest = 0 if drop_last else images % batch_size
        smallest = rest if rest > 1 else batch_size
        if smallest < 2 * self.size:
            raise BenchError(
                f"a mini-batch of {smallest} images cannot be divided among {self.size} devices;"
                " at least two each are needed (batch_size, drop_last, devices_per_run)"
            )

    def wrapped(self, method: Method) -> Callable[[Batch, Clock], Step]:
        """The method; with several processes, wrapped so that its backward pass averages the gradients of all."""
        if self.size == 1:
            return method
        # Methods leave parameters out in some steps (ramps, dropped blocks), so every step looks for those.
        return DistributedDataParallel(method, find_unused_parameters=True)

    def share(self, batch: Batch) -> Batch:
        """This process's rows of a mini-batch; streamed ones come as shares."""
        if self.size == 1 or batch.whole is not None:
            return batch
        return batch.rows(rows_of(len(batch), (self.rank, self.size)), len(batch))

    def weighted(self, step: Step, share: Batch) -> Step:
        """Terms and logs times the share of the mini-batch that they are means over, so that the processes' sum is its mean."""
        if share.whole is None:
            return step
        weight = len(share) / share.whole
        terms = ({name: value * weight for name, value in each.items()} for each in (step.losses, step.logs, step.firsts))
        return Step(step.logits, step.labels, *terms)

    def asks(self, step: int) -> bool:
        """Whether this step of an epoch is one before which they ask; alone, every one is."""
        return self.size == 1 or step % self.stop_every[_device().type] == 0

    def agree(self, wish: bool) -> bool:
        """Whether any process wishes it; all get the same answer at the same step."""
        if self.size == 1:
            return wish
        votes = torch.tensor(int(wish), device=_device())
        distributed.all_reduce(votes, distributed.ReduceOp.MAX)
        return bool(votes.item())

    def total(self, meter: EpochMeter) -> EpochMeter:
        """The sums of all processes' meters; every process has to ask."""
        if self.size == 1:
            return meter
        names = sorted(meter.sums)  # none before an epoch's first step
        counted = [*(meter.sums[name] for name in names), meter.correct, meter.images]
        totals = torch.stack([torch.as_tensor(value, dtype=torch.float64, device=_device()) for value in counted])
        distributed.all_reduce(totals)
        made = EpochMeter()
        made.load_state_dict(
            {
                "sums": {name: value.float() for name, value in zip(names, totals, strict=False)},
                "counts": dict(meter.counts),
                "correct": totals[-2].long(),
                "images": int(totals[-1]),
            }
        )
        return made

    def own(self, meter: EpochMeter) -> EpochMeter:
        """A meter from a checkpoint, which holds the sums of all: the first process goes on with it, the others from zero."""
        if not self.first:
            meter.load_state_dict(
                {
                    "sums": {name: torch.zeros_like(value) for name, value in meter.sums.items()},
                    "counts": meter.counts,
                    "correct": torch.zeros_like(torch.as_tensor(meter.correct)),
                    "images": 0,
                }
            )
        return meter


ALONE = Group()
# What DistributedDataParallel looks through for tensors when a forward pass is over.
register_dataclass(Step)


def _device() -> torch.device:
    return torch.device("cuda", torch.cuda.current_device()) if distributed.get_backend() == "nccl" else torch.device("cpu")
