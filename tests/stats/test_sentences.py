"""Every sentence that the reports speak, word for word."""

import math

import pytest

from bench.stats import (
    Reported,
    Sample,
    Tally,
    comparison_headline,
    detectable_sentence,
    seeds_sentence,
    verdict_gain,
    verdict_level,
)

NAN = math.nan
OURS = Sample(90.0, 1.0, 5)
BASELINE = Sample(88.0, 1.0, 5)


@pytest.mark.parametrize(
    ("tally", "smallest", "sentence"),
    [
        (
            Tally(better=3, undecided=2),
            1.41,
            "better than DLB on 3 of 5 backbones, Holm-adjusted; no difference found on 2; the table could have found 1.4 pp",
        ),
        (Tally(better=5), NAN, "better than DLB on 5 of 5 backbones, Holm-adjusted"),
        (
            Tally(undecided=4, worse=1),
            2.0,
            "not found better than DLB on any of 5 backbones, Holm-adjusted; worse on 1; no difference found on 4; "
            "the table could have found 2.0 pp",
        ),
        (
            Tally(better=1, worse=1, undecided=1, untested=2),
            0.55,
            "better than DLB on 1 of 5 backbones, Holm-adjusted; worse on 1; no difference found on 1; not testable on 2; "
            "the table could have found 0.6 pp",
        ),
        (Tally(untested=5), NAN, "no comparison with DLB could be tested (5 backbones)"),
    ],
)
def test_headline(tally: Tally, smallest: float, sentence: str) -> None:
    assert comparison_headline(tally, "DLB", "backbones", smallest) == sentence


def test_headline_of_one_comparison() -> None:
    assert comparison_headline(Tally(undecided=1), "DLB", "backbone", NAN).startswith(
        "not found better than DLB on the one backbone, Holm-adjusted"
    )


def test_tally_counts_outcomes() -> None:
    outcomes = ["baseline", "better", "better", "worse", "no difference found", "untested"]
    assert Tally.of(outcomes) == Tally(better=2, worse=1, undecided=1, untested=1)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            (3.757, 12, 5, 1.1012),
            "With 5 runs per cell and a pooled sd of 1.10 pp, a comparison of this table finds a true difference of 3.8 pp "
            "with 80 % power (Holm over 12 comparisons).",
        ),
        (
            (2.0, 1, 5, 0.96),
            "With 5 runs per cell and a pooled sd of 0.96 pp, a comparison of this table finds a true difference of 2.0 pp "
            "with 80 % power (one comparison).",
        ),
        ((NAN, 0, 0, NAN), "No comparison of this table could be tested."),
        (
            (NAN, 3, 0, NAN),
            "No comparison of this table has three runs with some spread on both sides, so no difference can be found.",
        ),
    ],
)
def test_detectable(arguments: tuple[float, int, int, float], sentence: str) -> None:
    assert detectable_sentence(*arguments) == sentence


def test_seeds() -> None:
    assert seeds_sentence(-1.0, 17) == "If the true difference is 1.00 pp, 17 seeds per method find it with 80 % power."
    unknown = "No number of seeds up to 10000 is known to find a true difference of 0.01 pp with 80 % power."
    assert seeds_sentence(0.01, None) == unknown
    for nothing in (0.0, NAN):
        assert seeds_sentence(nothing, None) == "No number of seeds can be named for this comparison."


# By hand: sd 1 and 5 runs on both sides give SE sqrt(0.4) = 0.6325 with 8 df, so 90 % is +-1.18 and 95 % is +-1.46.
@pytest.mark.parametrize(
    ("paper", "margin", "name", "sentence"),
    [
        (
            Reported(89.7, 1.0, 5),
            2.0,
            "reproduced",
            "Our mean differs from the paper's by +0.30 pp; the 90 % CI [-0.88, +1.48] lies inside the margin of 2.00 pp.",
        ),
        (
            Reported(88.5, 1.0, 5),
            3.0,
            "reproduced",
            "Our mean differs from the paper's by +1.50 pp; the 90 % CI [+0.32, +2.68] lies inside the margin of 3.00 pp. "
            "The difference is not 0 (95 % CI [+0.04, +2.96]), but smaller than the margin.",
        ),
        (
            Reported(91.0, 1.0, 5),
            2.0,
            "consistent, not settled",
            "Our mean differs from the paper's by -1.00 pp; the 95 % CI [-2.46, +0.46] contains 0, but the 90 % CI "
            "[-2.18, +0.18] is not inside the margin of 2.00 pp.",
        ),
        (
            Reported(91.0, 1.0, 5),
            NAN,
            "consistent, not settled",
            "Our mean differs from the paper's by -1.00 pp; the 95 % CI [-2.46, +0.46] contains 0, and no margin was fixed to "
            "call it reproduced.",
        ),
        (
            Reported(92.0, 1.0, 5),
            2.0,
            "lower",
            "Our mean is 2.00 pp below the paper's (95 % CI [-3.46, -0.54]), which is worse.",
        ),
        (
            Reported(85.0),
            2.0,
            "higher",
            "Our mean is 5.00 pp above the paper's (95 % CI [+1.96, +8.04]), which is better. The paper does not say how many "
            "runs it averages: treated as one. The paper prints no sd: ours stands for both sides.",
        ),
        (
            Reported(92.0, None, 5),
            2.0,
            "lower",
            "Our mean is 2.00 pp below the paper's (95 % CI [-3.76, -0.24]), which is worse. The paper prints no sd: ours "
            "stands for both sides.",
        ),
        (Reported(NAN), 2.0, "missing", "Missing: the paper prints no number here."),
    ],
)
def test_level(paper: Reported, margin: float, name: str, sentence: str) -> None:
    verdict = verdict_level(OURS, paper, margin)
    assert (verdict.name, verdict.sentence) == (name, sentence)


def test_gain() -> None:
    # Four variances of 1 / 5: SE sqrt(0.8) = 0.8944 with 16 df, 95 % is +-1.90.
    verdict = verdict_gain(OURS, BASELINE, Reported(85.0, 1.0, 5), Reported(80.0, 1.0, 5), 1.0)
    assert verdict.sentence == "Our gain is 3.00 pp below the paper's (95 % CI [-4.90, -1.10]), which is worse."


@pytest.mark.parametrize(
    ("ours", "status", "sentence"),
    [
        (Sample.of([]), "finished", "Missing: there is no finished result of ours."),
        (OURS, "diverged", "Diverged: a training of ours ended without a finite value."),
        (Sample.of([90.0]), "finished", "Not comparable: one run of ours has no sd."),
        (Sample(90.0, 0.0, 5), "finished", "Not comparable: our runs differ in nothing, so nothing can be tested."),
    ],
)
def test_verdicts_that_need_no_test(ours: Sample, status: str, sentence: str) -> None:
    assert verdict_level(ours, Reported(90.0, None, 5), 1.0, status=status).sentence == sentence
