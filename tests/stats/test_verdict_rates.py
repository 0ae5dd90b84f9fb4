"""Simulated tables against the verdicts themselves, cell by cell."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from bench.stats import (
    ClaimCell,
    ConfirmationPlan,
    LevelCell,
    PlannedGain,
    PrintedGain,
    Reported,
    Sample,
    Spreads,
    claim_rates,
    claim_verdicts,
    expected_accusations,
    expected_contradictions,
    level_verdicts,
    printed_gain,
)

PRINTED = {"a": Reported(75.0, 1.0, 5), "b": Reported(73.0, 2.0, 5), "c": Reported(72.0, 1.0)}
BASE = Reported(71.0, 1.5, 5)
PLAN = [PlannedGain(printed_gain(each, BASE), each.sd or 1.0, 1.5, "base", 5, 5, "own" if name == "a" else "others",
                    printed_n=each.n or 1, baseline_printed_n=5) for name, each in PRINTED.items()]  # fmt: skip


def drawn_again(number: Reported, rng: np.random.Generator) -> Reported:
    """What the paper would have printed of other runs of the same; a number without spread is one run."""
    if number.n is None:
        return replace(number, value=number.value + (number.sd or 1.0) * rng.standard_normal())
    runs = number.value + (number.sd or 1.0) * rng.standard_normal(number.n)
    return replace(number, value=runs.mean(), sd=runs.std(ddof=1))


@pytest.mark.parametrize(("share", "drawn"), [(1.0, False), (1.0, True), (0.5, False), (0.0, False)])
def test_rates_are_those_of_the_verdicts_on_drawn_runs(share: float, drawn: bool) -> None:
    rng, tables = np.random.default_rng(9), 500
    counts = {name: Counter() for name in PRINTED}
    for _ in range(tables):
        base = Sample.of((71 + 1.5 * rng.standard_normal(5)).tolist())
        printed = {name: drawn_again(each, rng) if drawn else each for name, each in PRINTED.items()}
        printed_base = drawn_again(BASE, rng) if drawn else BASE
        cells = {
            name: ClaimCell(
                Sample.of((71 + share * (each.value - 71) + (each.sd or 1.0) * rng.standard_normal(5)).tolist()),
                base,
                printed[name],
                printed_base,
                "own" if name == "a" else "others",
            )
            for name, each in PRINTED.items()
        }
        for name, verdict in claim_verdicts(cells).items():
            counts[name][verdict.name] += 1
    found = claim_rates(PLAN, share, drawn=drawn)
    for name, rates in zip(PRINTED, found.cells, strict=True):
        assert sum(rates.values()) == pytest.approx(1.0)
        for verdict, rate in rates.items():
            assert counts[name][verdict] / tables == pytest.approx(rate, abs=4 * math.sqrt(0.25 / tables) * 0.75)


def test_a_family_of_one_has_the_computed_chance() -> None:
    plan = [PlannedGain(PrintedGain(4.0, 0.4, 8.0), 1.0, 2.0, "base", 5, 4)]
    expected = ConfirmationPlan(PrintedGain(4.0, 0.4, 8.0), Spreads(1.0, 5, 2.0, 4)).chance
    found = claim_rates(plan, 1.0, tables=40_000)
    assert found.cells[0]["confirmed"] == pytest.approx(expected, abs=0.01)
    assert found.at_least_one["others"]["confirmed"] == found.cells[0]["confirmed"]


def test_the_same_seed_gives_the_same_rates() -> None:
    assert claim_rates(PLAN, 1.0) == claim_rates(PLAN, 1.0)
    assert claim_rates([], 1.0).cells == ()


def test_zero_gains_are_found_in_at_most_five_percent_of_the_families() -> None:
    plan = [PlannedGain(PrintedGain(3.0), 1.0 + i % 3, 1.0, i // 4, 5, 5) for i in range(20)]
    found = claim_rates(plan, 0.0).at_least_one["others"]
    assert found["found"] <= 0.05
    assert found["confirmed"] <= found["found"]
    assert found["contradicted"] > 0.5


def test_in_sds() -> None:
    assert PlannedGain(PrintedGain(4.0), 1.0, math.sqrt(7.0), "base", 5, 5).in_sds == pytest.approx(2.0)


def test_chance_verdicts_beside_the_counts() -> None:
    cells = {name: ClaimCell(Sample(each.value, 1.0, 5), Sample(71.0, 1.5, 5), each, BASE) for name, each in PRINTED.items()}
    baseline_of = dict.fromkeys(PRINTED, "base")
    expected = expected_contradictions(cells, baseline_of)  # type: ignore[arg-type]
    assert 0.0 < expected < 0.2
    tiny = {"t": ClaimCell(Sample(71.0, 1.0, 5), Sample(71.0, 1.0, 5), Reported(71.001), Reported(71.0))}
    assert expected_contradictions(tiny, {"t": "base"}) == pytest.approx(0.05 + 0.0, abs=0.03)  # type: ignore[arg-type]
    numbers = {
        "welch": LevelCell(Sample(70, 1, 5), Reported(70, 1, 5)),
        "also": LevelCell(Sample(70, 1, 5), Reported(70, 1, 5)),
        "single": LevelCell(Sample(70, 1, 5), Reported(70)),
        "other": LevelCell(Sample(70, 1, 5), Reported(70), obstacle="stand-in data"),
    }
    assert expected_accusations(level_verdicts(numbers), dict.fromkeys(numbers, "own")) == pytest.approx(0.10)
