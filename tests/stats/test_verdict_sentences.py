"""The sentence of every verdict, word for word, with its case; gains and numbers are of five runs of sd 1."""

import math
from dataclasses import replace

import pytest

from bench.stats import (
    INTERVALS,
    ClaimCell,
    Comparability,
    LevelCell,
    Reported,
    Sample,
    claim_sentence,
    claim_verdicts,
    level_sentence,
    level_verdicts,
)
from bench.stats.words import counted, listed, not_judged_words, p_words, points, reasons_listed, spelled

PART = Comparability(elsewhere="on our part of the data")
SPLIT = Comparability(elsewhere="on our own split of the data")


def claim(gain: float, printed: float, sd: float | None = 1.0, n: int | None = 5, **more: object) -> str:
    cell = ClaimCell(
        Sample(70 + gain, 1.0, 5), Sample(70.0, 1.0, 5), Reported(60 + printed, sd, n), Reported(60.0, sd, n), **more
    )  # type: ignore[arg-type]
    return claim_sentence(claim_verdicts({0: cell})[0])


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (
            claim(5.0, 6.0),
            "+5.00 points (+3.54 to +6.46); the paper prints +6.00. Above 0 (p < 0.001), and more than half of the printed "
            "gain (p = 0.008).",
        ),
        (
            claim(5.0, 6.0, sd=None),
            "+5.00 points (+3.54 to +6.46); the paper prints +6.00, without spread. Above 0 (p < 0.001), and more than half of "
            "the printed gain (p = 0.007).",
        ),
        (
            claim(3.0, 6.0, n=None),
            "+3.00 points (+1.54 to +4.46); the paper prints +6.00, without its number of runs. Above 0 (p = 0.001); whether "
            "it is more than half of the printed gain is open.",
        ),
        (
            claim(2.0, 8.0),
            "+2.00 points (+0.54 to +3.46); the paper prints +8.00. Above 0 (p = 0.013), but less than half of the printed "
            "gain (p = 0.008).",
        ),
        (
            claim(0.5, 6.0),
            "+0.50 points (−0.96 to +1.96); the paper prints +6.00. Not shown to be above 0 (p = 0.452), and less than half "
            "of the printed gain (p = 0.002).",
        ),
        (claim(-2.0, 3.0), "−2.00 points (−3.46 to −0.54); the paper prints +3.00. Below 0 (p = 0.013)."),
        (
            claim(1.0, 3.0),
            "+1.00 points (−0.46 to +2.46); the paper prints +3.00. Neither above 0 (p = 0.153) nor less than half of the "
            "printed gain (p = 0.247). If the paper is exactly right, such runs come out as “confirmed” 6 times in 10; 8 "
            "seeds per method make that 8 times in 10.",
        ),
        (
            claim(1.0, 1.0, sd=2.0),
            "+1.00 points (−0.46 to +2.46); the paper prints +1.00. Neither above 0 (p = 0.153) nor less than half of the "
            "printed gain (p = 0.708). If the paper is exactly right, such runs come out as “confirmed” once in 10; no number "
            "of seeds makes that 8 times in 10.",
        ),
        (
            claim(2.0, 9.0, comparability=PART),
            "+2.00 points on our part of the data (+0.54 to +3.46); the paper prints +9.00. Above 0 (p = 0.013); its size is "
            "not judged.",
        ),
        (
            claim(1.0, 3.0, sd=None, comparability=SPLIT),
            "+1.00 points on our own split of the data (−0.46 to +2.46); the paper prints +3.00. Neither above nor below 0 "
            "(p = 0.153). If the paper is exactly right, such runs come out as “direction confirmed” more than 19 times in "
            "20.",
        ),
        (claim(1.0, -0.54), "The paper prints no gain here (−0.54 points)."),
        (claim(1.0, 3.0, comparability=Comparability("stand-in data")), "Not comparable: stand-in data."),
        (claim(1.0, 3.0, status="diverged"), "A training of ours ended without a finite value."),
        (claim(1.0, 3.0, status="failed"), "There is no finished result of ours."),
        (claim(1.0, math.nan), "The paper prints no gain here."),
    ],
)
def test_claims(found: str, sentence: str) -> None:
    assert found == sentence


def test_a_gain_that_is_not_judged() -> None:
    cell = ClaimCell(Sample(75.0, 1.0, 2), Sample(70.0, 1.0, 5), Reported(65.0), Reported(60.0))
    assert claim_sentence(claim_verdicts({0: cell})[0]) == "Two runs: not judged."
    cell = replace(cell, method=Sample(75.0, 0.0, 5))
    assert claim_sentence(claim_verdicts({0: cell})[0]) == "Every run gave the same number: not judged."


def level(difference: float, margin: float = 2.0, sd: float | None = 1.0, n: int | None = 5, **more: object) -> str:
    higher = bool(more.pop("higher", True))
    cell = LevelCell(Sample(90.0, 1.0, 5), Reported(90.0 - difference, sd, n), margin, **more)  # type: ignore[arg-type]
    return level_sentence(level_verdicts({0: cell})[0], higher)


# By hand: sd 1 and 5 runs on both sides give SE sqrt(0.4) = 0.6325 with 8 df, so 90 % is +-1.18 and 95 % is +-1.46.
@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (
            level(0.3),
            "+0.30 points from the printed number: the 90 % interval −0.88 to +1.48 lies inside the margin of 2.00.",
        ),
        (
            level(1.5, 3.0),
            "+1.50 points from the printed number: the 90 % interval +0.32 to +2.68 lies inside the margin of 3.00. The two "
            "are not the same, but closer than the margin.",
        ),
        (
            level(-1.0),
            "−1.00 points from the printed number (−2.46 to +0.46, p = 0.153): neither a difference nor equivalence within "
            "2.00 is shown. Within this margin equal means are shown to be equivalent 8 times in 10.",
        ),
        (
            level(-1.0, 1.0),
            "−1.00 points from the printed number (−2.46 to +0.46, p = 0.153): neither a difference nor equivalence within "
            "1.00 is shown. Within this margin equal means are shown to be equivalent once in 10: too tight to decide.",
        ),
        (
            level(-1.0, math.nan),
            "−1.00 points from the printed number (−2.46 to +0.46, p = 0.153): no difference is shown, and no margin was "
            "fixed to call the two equivalent.",
        ),
        (level(-2.0), "−2.00 points from the printed number (−3.46 to −0.54, p = 0.013): lower, which is worse."),
        (level(2.0), "+2.00 points from the printed number (+0.54 to +3.46, p = 0.013): higher, which is better."),
        (
            level(2.0, higher=False),
            "+2.00 points from the printed number (+0.54 to +3.46, p = 0.013): higher, which is worse.",
        ),
        (
            level(2.0, sd=None),
            "The printed number, without spread, could be one more run of ours: 2.00 points from our mean, where 95 % of runs "
            "lie within 3.04.",
        ),
        (
            level(-4.0, n=None),
            "The printed number, without its number of runs, lies further off than one more run of ours would: 4.00 points "
            "from our mean, where 95 % of runs lie within 3.04.",
        ),
        (level(0.0, obstacle="our own split"), "Not comparable: our own split."),
        (level(0.0, status="diverged"), "A training of ours ended without a finite value."),
        (level(0.0, status="failed"), "There is no finished result of ours."),
        (level(math.nan), "The paper prints no number here."),
    ],
)
def test_levels(found: str, sentence: str) -> None:
    assert found == sentence


def test_a_level_that_is_not_judged() -> None:
    cell = LevelCell(Sample(90.0, 1.0, 2), Reported(90.0))
    assert level_sentence(level_verdicts({0: cell})[0]) == "Two runs: not judged."


def test_what_holds_for_a_table_is_said_once() -> None:
    assert INTERVALS == ("An interval is of one difference alone, not corrected; a p value is corrected for its family (Holm).")


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (p_words(0.01249), "p = 0.012"),
        (p_words(0.0005), "p = 0.001"),
        (p_words(0.00049), "p < 0.001"),
        (p_words(1.0), "p = 1.000"),
        (p_words(math.nan), "p unknown"),
        (points(-0.04), "0.0"),
        (points(0.05, 2), "+0.05"),
        (points(-1.25, 2), "−1.25"),
        (counted(1, "gain"), "1 gain"),
        (spelled(12, "column"), "twelve columns"),
        (spelled(13, "column"), "13 columns"),
        (listed([]), ""),
        (listed(["a", "b", "c"]), "a, b and c"),
        (reasons_listed({"missing": 1, "two runs": 3}), "two runs (3), no runs (1)"),
        (not_judged_words("two runs"), "two runs: not judged"),
    ],
)
def test_words(found: str, words: str) -> None:
    assert found == words
