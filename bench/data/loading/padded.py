"""Pictures of several sizes in one batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

MULTIPLE = 32  # of both sides of a batch, so that every level of a pyramid is twice the next


@dataclass(frozen=True)
class PaddedImages:
    """Pictures filled up on the right and below to a common size.

    Attributes
    ----------
    pixels
        uint8, (B, 3, H, W), red first.
    sizes
        Height and width of each picture without padding.
    """

    pixels: Tensor
    sizes: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, pictures: Sequence[Tensor]) -> PaddedImages:
        """Pictures (3, h, w) of any sizes, filled up to multiples of 32."""
        sizes = tuple((picture.shape[1], picture.shape[2]) for picture in pictures)
        height, width = (-(-max(size[side] for size in sizes) // MULTIPLE) * MULTIPLE for side in (0, 1))
        pixels = torch.zeros(len(pictures), 3, height, width, dtype=pictures[0].dtype)
        for place, picture in zip(pixels, pictures, strict=True):
            place[:, : picture.shape[1], : picture.shape[2]] = picture
        return cls(pixels, sizes)

    def __len__(self) -> int:
        return len(self.sizes)

    def __getitem__(self, rows: slice) -> PaddedImages:
        """Some pictures of the batch, with the padding of all."""
        return PaddedImages(self.pixels[rows], self.sizes[rows])

    def to(self, device: torch.device | str, non_blocking: bool = False) -> PaddedImages:
        """The same pictures on another device."""
        return PaddedImages(self.pixels.to(device, non_blocking=non_blocking), self.sizes)
