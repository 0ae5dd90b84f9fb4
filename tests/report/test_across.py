"""All columns of a table together: what is counted, its sign, and the two pictures."""

import math
import os
import pickle
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest
from projects.paper import make_paper

from bench.plan import Block, Entry, Heading, Scale
from bench.plan.catalogue import ROOT
from bench.report.across.build import across_view
from bench.report.across.picture import picture
from bench.report.cells import Gathered, GatheredTable
from bench.report.reported import Key
from bench.stats import Sample, holm, pooled_difference

RUNS = {
    ("one", "baseline"): (70.0, 71.0, 69.0), ("one", "close"): (70.5, 71.5, 69.4), ("one", "ours"): (75.0, 76.0, 74.2),
    ("two", "baseline"): (60.0, 62.0, 61.0), ("two", "close"): (60.4, 61.8, 61.3), ("two", "ours"): (66.0, 67.0, 68.1),
    ("three", "baseline"): (80.0, 81.0, 80.3), ("three", "close"): (80.1, 81.3, 80.2), ("three", "ours"): (82.0, 83.0, 82.4),
}  # fmt: skip


@pytest.fixture
def paper():
    return make_paper()


def table_of(paper, metrics=("accuracy",)):
    columns = [(backbone, metric) for backbone in ("one", "two", "three") for metric in metrics]
    entries = tuple(
        tuple(Entry("ships", backbone, variant, metric) for backbone, metric in columns)
        for variant in ("baseline", "close", "ours")
    )
    block = Block(
        "Ships", tuple(Heading(name) for name, _ in columns), tuple(map(Heading, ("Baseline", "Close", "Ours"))), entries
    )
    return replace(paper.tables["table2"], blocks=(block,))


def cells_of(runs, metric="accuracy", states=()):
    return {
        Key("ships", backbone, variant, metric): Gathered(dict(states).get((backbone, variant), "measured"), "", (), values)
        for (backbone, variant), values in runs.items()
    }


def view_of(paper, cells, metrics=("accuracy",), data=()):
    scale = Scale("demo", "demo", "A scale.", comparable=True, data=dict(data))
    return across_view(GatheredTable(paper, table_of(paper, metrics), cells, scale, range(3)))


def test_gains_are_pooled_over_columns_and_adjusted_over_methods(paper):
    view = view_of(paper, cells_of(RUNS))
    assert [row.label for row in view.rows] == ["Close", "Ours"] and [row.columns for row in view.rows] == [3, 3]

    def pairs(name):
        return [(Sample.of(RUNS[place, name]), Sample.of(RUNS[place, "baseline"])) for place in ("one", "two", "three")]

    pooled = {name: pooled_difference(pairs(name)) for name in ("close", "ours")}
    for row in view.rows:
        assert row.gain.estimate.value == pytest.approx(pooled[row.variant].estimate)
        assert row.gain.p.value == pytest.approx(pooled[row.variant].p)
    assert [row.gain.p_adjusted.value for row in view.rows] == pytest.approx(holm([each.p for each in pooled.values()]))
    assert view.rows[1].gain.superiority.value == 1.0 and view.rows[1].beyond.startswith("3 columns are too few")


def test_lower_error_rates_are_gains(paper):
    errors = cells_of({place: tuple(100 - value for value in values) for place, values in RUNS.items()}, "error")
    mirrored, plain = view_of(paper, errors, ("error",)), view_of(paper, cells_of(RUNS))
    for error, accuracy in zip(mirrored.rows, plain.rows, strict=True):
        assert error.gain.estimate.value == pytest.approx(accuracy.gain.estimate.value)
        assert error.gain.superiority.value == pytest.approx(accuracy.gain.superiority.value)
    assert mirrored.ranks == plain.ranks
    for label, shares in plain.profile.items():
        assert mirrored.profile[label] == pytest.approx(shares)


def test_a_second_score_of_the_same_runs_is_not_counted_again(paper):
    both = {**cells_of(RUNS), **cells_of(RUNS, "best_accuracy")}
    assert [row.columns for row in view_of(paper, both, ("accuracy", "best_accuracy")).rows] == [3, 3]


def test_a_diverged_or_missing_cell_is_left_out_and_said(paper):
    view = view_of(paper, cells_of(RUNS, states=[(("one", "ours"), "diverged")]))
    assert [row.columns for row in view.rows] == [3, 2]
    assert "over 2 columns, 1 column left out where a method has no number" in view.ranks_words


def test_one_column_says_all_in_its_cell(paper):
    assert view_of(paper, cells_of({place: values for place, values in RUNS.items() if place[0] == "one"})) is None
    assert view_of(paper, {}) is None


def test_ranks_words(paper):
    view = view_of(paper, cells_of(RUNS))
    assert view.ranks == {"Baseline": 3.0, "Close": 2.0, "Ours": 1.0}
    assert view.ranks_words.startswith("Mean ranks of 3 methods over 3 columns: p ")
    assert view.ranks_words.endswith("Bars join methods less than 1.91 ranks apart (Nemenyi).")
    two = {place: values for place, values in RUNS.items() if place[1] != "close"}
    assert view_of(paper, cells_of(two)).ranks_words == "No test of ranks: it takes three methods and two columns."


def test_the_profile_falls_from_all_runs_to_none(paper):
    for shares in view_of(paper, cells_of(RUNS)).profile.values():
        assert shares[0] == 1.0 and shares[-1] == 0.0 and list(shares) == sorted(shares, reverse=True)


@pytest.mark.slow
def test_the_picture_repeats_in_another_process(paper, tmp_path):
    """Words hash differently in every process, and so does the order of a set of them."""
    (tmp_path / "view").write_bytes(pickle.dumps(view_of(paper, cells_of(RUNS))))
    code = "import pickle, sys; from bench.report.across.picture import picture; "
    code += "sys.stdout.buffer.write(picture(pickle.load(open('view', 'rb'))))"
    made = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(made) == 1 and made.pop().startswith(b"<?xml")


def test_the_picture_is_whole_and_repeats(paper):
    view = view_of(paper, cells_of(RUNS), data={"ships": "sar_standin3"})
    made = picture(view)
    assert made == picture(view) and ElementTree.fromstring(made).tag.endswith("svg")
    alone = picture(replace(view, ranks={}, alike=(), critical_difference=math.nan))
    assert len(alone) < len(made)
