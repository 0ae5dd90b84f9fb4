"""Method against baseline: reference values by hand, from scipy and from statsmodels; what cannot be tested."""

import math
from itertools import combinations

import numpy as np
import pytest
from scipy import stats
from scipy.special import stdtr, stdtrit
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from bench.stats import Sample, permutation_p, welch
from bench.stats.contrast import between

NAN = math.nan
A = [92.0, 93.0, 94.0, 95.0, 96.0]
B = [91.0, 91.5, 92.0, 92.5, 93.0]
FIELDS = ("low", "high", "p", "df", "hedges_g", "superiority")


def test_by_hand() -> None:
    # Variances 2.5 and 0.625 over 5 runs: SE = sqrt(0.625); df = 0.625^2 / (0.5^2 / 4 + 0.125^2 / 4) = 100 / 17; t = 2 / SE.
    found = welch(Sample.of(A), Sample.of(B))
    assert found.estimate == pytest.approx(2.0)
    assert found.df == pytest.approx(100 / 17)
    assert found.p == pytest.approx(2 * stats.t.sf(2 / math.sqrt(0.625), 100 / 17))
    half = stdtrit(100 / 17, 0.975) * math.sqrt(0.625)
    assert (found.low, found.high) == (pytest.approx(2 - half), pytest.approx(2 + half))
    # Pooled variance 1.5625 = 1.25^2, so d = 1.6; J(8) = Gamma(4) / (sqrt(4) Gamma(3.5)) = 0.9027.
    assert found.hedges_g == pytest.approx(1.6 * 6 / (2 * 3.3233509704), rel=1e-9)
    # 2 / sqrt(2.5 + 0.625) = 1.1314 standard deviations.
    assert found.superiority == pytest.approx(stats.norm.cdf(2 / math.sqrt(3.125)))
    assert found.state == "ok"


@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_against_scipy_and_statsmodels(confidence: float) -> None:
    rng = np.random.default_rng(3)
    for n, m in ((2, 5), (3, 4), (5, 5), (20, 7)):
        a, b = rng.normal(90, 2, n), rng.normal(89, 0.5, m)
        found = welch(Sample.of(a), Sample.of(b))
        scipy_test = stats.ttest_ind(a, b, equal_var=False)
        assert (found.p, found.df) == (pytest.approx(scipy_test.pvalue), pytest.approx(scipy_test.df))
        means = CompareMeans(DescrStatsW(a), DescrStatsW(b))
        interval = between(Sample.of(a), Sample.of(b)).interval(confidence)
        assert interval == pytest.approx(means.tconfint_diff(1 - confidence, usevar="unequal"))


def test_swapping_the_arms_changes_the_sign_only() -> None:
    forth, back = welch(Sample.of(A), Sample.of(B)), welch(Sample.of(B), Sample.of(A))
    assert (back.estimate, back.low, back.high) == (-forth.estimate, -forth.high, -forth.low)
    assert back.p == forth.p
    assert back.hedges_g == pytest.approx(-forth.hedges_g)
    assert back.superiority == pytest.approx(1 - forth.superiority)


@pytest.mark.parametrize(
    ("a", "b", "state", "estimate"),
    [
        (Sample.of([]), Sample.of(B), "missing", NAN),
        (Sample.of([90, NAN]), Sample.of(B), "missing", NAN),
        (Sample.of([NAN]), Sample.of([90.0]), "missing", NAN),
        (Sample.of([94.0]), Sample.of(B), "too few", 2.0),
        (Sample.of(A), Sample.of([92.0]), "too few", 2.0),
        (Sample(94.0, NAN, 3), Sample.of(B), "too few", 2.0),
        (Sample.of([94.0] * 5), Sample.of([92.0] * 5), "no spread", 2.0),
    ],
)
def test_what_cannot_be_tested_is_nan_with_a_state(a: Sample, b: Sample, state: str, estimate: float) -> None:
    found = welch(a, b)
    assert found.state == state
    assert found.estimate == pytest.approx(estimate, nan_ok=True)
    assert all(math.isnan(getattr(found, name)) for name in FIELDS)


def test_two_runs_and_one_constant_arm_are_tested() -> None:
    assert welch(Sample.of([90, 91]), Sample.of([88, 90])).state == "ok"
    constant = welch(Sample.of([94.0] * 5), Sample.of(A))
    assert (constant.state, constant.df, constant.p) == ("ok", pytest.approx(4.0), 1.0)


def test_confidence_must_be_a_share() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        between(Sample.of(A), Sample.of(B)).interval(95)


def test_permutation_by_hand() -> None:
    # 6 splits; |2.5 - 0.5| = 2 is reached by {0,1}|{2,3} and its mirror image.
    assert permutation_p([2, 3], [0, 1]) == pytest.approx(2 / 6)
    assert permutation_p([1.0], [0.0, 0.0, 0.0]) == pytest.approx(1 / 4)


def test_permutation_against_scipy_and_enumeration() -> None:
    rng = np.random.default_rng(5)
    for size, other in ((5, 5), (4, 4), (3, 6)):
        a, b = np.round(rng.normal(1, 1, size), 1), np.round(rng.normal(0, 1, other), 1)
        everything = np.concatenate([a, b])
        gaps = []
        for chosen in combinations(range(size + other), size):
            rest = np.setdiff1d(np.arange(size + other), chosen)
            gaps.append(abs(everything[list(chosen)].mean() - everything[rest].mean()))
        by_enumeration = np.mean(np.array(gaps) >= abs(a.mean() - b.mean()) - 1e-9)
        assert permutation_p(a, b) == pytest.approx(by_enumeration)
        if size == other:
            statistic = lambda x, y, axis: np.mean(x, axis=axis) - np.mean(y, axis=axis)  # noqa: E731
            assert permutation_p(a, b) == pytest.approx(stats.permutation_test((a, b), statistic, vectorized=True).pvalue)


def test_permutation_of_what_cannot_be_permuted() -> None:
    assert math.isnan(permutation_p([], [1.0]))
    assert math.isnan(permutation_p([NAN, 1.0], [1.0]))
    assert math.isnan(permutation_p(range(20), range(20)))
    assert permutation_p([92.1] * 5, [92.1] * 5) == 1.0


def test_five_against_five_cannot_pass_holm_in_a_family_of_seven() -> None:
    smallest = permutation_p([6, 7, 8, 9, 10], [1, 2, 3, 4, 5])
    assert smallest == pytest.approx(2 / 252)
    assert stats.mannwhitneyu([6, 7, 8, 9, 10], [1, 2, 3, 4, 5], method="exact").pvalue == pytest.approx(2 / 252)
    assert 6 * smallest < 0.05 < 7 * smallest


def test_wilcoxon_over_five_pairs_can_never_reject() -> None:
    assert stats.wilcoxon([1, 2, 3, 4, 5]).pvalue == pytest.approx(0.0625)


def test_simulated_size_of_welch_and_coverage_of_its_interval() -> None:
    rng = np.random.default_rng(11)
    a, b = rng.standard_normal((2, 100_000, 5))
    share = (a.var(1, ddof=1), b.var(1, ddof=1))
    df = 4 * (share[0] + share[1]) ** 2 / (share[0] ** 2 + share[1] ** 2)
    t = np.abs(a.mean(1) - b.mean(1)) / np.sqrt((share[0] + share[1]) / 5)
    assert np.mean(2 * stdtr(df, -t) <= 0.05) == pytest.approx(0.044, abs=0.002)
    assert stdtrit(4, 0.975) / math.sqrt(5) == pytest.approx(1.24, abs=0.005)
    inside = np.abs(a.mean(1)) <= stdtrit(4, 0.975) / math.sqrt(5) * a.std(1, ddof=1)
    assert inside.mean() == pytest.approx(0.95, abs=0.003)
