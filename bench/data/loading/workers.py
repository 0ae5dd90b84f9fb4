"""How worker processes hand batches over: through shared memory, or through pipes where that would hang.

Torch shares tensors through files in ``/dev/shm`` and sockets below the temporary folder. Where the first is small (containers:
64 MB) a worker dies or waits for ever, and so it does where the folder's name is too long for a socket.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils._pytree import tree_map
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from bench.plan import BenchError

SHARED = "/dev/shm"
AHEAD = 2  # batches that each worker reads before they are wanted
SPARE = 4  # batches more: being made, being used
LONGEST_SOCKET = 107  # bytes of a socket's path that Linux allows
SOCKET_NAME = 40  # bytes that multiprocessing adds to the temporary folder
_said: list[str] = []


def read_ahead(
    pictures: TorchDataset[Any],
    keys: Sequence[Sequence[Any]],
    workers: int,
    batch_bytes: int,
    join: Callable[[list[Any]], Any] = np.stack,
) -> Iterator[Any]:
    """What is read for one list of keys after the other, by worker processes where there are any; arrays come as tensors.

    Parameters
    ----------
    pictures
        Gives an array for a key (or mappings and lists of arrays), or the line that says why there is none.
    batch_bytes
        Of the largest list of keys.
    join
        From what is read for a list of keys to one value.

    Raises
    ------
    BenchError
        If a picture cannot be used, workers cannot be started or one of them is killed.
    """
    piped = bool(workers) and _notice(why_piped(workers, batch_bytes))
    # Its own generator: the loader would draw from the global one, which belongs to the training's step.
    own = torch.Generator().manual_seed(0)
    collate = partial(_joined, join=join, piped=piped)
    try:
        batches = iter(
            DataLoader(pictures, batch_sampler=keys, num_workers=workers, collate_fn=collate, generator=own)  # type: ignore[arg-type]
        )
    except OSError as error:
        reason = f"{workers} reading processes cannot be started ({error.strerror or error})"
        raise BenchError(f"workers={workers}: {reason}; try fewer, or workers=0") from None
    while True:
        try:
            found = next(batches, None)
        except RuntimeError as error:
            if "worker" not in str(error):
                raise
            reason = "a reading process was killed: memory, or room in /dev/shm, ran out, or somebody did it"
            raise BenchError(f"workers={workers}: {reason}; try fewer") from None
        if found is None:
            return
        if isinstance(found, str):
            raise BenchError(found)
        yield tensors_of(found)


def why_piped(workers: int, batch_bytes: int) -> str:
    """Why shared memory would not do for so many workers; empty where it does."""
    needed = batch_bytes * (AHEAD * workers + SPARE)
    try:
        state = os.statvfs(SHARED)
        free = state.f_bavail * state.f_frsize
    except OSError:
        return f"{SHARED} is not there"
    if free < needed:
        return f"{SHARED} has {free / 2**20:.1f} MiB free, {needed / 2**20:.1f} are needed"
    folder = tempfile.gettempdir()
    if len(os.fsencode(folder)) + SOCKET_NAME > LONGEST_SOCKET:
        return f"the temporary folder's name has {len(os.fsencode(folder))} letters (TMPDIR)"
    return ""


def _notice(reason: str) -> bool:
    """Say once in a process that pipes are used, and why; whether they are."""
    if reason and not _said:
        _said.append(reason)
        print(f"reading processes send pictures through pipes, which is slower: {reason}", file=sys.stderr)
    return bool(reason)


def tensors_of(value: Any) -> Any:
    """The same with tensors in the place of arrays, at any depth; nothing is copied."""
    return tree_map(lambda item: torch.from_numpy(item) if isinstance(item, np.ndarray) else item, value)


def arrays_of(value: Any) -> Any:
    """The same with arrays in the place of tensors, at any depth, as they pass through a pipe; nothing is copied."""
    return tree_map(lambda item: item.numpy() if isinstance(item, Tensor) else item, value)


def _joined(read: list[Any], join: Callable[[list[Any]], Any], piped: bool) -> Any:
    """One value, or the first line that says why there is none; shared memory takes tensors."""
    lines = [each for each in read if isinstance(each, str)]
    if lines:
        return lines[0]
    return join(read) if piped else tensors_of(join(read))
