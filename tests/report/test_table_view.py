"""A table's view: hand-computed numbers, marks, verdicts, and the states that never crash and never win."""

from __future__ import annotations

import copy
import math
from dataclasses import replace

import pytest
from projects.paper import BASELINE, BETTER, CLOSE, FACTS

from bench.plan import BenchError, Entry, Heading, Scale
from bench.report.formatting import Number
from bench.report.reported import Key, ReportedNumber
from bench.report.table import item_label, table_view
from bench.report.view import CellView, TableView
from bench.stats import INTERVALS

SEEDS = range(5)


def view_of(paper, scale, reported, results, seeds=SEEDS) -> TableView:
    return table_view(paper, paper.tables["table2"], results, reported, scale, seeds)


def cells_of(view: TableView) -> dict[str, CellView]:
    return {cell.key.variant: cell for cell in view.cells()}


@pytest.fixture
def full(paper, scale, reported, make_results) -> TableView:
    return view_of(paper, scale, reported, make_results({"baseline": BASELINE, "close": CLOSE, "ours": BETTER}))


def test_numbers_by_hand(full: TableView) -> None:
    ours = cells_of(full)["ours"]
    assert (ours.mean.text, ours.sd.text, ours.n, ours.n_text) == ("78.00", "1.58", 5, "")  # sd = sqrt(2.5)
    gain = ours.gain
    assert gain is not None
    # SE = sqrt(2.5/5 + 2.5/5) = 1, df = 8, t(0.975, 8) = 2.306, two-sided p of t = 8 is 4.37e-5, twice that with Holm.
    assert (gain.estimate.text, gain.interval.text) == ("+8.00", "[+5.69, +10.31]")
    assert (gain.p.text, gain.p_adjusted.text) == ("< 0.001", "< 0.001")
    assert gain.permutation.text == "0.008"  # 2 of 252 splits
    assert gain.hedges_g.text == "4.57"  # 8 / 1.5811 x 0.9027
    assert gain.superiority.text == "1.00"


def test_a_row_has_a_mean_where_every_column_has_a_number(full: TableView) -> None:
    block = full.blocks[0]
    row = next(row for row in block.rows if row.cells[0] and row.cells[0].key.variant == "ours")
    assert not row.mean.known and not block.has_means  # one column
    assert row.cells[0] is not None
    two = replace(row, cells=(row.cells[0], replace(row.cells[0], mean=Number(70.0, "70.00"))))
    assert (two.mean.text, two.mean_gain.text) == ("74.00", "+8.00")
    assert replace(block, rows=(two, two)).has_means
    assert not replace(two, cells=(*two.cells, None)).mean.known
    other = replace(row.cells[0], key=row.cells[0].key._replace(metric="error"))
    assert not replace(two, cells=(row.cells[0], other)).mean.known


def test_marks(full: TableView) -> None:
    cells = cells_of(full)
    assert {name: (cell.dagger, cell.best, cell.not_below_best) for name, cell in cells.items()} == {
        "baseline": (False, False, False),
        "close": (False, False, False),
        "ours": (True, True, False),
    }


def test_close_to_the_best_is_underlined(paper, scale, reported, make_results) -> None:
    view = view_of(paper, scale, reported, make_results({"baseline": BASELINE, "close": CLOSE}))
    assert cells_of(view)["close"].best
    assert cells_of(view)["baseline"].not_below_best


def test_beside_the_paper(full: TableView) -> None:
    cells = cells_of(full)
    assert cells["ours"].difference.text == "−6.00"
    assert cells["ours"].paper is not None and cells["close"].paper is not None
    assert (cells["ours"].paper.gain.text, cells["ours"].paper.gain_printed, cells["ours"].paper.significant) == (
        "+13.50",
        True,
        True,
    )
    assert (cells["close"].paper.gain.text, cells["close"].paper.gain_printed, cells["close"].paper.significant) == (
        "+0.40",
        False,
        False,
    )
    names = {
        name: (cell.level and cell.level.name, cell.gain_verdict and cell.gain_verdict.name) for name, cell in cells.items()
    }
    assert names == {
        "baseline": ("equivalent", None),
        "close": ("equivalent", "open"),
        "ours": ("lower", "direction confirmed"),
    }
    assert full.level_counts == {"equivalent": 2, "lower": 1}
    assert full.gain_counts == {"direction confirmed": 1, "open": 1}


def test_sentences(full: TableView) -> None:
    assert full.sentences == (
        "In single columns 1 of 2 gains is significant.",
        "80 % power from a true 3.8 points on.",
        INTERVALS,
        "Runs of equal seed correlate by r = 1.00 on average here (two comparisons); the tests do not pair them, which makes "
        "them slightly cautious.",
        "By the paper's own means, deviations and numbers of runs 1 of 2 gains is significant (Welch, Holm); the same if ± is "
        "a population deviation.",
        "If the printed numbers are true, a perfect replication would show fewer than 0.1 verdicts against the paper by "
        "chance.",
    )


def test_caption_says_what_was_run(full: TableView) -> None:
    caption = dict(full.caption)
    assert caption["Scale"] == "paper. Exactly the paper's."
    assert caption["Data"] == "Ships, 60 training and 30 test images of 2 classes, digest 0123456789ab."
    assert caption["Seeds"] == "0, 1, 2, 3, 4 (5 runs per cell unless n is shown)."
    assert caption["Recipe"] == (
        "Version 1. Ships: 3 epochs (the paper: 30), 32 pixels, batches of 16, adam with learning rate 0.001."
    )
    assert caption["Headline"].startswith("The last epoch is the headline")
    assert caption["Versions"] == "torch 2.12.0"
    assert caption["Hardware"] == "processor, fp32, one thread per training; 15 trainings, 30.0 s in all."
    assert full.assumptions == (("split", "No split is stated."), ("image size", "Not stated; 32."))


def test_caption_says_how_an_epoch_was_chosen_and_what_was_held_out(paper, scale, reported, make_results) -> None:
    facts = copy.deepcopy(FACTS)
    facts["config"]["recipe"] |= {"selection": "best_test", "validation": {"share": 0.1}}
    view = view_of(paper, scale, reported, make_results({"baseline": BASELINE, "ours": BETTER}, facts=facts))
    assert dict(view.caption)["Headline"] == (
        "Ships: the epoch that is best on the test images themselves is the headline, as in the paper: too good by chance. "
        "Ships: 10 % of the training images, the same for every method and seed, are held out for validation."
    )


def test_row_order_does_not_matter(paper, scale, reported, make_results, full: TableView) -> None:
    results = make_results({"baseline": BASELINE, "close": CLOSE, "ours": BETTER})
    assert view_of(paper, scale, reported, results[::-1]) == full


def test_stand_in_data_is_never_compared(paper, reported, make_results) -> None:
    facts = copy.deepcopy(FACTS)
    facts["data"]["stand_in"] = True
    results = make_results({"baseline": BASELINE, "close": CLOSE, "ours": BETTER}, "demo", facts)
    view = view_of(paper, Scale("demo", "demo", "Stand-ins.", data={"ships": "made_up"}), reported, results)
    assert view.stand_in and view.stand_ins == ("Ships",)
    for cell in view.cells():
        assert cell.level is not None and cell.level.text == "not comparable: stand-in data"
        assert cell.gain_verdict is None or cell.gain_verdict.text == "not comparable: stand-in data"
        assert not cell.difference.known
        assert cell.sparkline is not None and cell.sparkline.paper is None
    assert "stand-in data 'ships'" in dict(view.caption)["Data"]


def test_a_reduced_schedule_is_an_obstacle(paper, reported, make_results) -> None:
    results = make_results({"baseline": BASELINE, "ours": BETTER}, "quick")
    view = view_of(paper, Scale("quick", "quick", "A tenth."), reported, results)
    level = cells_of(view)["ours"].level
    assert level is not None and level.text == "not comparable: reduced schedule (scale quick)"
    assert cells_of(view)["ours"].difference.text == "−6.00"


def test_a_missing_cell_is_a_dash(paper, scale, reported, make_results) -> None:
    cell = cells_of(view_of(paper, scale, reported, make_results({"baseline": BASELINE})))["ours"]
    assert (cell.state, cell.mean.text, cell.words, cell.gain) == ("missing", "—", "no result yet", None)
    assert [verdict.name for _, verdict in cell.verdicts] == ["missing"]


def test_failed_runs_are_counted(paper, scale, reported, make_results) -> None:
    cells = cells_of(
        view_of(paper, scale, reported, make_results({"baseline": ("failed",) * 5, "ours": (78.0, 79.0, "failed", 77.0, 76.0)}))
    )
    assert (cells["baseline"].state, cells["baseline"].words) == ("missing", "5 of 5 runs failed")
    assert (cells["ours"].words, cells["ours"].n_text) == ("1 of 5 runs failed", "n = 4")


def test_a_diverged_run_keeps_its_cell_from_winning(paper, scale, reported, make_results) -> None:
    results = make_results({"baseline": BASELINE, "close": CLOSE, "ours": (90.0, 91.0, "diverged", 92.0, 93.0)})
    cell = cells_of(view_of(paper, scale, reported, results))["ours"]
    assert (cell.state, cell.words, cell.mean.text, cell.n_text) == ("diverged", "1 of 5 runs diverged", "91.50", "n = 4")
    assert not (cell.dagger or cell.best or cell.not_below_best)
    assert cell.gain is None
    assert [verdict.name for _, verdict in cell.verdicts] == ["diverged"]


def test_a_diverged_baseline_leaves_no_gain(paper, scale, reported, make_results) -> None:
    cells = cells_of(view_of(paper, scale, reported, make_results({"baseline": ("diverged",) * 5, "ours": BETTER})))
    assert cells["baseline"].mean.text == "—"
    assert cells["ours"].gain is None
    assert cells["ours"].level is not None and cells["ours"].level.name == "lower"
    assert cells["ours"].gain_verdict is not None and cells["ours"].gain_verdict.name == "diverged"


def test_one_seed_has_no_deviation(paper, scale, reported, make_results) -> None:
    cell = cells_of(view_of(paper, scale, reported, make_results({"baseline": BASELINE, "ours": (99.0,)})))["ours"]
    assert (cell.mean.text, cell.sd.known, cell.n_text, cell.words) == ("99.00", False, "n = 1", "4 of 5 runs missing")
    assert not (cell.best or cell.dagger)
    assert cell.gain is not None and math.isnan(cell.gain.p.value)
    assert cell.level is not None and cell.level.text == "not judged"


def test_equal_seeds_win_nothing(paper, scale, reported, make_results) -> None:
    cell = cells_of(view_of(paper, scale, reported, make_results({"baseline": BASELINE, "ours": (99.0,) * 5})))["ours"]
    assert cell.sd.text == "0.00"
    assert not (cell.best or cell.dagger)


def test_no_results_at_all(paper, scale, reported) -> None:
    view = view_of(paper, scale, reported, [])
    assert view.level_counts == {"missing": 3}
    assert dict(view.caption)["Data"] == "Ships: no result yet."


def test_mixed_data_is_refused(paper, scale, reported, make_results) -> None:
    facts = copy.deepcopy(FACTS)
    facts["data"]["digest"] = "ffff"
    results = make_results({"baseline": BASELINE}) + make_results({"ours": BETTER}, facts=facts)
    with pytest.raises(BenchError, match=r"data digest is 0123456789abcdef in .* and ffff in"):
        view_of(paper, scale, reported, results)


def test_a_second_result_for_a_run_is_refused(paper, scale, reported, make_results) -> None:
    with pytest.raises(BenchError, match="two results for run 'paper/small/ships/tiny/ours/seed0'"):
        view_of(paper, scale, reported, make_results({"ours": (78.0,)}) * 2)


@pytest.fixture
def with_entries(paper):
    """The small paper's table with other entries, a row each."""

    def build(*entries: Entry):
        table = copy.deepcopy(paper.tables["table2"])
        object.__setattr__(table.blocks[0], "entries", tuple((entry,) for entry in entries))
        rows = tuple(Heading(entry.metric) for entry in entries)
        object.__setattr__(table.blocks[0], "rows", rows)
        return table

    return build


def sized(results, **cost):
    return [replace(result, facts={**result.facts, "cost": {**result.facts["cost"], **cost}}) for result in results]


@pytest.mark.parametrize(("printed", "words"), [("0.47", "as printed"), ("0.46", "not as printed"), ("0.5", "as printed")])
def test_a_size_is_counted_once_and_never_tested(paper, scale, with_entries, make_results, printed, words) -> None:
    entries = [Entry("ships", "tiny", name, metric) for metric in ("error", "parameters_m") for name in ("baseline", "ours")]
    key = Key("ships", "tiny", "ours", "parameters_m")
    results = sized(make_results({"baseline": BASELINE, "ours": BETTER}), parameters=400_000, extra_parameters=66_906)
    view = table_view(paper, with_entries(*entries), results, {key: ReportedNumber(float(printed), text=printed)}, scale, SEEDS)
    size = {cell.key: cell for cell in view.cells()}[key]
    assert (size.mean.text, size.sd.known, size.words) == ("0.47", False, words)
    assert size.level is None and size.gain is None and not size.best and not view.higher_is_better
    assert view.measure == "error rate in percent; parameters while training in millions, mean ± sd over seeds"


def test_a_setting_is_read_off_the_recipe_and_trains_nothing(paper, scale, with_entries) -> None:
    recipe = {
        "epochs": 240,
        "batch_size": 128,
        "optimiser": {"lr": 0.1, "weight_decay": 5e-4},
        "schedule": {"milestones": [150, 180], "gamma": 0.1},
        "backbones": {"tiny": {"optimiser": {"lr": 0.02, "weight_decay": 5e-4}}},
    }
    paper = replace(paper, recipes={"ships": recipe})
    names = ("learning_rate", "weight_decay", "milestone_2", "milestone_3", "decay", "epochs", "batch_size", "loss_weight")
    entries = [Entry("ships", "tiny", "ours", name, "setting", "all") for name in names]
    reported = {
        Key("ships", "", "all", "epochs"): ReportedNumber(240, text="240"),
        Key("ships", "", "all", "decay"): ReportedNumber(5, text="5"),
    }
    view = table_view(paper, with_entries(*entries), [], reported, scale, SEEDS)
    shown = {cell.key.metric: (cell.mean.text, cell.words) for cell in view.cells()}
    assert shown == {
        "learning_rate": ("0.02", ""),
        "weight_decay": ("0.0005", ""),
        "milestone_2": ("180", ""),
        "milestone_3": ("—", ""),
        "decay": ("10", "not as printed"),
        "epochs": ("240", "as printed"),
        "batch_size": ("128", ""),
        "loss_weight": ("—", ""),
    }
    assert view.measure == "our recipe" and not view.obstacle and not view.sentences


def test_a_cell_that_stands_twice_counts_once(paper, scale, reported, with_entries, make_results) -> None:
    entry = Entry("ships", "tiny", "ours", "accuracy")
    view = table_view(paper, with_entries(entry, entry), make_results({"ours": BETTER}), reported, scale, SEEDS)
    anchors = [row.cells[0].anchor for row in view.blocks[0].rows]
    assert anchors == ["ships-tiny-ours-accuracy", "ships-tiny-ours-accuracy-1"]
    assert len(list(view.cells())) == 1 and sum(view.level_counts.values()) == 1


def test_error_rates_gain_where_they_fall(paper, scale, make_results) -> None:
    table = copy.deepcopy(paper.tables["table2"])
    entries = tuple((Entry("ships", "tiny", name, "error"),) for name in ("baseline", "close", "ours"))
    object.__setattr__(table.blocks[0], "entries", entries)
    results = make_results({"baseline": BASELINE, "close": CLOSE, "ours": BETTER})
    ours = cells_of(table_view(paper, table, results, {}, scale, SEEDS))["ours"]
    assert ours.mean.text == "22.00"
    assert ours.gain is not None and ours.gain.estimate.text == "+8.00"
    assert ours.best and ours.dagger and ours.level is None and ours.paper is None


@pytest.mark.parametrize(
    ("name", "label"),
    [("table2", "Table 2"), ("tableR1", "Table R1"), ("figure3", "Figure 3"), ("cross-methods", "Cross methods")],
)
def test_item_label(name: str, label: str) -> None:
    assert item_label(name) == label
