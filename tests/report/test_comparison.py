"""What a comparison says and shows: every sentence word for word, the page, the LaTeX and the CSV."""

import csv
import io
import math
from dataclasses import replace
from pathlib import Path

import pytest
from projects.new_method import METHOD

from bench.plan import BenchError
from bench.records.comparison import compared_tables
from bench.records.numbers import read_numbers
from bench.records.record import fresh_results
from bench.records.rows import read_rows, write_rows
from bench.report.comparison import comparison_view, render_comparison
from bench.report.comparison.files import COLUMNS, comparison_csv
from bench.report.comparison.sentences import (
    choice,
    headline,
    left_out_sentence,
    numbers_sentence,
    tally_words,
    unsettled_sentence,
)
from bench.report.sentences import settings_sentence
from bench.stats import PairedOverCells, Tally, paired_over_cells

NAN = math.nan


def view_of(compared, accuracy=80.0, **changes):
    plan = compared.compared()
    found = compared_tables(plan)
    runs = compared.record_new(plan, accuracy, **changes)
    return comparison_view(plan, found, "mine", "Mine", fresh_results(plan, runs))


def from_numbers(compared, text):
    Path("mine.csv").write_text(text)
    plan = compared.compared(new_method="mine.csv")
    return comparison_view(plan, compared_tables(plan), "mine", "mine", numbers=read_numbers(Path("mine.csv")))


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            headline("Mine", "DLB", Tally(better=3, undecided=2), "backbones", 1.41, stand_in=False),
            "Mine: better than DLB on 3 of 5 backbones, Holm-adjusted; no difference found on 2; "
            "the table could have found 1.4 pp.",
        ),
        (
            headline("Mine", "DLB", Tally(untested=1), "column", NAN, stand_in=True),
            "On stand-in data, Mine: no comparison with DLB could be tested (1 column).",
        ),
        (
            choice("DLB", "3 columns"),
            "DLB has the best mean of the stored methods over 3 columns; the new method had no part in that choice.",
        ),
        (tally_words(Tally(2, 1, 3, 4)), "better on 2, worse on 1, no difference found on 3, not testable on 4"),
        (tally_words(Tally()), "not compared"),
        (
            settings_sentence(paired_over_cells([1.0], [0.0])),
            "1 cell is too few for a statement about new settings; it needs 6.",
        ),
        (
            settings_sentence(PairedOverCells(1.5, 0.5, 2.5, 0.01, 0.03125, 6)),
            "+1.50 pp, [+0.50, +2.50], over 6 columns (paired t, p 0.0100; Wilcoxon, p 0.0312).",
        ),
        (
            unsettled_sentence("DLB", [("A", 1.5, 12), ("B", -0.1, None), ("C", -0.5, 1)]),
            "If the differences to DLB that are open were the true ones, this would settle them with 80 % power: 12 seeds on A "
            "(+1.50 pp), 1 seed on C (−0.50 pp).",
        ),
        (unsettled_sentence("DLB", [("B", 0.0, None)]), ""),
        (left_out_sentence(["A", "B"]), "Left out, because nothing is stored there: A, B."),
        (left_out_sentence([]), ""),
        (
            numbers_sentence("mine.csv"),
            "The new method's numbers are read from mine.csv; it was not trained here, so neither its recipe nor its data, "
            "budget or code could be checked against those of the stored results.",
        ),
    ],
)
def test_every_sentence(said, sentence):
    assert said == sentence


def test_a_better_method_is_said_to_be_better(compared):
    """Means 81 against 76 (Tf-KD) and 71, sd 1, n 3."""
    view = view_of(compared)
    (section,) = view.sections
    assert section.headline == (
        "On stand-in data, Mine: better than Tf-KD on 2 of 2 backbones, Holm-adjusted; the table could have found 5.8 pp."
    )
    new = section.rows[-1]
    assert new.is_new and [cell.mean.text for cell in new.cells] == ["81.00", "81.00"] and new.cells[0].duel is None
    assert [row.label for row in section.rows] == ["Baseline", "Tf-KD", "Mine"]
    against = section.rows[1]
    assert against.is_strongest and against.tally == "better on 2" and against.over.gain.text == "+5.00"
    assert against.cells[0].duel.outcome == "better" and section.family == 4


def test_an_equal_method_is_not_said_to_be_better(compared):
    (section,) = view_of(compared, accuracy=75.0).sections
    assert (
        "not found better than Tf-KD on any of 2 backbones" in section.headline
        and "no difference found on 2" in section.headline
    )


def test_a_diverged_or_missing_run_wins_nothing(compared):
    view = view_of(compared, status="diverged", reason="the loss is nan", metrics={})
    (section,) = view.sections
    assert "no comparison with Tf-KD could be tested" in section.headline
    assert section.rows[-1].cells[0].words == "3 of 3 runs diverged"
    plan = compared.compared()
    for path in Path("results/runs").rglob("*.json"):
        path.unlink()
    missing = comparison_view(plan, compared_tables(plan), "mine", "Mine", ())
    assert missing.sections[0].rows[-1].cells[0].words == "no result yet"


def test_numbers_alone_are_marked_as_such(compared, tmp_path):
    lines = ["dataset,backbone,mean,sd,n", "opensarship,resnet18,81,1,3"]
    view = from_numbers(compared, "\n".join(lines) + "\n")
    (section,) = view.sections
    assert view.numbers_only and "better than Tf-KD on 1 of 2" in section.headline and "not testable on 1" in section.headline
    assert section.rows[-1].cells[1].words == "no number given" and not section.page
    paths = render_comparison(view, tmp_path / "out")
    page = paths[0].read_text()
    assert "Numbers only." in page and "new, numbers only" in page and "with the new row" not in page
    assert "given as numbers only" in paths[1].read_text()


def test_numbers_of_other_cells_are_refused(compared):
    with pytest.raises(BenchError, match="no compared table has a place for opensarship, vgg19_bn"):
        from_numbers(compared, "dataset,backbone,mean,sd,n\nopensarship,vgg19_bn,81,1,3\n")


def test_the_csv_has_a_row_per_method_and_column(compared):
    rows = list(csv.DictReader(io.StringIO(comparison_csv(view_of(compared)))))
    assert tuple(rows[0]) == tuple(COLUMNS) and len(rows) == 6
    duel = next(row for row in rows if row["variant"] == "tfkd" and row["backbone"] == "resnet18")
    assert float(duel["difference"]) == 5.0 and duel["outcome"] == "better" and float(duel["p_holm"]) >= float(duel["p"])
    assert duel["seeds_to_settle"] == "" and duel["train_seconds"] == "1.5"
    assert all(row["difference"] == "" for row in rows if row["variant"] == "mine")


def test_the_page_shows_the_new_row_and_cost_and_how_it_came_about(compared, tmp_path):
    page = render_comparison(view_of(compared), tmp_path / "mine")[0].read_text()
    for words in (
        "Mine against stored results",
        "Stand-in data.",
        "Over all columns",
        "p, Holm",
        "1.5 s per run",
        "best stored",
    ):
        assert words in page, words
    assert "../drrnet/table2-with-mine.html" in page
    assert "snakemake --cores all reports/compare/mine.html --config scale=demo" in page and "new_method=mine.py" in page


def test_names_from_files_are_escaped_everywhere(compared, tmp_path):
    hostile = "<script>alert(1)</script> & \\input{x} 5%"
    Path("mine.py").write_text(METHOD.replace('label = "Mine"', f"label = {hostile!r}"))
    view = replace(view_of(compared), label=hostile)
    view = replace(view, sections=tuple(replace(each, headline=hostile) for each in view.sections))
    html, tex, _ = render_comparison(view, tmp_path / "mine")
    assert "<script>alert" not in html.read_text() and "&lt;script&gt;alert(1)" in html.read_text()
    assert "\\input{x}" not in tex.read_text() and "5\\%" in tex.read_text()


def test_stored_results_of_mixed_data_are_refused(compared):
    results = read_rows(compared.stored, "stored")
    odd = replace(results[0], facts={**results[0].facts, "data": {**results[0].facts["data"], "digest": "9" * 64}})
    write_rows(compared.stored, [odd, *results[1:]])
    with pytest.raises(BenchError, match="is mixed: data digest"):
        view_of(compared)
