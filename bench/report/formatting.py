"""Numbers as readers see them: two decimals for accuracies and deviations, three significant digits for p."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.stats import Sample
from bench.stats.words import MINUS, points

DASH = "—"
USUAL_N = 5  # the number of runs that needs no mention


@dataclass(frozen=True)
class Number:
    """A number and how readers see it; NaN is a dash."""

    value: float
    text: str

    @property
    def known(self) -> bool:
        return math.isfinite(self.value)


NO_NUMBER = Number(math.nan, DASH)


@dataclass(frozen=True)
class Interval:
    """The ends of a confidence interval and how readers see it; a dash where there is none."""

    low: Number = NO_NUMBER
    high: Number = NO_NUMBER
    text: str = DASH

    @property
    def known(self) -> bool:
        return self.low.known


NO_INTERVAL = Interval()


def number(value: float | None, show: Callable[[float | None], str]) -> Number:
    """A value with its text; ``None`` is unknown."""
    return Number(math.nan if value is None else float(value), show(value))


def exact(found: Number) -> float | str:
    """For a CSV: full precision without the noise of sums (twelve decimals of a percent); empty where unknown."""
    return float(f"{found.value:.12g}") if found.known else ""


def runs(n: int) -> str:
    """The number of runs where it is not the usual one."""
    return "" if n in (0, USUAL_N) else f"n = {n}"


def percent(value: float | None) -> str:
    """An accuracy, an error, a deviation or a ratio with two decimals; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return DASH
    text = f"{value:.2f}"
    return "0.00" if text == "-0.00" else text.replace("-", MINUS)


def mean_and_sd(values: Sequence[float]) -> str:
    """``70.12 ± 0.34`` of runs, without the sd of a single one; a dash where there is none."""
    sample = Sample.of(tuple(values))
    return percent(sample.mean) + (f" ± {percent(sample.sd)}" if math.isfinite(sample.sd) else "")


def signed(value: float | None) -> str:
    """A difference in percentage points, always with its sign; zero has none."""
    return DASH if value is None or not math.isfinite(value) else points(value, 2)


def probability(value: float | None) -> str:
    """A p-value with three decimals, or < 0.001."""
    if value is None or not math.isfinite(value):
        return DASH
    return "< 0.001" if value < 0.0005 else f"{min(value, 1.0):.3f}"


def plain(value: float | None) -> str:
    """A setting as one writes it in a recipe: 0.1, 128, 0.0005."""
    return DASH if value is None or not math.isfinite(value) else f"{value:g}"


def interval(low: float, high: float) -> Interval:
    """A confidence interval of a difference in pp; a dash where it cannot be given."""
    known = math.isfinite(low) and math.isfinite(high)
    return Interval(number(low, signed), number(high, signed), f"[{signed(low)}, {signed(high)}]" if known else DASH)


def duration(seconds: float) -> str:
    """A training time in the largest fitting unit."""
    for unit, size in (("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"
