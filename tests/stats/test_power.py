"""What five runs can find: the specification's figures, statsmodels, and a simulation of the test that the reports make."""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.special import stdtr
from statsmodels.stats.power import TTestIndPower

from bench.stats import Sample, pooled_sd, seeds_needed, smallest_detectable_difference
from bench.stats.power import power_of

NAN = math.nan


@pytest.mark.parametrize(("family", "sds"), [(1, 2.0), (6, 2.8), (12, 3.2), (50, 3.9)])
def test_students_figures(family: int, sds: float) -> None:
    found = smallest_detectable_difference(1.0, 5, family, equal_var=True)
    assert round(found, 1) == sds
    assert found == pytest.approx(TTestIndPower().solve_power(nobs1=5, alpha=0.05 / family, power=0.8), rel=1e-4)


@pytest.mark.parametrize(("family", "sds"), [(1, 2.08), (6, 3.00), (12, 3.41), (50, 4.38)])
def test_welchs_figures_by_simulation(family: int, sds: float) -> None:
    found = smallest_detectable_difference(1.0, 5, family)
    assert found == pytest.approx(sds, abs=0.005)
    a, b = np.random.default_rng(4).standard_normal((2, 100_000, 5))
    share = (a.var(1, ddof=1), b.var(1, ddof=1))
    df = 4 * (share[0] + share[1]) ** 2 / (share[0] ** 2 + share[1] ** 2)
    t = (a.mean(1) - b.mean(1) + found) / np.sqrt((share[0] + share[1]) / 5)
    assert np.mean(2 * stdtr(df, -np.abs(t)) <= 0.05 / family) == pytest.approx(0.8, abs=0.005)


def test_size_is_the_power_at_no_difference() -> None:
    assert power_of(0, 5, 0.05) == pytest.approx(0.0442, abs=1e-4)
    assert power_of(0, 5, 0.05, equal_var=True) == pytest.approx(0.05)


def test_many_runs_make_the_two_tests_one() -> None:
    student = smallest_detectable_difference(1.0, 5000, 1, equal_var=True)
    assert smallest_detectable_difference(1.0, 5000, 1) == pytest.approx(student, rel=1e-6)
    assert student == pytest.approx((1.959964 + 0.841621) * math.sqrt(2 / 5000), rel=1e-3)


def test_detectable_difference_scales_with_the_sd_and_knows_its_limits() -> None:
    assert smallest_detectable_difference(0.7, 5, 12) == pytest.approx(0.7 * smallest_detectable_difference(1, 5, 12))
    assert smallest_detectable_difference(0.0, 5, 12) == 0.0
    for sd, n, family in ((NAN, 5, 1), (1.0, 1, 1), (1.0, 5, 0), (1.0, 0, 1)):
        assert math.isnan(smallest_detectable_difference(sd, n, family))
    assert math.isfinite(smallest_detectable_difference(1.0, 2, 300))
    with pytest.raises(ValueError, match="alpha"):
        smallest_detectable_difference(1.0, 5, 1, power=0.01)


@pytest.mark.parametrize("family", [1, 12])
def test_seeds_needed_is_the_smallest_that_suffices(family: int) -> None:
    for difference in (0.3, 1.0, 2.5):
        seeds = seeds_needed(difference, 1.0, family)
        assert seeds is not None
        assert smallest_detectable_difference(1.0, seeds, family) <= difference
        assert smallest_detectable_difference(1.0, seeds - 1, family) > difference
    assert seeds_needed(-1.0, 1.0) == seeds_needed(1.0, 1.0) == 17


@pytest.mark.parametrize("effect", [0.05, 0.5, 1.0, 1.458, 3.0])
def test_power_never_falls_as_runs_are_added(effect: float) -> None:
    """Scipy's noncentral t has no value far from its mean; read as 0 power it named hundreds of seeds too many."""
    powers = [power_of(effect, n, 0.05 / 15) for n in (*range(2, 60), *range(60, 3000, 7), *range(3000, 10_001, 500))]
    assert np.all(np.diff(powers) >= -1e-6) and powers[-1] > 0.5


def test_seeds_needed_of_a_difference_that_is_easy_at_ten_thousand() -> None:
    assert seeds_needed(4.17, 2.86, 15) == next(n for n in range(2, 100) if power_of(4.17 / 2.86, n, 0.05 / 15) >= 0.8)


def test_seeds_needed_without_an_answer() -> None:
    assert seeds_needed(0.01, 1.0) is None
    assert seeds_needed(1.0, 1.0, most=10) is None
    for difference, sd in ((0.0, 1.0), (NAN, 1.0), (1.0, NAN), (1.0, 0.0)):
        assert seeds_needed(difference, sd) is None


def test_pooled_sd() -> None:
    assert pooled_sd([Sample(90, 1.0, 5), Sample(80, 2.0, 3)]) == pytest.approx(math.sqrt((4 * 1 + 2 * 4) / 6))
    assert pooled_sd([Sample(90, 1.0, 5), Sample(90, NAN, 1), Sample(NAN, NAN, 0)]) == pytest.approx(1.0)
    assert math.isnan(pooled_sd([]))


def test_five_runs_say_little_about_the_sd() -> None:
    low, high = np.sqrt(4 / stats.chi2.ppf([0.975, 0.025], 4))
    assert (low, high) == (pytest.approx(0.60, abs=0.005), pytest.approx(2.87, abs=0.005))
