"""TOST against statsmodels, at both sides of its boundary, and its power at five runs."""

import math

import numpy as np
import pytest
from scipy.special import stdtrit
from statsmodels.stats.weightstats import ttost_ind

from bench.stats import Sample, equivalence

A = [92.0, 92.4, 91.8, 92.1, 92.2]
B = [91.9, 92.5, 92.3, 91.7, 92.0]


@pytest.mark.parametrize("margin", [0.1, 0.3, 0.5, 2.0])
def test_against_statsmodels(margin: float) -> None:
    found = equivalence(Sample.of(A), Sample.of(B), margin)
    p, _, _ = ttost_ind(np.array(A), np.array(B), -margin, margin, usevar="unequal")
    assert found.p == pytest.approx(p, abs=1e-12)
    assert found.equivalent == (p < 0.05)


def test_equivalent_is_the_interval_inside_the_margin() -> None:
    found = equivalence(Sample.of(A), Sample.of(B), 1.0)
    edge = max(-found.low, found.high)
    assert equivalence(Sample.of(A), Sample.of(B), edge + 1e-6).equivalent
    assert not equivalence(Sample.of(A), Sample.of(B), edge - 1e-6).equivalent
    assert equivalence(Sample.of(A), Sample.of(B), edge).p == pytest.approx(0.05)


def test_what_cannot_be_tested_is_not_equivalent() -> None:
    for other in (Sample.of([]), Sample.of([92.0]), Sample.of([math.nan, 92.0])):
        found = equivalence(Sample.of(A), other, 100.0)
        assert not found.equivalent
        assert math.isnan(found.p)
    constant = Sample.of([92.0] * 5)
    assert not equivalence(constant, constant, 100.0).equivalent
    assert not equivalence(Sample.of(A), Sample.of(B), math.nan).equivalent
    assert not equivalence(Sample.of(A), Sample.of(A), 0.0).equivalent


def test_a_negative_margin_is_an_error() -> None:
    with pytest.raises(ValueError, match="negative"):
        equivalence(Sample.of(A), Sample.of(B), -1.0)


@pytest.mark.parametrize(("margin", "power"), [(1.5, 0.39), (2.0, 0.76), (2.5, 0.94)])
def test_simulated_power_at_no_true_difference(margin: float, power: float) -> None:
    a, b = np.random.default_rng(2).standard_normal((2, 100_000, 5))
    share = (a.var(1, ddof=1) / 5, b.var(1, ddof=1) / 5)
    df = 4 * (share[0] + share[1]) ** 2 / (share[0] ** 2 + share[1] ** 2)
    reach = np.abs(a.mean(1) - b.mean(1)) + stdtrit(df, 0.95) * np.sqrt(share[0] + share[1])
    assert np.mean(reach < margin) == pytest.approx(power, abs=0.01)
