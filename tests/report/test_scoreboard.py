"""The sentences on a paper, one golden text per case."""

from __future__ import annotations

import pytest

from bench.report.scoreboard import MEANINGS, answer, total
from bench.report.verdicts import VERDICTS


@pytest.mark.parametrize(
    ("level", "gain", "reasons", "words"),
    [
        ({}, {}, [], "Nothing trained yet."),
        ({"missing": 3}, {"missing": 2}, [], "No verdict yet: nothing trained."),
        ({"diverged": 1, "missing": 3}, {"diverged": 1}, [], "No verdict yet: no complete cell."),
        ({}, {"not comparable": 1, "missing": 1}, ["stand-in data", "stand-in data"], "No verdict yet: stand-in data."),
        ({"equivalent": 9}, {"confirmed": 3}, [], "All 3 gains are confirmed."),
        ({"lower": 1}, {"reversed": 1}, [], "The one gain is reversed."),
        (
            {},
            {"confirmed": 3, "open": 4, "not found": 2, "smaller": 1, "missing": 5, "diverged": 1, "no claim": 2},
            [],
            "10 gains: 3 confirmed, 1 smaller, 2 not found, 4 open; 6 more without a verdict.",
        ),
        ({"equivalent": 1, "missing": 1}, {}, [], "The one level is equivalent; 1 more without a verdict."),
        ({"equivalent": 1}, {"missing": 1}, [], "No verdict yet: nothing trained."),
    ],
)  # fmt: skip
def test_answer(level, gain, reasons, words: str) -> None:
    assert answer(level, gain, reasons) == words


def test_a_paper_that_prints_no_numbers_has_no_verdict_to_wait_for() -> None:
    assert answer({}, {}, [], finished=170) == "No verdict: no number is printed for what was trained."


def test_totals_keep_the_verdicts_order() -> None:
    assert list(total([{"lower": 1}, {"equivalent": 2, "lower": 1}]).items()) == [("equivalent", 2), ("lower", 2)]


def test_every_verdict_is_explained() -> None:
    assert set(MEANINGS) == set(VERDICTS)
