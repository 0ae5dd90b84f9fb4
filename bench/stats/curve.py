"""Methods against the baseline's curve: its accuracy where it spends the same compute, between the budgets trained."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence

from bench.stats.cells import probability_of_improvement
from bench.stats.columns import Column, Method, Together, judged_together, new_settings
from bench.stats.contrast import Contrast, combine, mean_of
from bench.stats.correction import holm_in_families
from bench.stats.difference import describe
from bench.stats.pairwise import OTHERS, outcome_of, unjudged
from bench.stats.sample import Measured, Sample

Point = tuple[float, Measured]  # compute, relative to the baseline's; what was measured there


def at_compute(compute: float, curve: Sequence[Point]) -> tuple[tuple[float, Sample], ...]:
    """Weights and samples of the curve at some compute: linear in its logarithm, and flat beyond both ends.

    Parameters
    ----------
    curve
        Of the baseline, by rising compute.
    """
    place = bisect_right([x for x, _ in curve], compute)
    if place in (0, len(curve)):
        return ((1.0, curve[min(place, len(curve) - 1)][1].sample),)
    (low, before), (high, after) = curve[place - 1], curve[place]
    share = math.log(compute / low) / math.log(high / low)
    both = ((1 - share, before.sample), (share, after.sample))
    return tuple((weight, sample) for weight, sample in both if weight > 0)


def over_curve(compute: float, method: Measured, curve: Sequence[Point]) -> tuple[Contrast, str]:
    """A method's mean minus the curve's at its compute, in pp, and why it cannot be tested; empty where it can."""
    parts = at_compute(compute, curve)
    reason = next(filter(None, (unjudged(method.sample, sample) for _, sample in parts)), "")
    return combine([(1.0, mean_of(method.sample)), *((-weight, mean_of(sample)) for weight, sample in parts)]), reason


def against_curve(
    methods: Mapping[Method, Mapping[Column, Point]],
    curves: Mapping[Column, Sequence[Point]],
    dataset_of: Mapping[Column, str],
    alpha: float = 0.05,
) -> tuple[dict[Method, Together[Column]], dict[tuple[Method, Column], str]]:
    """Which methods lie above the baseline's curve: over the columns together, and the outcome in each column.

    Two families, Holm in each: the methods over their columns, and methods times columns.

    Notes
    -----
    Independent cells, so that the variances add up with their squared weights; Satterthwaite's degrees of freedom. Beyond the
    largest budget of the baseline its last point stands for the curve, which can only help a method that costs more.
    """
    single: dict[tuple[Method, Column], Contrast] = {}
    found: dict[Method, Together[Column]] = {}
    for name, points in methods.items():
        parts = {column: over_curve(*point, curves[column]) for column, point in points.items()}
        tested = tuple(column for column, (_, reason) in parts.items() if not reason)
        single |= {(name, column): parts[column][0] for column in tested}
        mean = combine([(1 / len(tested), parts[column][0]) for column in tested])
        settings, unit = new_settings({column: parts[column][0].estimate for column in tested}, dataset_of)
        values = [(points[column][1].values, curves[column][0][1].values) for column in tested]
        found[name] = Together(
            mean=describe(mean),
            tested=tested,
            left_out={column: reason for column, (_, reason) in parts.items() if reason},
            superiority=probability_of_improvement(values),
            settings=settings,
            unit=unit,
            family=OTHERS,
        )
    p = holm_in_families({key: each.p_zero() for key, each in single.items()}, {})
    outcomes: dict[tuple[Method, Column], str] = {key: outcome_of(each.estimate, p[key], alpha) for key, each in single.items()}
    return judged_together(found, alpha), outcomes
