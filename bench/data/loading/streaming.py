"""Batches of augmented views from pictures that stay in their files: torch's DataLoader and torchvision's transforms.

The interface is that of :class:`Batches`, and so is the promise: the order of an epoch is a function of (seed, epoch), the
views of a picture one of (seed, epoch, picture), whatever the number of worker processes and wherever an epoch is resumed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset as TorchDataset

from bench.data.loading.batches import Batch, Order, rows_of
from bench.data.loading.seeding import generator, mix
from bench.data.loading.transforms import Normalise
from bench.data.loading.workers import read_ahead
from bench.data.store.datasets import FileSet
from bench.data.store.pictures import picture_at
from bench.plan import BenchError

Key = tuple[int, int, int]  # picture, epoch, partner or -1


class StreamedBatches(Order):
    """The training batches of one run over a streamed set; parameters as for :class:`Batches`.

    Parameters
    ----------
    workers
        Processes that read and augment; 0 does it in the training's own.
    share
        Rank and number of the devices that divide a training among themselves: each reads its own rows alone.
    """

    def __init__(
        self,
        files: FileSet,
        recipe: Mapping[str, Any],
        *,
        seed: int,
        device: torch.device | str = "cpu",
        views: int = 1,
        pairs: bool = False,
        workers: int = 0,
        share: tuple[int, int] = (0, 1),
    ) -> None:
        self.share = share
        super().__init__(files.labels, recipe, seed=seed, device=device, pairs=pairs)
        self.workers = workers
        self.views = views
        self.pictures = _Pictures(files, train_transform(recipe), seed, views, int(recipe["image_size"]))
        self.normalise = Normalise(recipe["normalise"])

    def epoch(self, epoch: int, start_step: int = 0) -> Iterator[Batch]:
        """The batches of ``epoch`` from ``start_step`` on."""
        order = self.order(epoch).cpu()
        chosen = [order[step * self.batch_size : (step + 1) * self.batch_size] for step in range(start_step, len(self))]
        partners = [
            self.partners(self.labels[indices], generator(self.seed, "partners", epoch, step, device=self.device)).cpu()
            if self.pairs
            else torch.full_like(indices, -1)
            for step, indices in enumerate(chosen, start=start_step)
        ]
        wholes = [len(indices) if self.share[1] > 1 else None for indices in chosen]
        chosen, partners = ([each[rows_of(len(each), self.share)] for each in part] for part in (chosen, partners))
        keys = [
            [(index, epoch, partner) for index, partner in zip(indices.tolist(), other.tolist(), strict=True)]
            for indices, other in zip(chosen, partners, strict=True)
        ]
        read = read_ahead(self.pictures, keys, self.workers, self.pictures.bytes_of(self.batch_size))
        for stack, indices, other, whole in zip(read, chosen, partners, wholes, strict=True):
            yield self._batch(stack, indices.to(self.device), other.to(self.device), whole)

    def _batch(self, stack: Tensor, indices: Tensor, partners: Tensor, whole: int | None) -> Batch:
        """``stack`` is uint8, (B, views and partner, 3, S, S)."""
        views = [self.normalise(view) for view in stack.to(self.device, non_blocking=True).unbind(1)]
        labels = self.labels[indices]
        if not self.pairs:
            return Batch(tuple(views), (labels,) * self.views, indices, whole=whole)
        return Batch(tuple(views[:-1]), (labels,) * self.views, indices, views[-1], partners, whole)


class StreamedEvaluation:
    """The test pictures in order, under the test-time transform; iterate as often as you like."""

    def __init__(
        self,
        files: FileSet,
        recipe: Mapping[str, Any],
        *,
        device: torch.device | str = "cpu",
        batch_size: int = 256,
        workers: int = 0,
    ) -> None:
        self.device = torch.device(device)
        self.labels = files.labels.to(device)
        self.batch_size = batch_size
        self.workers = workers
        self.pictures = _Pictures(files, evaluation_transform(recipe), 0, 1, int(recipe["image_size"]))
        self.normalise = Normalise(recipe["normalise"])

    def __len__(self) -> int:
        return -(-len(self.labels) // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        chosen = torch.arange(len(self.labels)).split(self.batch_size)
        keys = [[(index, 0, -1) for index in indices.tolist()] for indices in chosen]
        read = read_ahead(self.pictures, keys, self.workers, self.pictures.bytes_of(self.batch_size))
        for stack, indices in zip(read, chosen, strict=True):
            view = self.normalise(stack.to(self.device, non_blocking=True)[:, 0])
            yield Batch((view,), (self.labels[indices.to(self.device)],), indices.to(self.device))


def train_transform(recipe: Mapping[str, Any]) -> Callable[[Tensor], Tensor]:
    """Torchvision's transforms of a recipe's augmentation, uint8 to uint8; without a crop the short side is resized first."""
    from torchvision.transforms import v2

    size = int(recipe["image_size"])
    build: dict[str, Callable[[Any], Any]] = {
        "random_resized_crop": lambda scale: v2.RandomResizedCrop(size, tuple(scale), antialias=True),
        "horizontal_flip": v2.RandomHorizontalFlip,
        "vertical_flip": v2.RandomVerticalFlip,
        "random_crop": lambda padding: v2.RandomCrop(size, padding),
        "rotation": v2.RandomRotation,
        "colour_jitter": lambda strengths: v2.ColorJitter(*strengths),
    }
    steps = [build[name](value) for step in recipe["augmentation"] for name, value in step.items()]
    if not any("random_resized_crop" in step for step in recipe["augmentation"]):
        steps = [v2.Resize(size, antialias=True), v2.CenterCrop(size), *steps]
    composed: Callable[[Tensor], Tensor] = v2.Compose(steps)
    return composed


def evaluation_transform(recipe: Mapping[str, Any]) -> Callable[[Tensor], Tensor]:
    """Short side to ``test_resize`` (the input size where it is not given), then the centre; uint8 to uint8."""
    from torchvision.transforms import v2

    size = int(recipe["image_size"])
    steps = [v2.Resize(int(recipe.get("test_resize") or size), antialias=True), v2.CenterCrop(size)]
    composed: Callable[[Tensor], Tensor] = v2.Compose(steps)
    return composed


class _Pictures(TorchDataset):  # type: ignore[type-arg]
    """Views of a picture, drawn from (seed, what, view, epoch, picture) alone."""

    def __init__(self, files: FileSet, transform: Callable[[Tensor], Tensor], seed: int, views: int, size: int) -> None:
        self.files, self.transform, self.seed, self.views, self.size = files, transform, seed, views, size

    def bytes_of(self, batch_size: int) -> int:
        """What a mini-batch takes, with a partner for every picture."""
        return batch_size * (self.views + 1) * 3 * self.size**2

    def __getitem__(self, key: Key) -> np.ndarray | str:
        """Views and partner, uint8, (views and partner, 3, S, S); where a picture cannot be used, the line that says why."""
        index, epoch, partner = key
        try:
            pixels = self._open(index)
            drawn = [self._draw(pixels, "view", view, epoch, index) for view in range(self.views)]
            if partner >= 0:
                drawn.append(self._draw(self._open(partner), "partner view", 0, epoch, index))
            return torch.stack(drawn).numpy()
        except BenchError as error:
            return str(error)
        except Exception as error:  # a worker's traceback would come back as a page of text
            return f"'{self.files.paths[index]}' cannot be used ({type(error).__name__}: {error})"

    def _open(self, index: int) -> Tensor:
        pixels = picture_at(self.files.folder, self.files.paths[index])
        return torch.from_numpy(pixels.copy()).permute(2, 0, 1)

    def _draw(self, pixels: Tensor, *words: int | str) -> Tensor:
        with torch.random.fork_rng(devices=[]):  # torchvision draws from the global generator
            torch.manual_seed(mix(self.seed, *words))
            return self.transform(pixels)
