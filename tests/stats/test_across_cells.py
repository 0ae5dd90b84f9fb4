"""Statements and pictures over several cells."""

import math

import numpy as np
import pytest
from scipy import stats

from bench.stats import (
    Sample,
    paired_over_cells,
    performance_profile,
    pooled_difference,
    probability_of_improvement,
    welch,
)

NAN = math.nan


def test_pooled_difference_by_hand() -> None:
    # Two cells with differences 2 and 1; Welch variances 0.4 and 0.8, halved twice: SE = sqrt(1.2) / 2.
    pairs = [(Sample(92, 1, 5), Sample(90, 1, 5)), (Sample(81, math.sqrt(2), 5), Sample(80, math.sqrt(2), 5))]
    found = pooled_difference(pairs)
    assert found.estimate == pytest.approx(1.5)
    df = 1.2**2 / (2 * 0.2**2 / 4 + 2 * 0.4**2 / 4)
    assert found.df == pytest.approx(df)
    assert found.high - found.estimate == pytest.approx(stats.t.ppf(0.975, df) * math.sqrt(1.2) / 2)
    assert found.p == pytest.approx(2 * stats.t.sf(1.5 / (math.sqrt(1.2) / 2), df))


def test_pooled_difference_of_one_cell_is_welch() -> None:
    a, b = Sample(92, 1, 5), Sample(90, 2, 4)
    one, same = pooled_difference([(a, b)]), welch(a, b)
    assert (one.estimate, one.low, one.high, one.p, one.df) == (same.estimate, same.low, same.high, same.p, same.df)


def test_pooled_difference_lacks_what_a_cell_lacks() -> None:
    good = (Sample(92, 1, 5), Sample(90, 1, 5))
    assert pooled_difference([good, (Sample.of([]), good[1])]).state == "missing"
    assert pooled_difference([good, (Sample.of([91.0]), good[1])]).state == "too few"
    assert pooled_difference([]).state == "missing"
    constant = (Sample(92, 0, 5), Sample(90, 0, 5))
    assert pooled_difference([constant, constant]).state == "no spread"
    assert pooled_difference([good, constant]).state == "ok"


def test_simulated_coverage_of_the_pooled_difference() -> None:
    rng = np.random.default_rng(9)
    inside = 0
    for _ in range(2000):
        runs = rng.standard_normal((4, 2, 5)) * np.array([1.0, 2.0, 0.5, 1.0])[:, None, None]
        means, sds = runs.mean(2), runs.std(2, ddof=1)
        found = pooled_difference([(Sample(m[0], s[0], 5), Sample(m[1], s[1], 5)) for m, s in zip(means, sds, strict=True)])
        inside += found.low <= 0 <= found.high
    assert inside / 2000 == pytest.approx(0.95, abs=0.015)


def test_probability_of_improvement_by_hand() -> None:
    pairs = [([2, 3], [1, 2]), ([1, 1], [1, 1]), ([NAN, 5], [1, 2]), ([], [1.0])]
    found = probability_of_improvement(pairs)
    assert found == pytest.approx((3.5 / 4 + 0.5) / 2)
    assert probability_of_improvement(pairs, higher_is_better=False) == pytest.approx(1 - found)
    assert math.isnan(probability_of_improvement([]))


def test_probability_of_improvement_is_mann_whitneys() -> None:
    a, b = np.random.default_rng(0).normal(0, 1, (2, 5))
    assert probability_of_improvement([(a, b)]) == pytest.approx(stats.mannwhitneyu(a, b).statistic / 25)


def test_performance_profile_weighs_cells_alike() -> None:
    scores = {"x": [[1.0, 2.0], [3.0]], "y": [[NAN, 2.0], []], "z": []}
    found = performance_profile(scores, [0.0, 2.0, 4.0])
    assert found["x"] == pytest.approx((1.0, 0.75, 0.0))
    assert found["y"] == pytest.approx((0.25, 0.25, 0.0))
    assert all(map(math.isnan, found["z"]))


def test_paired_over_six_cells() -> None:
    a, b = [71.0, 82.5, 93.0, 64.0, 75.5, 86.0], [70.0, 80.0, 90.0, 65.0, 75.0, 85.25]
    found = paired_over_cells(np.subtract(a, b).tolist())
    assert found.t_p == pytest.approx(stats.ttest_rel(a, b).pvalue)
    assert found.wilcoxon_p == pytest.approx(stats.wilcoxon(a, b).pvalue)
    assert found.estimate == pytest.approx(np.mean(np.subtract(a, b)))
    assert found.low == pytest.approx(stats.ttest_rel(a, b).confidence_interval().low)
    assert (found.cells, found.reason) == (6, "")


@pytest.mark.parametrize(
    ("gains", "reason"),
    [
        ([1.0] * 5, "5 cells are too few for a statement about new settings; it needs 6"),
        ([1.0] * 5 + [NAN], "a cell has no finite mean"),
        ([1.0] * 6, "the difference is the same in every cell, so nothing can be tested"),
        ([1.0], "1 cell is too few for a statement about new settings; it needs 6"),
        ([], "0 cells are too few for a statement about new settings; it needs 6"),
    ],
)
def test_paired_over_cells_says_why_not(gains: list[float], reason: str) -> None:
    found = paired_over_cells(gains)
    assert found.reason == reason
    assert math.isnan(found.t_p)
    assert math.isnan(found.wilcoxon_p)
