"""The test images as a sample: what a difference says about new images of the same kind."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from bench.stats.contrast import Contrast, combine
from bench.stats.difference import Difference, describe

if TYPE_CHECKING:
    import numpy as np

Column = TypeVar("Column", bound=Hashable)
Runs = Sequence["np.ndarray"]  # one array of booleans per run, shape (N,): whether it is right on each test image


def new_images_difference(method: Runs, other: Runs) -> Difference:
    """The difference in accuracy in pp with its 95 % interval for new test images of the same kind.

    Parameters
    ----------
    method, other
        The hits of each run, shape (N,), on the same N test images in the same order.

    Returns
    -------
    Difference
        Positive where ``method`` is right more often; its state is 'too few' below three runs on a side.

    Raises
    ------
    ValueError
        When the runs are not of the same number of images.

    Notes
    -----
    Gallas, Pennello, Myers 2007 (J. Opt. Soc. Am. A 24), with seeds as the readers:
    Var(D) = s_A^2 / n + s_B^2 / m + max(0, S^2) / N, where S^2 is the variance over images of p_A - p_B (the shares of
    runs that are right) less what the runs themselves scatter on an image. Satterthwaite's df, N - 1 for the images.
    """
    return describe(_over_shared_images([(method, other)]))


def new_images_together(columns: Mapping[Column, tuple[Runs, Runs]], dataset_of: Mapping[Column, str]) -> Difference:
    """The mean over columns of `new_images_difference`, with its interval.

    Columns of one dataset (several backbones) share their images: an image counts once there, by its mean over the columns.
    """
    groups: dict[str, list[tuple[Runs, Runs]]] = {}
    for column, pair in columns.items():
        groups.setdefault(dataset_of[column], []).append(pair)
    return describe(combine([(len(each) / len(columns), _over_shared_images(each)) for each in groups.values()]))


def _over_shared_images(columns: Sequence[tuple[Runs, Runs]]) -> Contrast:
    import numpy as np

    if not all(len(side) for pair in columns for side in pair):
        return Contrast(math.nan, (), "missing")
    if len({len(hits) for pair in columns for side in pair for hits in side}) > 1:
        raise ValueError("runs on different numbers of test images cannot be compared image by image")
    # Shape (runs, N), in percent.
    arrays = [tuple(np.asarray(side, dtype=float) * 100.0 for side in pair) for pair in columns]
    gap = np.mean([ours.mean(axis=0) - theirs.mean(axis=0) for ours, theirs in arrays], axis=0)
    estimate, images = float(gap.mean()), len(gap)
    sides = [side for pair in arrays for side in pair]
    if min(map(len, sides)) < 3 or images < 2:
        return Contrast(estimate, (), "too few")
    weight = 1.0 / len(columns) ** 2
    # For hits this is p (1 - p) / (n - 1): what a share of n runs scatters on an image of its own.
    scatter = weight * sum(float(side.var(axis=0, ddof=1).mean()) / len(side) for side in sides)
    own = max(0.0, float(gap.var(ddof=1)) - scatter)
    seeds = tuple((weight * float(side.mean(axis=1).var(ddof=1)) / len(side), len(side) - 1.0) for side in sides)
    return Contrast(estimate, (*seeds, (own / images, images - 1.0)))
