"""Several trainings in one process that take turns."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import ExitStack, nullcontext
from typing import TypeVar

import torch

from bench.train.loop import Loop, Outcome

T = TypeVar("T")
Turns = Generator[None, None, T]


def side_by_side(loops: Sequence[Loop]) -> list[Outcome | Exception]:
    """Train several runs in one process, a step of each in turn, on a GPU on a stream of each.

    On CPU every one ends as it would alone, bit for bit. One that breaks off ends alone: its exception stands in its place.
    """
    return take_turns([_trained(loop) for loop in loops], loops[0].machine.device)


def take_turns(turns: Sequence[Turns[T]], device: torch.device) -> list[T]:
    """What generators return that go on in turn until all have ended, several on a GPU on a stream of each."""
    streams: list[torch.cuda.Stream | None] = [None] * len(turns)
    if device.type == "cuda" and len(turns) > 1:
        streams = [torch.cuda.Stream(device) for _ in turns]
    ended: dict[int, T] = {}
    with ExitStack() as opened:
        for turn, stream in zip(turns, streams, strict=True):
            opened.callback(turn.close)
            if stream:  # what was made before the first turn has to be there
                stream.wait_stream(torch.cuda.current_stream(device))
        while len(ended) < len(turns):
            for index in [index for index in range(len(turns)) if index not in ended]:
                try:
                    with torch.cuda.stream(streams[index]) if streams[index] else nullcontext():
                        next(turns[index])
                except StopIteration as end:
                    ended[index] = end.value
    return [ended[index] for index in range(len(turns))]


def _trained(loop: Loop) -> Turns[Outcome | Exception]:
    try:
        yield from loop.steps()
    except Exception as error:
        return error
    assert loop.outcome is not None
    return loop.outcome
