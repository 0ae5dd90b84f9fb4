"""What stands under a table about all its columns together, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.report.formatting import Number


@dataclass(frozen=True)
class AcrossRow:
    """A method against another over ``columns`` columns; the gain in pp, positive is better.

    ``new_settings`` is the statement about other settings than the table's, or why none is made.
    """

    variant: str
    label: str
    columns: int
    gain: Number
    low: Number
    high: Number
    interval: str
    p: Number
    p_adjusted: Number
    superiority: Number
    new_settings: str


@dataclass(frozen=True)
class AcrossView:
    """``profile`` holds per label the share of runs that gain at least as much as each of ``thresholds`` (pp).

    ``ranks`` holds each label's mean rank over the ``ranked`` columns in which every method has a number; empty where Nemenyi's
    test has nothing to say. ``alike`` holds Nemenyi's p of each pair, in the order of ``ranks``.
    """

    rows: tuple[AcrossRow, ...]
    baseline: str
    thresholds: tuple[float, ...]
    profile: Mapping[str, tuple[float, ...]]
    ranks: Mapping[str, float]
    alike: tuple[tuple[float, ...], ...]
    critical_difference: float
    ranked: int
    skipped: int
    ranks_words: str
    stand_in: bool
