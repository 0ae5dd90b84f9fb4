"""The stored demo rows: every cell has learnt something, and none has learnt everything."""

import statistics

import pytest

from bench.plan import Plan, settings_from
from bench.records.stored import read_stored, stored_file

ABOVE_CHANCE, MOST, MEDIAN_SD = 15.0, 95.0, 6.0  # percentage points


@pytest.fixture(scope="module")
def cells():
    settings = settings_from({"scale": "demo"})
    found = {}
    for result in read_stored(stored_file(settings, "demo", "drrnet")):
        found.setdefault(result.run.cell, []).append(result)
    shown = set(Plan(settings).cells_of("drrnet", "table2"))
    return {cell: results for cell, results in found.items() if cell in shown}


def test_every_cell_of_table_2_is_there_with_five_seeds(cells):
    assert len(cells) == 50 and {len(results) for results in cells.values()} == {5}


def test_every_cell_is_above_chance_and_below_saturation(cells):
    wrong = {}
    for cell, results in cells.items():
        chance = 100 / len(results[0].facts["data"]["classes"])
        mean = statistics.mean(result.metrics["accuracy"] for result in results)
        if not chance + ABOVE_CHANCE <= mean <= MOST:
            wrong[cell.id] = round(mean, 1)
    assert not wrong


def test_no_training_says_one_class_to_every_image(cells):
    stuck = [
        result.run.id
        for results in cells.values()
        for result in results
        if result.metrics["accuracy"] <= 100 / len(result.facts["data"]["classes"]) + 0.1
    ]
    assert not stuck


def test_seeds_scatter_little_enough_to_compare(cells):
    spread = [statistics.stdev(result.metrics["accuracy"] for result in results) for results in cells.values()]
    assert statistics.median(spread) <= MEDIAN_SD
