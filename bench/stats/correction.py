"""Holm's correction of a family of tests."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike

Key = TypeVar("Key", bound=Hashable)


def holm(p: ArrayLike) -> np.ndarray:
    """Adjust p-values for their family, so that adjusted <= alpha keeps the family-wise error at alpha.

    Parameters
    ----------
    p
        Shape (..., m), a family in each row; a NaN is a comparison that could not be made: it stays NaN and does not count.

    Notes
    -----
    Holm 1979 (Scand. J. Stat. 6). A few lines here spare every report the second that importing statsmodels takes, and
    correct thousands of simulated tables at once; a test holds them against its ``multipletests``.
    """
    import numpy as np

    p = np.asarray(p, dtype=float)
    order = np.argsort(p, axis=-1)  # NaN comes last
    ordered = np.take_along_axis(p, order, axis=-1)
    left = np.sum(~np.isnan(p), axis=-1, keepdims=True) - np.arange(p.shape[-1])
    raised = np.maximum.accumulate(np.where(np.isnan(ordered), -np.inf, np.minimum(1.0, ordered * left)), axis=-1)
    adjusted = np.empty_like(p)
    np.put_along_axis(adjusted, order, np.where(np.isnan(ordered), np.nan, raised), axis=-1)
    return adjusted


def holm_by_family(p: np.ndarray, families: Sequence[str]) -> np.ndarray:
    """Adjust p-values of shape (..., m) inside each of the ``families`` that the last axis names, length m."""
    import numpy as np

    adjusted = np.empty_like(p)
    for family in dict.fromkeys(families):
        columns = [place for place, name in enumerate(families) if name == family]
        adjusted[..., columns] = holm(p[..., columns])
    return adjusted


def holm_in_families(p: Mapping[Key, float], family_of: Mapping[Key, str]) -> dict[Key, float]:
    """Adjust p-values inside each family; a key that ``family_of`` does not know belongs to the family ''."""
    import numpy as np

    adjusted = holm_by_family(np.array(list(p.values()), dtype=float), [family_of.get(key, "") for key in p])
    return dict(zip(p, adjusted.tolist(), strict=True))
