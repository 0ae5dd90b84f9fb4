"""An endless shuffled stream of pictures, cut into batches of one orientation; a batch is a function of (seed, number)."""

from __future__ import annotations

import numpy as np
import torch

from bench.data.loading.seeding import generator

Place = tuple[int, int]  # pass through the set, picture


class Stream:
    """Pass after pass through a set, each in an order drawn from (seed, pass), without an end of an epoch.

    Pictures queue by orientation; a batch is full when enough of one orientation have come, whatever pass they are of. So the
    batches are those of a loader that runs from the beginning, and can be asked for from any number on.

    Parameters
    ----------
    groups
        (N,): the queue of each picture; pictures of different queues never share a batch.
    """

    def __init__(self, groups: np.ndarray, batch_size: int, seed: int) -> None:
        self.groups, self.batch_size, self.seed = np.asarray(groups), batch_size, seed
        self.orders: list[np.ndarray] = []
        self._batches: list[np.ndarray] = []  # positions in the stream, in the order in which batches are full

    def batch(self, number: int) -> list[Place]:
        """The pictures of batch ``number``, counted from 0, with the passes that they are of."""
        while len(self._batches) <= number:
            self._extend()
        count = len(self.groups)
        return [
            (int(position) // count, int(self.orders[position // count][position % count]))
            for position in self._batches[number]
        ]

    def _extend(self) -> None:
        """Look at as many passes again as were looked at so far; one at first."""
        for _ in range(max(1, len(self.orders))):
            draw = generator(self.seed, "order", len(self.orders))
            self.orders.append(torch.randperm(len(self.groups), generator=draw).numpy())
        queues = self.groups[np.concatenate(self.orders)]
        full = []
        for group in np.unique(self.groups):
            positions = np.flatnonzero(queues == group)
            full += list(positions[: len(positions) // self.batch_size * self.batch_size].reshape(-1, self.batch_size))
        # A batch that is full within these passes keeps its number when later ones are looked at.
        self._batches = sorted(full, key=lambda positions: int(positions[-1]))
