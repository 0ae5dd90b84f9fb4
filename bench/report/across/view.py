"""What stands under a table about all its columns together, as frozen values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.report.verdicts import GainView


@dataclass(frozen=True)
class AcrossRow:
    """A method against another over ``columns`` columns, those that can be tested; ``left_out`` names the others.

    ``beyond`` is the statement about other columns than the table's, or why none is made; ``tally`` counts the columns in which
    a new method is better or worse.
    """

    variant: str
    label: str
    columns: int
    gain: GainView
    beyond: str
    tally: str
    left_out: str


@dataclass(frozen=True)
class AcrossView:
    """All columns together: a row per method against ``baseline``, or per method that a new one is compared with.

    ``profile`` holds per label the share of runs that gain at least as much as each of ``thresholds`` (pp), and is empty where
    no picture is drawn. ``ranks`` holds each label's mean rank over the columns in which every method has a number, and is
    empty where Nemenyi's test has nothing to say; ``alike`` holds its p of each pair, in that order. ``finding`` is the first
    sentence of the page, ``left_out`` names the columns that are in no mean.
    """

    rows: tuple[AcrossRow, ...]
    baseline: str
    thresholds: tuple[float, ...] = ()
    profile: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    ranks: Mapping[str, float] = field(default_factory=dict)
    alike: tuple[tuple[float, ...], ...] = ()
    critical_difference: float = math.nan
    ranks_words: str = ""
    finding: str = ""
    left_out: str = ""
    stand_in: bool = False
