"""The marks of a column."""

import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from bench.stats import Sample, best_overall, is_collapsed, standings

COLUMN = {"base": Sample(70, 1, 5), "a": Sample(74, 1, 5), "b": Sample(73.5, 1, 5), "c": Sample(71, 1, 5)}


def test_bold_and_underlined() -> None:
    found = standings(COLUMN)
    assert found.best == ("a",)
    raw = [stats.ttest_ind_from_stats(74, 1, 5, COLUMN[key].mean, 1, 5, equal_var=False).pvalue for key in ("base", "b", "c")]
    kept = multipletests(raw, method="holm")[1] > 0.05
    assert found.not_below == tuple(key for key, keep in zip(("base", "b", "c"), kept, strict=True) if keep) == ("b",)


def test_equal_means_share_the_bold() -> None:
    assert standings({**COLUMN, "tie": Sample(74, 3, 5)}).best == ("a", "tie")


@pytest.mark.parametrize("higher", [True, False])
def test_a_better_mean_that_is_not_judged_is_named(higher: bool) -> None:
    sign = 1 if higher else -1
    column = {key: Sample(sign * sample.mean, sample.sd, sample.n) for key, sample in COLUMN.items()}
    column |= {"two": Sample(sign * 75, 1, 2), "flat": Sample(sign * 76, 0, 5), "below": Sample(sign * 60, 0, 5)}
    found = standings(column, higher)
    assert found.best == ("a",)
    assert found.unjudged_above == {"two": "two runs", "flat": "no spread"}


def test_one_judged_cell_is_no_best() -> None:
    assert standings({"a": Sample(70, 1, 5), "b": Sample(71, 1, 2)}).best == ()
    assert standings({}).best == ()


def test_the_best_over_columns_is_among_those_with_the_most_of_them() -> None:
    cells = {
        "few": {1: Sample(99, 1, 5)},
        "a": {1: Sample(70, 1, 5), 2: Sample(80, 1, 5)},
        "b": {1: Sample(75, 1, 5), 2: Sample(75, 0, 5)},
    }
    assert best_overall(cells, [1, 2]) == ("a", "b")
    assert best_overall(cells, [2], higher_is_better=False) == ("b",)
    assert best_overall({}, [1]) == ()


def test_a_cell_that_predicts_one_class() -> None:
    assert is_collapsed((100 / 3, 33.333332), 3)
    assert not is_collapsed((100 / 3, 34.0), 3)
    assert not is_collapsed((), 3)
