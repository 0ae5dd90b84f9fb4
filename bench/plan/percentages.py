"""Numbers in percent that people wrote: what none of them can be, and fractions (0.67 for 67 %) among them.

A fraction is told only where a number in percent could not be meant: an error rate of 0.8 % is one, and a size has no bound.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from bench.plan.costs import dataset_size
from bench.plan.errors import BenchError
from bench.plan.metrics import SCORES

COUNTED = ("accuracy", "error", "top5_accuracy", "top5_error")  # shares of the test images
SMALL_SD, DECIMALS = 0.1, 2  # an sd below it, with so many more decimals than every mean, is a fraction
ASSUMED = 4  # a copy may have so many times the test images that are assumed of it


class Written(NamedTuple):
    """A number as it stands in a file: where, its column (dataset and metric), its text and its value."""

    where: str
    column: tuple[str, str]
    text: str
    value: float


class Spread(NamedTuple):
    """A mean with its standard deviation over n runs; ``n`` is 0 where nobody says."""

    mean: Written
    text: str
    sd: float
    n: int


def percentage(text: str, name: str, where: str, lowest: float = 0.0) -> float:
    """The number in percent that ``text`` is; a sign of percent may stand behind it.

    Raises
    ------
    BenchError
        No number, or one outside ``lowest`` to 100.
    """
    try:
        number = float(text.strip().removesuffix("%"))
    except ValueError:
        number = math.nan
    if not lowest <= number <= 100.0:
        comma = "; a point goes before the decimals, not a comma" if "," in text else ""
        raise BenchError(f"{where}: {name} '{text[:40]}' is not a percentage; allowed: {lowest:g} to 100{comma}")
    return number


def refuse_fractions(numbers: Iterable[Written]) -> None:
    """Refuse a fraction in a column of percentages, and a column that holds fractions alone.

    A number below 1 that carries a sign of percent is what it says.

    Raises
    ------
    BenchError
        The first one with its place, and what it would be in percent.
    """
    columns: dict[tuple[str, str], list[Written]] = {}
    for each in numbers:
        columns.setdefault(each.column, []).append(each)
    for (_, metric), column in columns.items():
        if not SCORES[metric].higher_is_better:
            continue
        above = next((each for each in column if each.value > 1.0), None)
        for each in column:
            if 0.0 < each.value <= 1.0 and "%" not in each.text and (above is None or each.value < 1.0):
                beside = f"beside {above.text.strip()} ({above.where.rpartition(', ')[2]})" if above else "in its column"
                raise BenchError(
                    f"{each.where}: '{each.text.strip()[:40]}' {beside}; percentages are expected, not fractions: "
                    f"{each.value * 100:.6g}, or '{each.text.strip()[:40]} %' where it is that low"
                )


def refuse_spreads(spreads: Iterable[Spread]) -> None:
    """Refuse a standard deviation that its mean, its n or the number of test images rule out, a fraction among them.

    Raises
    ------
    BenchError
        The first one with its place, and what is allowed.
    """
    known = list(spreads)
    decimals: dict[tuple[str, str], int] = {}
    for each in known:
        decimals[each.mean.column] = max(decimals.get(each.mean.column, 0), _decimals(each.mean.text))
    for each in known:
        where, text, (dataset, metric) = each.mean.where, each.text.strip()[:40], each.mean.column
        mean = each.mean.text.strip()
        if each.n == 1:
            raise BenchError(f"{where}: sd '{text}' of one run (n = 1); leave it empty, or say how many runs it is of")
        largest = _largest_sd(each.mean, each.n)
        if each.sd > largest:
            raise BenchError(f"{where}: sd '{text}' beside a mean of {mean}; allowed: up to {largest:.1f}, more cannot be")
        finer = each.sd < SMALL_SD and _decimals(text) >= max(3, decimals[each.mean.column] + DECIMALS)
        smallest = _smallest_sd(dataset, metric, each.n, _decimals(text))
        if each.sd > 0.0 and "%" not in text and (finer or each.sd < smallest):
            raise BenchError(
                f"{where}: sd '{text}' beside a mean of {mean}; percentage points are expected, not fractions: "
                f"{each.sd * 100:.6g}, or '{text} %' where it is that low"
            )


def _largest_sd(mean: Written, n: int) -> float:
    """Of n numbers from 0 to 100 with this mean, half a digit of which rounding may have moved."""
    slack = 0.5 * 10.0 ** -_decimals(mean.text)
    nearest = min(max(mean.value, 50.0 - slack), 50.0 + slack) if abs(mean.value - 50.0) <= slack else mean.value
    inner = nearest + (slack if nearest < 50.0 else -slack)
    runs = n or 2
    return math.sqrt(inner * (100.0 - inner) * runs / (runs - 1)) + 0.1


def _smallest_sd(dataset: str, metric: str, n: int, decimals: int) -> float:
    """Where one of n runs has one test image more right than all others; 0 where the images are not known."""
    if metric not in COUNTED or n < 2:
        return 0.0
    try:
        size = dataset_size(dataset)
    except BenchError:
        return 0.0
    images = size.test * (ASSUMED if size.assumed else 1)
    return 100.0 / images / math.sqrt(n) - 0.5 * 10.0**-decimals


def _decimals(text: str) -> int:
    digits = text.strip().removesuffix("%").strip().lower()
    return len(digits.partition(".")[2]) if "e" not in digits else 0
