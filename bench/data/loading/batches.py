"""Batches of augmented views from images that live on the device."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from bench.data.loading.seeding import Draws, generator
from bench.data.loading.transforms import EvaluationTransform, TrainTransform
from bench.plan import BenchError


@dataclass(frozen=True)
class Batch:
    """One mini-batch.

    Attributes
    ----------
    views
        Independent draws of the whole training transform of the same images; each float32, (B, 3, S, S), channels_last, or
        where pictures keep their shapes :class:`PaddedImages`.
    targets
        What is to be learnt of each view, since geometry moves masks and boxes; for classification the same labels, int64,
        (B,), each time.
    indices
        int64, (B,); where the images stand in the training set.
    partners
        Where the method asked for pairs: for each image another draw from its class, augmented on its own; as a view.
    partner_indices
        int64, (B,); where the partners stand in the training set.
    whole
        Images of the mini-batch of which these are one device's share; absent where they are all of it.
    """

    views: tuple[Any, ...]
    targets: tuple[Any, ...]
    indices: Tensor
    partners: Tensor | None = None
    partner_indices: Tensor | None = None
    whole: int | None = None

    def __len__(self) -> int:
        return len(self.indices)

    @property
    def images(self) -> Any:
        """The first view."""
        return self.views[0]

    @property
    def labels(self) -> Any:
        """The first view's target."""
        return self.targets[0]

    def rows(self, rows: slice, whole: int | None = None) -> Batch:
        """Some images of the mini-batch; ``whole`` as the attribute."""
        return replace(self._each(lambda value: value[rows]), whole=whole)

    def to(self, device: torch.device | str) -> Batch:
        """The same on another device."""
        return self._each(lambda value: value.to(device))

    def _each(self, change: Callable[[Any], Any]) -> Batch:
        partners, theirs = (None if each is None else change(each) for each in (self.partners, self.partner_indices))
        views, targets = tuple(map(change, self.views)), tuple(map(change, self.targets))
        return Batch(views, targets, change(self.indices), partners, theirs, self.whole)


def rows_of(count: int, share: tuple[int, int]) -> slice:
    """The rows of a mini-batch of ``count`` images that are the share of device ``rank`` of ``size``, as even as it goes."""
    rank, size = share
    return slice(rank * count // size, (rank + 1) * count // size)


class Order:
    """In which order an epoch walks through a training set, and who is whose partner.

    Parameters
    ----------
    labels
        int64, (N,).
    recipe
        Reads ``batch_size`` and ``drop_last``.
    """

    def __init__(
        self, labels: Tensor, recipe: Mapping[str, Any], *, seed: int, device: torch.device | str, pairs: bool
    ) -> None:
        self.labels = labels.to(device)
        self.device = torch.device(device)
        self.seed = seed
        self.pairs = pairs
        self.batch_size = int(recipe["batch_size"])
        self._steps = steps_per_epoch(len(labels), self.batch_size, bool(recipe.get("drop_last", False)))
        self._classes = _members_by_class(self.labels) if pairs else None

    def __len__(self) -> int:
        """Steps per epoch."""
        return self._steps

    def order(self, epoch: int) -> Tensor:
        """The permutation of the training set that ``epoch`` walks through; int64, (N,).

        Drawn on the CPU, so that it is the same on every device.
        """
        return torch.randperm(len(self.labels), generator=generator(self.seed, "order", epoch)).to(self.device)

    def partners(self, labels: Tensor, draw: torch.Generator) -> Tensor:
        """For every label the index of an image of that class, drawn uniformly."""
        assert self._classes is not None
        members, starts, counts = self._classes
        uniform = torch.rand(len(labels), generator=draw, device=self.device, dtype=torch.float64)
        return members[starts[labels] + (uniform * counts[labels]).long()]


class Batches(Order):
    """The training batches of one run; each is a pure function of (seed, epoch, step).

    The order of an epoch is drawn from (seed, epoch), augmentation and partners from (seed, epoch, step). Nothing is
    carried from one step to the next, so ``epoch(e, start_step=s)`` continues exactly where an interrupted epoch stood.

    Parameters
    ----------
    images
        uint8, (N, C, H, W); moved to ``device`` unless they are there.
    labels
        int64, (N,).
    recipe
        Reads ``batch_size``, ``image_size``, ``augmentation``, ``normalise`` and ``drop_last``.
    seed
        The run's seed.
    views
        How many independently augmented views of every image a batch brings.
    pairs
        Whether a batch brings a partner of the same class for every image, drawn uniformly
        from the class (itself included, as in CS-KD).
    """

    def __init__(
        self,
        images: Tensor,
        labels: Tensor,
        recipe: Mapping[str, Any],
        *,
        seed: int,
        device: torch.device | str = "cpu",
        views: int = 1,
        pairs: bool = False,
    ) -> None:
        super().__init__(labels, recipe, seed=seed, device=device, pairs=pairs)
        self.images = images.to(device)
        self.views = views
        self.transform = TrainTransform(recipe)
        self.draws = Draws(seed, device)

    def epoch(self, epoch: int, start_step: int = 0) -> Iterator[Batch]:
        """The batches of ``epoch`` (counted from 1 as in the papers) from ``start_step`` (counted from 0) on."""
        order = self.order(epoch)
        for step in range(start_step, self._steps):
            yield self._batch(order[step * self.batch_size : (step + 1) * self.batch_size], epoch, step)

    def _batch(self, indices: Tensor, epoch: int, step: int) -> Batch:
        images, labels = self.images[indices], self.labels[indices]
        views = tuple(self.transform(images, self.draws.of("view", view, epoch=epoch, step=step)) for view in range(self.views))
        if not self.pairs:
            return Batch(views, (labels,) * self.views, indices)
        partners = self.partners(labels, self.draws.of("partners", epoch=epoch, step=step))
        draw = self.draws.of("partner view", epoch=epoch, step=step)
        return Batch(views, (labels,) * self.views, indices, self.transform(self.images[partners], draw), partners)


class EvaluationBatches:
    """The test images in order, under the test-time transform; iterate as often as you like.

    Parameters
    ----------
    images, labels
        As for :class:`Batches`.
    recipe
        Reads ``image_size``, ``test_resize`` and ``normalise``.
    batch_size
        Images per batch; has no influence on the numbers of a network in eval mode beyond rounding.
    """

    def __init__(
        self,
        images: Tensor,
        labels: Tensor,
        recipe: Mapping[str, Any],
        *,
        device: torch.device | str = "cpu",
        batch_size: int = 256,
    ) -> None:
        self.images = images.to(device)
        self.labels = labels.to(device)
        self.batch_size = batch_size
        self.transform = EvaluationTransform(recipe)

    def __len__(self) -> int:
        return -(-len(self.labels) // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        for indices in torch.arange(len(self.labels), device=self.labels.device).split(self.batch_size):
            yield Batch((self.transform(self.images[indices]),), (self.labels[indices],), indices)


def evaluation_batches(
    images: Tensor,
    labels: Tensor,
    recipe: Mapping[str, Any],
    *,
    device: torch.device | str = "cpu",
    batch_size: int = 256,
) -> EvaluationBatches:
    """Test-time batches; see :class:`EvaluationBatches`."""
    return EvaluationBatches(images, labels, recipe, device=device, batch_size=batch_size)


def steps_per_epoch(images: int, batch_size: int, drop_last: bool = False) -> int:
    """How many batches an epoch has.

    A last batch of a single image is always left out: batch normalisation has no variance to divide by there.

    Raises
    ------
    BenchError
        If not one batch would be left.
    """
    full, rest = divmod(images, batch_size)
    steps = full if drop_last or rest <= 1 else full + 1
    if images and batch_size == 1 and not drop_last:
        steps = images
    if steps == 0:
        raise BenchError(f"batch_size {batch_size} leaves no training step with {images} training images; choose a smaller one")
    return steps


def _members_by_class(labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Indices sorted by class, where each class starts among them, and how many each has."""
    counts = torch.bincount(labels)
    return torch.argsort(labels, stable=True), counts.cumsum(0) - counts, counts
