"""A new method against every method: one family, signs, and cells in which nothing can be won."""

import math
import random

import pytest
from scipy.stats import ttest_ind
from statsmodels.stats.multitest import multipletests

from bench.stats import Measured, Sample, Tally, compare_method, strongest

NAN = math.nan
NEW = {"a": (72.1, 71.4, 73.0, 72.6, 71.9), "b": (80.2, 80.9, 79.5, 80.4, 81.0)}
METHODS = {
    "baseline": {"a": (68.0, 67.1, 69.2, 68.4, 67.7), "b": (79.8, 80.6, 79.1, 80.9, 80.3)},
    "dlb": {"a": (71.0, 70.2, 71.9, 71.5, 70.6), "b": (81.9, 82.3, 81.4, 82.8, 82.0)},
}


def measured(cells):
    return {name: Measured.of(values) for name, values in cells.items()}


def compared(new=NEW, methods=METHODS, **options):
    return compare_method(measured(new), {method: measured(cells) for method, cells in methods.items()}, **options)


def test_p_and_holm_are_scipys_and_statsmodels():
    found = compared()
    pairs = [(method, column) for method in METHODS for column in NEW]
    raw = [ttest_ind(NEW[column], METHODS[method][column], equal_var=False).pvalue for method, column in pairs]
    adjusted = multipletests(raw, method="holm")[1]
    for (method, column), p, holm in zip(pairs, raw, adjusted, strict=True):
        pairwise = found.methods[method].columns[column]
        assert pairwise.difference.p == pytest.approx(p) and pairwise.p_adjusted == pytest.approx(holm)
    assert found.family == 4 and found.n == 5
    assert found.methods["baseline"].tally == Tally(better=1, undecided=1)
    assert found.methods["dlb"].tally == Tally(better=1, worse=1)


def test_over_columns_is_the_mean_of_the_differences():
    method = compared().methods["baseline"]
    over, each = method.over, [pairwise.difference.estimate for pairwise in method.columns.values()]
    assert over.pooled.estimate == pytest.approx(sum(each) / 2)
    assert over.improvement.cells == 2 and over.improvement.probability > 0.5
    assert "too few" in over.paired.reason
    raw = [method.over.pooled.p for method in compared().methods.values()]
    assert [method.pooled_p for method in compared().methods.values()] == pytest.approx(multipletests(raw, method="holm")[1])


def test_error_rates_turn_the_sign_and_nothing_else():
    flip = lambda cells: {name: tuple(100 - value for value in values) for name, values in cells.items()}  # noqa: E731
    errors = compared(flip(NEW), {method: flip(cells) for method, cells in METHODS.items()}, higher_is_better=False)
    for method, against in compared().methods.items():
        assert errors.methods[method].tally == against.tally
        assert errors.methods[method].over.pooled.estimate == pytest.approx(against.over.pooled.estimate)
        assert errors.methods[method].over.improvement.probability == pytest.approx(against.over.improvement.probability)
    assert strongest({method: measured(flip(cells)) for method, cells in METHODS.items()}, NEW, False) == "dlb"


def test_the_order_of_arms_columns_and_runs_does_not_matter():
    shuffled = {method: {column: random.Random(1).sample(values, 5) for column, values in reversed(cells.items())}
                for method, cells in reversed(METHODS.items())}  # fmt: skip
    mixed, plain = compared(dict(reversed(NEW.items())), shuffled), compared()
    for method in METHODS:
        for column in NEW:
            assert mixed.methods[method].columns[column] == plain.methods[method].columns[column]


@pytest.mark.parametrize("values", [(), (72.0,), (72.0, NAN, 73.0), (72.0, 72.0, 72.0)])
def test_a_cell_that_is_no_sample_never_wins(values):
    """Missing, one run, diverged, no spread: nothing is found, and nothing breaks."""
    found = compared({"a": values}, {"baseline": {"a": (50.0, 50.1, 49.9, 50.2, 49.8)}})
    pairwise = found.methods["baseline"].columns["a"]
    assert pairwise.outcome == "untested" and found.seeds_to_settle(pairwise) is None
    assert found.methods["baseline"].tally == Tally(untested=1)


def test_mean_sd_and_n_are_enough_for_a_test_and_not_for_what_needs_runs():
    values = NEW["a"]
    summary = Measured(Sample.of(values))
    found = compare_method({"a": summary}, {"baseline": measured({"a": METHODS["baseline"]["a"]})})
    pairwise = found.methods["baseline"].columns["a"]
    assert pairwise.difference.p == pytest.approx(ttest_ind(values, METHODS["baseline"]["a"], equal_var=False).pvalue)
    assert math.isnan(pairwise.permutation) and math.isnan(found.methods["baseline"].over.improvement.probability)


def test_an_open_comparison_names_seeds_and_a_settled_one_does_not():
    found = compared()
    pairwise = found.methods["baseline"].columns
    assert pairwise["b"].outcome == "no difference found" and found.seeds_to_settle(pairwise["b"]) > 5
    assert pairwise["a"].outcome == "better" and found.seeds_to_settle(pairwise["a"]) is None


def test_columns_that_an_arm_lacks_are_not_counted():
    found = compared(NEW, {"dlb": {"b": METHODS["dlb"]["b"]}})
    assert set(found.methods["dlb"].columns) == {"b"} and found.family == 1


def test_the_strongest_has_the_most_columns_first_and_owes_nothing_to_the_new_method():
    methods = {"dlb": measured({"b": (99.0, 98.0, 99.5)}), "baseline": measured(METHODS["baseline"])}
    assert strongest(methods, NEW, True) == "baseline"
    assert strongest({}, NEW, True) is None
    assert strongest({"dlb": measured({"a": ()})}, NEW, True) is None


def test_family_wise_error_under_the_null_is_held():
    """500 comparisons of a method with four methods in three columns, all alike: at most 5 % claim anything, within 2 SE."""
    draw = random.Random(7)
    cell = lambda: Measured(Sample.of([draw.gauss(70, 1) for _ in range(5)]))  # noqa: E731
    claims = 0
    for _ in range(500):
        found = compare_method({c: cell() for c in "abc"}, {method: {c: cell() for c in "abc"} for method in "wxyz"})
        claims += any(
            pairwise.outcome in ("better", "worse") for method in found.methods.values() for pairwise in method.columns.values()
        )
    assert claims / 500 <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 500)
