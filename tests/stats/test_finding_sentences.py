"""Every sentence about findings, word for word, with its case."""

import math
from collections.abc import Sequence

import pytest

from bench.stats import (
    ClaimCounts,
    Counts,
    Measured,
    Ranks,
    Reach,
    Sample,
    Together,
    across_sentence,
    cells_sentence,
    chance_sentence,
    claims_sentence,
    collapsed_sentence,
    comparison_sentence,
    correlation_sentence,
    epoch_sentence,
    images_sentence,
    left_out_sentence,
    looks_sentence,
    mean_ranks,
    plan_sentence,
    power_sentence,
    ranks_sentence,
    rivals_sentence,
    settings_sentence,
    together,
    unjudged_best_sentence,
)

NAN = math.nan
NAMES = [f"net{i}" for i in range(10)]


def over(gain: float, columns: int = 10, left_out: Sequence[str] = (), sd: float = 1.0, datasets: int = 2) -> Together:
    """A method ``gain`` points above another in every column; of the last ones the runs have a state."""
    odd = {"two runs": Sample(70 + gain, sd, 2), "no spread": Sample(70 + gain, 0, 5), "diverged": Sample(NAN, NAN, 5)}
    cells = {name: Measured(Sample(70 + gain, sd, 5)) for name in NAMES[:columns]}
    cells |= {
        name: Measured(odd[state]) for name, state in zip(NAMES[columns - len(left_out) : columns], left_out, strict=True)
    }
    base = {name: Measured(Sample(70, sd, 5)) for name in cells}
    return together({"m": cells}, {"m": base}, {name: f"d{i % datasets}" for i, name in enumerate(NAMES)})["m"]


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (
            [("LSR", over(0.1)), ("Tf-KD", over(-0.1)), ("DLB", over(11.1)), ("DRRNet-SKD", over(9.3))],
            "DLB (+11.1 points) and DRRNet-SKD (+9.3) beat the baseline over the ten columns; for LSR and Tf-KD no difference "
            "is shown.",
        ),
        ([("DLB", over(2.0, 1))], "DLB (+2.0 points) beats the baseline over the one column."),
        (
            [("DLB", over(2.0)), ("LSR", over(-3.0))],
            "DLB (+2.0 points) beats the baseline over the ten columns; LSR (−3.0) is worse.",
        ),
        ([("LSR", over(-3.0, 3))], "LSR (−3.0 points) is worse than the baseline over the three columns."),
        (
            [("A", over(0.1)), ("B", over(0.0))],
            "For A and B no difference to the baseline over the ten columns is shown.",
        ),
        (
            [("DLB", over(2.0, 10, ["two runs"])), ("LSR", over(0.0)), ("X", over(3.0, 2, ["no spread", "two runs"]))],
            "DLB (+2.0 points, 9 of 10 columns) beats the baseline over the ten columns; for LSR no difference is shown; X "
            "cannot be tested.",
        ),
        (
            [("DLB", over(2.0, 3, ["diverged"])), ("LSR", over(0.0, 3, ["diverged"]))],
            "DLB (+2.0 points) beats the baseline over 2 of 3 columns; for LSR no difference is shown.",
        ),
        (
            [("LSR", over(0.0, 3, ["diverged"])), ("DLB", over(0.0, 3))],
            "For LSR (2 of 3 columns) and DLB no difference to the baseline over the three columns is shown.",
        ),
        ([("X", over(3.0, 1, ["two runs"]))], "Over the columns together no method can be compared with the baseline."),
        ([], ""),
    ],
)
def test_across(rows: list[tuple[str, Together]], sentence: str) -> None:
    assert across_sentence(rows) == sentence


def test_left_out() -> None:
    rows = [("DLB", over(2.0, 3, ["diverged"])), ("LSR", over(0.0, 3, ["diverged"]))]
    assert left_out_sentence(rows, str) == "Not in these means: net2 (a run diverged)."
    rows = [("DLB", over(2.0, 3, ["no spread", "two runs"])), ("LSR", over(0.0, 3, ["diverged"]))]
    assert left_out_sentence(rows, str.upper) == (
        "Not in these means: NET1 of DLB (every run gave the same number); NET2 of DLB (two runs); NET2 of LSR "
        "(a run diverged)."
    )
    assert left_out_sentence([("DLB", over(2.0))], str) == ""


NONE = Counts()
OWN = "the median of the paper's own gains"


@pytest.mark.parametrize(
    ("own", "others", "sentence"),
    [
        (
            NONE,
            Counts(4, 0, 25, {"no spread": 11}),
            "In single columns 4 of 40 gains are significant; 11 cannot be tested because every run gave the same number.",
        ),
        (
            Counts(6, 0, 4, {}),
            Counts(5, 0, 24, {"two runs": 1}),
            "In single columns 6 of DRRNet-SKD's own 10 gains are significant and 5 of the other methods' 30 (Holm within each "
            "group); 1 cannot be tested (two runs).",
        ),
        (Counts(1, 0, 4, {}), NONE, "In single columns 1 of DRRNet-SKD's own 5 gains is significant."),
        (
            Counts(0, 1, 1, {"missing": 3, "two runs": 1}),
            Counts(0, 1, 0, {}),
            "In single columns none of 7 gains is significant (Holm within each group); 2 are significantly below the "
            "baseline; 4 cannot be tested (no runs (3), two runs (1)).",
        ),
        (
            Counts(0, 0, 0, {"no spread": 1}),
            Counts(2, 0, 3, {}),
            "In single columns 2 of the other methods' 5 gains are significant (Holm within each group); 1 cannot be tested "
            "because every run gave the same number.",
        ),
        (NONE, Counts(1, 0, 0, {}), "In its one column the gain is significant."),
        (NONE, Counts(0, 0, 1, {}), "In its one column the gain is not significant."),
        (NONE, Counts(0, 1, 0, {}), "In its one column the gain is not significant; 1 is significantly below the baseline."),
        (NONE, Counts(0, 0, 0, {"two runs": 1}), "In its one column the gain cannot be tested (two runs)."),
        (NONE, Counts(0, 0, 0, {"two runs": 2}), "In single columns none of 2 gains can be tested (two runs)."),
        (NONE, NONE, ""),
    ],
)
def test_cells(own: Counts, others: Counts, sentence: str) -> None:
    found = cells_sentence(own, others, "DRRNet-SKD")
    assert found == sentence
    assert "0 of 1" not in found


def test_rivals() -> None:
    assert rivals_sentence(Counts(3, 0, 7, {}), "DRRNet-SKD") == (
        "Against the best rival of its column DRRNet-SKD is better in 3 of 10 comparisons, worse in 0, open in 7."
    )
    assert rivals_sentence(Counts(0, 0, 0, {"two runs": 2}), "DRRNet-SKD") == ""
    one = "In the one column that can be compared DRRNet-SKD is {} than the best rival."
    for found, count in {"better": Counts(1, 0, 0, {}), "worse": Counts(0, 1, 0, {})}.items():
        assert rivals_sentence(count, "DRRNet-SKD") == one.format(found)
    assert rivals_sentence(Counts(0, 0, 1, {}), "DRRNet-SKD") == (
        "In the one column that can be compared no difference between DRRNet-SKD and the best rival is shown."
    )


@pytest.mark.parametrize(
    ("mean", "counts", "others", "sentence"),
    [
        (
            over(-10.1, sd=1.5),
            Counts(0, 2, 7, {"two runs": 1}),
            ["DLB"],
            "10.1 points worse than DLB, the best stored method (95 % interval 9.5 to 10.7, ten columns). In single columns "
            "better in 0, worse in 2, open in 7, not tested in 1 (two runs).",
        ),
        (
            over(1.0, 3),
            Counts(1, 0, 2, {}),
            ["DLB"],
            "1.0 points better than DLB, the best stored method (95 % interval 0.2 to 1.8, three columns). In single columns "
            "better in 1, worse in 0, open in 2.",
        ),
        (
            over(-0.4, 10, ["diverged"]),
            Counts(0, 0, 9, {"diverged": 1}),
            ["DLB", "LSR"],
            "No difference to DLB (best stored method in a tie with LSR) is shown: −0.4 points (95 % interval −0.8 to 0.0, 9 "
            "of 10 columns). In single columns better in 0, worse in 0, open in 9, not tested in 1 (a run diverged).",
        ),
        (
            over(0.1, 1),
            Counts(0, 0, 1, {}),
            ["DLB"],
            "No difference to DLB, the best stored method, is shown: +0.1 points (95 % interval −1.4 to +1.6, one column).",
        ),
        (
            over(0.1, 1, ["two runs"]),
            Counts(0, 0, 0, {"two runs": 1}),
            ["DLB"],
            "Not compared with DLB, the best stored method: no column can be tested (two runs).",
        ),
    ],
)
def test_comparison(mean: Together, counts: Counts, others: list[str], sentence: str) -> None:
    assert comparison_sentence(mean, counts, others) == sentence


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            (Reach(9.8, 9.8, 9.8, 1), 7.0, 0.41),
            f"80 % power from a true 9.8 points on; 7.0 points, {OWN}, would be found 4 times in 10.",
        ),
        (
            (Reach(9.8, 7.2, 14.1, 5), NAN, NAN, "FUSAR-Ship"),
            "FUSAR-Ship: 80 % power from a true 9.8 points on (median; 7.2 to 14.1 by column).",
        ),
        (
            (Reach(2.0, 2.0, 2.0, 3), 0.1, 0.02),
            f"80 % power from a true 2.0 points on; 0.1 points, {OWN}, would be found less than once in 20.",
        ),
        (
            (Reach(2.0, 2.0, 2.0, 3), 9.0, 0.99, "", 1),
            f"80 % power from a true 2.0 points on; 9.0 points, {OWN}, would be found more than 19 times in 20 in the one "
            "comparison of its own methods.",
        ),
        (
            (Reach(2.0, 2.0, 2.0, 3), 1.0, 0.1),
            f"80 % power from a true 2.0 points on; 1.0 points, {OWN}, would be found once in 10.",
        ),
    ],
)
def test_power(arguments: tuple[Reach, float, float], sentence: str) -> None:
    assert power_sentence(*arguments) == sentence


def test_plan() -> None:
    assert plan_sentence(10, 5.2) == "10 seeds per method: 80 % power if +5.2 points is the truth."
    assert plan_sentence(14, 5.2, looks=2) == (
        "14 seeds per method: 80 % power if +5.2 points is the truth (tested at 0.025, for 2 looks)."
    )
    assert plan_sentence(None, 0.01) == "No number of seeds up to 1000 gives 80 % power if 0.0 points is the truth."
    assert plan_sentence(None, NAN) == plan_sentence(3, 0.0) == ""


def test_looks() -> None:
    assert looks_sentence(1) == ""
    assert looks_sentence(3) == ("These results are looked at 3 times as seeds are added, so every test is made at 0.0167.")


@pytest.mark.parametrize(
    ("own", "others", "sentence"),
    [
        (
            ClaimCounts(10, 10, 9, 8),
            ClaimCounts(30, 30, 5, 4),
            "By the paper's own means, deviations and numbers of runs 9 of DRRNet-SKD's own 10 gains are significant and 5 of "
            "the other methods' 30 (Welch, Holm within each group); 8 and 4 if ± is a population deviation.",
        ),
        (
            ClaimCounts(1, 1, 1, 1),
            ClaimCounts(),
            "By the paper's own means, deviations and numbers of runs DRRNet-SKD's own one gain is significant (Welch, Holm); "
            "the same if ± is a population deviation.",
        ),
        (
            ClaimCounts(6, 6, 6, 6),
            ClaimCounts(14, 0, 0, 0, 2, 12),
            "By the paper's own means, deviations and numbers of runs 6 of DRRNet-SKD's own 6 gains are significant (Welch, "
            "Holm); the same if ± is a population deviation. Not tested: 12 without a number of runs and 2 without a "
            "deviation.",
        ),
        (
            ClaimCounts(4, 0, 0, 0, 4),
            ClaimCounts(),
            "The paper prints no deviations, so its gains cannot be tested by its own numbers.",
        ),
        (
            ClaimCounts(4, 0, 0, 0, 0, 4),
            ClaimCounts(),
            "The paper prints deviations, but not of how many runs, so its gains cannot be tested by its own numbers.",
        ),
        (
            ClaimCounts(4, 0, 0, 0, 2, 2),
            ClaimCounts(),
            "The paper prints deviations of some numbers only, and not of how many runs, so its gains cannot be tested by its "
            "own numbers.",
        ),
        (ClaimCounts(), ClaimCounts(), ""),
    ],
)
def test_claims(own: ClaimCounts, others: ClaimCounts, sentence: str) -> None:
    assert claims_sentence(own, others, "DRRNet-SKD") == sentence


def test_chance() -> None:
    words = "If the printed numbers are true, a perfect replication would show {} verdicts against the paper by chance."
    assert chance_sentence(0.34) == words.format("about 0.3")
    assert chance_sentence(0.0) == words.format("fewer than 0.1")


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ((0, 0, False), ""),
        (
            (1, 0, True),
            "1 verdict was reached at the best epoch too, which the paper prints: none of them is another than at the last.",
        ),
        (
            (16, 3, False),
            "16 verdicts were reached at the best epoch too, since the paper does not say which one it prints: 3 of them are "
            "others than at the last.",
        ),
    ],
)
def test_epochs(counts: tuple[int, int, bool], sentence: str) -> None:
    assert epoch_sentence(*counts) == sentence


def test_images() -> None:
    assert images_sentence([10_000]) == (
        "Every test is about these 10,000 test images; the second interval is about new images of the same kind."
    )


def test_correlation() -> None:
    assert correlation_sentence(0.231, 10, 0.2) == (
        "Runs of equal seed correlate by r = 0.23 on average here (ten comparisons); the tests do not pair them, which makes "
        "them slightly cautious."
    )
    assert correlation_sentence(-0.1, 90, 0.09).endswith("slightly too bold.")
    assert correlation_sentence(-0.46, 1, 1.39) == (
        "Runs of equal seed correlate by r = −0.46 on average here (one comparison), no more than by chance; the tests do not "
        "pair them."
    )
    assert correlation_sentence(NAN, 0, NAN) == ""


def test_settings() -> None:
    assert settings_sentence(over(1.0)) == "2 datasets are too few for a statement about new settings; it needs 6."
    columns = {f"c{i}": f"d{i}" for i in range(6)}
    base = {name: Measured(Sample(70, 1, 5)) for name in columns}
    method = {name: Measured(Sample(70.5 + i / 5, 1, 5)) for i, name in enumerate(columns)}
    found = together({"m": method, "n": base}, {"m": base, "n": base}, columns)["m"]
    assert settings_sentence(found) == (
        "+1.0 points over 6 datasets as a sample of settings (95 % interval +0.6 to +1.4; paired t, p = 0.001; Wilcoxon alone, "
        "p = 0.031)."
    )


def test_ranks() -> None:
    assert ranks_sentence(Ranks((1.0, 2.0), NAN, (), NAN, 5, 0, "it takes three methods and two columns")) == (
        "No test of ranks: it takes three methods and two columns."
    )
    assert ranks_sentence(Ranks((1.2, 2.0, 2.8), 0.0123, ((1.0,),), 1.48, 5, 1)) == (
        "Mean ranks of 3 methods over 5 columns, 1 column left out where a method has no number: p = 0.012 (Friedman, Iman and "
        "Davenport's F). Descriptive: the columns of a table are no random sample. Bars join methods less than 1.48 ranks "
        "apart (Nemenyi)."
    )
    twenty = mean_ranks([[float(i), float(-i)] for i in range(20)])
    assert ranks_sentence(twenty).endswith(
        "No picture: the critical difference of 21.0 ranks is not below 19, the largest that 20 methods can show."
    )


def test_unjudged_best_and_collapsed() -> None:
    assert unjudged_best_sentence({}) == collapsed_sentence({}) == ""
    assert unjudged_best_sentence({"VGG-16": (["LSR"], "two runs"), "AlexNet": (["DLB", "LSR"], "no spread")}) == (
        "Bold is the best of the judged cells; a better mean that is not judged stands in VGG-16 (LSR: two runs) and AlexNet "
        "(DLB and LSR: every run gave the same number)."
    )
    assert collapsed_sentence({"AlexNet": (["Baseline", "LSR"], 2), "VGG-11": (["DLB"], 2)}) == (
        "Every run predicts one class only in AlexNet (all methods) and VGG-11 (DLB)."
    )
