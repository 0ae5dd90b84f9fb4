"""Every verdict at both sides of its boundary, for the level and for the gain."""

import math

import pytest
from scipy import stats

from bench.stats import Reported, Sample, gain_difference, level_difference, verdict_gain, verdict_level

NAN = math.nan
OURS = Sample(90.0, 1.0, 5)
EPS = 1e-6


def halves(variances: list[float], dfs: list[float]) -> tuple[float, float]:
    """Half-widths of the 90 % and the 95 % interval, written out once more."""
    total = sum(variances)
    df = total**2 / sum(variance**2 / part for variance, part in zip(variances, dfs, strict=True))
    return stats.t.ppf(0.95, df) * math.sqrt(total), stats.t.ppf(0.975, df) * math.sqrt(total)


# What the paper prints, with the variance of ours minus the paper's that follows from it.
PRINTED = {
    "mean, sd, n": (lambda value: Reported(value, 2.0, 3), [1 / 5, 4 / 3], [4, 2]),
    "mean of n, no sd": (lambda value: Reported(value, None, 3), [1 / 5 + 1 / 3], [4]),
    "one number": (lambda value: Reported(value), [1 / 5 + 1], [4]),
    "small sd, n unknown": (lambda value: Reported(value, 0.5, None), [1 / 5 + 1], [4]),
    "large sd, n unknown": (lambda value: Reported(value, 2.0, None), [1 / 5 + 4], [4]),
}


@pytest.mark.parametrize("printed", PRINTED)
def test_level_at_both_sides_of_every_boundary(printed: str) -> None:
    paper, variances, dfs = PRINTED[printed]
    half90, half95 = halves(variances, dfs)

    def verdict(difference: float, margin: float) -> str:
        return verdict_level(OURS, paper(90.0 - difference), margin).name

    assert verdict(0.1, 0.1 + half90 + EPS) == "reproduced"
    assert verdict(0.1, 0.1 + half90 - EPS) == "consistent, not settled"
    assert verdict(-0.1, 0.1 + half90 + EPS) == "reproduced"
    assert verdict(half95 - EPS, 0.5) == "consistent, not settled"
    assert verdict(half95 + EPS, 0.5) == "higher"
    assert verdict(-half95 + EPS, 0.5) == "consistent, not settled"
    assert verdict(-half95 - EPS, 0.5) == "lower"
    assert verdict(half95 + EPS, NAN) == "higher"
    assert verdict(0.0, NAN) == "consistent, not settled"


def test_a_small_but_certain_difference_inside_the_margin_is_reproduced_and_says_so() -> None:
    verdict = verdict_level(Sample(90.0, 0.1, 5), Reported(89.0, 0.1, 5), 2.0)
    assert verdict.name == "reproduced"
    assert "is not 0" in verdict.sentence


def test_level_difference_is_welch_where_the_paper_prints_everything() -> None:
    found = level_difference(OURS, Reported(89.0, 2.0, 3))
    expected = stats.ttest_ind_from_stats(90, 1, 5, 89, 2, 3, equal_var=False)
    assert found.p == pytest.approx(expected.pvalue)
    assert found.estimate == 1.0


def test_gain_at_both_sides_of_every_boundary() -> None:
    ours, baseline = Sample(90.0, 1.0, 5), Sample(88.0, 1.5, 5)
    half90, half95 = halves([1 / 5, 2.25 / 5, 4 / 3, 1 / 3], [4, 4, 2, 2])

    def verdict(difference: float, margin: float, sign: int = 1) -> str:
        theirs, base = Reported(70 + sign * (2.0 - difference), 2.0, 3), Reported(70.0, 1.0, 3)
        method = Sample(88.0 + sign * 2.0, 1.0, 5)
        return verdict_gain(method, baseline, theirs, base, margin, higher_is_better=sign > 0).name

    assert gain_difference(ours, baseline, Reported(71.0, 2.0, 3), Reported(70.0, 1.0, 3)).estimate == pytest.approx(1.0)
    for sign in (1, -1):
        assert verdict(0.1, 0.1 + half90 + EPS, sign) == "reproduced"
        assert verdict(0.1, 0.1 + half90 - EPS, sign) == "consistent, not settled"
        assert verdict(half95 - EPS, 0.5, sign) == "consistent, not settled"
        assert verdict(half95 + EPS, 0.5, sign) == "higher"
        assert verdict(-half95 - EPS, 0.5, sign) == "lower"


def test_gain_borrows_the_sd_of_the_arm_that_it_stands_for() -> None:
    _, half95 = halves([1 / 5 + 1 / 3, 4 / 5 + 4], [4, 4])
    found = gain_difference(OURS, Sample(88.0, 2.0, 5), Reported(91.0, None, 3), Reported(90.0))
    assert found.estimate == pytest.approx(1.0)
    assert found.high - found.estimate == pytest.approx(half95)


def test_lower_and_higher_are_about_the_number_and_the_sentence_says_which_is_better() -> None:
    paper = Reported(80.0, 1.0, 5)
    assert verdict_level(OURS, paper, 1.0).name == verdict_level(OURS, paper, 1.0, higher_is_better=False).name == "higher"
    assert "which is better" in verdict_level(OURS, paper, 1.0).sentence
    assert "which is worse" in verdict_level(OURS, paper, 1.0, higher_is_better=False).sentence


@pytest.mark.parametrize(
    ("ours", "paper", "obstacle", "status", "name"),
    [
        (OURS, Reported(90.0, 1.0, 5), "stand-in data", "finished", "not comparable"),
        (OURS, Reported(90.0, 1.0, 5), "", "diverged", "diverged"),
        (OURS, Reported(90.0, 1.0, 5), "stand-in data", "diverged", "diverged"),
        (Sample.of([90.0, NAN]), Reported(90.0, 1.0, 5), "", "finished", "diverged"),
        (Sample.of([]), Reported(90.0, 1.0, 5), "stand-in data", "finished", "missing"),
        (OURS, Reported(90.0, 1.0, 5), "", "failed", "missing"),
        (OURS, Reported(NAN), "", "finished", "missing"),
        (Sample.of([90.0]), Reported(90.0, 1.0, 5), "", "finished", "not comparable"),
        (Sample.of([90.0]), Reported(90.0), "", "finished", "not comparable"),
        (Sample(90.0, 0.0, 5), Reported(90.0, 1.0, 5), "", "finished", "not comparable"),
        (Sample(90.0, NAN, 5), Reported(90.0), "", "finished", "not comparable"),
        (Sample(90.0, 0.0, 5), Reported(90.0), "", "finished", "not comparable"),
        (Sample(90.0, 0.0, 5), Reported(80.0, 0.0, 5), "", "finished", "not comparable"),
    ],
)
def test_verdicts_that_need_no_test(ours: Sample, paper: Reported, obstacle: str, status: str, name: str) -> None:
    assert verdict_level(ours, paper, 1.0, obstacle=obstacle, status=status).name == name
    usual = Reported(90.0, 1.0, 5)
    assert verdict_gain(ours, OURS, paper, usual, 1.0, obstacle=obstacle, status=status).name == name
    assert verdict_gain(OURS, ours, usual, paper, 1.0, obstacle=obstacle, status=status).name == name


def test_the_reason_stands_in_the_sentence() -> None:
    assert verdict_level(OURS, Reported(90.0), 1.0, obstacle="stand-in data").sentence == "Not comparable: stand-in data."
