"""A whole table: marks, families, missing and odd cells, error rates, and the family-wise error under the null."""

import math
import random

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from bench.stats import Reported, compare_table, paper_claims, smallest_detectable_difference, welch

NAN = math.nan
Key = tuple[str, str]
WEAK = [70.0, 71.0, 72.0, 73.0, 74.0]  # mean 72
NEAR = [71.0, 72.0, 73.0, 74.0, 75.0]  # mean 73: one pp above, which five runs cannot tell
STRONG = [85.0, 86.0, 87.0, 88.0, 89.0]  # mean 87


def column(**cells: list[float]) -> tuple[dict[Key, list[float]], dict[Key, Key]]:
    values = {("vgg", name): runs for name, runs in cells.items()}
    return values, {key: ("vgg", "baseline") for key in values if key[1] != "baseline"}


def test_the_marks_of_a_column() -> None:
    found = compare_table(*column(baseline=WEAK, near=NEAR, strong=STRONG))
    cells = {key[1]: cell for key, cell in found.cells.items()}
    assert {name: cell.dagger for name, cell in cells.items()} == {"baseline": False, "near": False, "strong": True}
    assert {name: cell.column_best for name, cell in cells.items()} == {"baseline": False, "near": False, "strong": True}
    assert {name: cell.not_below_best for name, cell in cells.items()} == {"baseline": False, "near": False, "strong": True}
    assert [cell.outcome for cell in cells.values()] == ["baseline", "no difference found", "better"]
    assert cells["baseline"].gain is None
    assert math.isnan(cells["baseline"].p_adjusted)
    assert cells["strong"].gain == welch(cells["strong"].sample, cells["baseline"].sample)
    assert cells["strong"].permutation == pytest.approx(2 / 252)


def test_what_is_not_below_the_best_is_underlined() -> None:
    found = compare_table(*column(baseline=WEAK, near=NEAR, other=[60.0, 60.5, 61.0, 61.5, 62.0]))
    assert {key[1] for key, cell in found.cells.items() if cell.not_below_best} == {"near", "baseline"}
    assert [key[1] for key, cell in found.cells.items() if cell.column_best] == ["near"]
    assert found.cells["vgg", "other"].outcome == "worse"
    assert not found.cells["vgg", "other"].dagger


def test_holm_runs_over_the_whole_table_and_pools_its_sd() -> None:
    rng = np.random.default_rng(0)
    names = [(column, method) for column in "abc" for method in ("baseline", "x", "y")]
    values = {key: list(rng.normal(80, 1, 5)) for key in names}
    baselines = {key: (key[0], "baseline") for key in names}  # a baseline may be its own
    found = compare_table(values, baselines)
    methods = [key for key in names if key[1] != "baseline"]
    raw = [stats.ttest_ind(values[key], values[baselines[key]], equal_var=False).pvalue for key in methods]
    assert [found.cells[key].p_adjusted for key in methods] == pytest.approx(multipletests(raw, method="holm")[1])
    assert (found.family, found.n) == (6, 5)
    assert found.sd == pytest.approx(np.sqrt(np.mean([np.var(runs, ddof=1) for runs in values.values()])))
    assert found.smallest_difference == pytest.approx(smallest_detectable_difference(found.sd, 5, 6))


def test_the_order_of_rows_and_runs_does_not_matter() -> None:
    rng = np.random.default_rng(1)
    names = [(column, method) for column in "ab" for method in ("baseline", "x", "y", "z")]
    values = {key: list(rng.normal(80, 1, 5)) for key in names}
    values["a", "x"] = [90.0] * 5
    values["a", "y"] = values["a", "z"] = [91.0, 92.0, 93.0]
    values["b", "x"] = [NAN, 80.0]
    baselines = {key: (key[0], "baseline") for key in names}
    found = compare_table(values, baselines)
    shuffler = random.Random(0)
    for _ in range(5):
        shuffled = shuffler.sample(names, len(names))
        again = compare_table({key: shuffler.sample(values[key], len(values[key])) for key in shuffled}, baselines)
        assert {key: repr(again.cells[key]) for key in names} == {key: repr(found.cells[key]) for key in names}
        assert again.smallest_difference == found.smallest_difference


def test_error_rates_are_lower_is_better() -> None:
    values, baselines = column(baseline=WEAK, near=NEAR, strong=STRONG)
    errors = {key: [100 - run for run in runs] for key, runs in values.items()}
    accuracy, error = compare_table(values, baselines), compare_table(errors, baselines, higher_is_better=False)
    for key, cell in accuracy.cells.items():
        other = error.cells[key]
        marks = (cell.dagger, cell.column_best, cell.not_below_best, cell.outcome, cell.p_adjusted, cell.permutation)
        assert marks == (
            other.dagger,
            other.column_best,
            other.not_below_best,
            other.outcome,
            other.p_adjusted,
            other.permutation,
        )
        assert (cell.gain is None) == (other.gain is None)
        if cell.gain and other.gain:
            assert other.gain.estimate == pytest.approx(cell.gain.estimate)
            assert other.gain.superiority == pytest.approx(cell.gain.superiority)
    assert not any(cell.dagger for cell in compare_table(errors, baselines).cells.values())


@pytest.mark.parametrize(
    ("runs", "state", "gain_state"),
    [
        ([], "missing", "missing"),
        ([99.0], "one run", "too few"),
        ([99.0, 99.1], "two runs", "ok"),
        ([99.0] * 5, "no spread", "ok"),
        ([99.0, 99.0, 99.1, NAN, 99.0], "diverged", "missing"),
        ([NAN] * 5, "diverged", "missing"),
    ],
)
def test_odd_cells_are_named_and_never_win(runs: list[float], state: str, gain_state: str) -> None:
    found = compare_table(*column(baseline=WEAK, near=NEAR, odd=runs))
    odd = found.cells["vgg", "odd"]
    assert odd.sample.state == state
    assert odd.gain is not None
    assert odd.gain.state == gain_state
    assert odd.outcome == "untested"
    assert not (odd.dagger or odd.column_best or odd.not_below_best)
    assert found.cells["vgg", "near"].column_best
    assert found.family == (2 if gain_state == "ok" else 1)
    assert found.smallest_difference == pytest.approx(smallest_detectable_difference(found.sd, 5, found.family))


@pytest.mark.parametrize("runs", [[], [10.0], [10.0, 10.1], [10.0] * 5, [NAN] * 5])
def test_nothing_wins_over_an_odd_baseline(runs: list[float]) -> None:
    cell = compare_table(*column(baseline=runs, near=NEAR)).cells["vgg", "near"]
    assert cell.outcome == "untested"
    assert not (cell.dagger or cell.column_best)


def test_cells_that_are_not_there_and_empty_tables() -> None:
    found = compare_table({("vgg", "x"): NEAR}, {("vgg", "x"): ("vgg", "baseline"), ("vgg", "y"): ("vgg", "baseline")})
    assert {key[1]: cell.sample.state for key, cell in found.cells.items()} == {
        "x": "ok",
        "y": "missing",
        "baseline": "missing",
    }
    assert found.family == 0
    assert math.isnan(found.smallest_difference)
    assert compare_table({}, {}).cells == {}


def test_equal_means_are_both_best() -> None:
    found = compare_table(*column(baseline=WEAK, wide=[80.0, 87.0, 94.0], narrow=[86.5, 87.0, 87.5]))
    assert {key[1] for key, cell in found.cells.items() if cell.column_best} == {"wide", "narrow"}


def test_family_wise_error_of_500_null_tables() -> None:
    rng = np.random.default_rng(7)
    names = [(column, method) for column in range(3) for method in range(5)]
    baselines = {key: (key[0], 0) for key in names}
    wrong = 0
    for _ in range(500):
        found = compare_table({key: rng.standard_normal(5) for key in names}, baselines)
        wrong += any(cell.p_adjusted <= 0.05 for cell in found.cells.values())
    assert wrong / 500 <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 500)


REPORTED = {
    "baseline": Reported(73.07, 2.38, 5),
    "dlb": Reported(77.82, 1.13, 5),
    "lsr": Reported(73.50, 2.00, 5),
    "one": Reported(90.00, None, 1),
    "mean only": Reported(90.00, None, 3),
    "n unknown": Reported(90.00, 0.50, None),
    "pair": Reported(90.00, 0.50, 2),
    "constant": Reported(90.00, 0.00, 5),
    "absent": Reported(NAN, None, None),
}


def test_the_papers_claims_by_its_own_numbers() -> None:
    claims = paper_claims(REPORTED, dict.fromkeys(REPORTED, "baseline"))
    assert "baseline" not in claims
    raw = stats.ttest_ind_from_stats(77.82, 1.13, 5, 73.07, 2.38, 5, equal_var=False).pvalue
    assert claims["dlb"].difference.p == pytest.approx(raw)
    assert claims["dlb"].gain == pytest.approx(4.75)
    assert claims["dlb"].p_adjusted == pytest.approx(raw * 2)  # family of 4 (dlb, lsr, pair, constant), two of them smaller
    assert {name: claim.significant for name, claim in claims.items()} == {name: name == "dlb" for name in claims}
    states = {name: claim.state for name, claim in claims.items()}
    assert states == {
        "dlb": "ok",
        "lsr": "ok",
        "one": "one run",
        "mean only": "no sd",
        "n unknown": "n unknown",
        "pair": "two runs",
        "constant": "no spread",
        "absent": "missing",
    }


def test_the_papers_claims_in_error_rates_and_without_baseline() -> None:
    reported = {"baseline": Reported(26.93, 2.38, 5), "dlb": Reported(22.18, 1.13, 5)}
    claim = paper_claims(reported, {"dlb": "baseline"}, higher_is_better=False)["dlb"]
    assert claim.gain == pytest.approx(4.75)
    assert claim.significant
    assert not paper_claims(reported, {"dlb": "baseline"})["dlb"].significant
    assert paper_claims({"dlb": reported["dlb"]}, {"dlb": "baseline"})["dlb"].state == "missing"
