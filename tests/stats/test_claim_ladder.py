"""Every rung of the claim ladder at both sides of its boundary, its size and its power."""

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from bench.stats import (
    ClaimCell,
    Comparability,
    ConfirmationPlan,
    Measured,
    PrintedGain,
    Reported,
    Sample,
    Spreads,
    against_baselines,
    claim_verdicts,
    printed_gain,
)
from bench.stats.correction import holm
from bench.stats.ladder import CLAIM_VERDICTS, claim_tests, ladder

NAN = math.nan
EPS = 1e-6
BASE, PRINTED_BASE = Sample(70.0, 1.0, 5), Reported(60.0, 1.5, 4)
PART = Comparability(elsewhere="on our part of the data")


def cell(gain: float, printed: float, sd: float | None = 2.0, n: int | None = 3, **more: object) -> ClaimCell:
    return ClaimCell(Sample(70.0 + gain, 1.0, 5), BASE, Reported(60.0 + printed, sd, n), PRINTED_BASE, **more)  # type: ignore[arg-type]


def verdict(gain: float, printed: float, **more: object) -> str:
    return claim_verdicts({0: cell(gain, printed, **more)})[0].name  # type: ignore[arg-type]


def threshold(probability: float, variances: list[float], dfs: list[float]) -> float:
    """What a t test has to exceed, written out once more."""
    total = sum(variances)
    df = total**2 / sum(variance**2 / part for variance, part in zip(variances, dfs, strict=True))
    return float(stats.t.ppf(probability, df) * math.sqrt(total))


ABOVE = threshold(0.975, [1 / 5, 1 / 5], [4, 4])
HALF = threshold(0.95, [1 / 5, 1 / 5, 4 / 3 / 4, 2.25 / 4 / 4], [4, 4, 2, 3])
HALF_WITHOUT_SPREAD = threshold(0.95, [1 / 5, 1 / 5], [4, 4])


def test_above_zero_at_both_sides() -> None:
    assert verdict(ABOVE + EPS, 2 * ABOVE) == "direction confirmed"
    assert verdict(ABOVE - EPS, 2 * ABOVE) == "open"
    assert verdict(-ABOVE + EPS, 0.1) == "open"
    assert verdict(-ABOVE - EPS, 0.1) == "reversed"


@pytest.mark.parametrize(
    ("printed", "half"), [({}, HALF), ({"sd": None}, HALF_WITHOUT_SPREAD), ({"n": None}, HALF_WITHOUT_SPREAD)]
)
def test_half_of_the_printed_gain_at_both_sides(printed: dict[str, None], half: float) -> None:
    assert verdict(5.0 + half + EPS, 10.0, **printed) == "confirmed"
    assert verdict(5.0 + half - EPS, 10.0, **printed) == "direction confirmed"
    assert verdict(10.0 - half + EPS, 20.0, **printed) == "direction confirmed"
    assert verdict(10.0 - half - EPS, 20.0, **printed) == "smaller"
    small = ABOVE / 2  # not above 0
    assert verdict(small, 2 * (small + half) - EPS, **printed) == "open"
    assert verdict(small, 2 * (small + half) + EPS, **printed) == "not found"


def test_another_part_of_the_data_has_the_short_ladder() -> None:
    for printed in (0.5, 5.0, 50.0):
        assert verdict(ABOVE + EPS, printed, comparability=PART) == "direction confirmed"
        assert verdict(ABOVE - EPS, printed, comparability=PART) == "open"
        assert verdict(-ABOVE - EPS, printed, comparability=PART) == "reversed"
    found = claim_verdicts({0: cell(ABOVE + 1, 5.0, comparability=PART)})[0]
    assert found.elsewhere == "on our part of the data"
    assert math.isnan(found.p_more)


@pytest.mark.parametrize("higher", [True, False])
def test_error_rates_have_the_same_verdicts_with_the_sign_turned(higher: bool) -> None:
    sign = 1 if higher else -1
    names = []
    for gain in (-4.0, 0.5, 3.0, 9.0):
        ours = ClaimCell(
            Sample(50 + sign * gain, 1, 5), Sample(50, 1, 5), Reported(40 + sign * 8.0, 1.0, 5), Reported(40, 1.0, 5)
        )
        found = claim_verdicts({0: ours}, higher)[0]
        assert found.difference.estimate == pytest.approx(gain)
        assert found.printed == pytest.approx(8.0)
        names.append(found.name)
    assert names == ["reversed", "not found", "direction confirmed", "confirmed"]


def test_p_values_are_the_tables_holm_in_each_family() -> None:
    gains, families = (4.0, 2.5, 1.8, 3.0), ("own", "own", "others", "others")
    cells = {i: cell(gain, 3.0, family=family) for i, (gain, family) in enumerate(zip(gains, families, strict=True))}
    found = claim_verdicts(cells)
    raw = [stats.ttest_ind_from_stats(70 + gain, 1, 5, 70, 1, 5, equal_var=False).pvalue for gain in gains]
    expected = [*multipletests(raw[:2], method="holm")[1], *multipletests(raw[2:], method="holm")[1]]
    assert [found[i].p for i in cells] == pytest.approx(expected)
    measured = {i: Measured(each.method) for i, each in cells.items()} | {"base": Measured(BASE)}
    pairs = against_baselines(measured, dict.fromkeys(cells, "base"), own=[0, 1])  # type: ignore[arg-type]
    assert [pairs[i].p_adjusted for i in cells] == pytest.approx(expected)


def test_a_gain_without_a_printed_one_still_counts_in_the_family() -> None:
    alone = claim_verdicts({0: cell(2.0, 3.0)})[0].p
    unprinted = ClaimCell(Sample(70.5, 1.0, 5), BASE, Reported(NAN), PRINTED_BASE)
    found = claim_verdicts({0: cell(2.0, 3.0), 1: unprinted})
    assert found[1].name == "missing"
    assert found[0].p == pytest.approx(2 * alone)  # the other one is the larger p, so this is the first of two steps


@pytest.mark.parametrize(
    ("change", "name", "reason"),
    [
        ({"status": "diverged"}, "diverged", "a training of ours ended without a finite value"),
        ({"method": Sample.of([1.0, NAN, 2.0])}, "diverged", "a training of ours ended without a finite value"),
        ({"status": "failed"}, "missing", "there is no finished result of ours"),
        ({"baseline": Sample.of([])}, "missing", "there is no finished result of ours"),
        ({"printed": Reported(NAN)}, "missing", "the paper prints no gain here"),
        ({"comparability": Comparability("stand-in data", "stand-in data")}, "not comparable", "stand-in data"),
        ({"printed": Reported(60.0, 1.0, 5)}, "no claim", ""),
        ({"printed": Reported(59.0, 1.0, 5)}, "no claim", ""),
        ({"method": Sample(75.0, 1.0, 2)}, "not judged", "two runs"),
        ({"baseline": Sample(75.0, 0.0, 5)}, "not judged", "no spread"),
        ({"method": Sample.of([75.0])}, "not judged", "one run"),
    ],
)
def test_verdicts_that_need_no_test(change: dict[str, object], name: str, reason: str) -> None:
    from dataclasses import replace

    found = claim_verdicts({0: replace(cell(3.0, 4.0), **change), 1: cell(3.0, 4.0)})  # type: ignore[arg-type]
    assert (found[0].name, found[0].reason) == (name, reason)
    assert found[1].name == "direction confirmed"


def test_an_open_gain_says_what_it_would_have_taken() -> None:
    found = claim_verdicts({0: cell(1.0, 3.0), 1: cell(0.5, 3.0)})[0]
    claim = printed_gain(Reported(63.0, 2.0, 3), PRINTED_BASE)
    assert found.name == "open"
    assert found.plan is not None and found.plan.chance == pytest.approx(
        ConfirmationPlan(claim, Spreads(1.0, 5, 1.0, 5), family=2).chance
    )
    assert found.plan.seeds is None  # the paper's own standard error is too large
    sharp = claim_verdicts({0: cell(1.0, 3.0, sd=None)})[0]
    assert sharp.lacks == "spread"
    assert sharp.plan is not None and sharp.plan.seeds is not None and sharp.plan.seeds > 5


def test_a_second_look_is_stricter() -> None:
    gain = threshold(0.975, [1 / 5, 1 / 5], [4, 4]) + 0.1
    assert claim_verdicts({0: cell(gain, 4.0)})[0].name == "direction confirmed"
    assert claim_verdicts({0: cell(gain, 4.0)}, alpha=0.05 / 2)[0].name == "open"


def test_no_cells() -> None:
    assert claim_verdicts({}) == {}


def test_the_printed_gain_has_the_spread_of_both_numbers_or_none() -> None:
    found = printed_gain(Reported(63.0, 2.0, 3), PRINTED_BASE)
    expected = stats.ttest_ind_from_stats(63, 2, 3, 60, 1.5, 4, equal_var=False)
    assert found.value / math.sqrt(found.variance) == pytest.approx(expected.statistic)
    assert 2 * stats.t.sf(expected.statistic, found.df) == pytest.approx(expected.pvalue)
    assert printed_gain(Reported(63.0), PRINTED_BASE, higher_is_better=False) == PrintedGain(-3.0)


def simulated(gain: float, printed: float, size: int = 40_000) -> dict[str, float]:
    """Rates of the verdicts when ours and the paper are five runs each of sd 1, in a family of one."""
    rng = np.random.default_rng(13)
    ours, base, theirs, their_base = rng.standard_normal((4, size, 5))
    variance = (ours.var(1, ddof=1) + base.var(1, ddof=1)) / 5
    df = 4 * variance**2 / ((ours.var(1, ddof=1) / 5) ** 2 + (base.var(1, ddof=1) / 5) ** 2)
    p_variance = (theirs.var(1, ddof=1) + their_base.var(1, ddof=1)) / 5
    p_df = 4 * p_variance**2 / ((theirs.var(1, ddof=1) / 5) ** 2 + (their_base.var(1, ddof=1) / 5) ** 2)
    g, g_p = ours.mean(1) - base.mean(1) + gain, theirs.mean(1) - their_base.mean(1) + printed
    tests = claim_tests(g, variance, df, g_p, p_variance, p_df)
    adjusted = holm(tests.direction[:, None])[:, 0]
    rungs = ladder(g, adjusted, tests, g_p > 0, np.ones(size, dtype=bool))
    return {name: float(np.mean(rungs == index)) for index, name in enumerate(CLAIM_VERDICTS)}


@pytest.mark.parametrize("printed", [3.0, 4.0])
def test_the_size_of_more_and_of_less_than_half(printed: float) -> None:
    found = simulated(printed / 2, printed)
    assert 0.035 < found["confirmed"] < 0.052
    assert 0.035 < found["smaller"] + found["not found"] < 0.052


@pytest.mark.parametrize(("gain", "power"), [(3.0, 0.62), (4.0, 0.84)])
def test_the_power_of_confirmed_if_both_are_right(gain: float, power: float) -> None:
    found = simulated(gain, gain)
    assert found["confirmed"] == pytest.approx(power, abs=0.015)
    assert found["smaller"] + found["not found"] + found["reversed"] < 0.001


def test_no_gain_is_confirmed_in_at_most_two_and_a_half_percent() -> None:
    found = simulated(0.0, 3.0)
    assert found["confirmed"] + found["direction confirmed"] + found["smaller"] < 0.025
    assert 0.015 < found["reversed"] < 0.025
    assert found["not found"] > 0.5
