"""The stored demo rows of every paper: every cell has learnt something, and none has learnt everything."""

import statistics

import pytest

from bench.plan import Plan, settings_from
from bench.plan.catalogue import method_facts, method_files
from bench.plan.compute import SUFFIX as EQUAL_COMPUTE
from bench.records.stored import read_stored

ABOVE_CHANCE, MOST, MEDIAN_SD = 15.0, 95.0, 6.0  # percentage points
NOT_CHANCE = 3.0  # of a method: a recipe is chosen on the baseline, and a method may need more steps than it
RISEN = 0.9  # of the ramp's epochs, where an exponential ramp has 0.95 of its height
SETTINGS = settings_from({"scale": "demo"})
STORED = sorted(SETTINGS.stored_files("demo"))


@pytest.fixture(scope="module")
def cells():
    settings = settings_from({"scale": "demo"})
    found = {}
    for result in read_stored(settings.stored_file("demo", "drrnet")):
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


def above_chance(results):
    """The mean accuracy of a cell's seeds less what guessing gives, in points."""
    chance = 100 / len(results[0].facts["data"]["classes"])
    return statistics.mean(result.metrics["accuracy"] for result in results) - chance


@pytest.mark.parametrize("paper", STORED)
def test_every_stored_baseline_of_a_paper_has_learnt_and_no_cell_is_at_chance(paper):
    cells = {}
    for result in read_stored(SETTINGS.stored_file("demo", paper)):
        if "accuracy" in result.metrics:
            cells.setdefault(result.run.cell, []).append(result)
    gains = {cell: above_chance(results) for cell, results in cells.items()}
    assert gains
    least = {cell: ABOVE_CHANCE if cell.variant == "baseline" else NOT_CHANCE for cell in gains}
    assert not {cell.id: gain for cell, gain in gains.items() if gain < least[cell]}


def test_every_weight_that_rises_has_risen_by_the_last_epoch_of_a_demo_but_where_equal_compute_cuts_it():
    plan, short = Plan(SETTINGS), {}
    files = method_files(())
    for paper in plan.papers.values():
        variants = {name: method_facts(files[variant.method]).get("params", {}) for name, variant in paper.variants.items()}
        cells = {cell for item in (*paper.tables, *paper.figures) for cell in plan.cells_of(paper.name, item)}
        for cell in (cell for cell in cells if {"ramp", "warm_up"} & variants[cell.variant].keys()):
            config = plan.resolve(cell.run(0))
            recipe, params = config["recipe"], {**variants[cell.variant], **config["method"]["params"]}
            last = (recipe["epochs"] - 1) * recipe["schedule_epochs"] / recipe["epochs"]
            if cell.variant.endswith(EQUAL_COMPUTE):
                continue  # a costly method has an epoch or two there, which is what such a table is about
            if cell.variant != "fgfi-detector" and last < RISEN * max(params.get("ramp", 0), params.get("warm_up", 0)):
                short[cell.id] = last  # FGFI's warm-up counts steps and is cut to a tenth of them
    assert not short


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
