"""Holm's correction of a family of tests."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import numpy as np

Key = TypeVar("Key", bound=Hashable)


def holm(p: Sequence[float]) -> list[float]:
    """Adjust p-values for their family, so that adjusted <= alpha keeps the family-wise error at alpha.

    Parameters
    ----------
    p
        Shape (m,); a NaN is a comparison that could not be made: it stays NaN and does not count.

    Returns
    -------
    list[float]
        In the order of ``p``.

    Notes
    -----
    Holm 1979 (Scand. J. Stat. 6). Six lines here spare every report the second that importing statsmodels takes;
    a test holds them against its ``multipletests``.
    """
    ordered = sorted((value, place) for place, value in enumerate(p) if not math.isnan(value))
    adjusted = [math.nan] * len(p)
    highest = 0.0
    for rank, (value, place) in enumerate(ordered):
        highest = max(highest, min(1.0, value * (len(ordered) - rank)))
        adjusted[place] = highest
    return adjusted


def holm_in_families(p: Mapping[Key, float], family_of: Mapping[Key, str]) -> dict[Key, float]:
    """Adjust p-values inside each family; a key that ``family_of`` does not know belongs to the family ''."""
    adjusted: dict[Key, float] = {}
    for family in dict.fromkeys(family_of.get(key, "") for key in p):
        keys = [key for key in p if family_of.get(key, "") == family]
        adjusted.update(zip(keys, holm([p[key] for key in keys]), strict=True))
    return {key: adjusted[key] for key in p}


def holm_rows(p: np.ndarray) -> np.ndarray:
    """Adjust every row of p-values of shape (..., m) as `holm` does one: what simulations of whole tables need."""
    import numpy as np

    p = np.asarray(p, dtype=float)
    order = np.argsort(p, axis=-1)  # NaN comes last
    ordered = np.take_along_axis(p, order, axis=-1)
    left = np.sum(~np.isnan(p), axis=-1, keepdims=True) - np.arange(p.shape[-1])
    raised = np.maximum.accumulate(np.where(np.isnan(ordered), -np.inf, np.minimum(1.0, ordered * left)), axis=-1)
    adjusted = np.empty_like(p)
    np.put_along_axis(adjusted, order, np.where(np.isnan(ordered), np.nan, raised), axis=-1)
    return adjusted
