"""Chances of findings and plans of seeds: against the exact power of equal sds, simulations, and their own definitions."""

import math

import numpy as np
import pytest
from scipy.special import stdtrit

from bench.stats import (
    ConfirmationPlan,
    PrintedGain,
    Sample,
    Spreads,
    chance_equivalent,
    chance_found,
    detectable,
    mean_chance_found,
    reach_of,
    seeds_to_find,
)

NAN = math.nan
EQUAL = Spreads(1.0, 5, 1.0, 5)
UNEQUAL = Spreads(0.5, 5, 2.0, 4)


@pytest.mark.parametrize(("family", "sds"), [(1, 2.08), (6, 3.00), (12, 3.41), (50, 4.38)])
def test_five_runs_of_equal_sds_find_the_exact_difference(family: int, sds: float) -> None:
    """The figures of docs/statistics.md: averages of the noncentral t over the ratio of the two sample variances."""
    assert detectable(EQUAL, 0.05 / family) == pytest.approx(sds, abs=0.006)
    assert chance_found(detectable(EQUAL, 0.05 / family), EQUAL, 0.05 / family) == pytest.approx(0.8, abs=1e-6)


def draws(spreads: Spreads, size: int = 200_000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Differences of means about 0, their standard errors and df, simulated run by run."""
    rng = np.random.default_rng(7)
    a = rng.standard_normal((size, spreads.n)) * spreads.sd
    b = rng.standard_normal((size, spreads.other_n)) * spreads.other_sd
    parts = a.var(1, ddof=1) / spreads.n, b.var(1, ddof=1) / spreads.other_n
    variance = parts[0] + parts[1]
    df = variance**2 / (parts[0] ** 2 / (spreads.n - 1) + parts[1] ** 2 / (spreads.other_n - 1))
    return a.mean(1) - b.mean(1), np.sqrt(variance), df


def test_unequal_sds_by_simulation() -> None:
    difference, error, df = draws(UNEQUAL)
    effect = detectable(UNEQUAL, 0.05 / 6)
    assert np.mean(difference + effect > stdtrit(df, 1 - 0.05 / 12) * error) == pytest.approx(0.8, abs=0.004)


@pytest.mark.parametrize(("spreads", "printed"), [(EQUAL, PrintedGain(4.0, 0.4, 8.0)), (UNEQUAL, PrintedGain(5.0))])
@pytest.mark.parametrize("family", [1, 10])
def test_the_chance_of_confirmed_by_simulation(spreads: Spreads, printed: PrintedGain, family: int) -> None:
    difference, error, df = draws(spreads)
    gain = difference + printed.value
    found = gain > stdtrit(df, 1 - 0.025 / family) * error
    variance = error**2 + printed.variance / 4
    half_df = variance**2 / (error**4 / df + printed.variance**2 / 16 / printed.df)
    more = gain - printed.value / 2 > stdtrit(half_df, 0.95) * np.sqrt(variance)
    assert ConfirmationPlan(printed, spreads, family).chance == pytest.approx(np.mean(found & more), abs=0.004)
    assert ConfirmationPlan(printed, spreads, family, size=False).chance == pytest.approx(np.mean(found), abs=0.004)


@pytest.mark.parametrize(("margin", "power"), [(1.5, 0.39), (2.0, 0.76), (2.5, 0.94)])
def test_the_chance_of_equivalence_at_five_runs(margin: float, power: float) -> None:
    assert chance_equivalent(margin, EQUAL) == pytest.approx(power, abs=0.005)
    assert chance_equivalent(margin * 3, Spreads(3.0, 5, 3.0, 5)) == pytest.approx(chance_equivalent(margin, EQUAL))


def test_seeds_are_the_fewest_that_suffice() -> None:
    printed = PrintedGain(2.0)
    for size in (True, False):
        seeds = ConfirmationPlan(printed, EQUAL, 10, size=size).seeds
        assert seeds is not None
        assert ConfirmationPlan(printed, EQUAL.with_seeds(seeds), 10, size=size).chance >= 0.8
        assert ConfirmationPlan(printed, EQUAL.with_seeds(seeds - 1), 10, size=size).chance < 0.8
    assert seeds_to_find(1.0, [EQUAL]) == 17
    assert seeds_to_find(-1.0, [EQUAL], 0.05 / 2) > 17  # two looks


def test_a_gain_that_the_paper_knows_badly_is_never_confirmed() -> None:
    assert ConfirmationPlan(PrintedGain(1.0, 1.0, 8.0), EQUAL).seeds is None
    assert ConfirmationPlan(PrintedGain(1.0, 1.0, 8.0), EQUAL, size=False).seeds is not None
    assert seeds_to_find(0.001, [EQUAL]) is None


def test_nothing_to_compute_from() -> None:
    for spreads in (Spreads(1.0, 1, 1.0, 5), Spreads(0.0, 5, 0.0, 5), Spreads(NAN, 5, 1.0, 5)):
        assert math.isnan(chance_found(1.0, spreads))
        assert math.isnan(detectable(spreads))
        assert math.isnan(chance_equivalent(1.0, spreads))
        assert math.isnan(ConfirmationPlan(PrintedGain(1.0), spreads).chance)
        assert ConfirmationPlan(PrintedGain(1.0), spreads).seeds is None
        assert seeds_to_find(1.0, [spreads]) is None
    assert math.isnan(ConfirmationPlan(PrintedGain(-1.0), EQUAL).chance)
    assert math.isnan(chance_equivalent(NAN, EQUAL))


def test_reach_is_of_each_comparisons_own_spreads() -> None:
    good = [(Sample(70, sd, 5), Sample(70, sd, 5)) for sd in (0.5, 1.0, 2.0)]
    found = reach_of([([*good, (Sample(70, 0, 5), Sample(70, 1, 5)), (Sample(70, 1, 2), Sample(70, 1, 5))], 6)])
    assert found is not None
    assert found.comparisons == 3
    assert (found.smallest, found.median, found.largest) == pytest.approx((1.5025, 3.005, 6.01), abs=1e-3)
    assert mean_chance_found(3.005, good[1:2], 6) == pytest.approx(0.8, abs=1e-3)
    own = reach_of([(good[1:2], 1), (good, 6)])  # each at the first step of its own family
    assert own is not None
    assert (own.comparisons, own.smallest) == (4, pytest.approx(1.5025, abs=1e-3))
    assert own.median == pytest.approx((detectable(Spreads.of(*good[1])) + 3.005) / 2, abs=1e-3)
    assert reach_of([([], 6)]) is None
    assert math.isnan(mean_chance_found(1.0, [], 6))


def test_a_file_that_claims_a_million_runs_does_not_promise_more_than_its_partner_has() -> None:
    """The smaller side decides: the larger one's mean is known, the smaller one's is not."""
    huge = (Sample(70, 0.001, 999_999), Sample(70, 1.0, 5))
    found = reach_of([([huge], 1)])
    assert found is not None
    assert found.median > 1.0
