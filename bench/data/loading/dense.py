"""Batches of pictures with masks or boxes: read, moved together, collated.

The interface is that of ``Batches``, and so is the promise: which pictures a step has is a function of (seed, step), and what
becomes of a picture one of (seed, pass, picture), whatever the number of worker processes and wherever an epoch is resumed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset as TorchDataset

from bench.data.loading.batches import Batch, rows_of, steps_per_epoch
from bench.data.loading.joint import BoxTransform, MaskTransform
from bench.data.loading.padded import PaddedImages
from bench.data.loading.seeding import generator, mix
from bench.data.loading.stream import Place, Stream
from bench.data.loading.transforms import Normalise
from bench.data.loading.workers import arrays_of, read_ahead
from bench.data.sides import BoxedArrays, BoxedFiles, BoxedSide, MaskedSide, with_boxes
from bench.plan import BenchError

Side = MaskedSide | BoxedSide
DrawnView = tuple[Tensor, Any]  # pixels (3, H, W) and what belongs to them


class DenseBatches:
    """The training batches of one run.

    Parameters
    ----------
    recipe
        Reads ``batch_size``, ``drop_last``, ``normalise`` (of sides with masks) and what the transform reads; with
        ``epoch_steps`` an epoch is a stretch of that many batches of an endless stream, each of one orientation.
    views
        Independently augmented views of every picture, each with a target of its own.
    workers
        Processes that read and augment; 0 does it in the training's own.
    share
        Rank and number of the devices that divide a training among themselves: each reads its own rows alone.
    """

    def __init__(
        self,
        side: Side,
        recipe: Mapping[str, Any],
        *,
        seed: int,
        device: torch.device | str = "cpu",
        views: int = 1,
        workers: int = 0,
        share: tuple[int, int] = (0, 1),
    ) -> None:
        self.side = with_boxes(side) if isinstance(side, (BoxedArrays, BoxedFiles)) else side
        self.batch_size, self.seed, self.workers, self.share = int(recipe["batch_size"]), seed, workers, share
        self.device = torch.device(device)
        self.samples = _Samples(self.side, recipe, seed, views, training=True)
        self.collate = _Collate(self.side, recipe, self.device)
        self.stream = None
        if recipe.get("epoch_steps"):
            self._steps = int(recipe["epoch_steps"])
            self.stream = Stream(_orientations(self.side), self.batch_size, seed)
        else:
            self._steps = steps_per_epoch(len(self.side), self.batch_size, bool(recipe.get("drop_last", False)))

    def __len__(self) -> int:
        """Steps per epoch."""
        return self._steps

    def epoch(self, epoch: int, start_step: int = 0) -> Iterator[Batch]:
        """The batches of ``epoch`` (from 1) from ``start_step`` (from 0) on."""
        chosen = list(self._places(epoch, start_step))
        rows = [places[rows_of(len(places), self.share)] for places in chosen]
        read = self.samples.read_ahead(rows, self.workers)
        for samples, places, whole in zip(read, rows, map(len, chosen), strict=True):
            indices = torch.tensor([index for _, index in places])
            yield self.collate(samples, indices, whole if self.share[1] > 1 else None)

    def _places(self, epoch: int, start_step: int) -> Iterator[list[Place]]:
        """The places of one step after the other."""
        steps = range(start_step, self._steps)
        if self.stream is not None:
            yield from (self.stream.batch((epoch - 1) * self._steps + step) for step in steps)
            return
        order = torch.randperm(len(self.side), generator=generator(self.seed, "order", epoch)).tolist()
        for step in steps:
            yield [(epoch, index) for index in order[step * self.batch_size : (step + 1) * self.batch_size]]


class DenseEvaluation:
    """The test pictures in order, under the test-time transform; iterate as often as you like."""

    def __init__(
        self,
        side: Side,
        recipe: Mapping[str, Any],
        *,
        device: torch.device | str = "cpu",
        batch_size: int = 16,
        workers: int = 0,
    ) -> None:
        self.side, self.batch_size, self.workers = side, batch_size, workers
        self.samples = _Samples(side, recipe, 0, 1, training=False)
        self.collate = _Collate(side, recipe, torch.device(device))

    def __len__(self) -> int:
        return -(-len(self.side) // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        places = [(0, index) for index in range(len(self.side))]
        rows = [places[start : start + self.batch_size] for start in range(0, len(places), self.batch_size)]
        for samples, own in zip(self.samples.read_ahead(rows, self.workers), rows, strict=True):
            yield self.collate(samples, torch.tensor([index for _, index in own]), None)


class _Samples(TorchDataset):  # type: ignore[type-arg]
    """Views of a picture with their targets, drawn from (seed, view, pass, picture) alone."""

    def __init__(self, side: Side, recipe: Mapping[str, Any], seed: int, views: int, *, training: bool) -> None:
        self.side, self.seed, self.views, self.training = side, seed, views, training
        kind = BoxTransform if isinstance(side, (BoxedArrays, BoxedFiles)) else MaskTransform
        self.transform: Any = kind(recipe, training=training)

    def read_ahead(self, rows: Sequence[Sequence[Place]], workers: int) -> Iterator[list[list[DrawnView]]]:
        """The views of the pictures at one list of places after the other."""
        side = self.transform.largest
        return read_ahead(self, rows, workers, max(map(len, rows), default=0) * self.views * 4 * side**2, join=list)

    def __getitem__(self, place: Place) -> list[Any] | str:
        """The views as arrays; where a picture cannot be used, the line that says why."""
        try:
            return [arrays_of(view) for view in self._drawn(*place)]
        except BenchError as error:
            return str(error)

    def _drawn(self, turn: int, index: int) -> list[DrawnView]:
        picture = self.side.picture(index)
        given = self.side.boxes(index) if isinstance(self.side, (BoxedArrays, BoxedFiles)) else self.side.mask(index)
        views = []
        for view in range(self.views):
            with torch.random.fork_rng(devices=[]):  # the transforms draw from the global generator
                torch.manual_seed(mix(self.seed, "view", view, turn, index))
                views.append(self._view(picture, given))
        return views

    def _view(self, picture: np.ndarray, given: Any) -> DrawnView:
        if isinstance(given, np.ndarray):
            moved: DrawnView = self.transform(picture, given)
            return moved
        learnt = {key: given[key][~given["crowd"]] for key in ("boxes", "labels")}
        pixels, target = self.transform(picture, learnt)
        if self.training:
            return pixels, target
        kept = {key: torch.from_numpy(given[key]) for key in ("boxes", "labels", "areas", "crowd")}
        size = {"size": given["size"], "input_size": (pixels.shape[1], pixels.shape[2])}
        return pixels, {**kept, **size, "image_id": given["image_id"]}


class _Collate:
    """Samples to a batch on the device: masks stacked and pictures normalised, or pictures padded for a detector to do so."""

    def __init__(self, side: Side, recipe: Mapping[str, Any], device: torch.device) -> None:
        self.boxed, self.device = isinstance(side, (BoxedArrays, BoxedFiles)), device
        self.normalise = None if self.boxed else Normalise(recipe["normalise"])

    def __call__(self, samples: Sequence[list[DrawnView]], indices: Tensor, whole: int | None) -> Batch:
        views, targets = [], []
        for view in zip(*samples, strict=True):
            pixels, given = [sample[0] for sample in view], [sample[1] for sample in view]
            views.append(self._pixels(pixels))
            targets.append(self._targets(given))
        return Batch(tuple(views), tuple(targets), indices.to(self.device), whole=whole)

    def _pixels(self, pixels: list[Tensor]) -> Any:
        if self.normalise is None:
            return PaddedImages.of(pixels).to(self.device, non_blocking=True)
        return self.normalise(torch.stack(pixels).to(self.device, non_blocking=True))

    def _targets(self, given: list[Any]) -> Any:
        if self.boxed:
            return [{key: _moved(value, self.device) for key, value in target.items()} for target in given]
        if len({mask.shape for mask in given}) == 1:
            return torch.stack(given).to(self.device, non_blocking=True)
        return [mask.to(self.device, non_blocking=True) for mask in given]


def _moved(value: Any, device: torch.device) -> Any:
    return value.to(device, non_blocking=True) if isinstance(value, Tensor) else value


def _orientations(side: Side) -> np.ndarray:
    return side.landscape if isinstance(side, (BoxedArrays, BoxedFiles)) else np.zeros(len(side), dtype=bool)
