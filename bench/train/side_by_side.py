"""Several trainings in one process that take turns."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, nullcontext

import torch

from bench.train.loop import Loop, Outcome


def side_by_side(loops: Sequence[Loop]) -> list[Outcome | Exception]:
    """Train several runs in one process, a step of each in turn, on a GPU on a stream of each.

    On CPU every one ends as it would alone, bit for bit. One that breaks off ends alone: its exception stands in its place.
    """
    ended: dict[int, Outcome | Exception] = {}
    with ExitStack() as turns:
        streams = [torch.cuda.Stream(loop.machine.device) if loop.machine.device.type == "cuda" else None for loop in loops]
        active = {index: loop.steps() for index, loop in enumerate(loops)}
        for steps in active.values():
            turns.callback(steps.close)  # type: ignore[attr-defined]
        while active:
            for index, steps in list(active.items()):
                try:
                    with torch.cuda.stream(streams[index]) if streams[index] else nullcontext():
                        next(steps)
                except StopIteration:
                    outcome = loops[index].outcome
                    assert outcome is not None
                    ended[index] = outcome
                except Exception as error:
                    ended[index] = error
                if index in ended:
                    del active[index]
    return [ended[index] for index in range(len(loops))]
