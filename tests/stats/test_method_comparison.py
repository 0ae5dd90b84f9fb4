"""A new method against every arm: one family, signs, and cells in which nothing can be won."""

import math
import random

import pytest
from scipy.stats import ttest_ind
from statsmodels.stats.multitest import multipletests

from bench.stats import Measured, Sample, Tally, compare_newcomer, strongest

NAN = math.nan
NEW = {"a": (72.1, 71.4, 73.0, 72.6, 71.9), "b": (80.2, 80.9, 79.5, 80.4, 81.0)}
ARMS = {
    "baseline": {"a": (68.0, 67.1, 69.2, 68.4, 67.7), "b": (79.8, 80.6, 79.1, 80.9, 80.3)},
    "dlb": {"a": (71.0, 70.2, 71.9, 71.5, 70.6), "b": (81.9, 82.3, 81.4, 82.8, 82.0)},
}


def measured(cells):
    return {name: Measured.of(values) for name, values in cells.items()}


def compared(new=NEW, arms=ARMS, **options):
    return compare_newcomer(measured(new), {arm: measured(cells) for arm, cells in arms.items()}, **options)


def test_p_and_holm_are_scipys_and_statsmodels():
    found = compared()
    pairs = [(arm, column) for arm in ARMS for column in NEW]
    raw = [ttest_ind(NEW[column], ARMS[arm][column], equal_var=False).pvalue for arm, column in pairs]
    adjusted = multipletests(raw, method="holm")[1]
    for (arm, column), p, holm in zip(pairs, raw, adjusted, strict=True):
        duel = found.arms[arm].duels[column]
        assert duel.difference.p == pytest.approx(p) and duel.p_adjusted == pytest.approx(holm)
    assert found.family == 4 and found.n == 5
    assert found.arms["baseline"].tally == Tally(better=1, undecided=1)
    assert found.arms["dlb"].tally == Tally(better=1, worse=1)


def test_over_columns_is_the_mean_of_the_differences():
    arm = compared().arms["baseline"]
    over, each = arm.over, [duel.difference.estimate for duel in arm.duels.values()]
    assert over.pooled.estimate == pytest.approx(sum(each) / 2)
    assert over.improvement.cells == 2 and over.improvement.probability > 0.5
    assert "too few" in over.paired.reason
    raw = [arm.over.pooled.p for arm in compared().arms.values()]
    assert [arm.pooled_p for arm in compared().arms.values()] == pytest.approx(multipletests(raw, method="holm")[1])


def test_error_rates_turn_the_sign_and_nothing_else():
    flip = lambda cells: {name: tuple(100 - value for value in values) for name, values in cells.items()}  # noqa: E731
    errors = compared(flip(NEW), {arm: flip(cells) for arm, cells in ARMS.items()}, higher_is_better=False)
    for arm, against in compared().arms.items():
        assert errors.arms[arm].tally == against.tally
        assert errors.arms[arm].over.pooled.estimate == pytest.approx(against.over.pooled.estimate)
        assert errors.arms[arm].over.improvement.probability == pytest.approx(against.over.improvement.probability)
    assert strongest({arm: measured(flip(cells)) for arm, cells in ARMS.items()}, NEW, False) == "dlb"


def test_the_order_of_arms_columns_and_runs_does_not_matter():
    shuffled = {arm: {column: random.Random(1).sample(values, 5) for column, values in reversed(cells.items())}
                for arm, cells in reversed(ARMS.items())}  # fmt: skip
    mixed, plain = compared(dict(reversed(NEW.items())), shuffled), compared()
    for arm in ARMS:
        for column in NEW:
            assert mixed.arms[arm].duels[column] == plain.arms[arm].duels[column]


@pytest.mark.parametrize("values", [(), (72.0,), (72.0, NAN, 73.0), (72.0, 72.0, 72.0)])
def test_a_cell_that_is_no_sample_never_wins(values):
    """Missing, one run, diverged, no spread: nothing is found, and nothing breaks."""
    found = compared({"a": values}, {"baseline": {"a": (50.0, 50.1, 49.9, 50.2, 49.8)}})
    duel = found.arms["baseline"].duels["a"]
    assert duel.outcome == "untested" and found.seeds_to_settle(duel) is None
    assert found.arms["baseline"].tally == Tally(untested=1)


def test_mean_sd_and_n_are_enough_for_a_test_and_not_for_what_needs_runs():
    values = NEW["a"]
    summary = Measured(Sample.of(values))
    found = compare_newcomer({"a": summary}, {"baseline": measured({"a": ARMS["baseline"]["a"]})})
    duel = found.arms["baseline"].duels["a"]
    assert duel.difference.p == pytest.approx(ttest_ind(values, ARMS["baseline"]["a"], equal_var=False).pvalue)
    assert math.isnan(duel.permutation) and math.isnan(found.arms["baseline"].over.improvement.probability)


def test_an_open_comparison_names_seeds_and_a_settled_one_does_not():
    found = compared()
    duels = found.arms["baseline"].duels
    assert duels["b"].outcome == "no difference found" and found.seeds_to_settle(duels["b"]) > 5
    assert duels["a"].outcome == "better" and found.seeds_to_settle(duels["a"]) is None


def test_columns_that_an_arm_lacks_are_not_counted():
    found = compared(NEW, {"dlb": {"b": ARMS["dlb"]["b"]}})
    assert set(found.arms["dlb"].duels) == {"b"} and found.family == 1


def test_the_strongest_has_the_most_columns_first_and_owes_nothing_to_the_new_method():
    arms = {"dlb": measured({"b": (99.0, 98.0, 99.5)}), "baseline": measured(ARMS["baseline"])}
    assert strongest(arms, NEW, True) == "baseline"
    assert strongest({}, NEW, True) is None
    assert strongest({"dlb": measured({"a": ()})}, NEW, True) is None


def test_family_wise_error_under_the_null_is_held():
    """500 comparisons of a method with four arms in three columns, all alike: at most 5 % claim anything, within 2 SE."""
    draw = random.Random(7)
    cell = lambda: Measured(Sample.of([draw.gauss(70, 1) for _ in range(5)]))  # noqa: E731
    claims = 0
    for _ in range(500):
        found = compare_newcomer({c: cell() for c in "abc"}, {arm: {c: cell() for c in "abc"} for arm in "wxyz"})
        claims += any(duel.outcome in ("better", "worse") for arm in found.arms.values() for duel in arm.duels.values())
    assert claims / 500 <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 500)
