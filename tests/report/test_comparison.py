"""What a comparison says and shows: every sentence word for word, the page, the LaTeX and the CSV."""

import csv
import io
import json
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
from bench.records.summary import read_summary
from bench.report.comparison import NewMethod, comparison_tables
from bench.report.page import PageView, comparison_page
from bench.report.render import render_page
from bench.report.rows import COLUMNS, table_csv
from bench.report.sentences import choice, counts_words, not_stored_sentence, numbers_sentence, tries_sentence
from bench.stats import Counts

NAN = math.nan


def page_of(plan, new: NewMethod) -> PageView:
    return comparison_page(plan, comparison_tables(plan, compared_tables(plan), new), new)


def trained(compared, accuracy=80.0, label="Mine", **changes) -> PageView:
    plan = compared.compared()
    return page_of(plan, NewMethod("mine", label, list(fresh_results(compared.record_new(plan, accuracy, **changes)))))


def from_numbers(compared, text) -> PageView:
    Path("mine.csv").write_text(text)
    return page_of(compared.compared(new_method="mine.csv"), NewMethod("mine", "mine", given=read_numbers(Path("mine.csv"))))


def rows_of(page):
    """The rows of the page's only block."""
    ((block,),) = (table.blocks for table in page.tables)
    return block.rows


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            choice(["DLB"], "3 columns"),
            "DLB has the best mean of the stored methods over 3 columns; the new method had no part in that choice.",
        ),
        (
            choice(["DLB", "LSR"], "3 columns"),
            "DLB and LSR share the best mean exactly of the stored methods over 3 columns; the new method had no part in that "
            "choice.",
        ),
        (counts_words(Counts(2, 1, 3, {"no spread": 4})), "better in 2, worse in 1, open in 3, not judged in 4"),
        (counts_words(Counts()), "not compared"),
        (not_stored_sentence(["A", "B"]), "Left out, because nothing is stored there: A, B."),
        (not_stored_sentence([]), ""),
        (tries_sentence(0), ""),
        (
            tries_sentence(2),
            "2 earlier versions of it were compared here: the best of several tries looks better than it is.",
        ),
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
    page = trained(compared)
    (table,), (baseline, tfkd, new) = page.tables, rows_of(page)
    assert table.comparison.headline == (
        "Mine (stand-in data): 5.0 points better than Tf-KD, the best stored method (95 % interval 3.7 to 6.3, two columns). "
        "In single columns better in 2, worse in 0, open in 0."
    )
    assert (new.group, [cell.mean.text for cell in new.cells], new.cells[0].gain) == ("New method", ["81.00", "81.00"], None)
    assert [baseline.label, tfkd.label, new.label] == ["Baseline", "Tf-KD", "Mine"]
    assert (baseline.tag, tfkd.tag) == ("", "best stored")
    assert tfkd.cells[0].gain.outcome == "better" and tfkd.cells[0].gain.estimate.text == "+5.00" and table.family == 4
    against = {row.variant: row for row in table.across.rows}["tfkd"]
    assert against.tally == "better in 2" and against.gain.estimate.text == "+5.00"
    assert not any(cell.dagger or cell.paper or cell.verdicts for row in rows_of(page) for cell in row.cells)


@pytest.mark.parametrize(("looks", "underlined"), [(1, False), (2, True)])
def test_more_looks_hold_for_the_marks_of_a_column_too(compared, looks, underlined):
    """The best of the column is 2.5 points above Tf-KD, sd 1, n 3: p = 0.038."""
    plan = compared.compared(looks=looks)
    page = page_of(plan, NewMethod("mine", "Mine", list(fresh_results(compared.record_new(plan, 77.5)))))
    _, tfkd, _ = rows_of(page)
    assert tfkd.cells[0].not_below_best is underlined


def test_an_equal_method_is_not_said_to_be_better(compared):
    headline = trained(compared, accuracy=75.0).tables[0].comparison.headline
    assert headline == (
        "Mine (stand-in data): No difference to Tf-KD, the best stored method, is shown: 0.0 points "
        "(95 % interval −1.3 to +1.3, two columns). "
        "In single columns better in 0, worse in 0, open in 2."
    )


def test_a_diverged_or_missing_run_wins_nothing(compared):
    page = trained(compared, status="diverged", reason="the loss is nan", metrics={})
    assert (
        "Not compared with Tf-KD, the best stored method: no column can be tested (a run diverged)."
        in page.tables[0].comparison.headline
    )
    assert rows_of(page)[-1].cells[0].words == "3 of 3 runs diverged"
    plan = compared.compared()
    for path in Path("results/runs").rglob("*.json"):
        path.unlink()
    assert rows_of(page_of(plan, NewMethod("mine", "Mine")))[-1].cells[0].words == "no result yet"


def test_numbers_alone_are_marked_as_such(compared):
    page = from_numbers(compared, "dataset,backbone,mean,sd,n\nopensarship,resnet18,81,1,3\n")
    (table,), new = page.tables, rows_of(page)[-1]
    assert "better than Tf-KD, the best stored method (95 % interval 2.7 to 7.3, 1 of 2 columns)" in table.comparison.headline
    assert not table.comparison.trained and not table.comparison.page
    assert (new.cells[0].mean.text, new.cells[0].n_text, new.cells[1].words) == ("81.00", "n = 3", "no number given")
    html, _, tex, _ = render_page(page)
    assert "Numbers only." in html.read_text() and ">numbers only<" in html.read_text().replace(" numbers", "numbers")
    assert "with the new row" not in html.read_text() and "given as numbers only" in tex.read_text()


def test_runs_alone_are_tested_as_runs(compared):
    values = "".join(f"opensarship,resnet18,{value}\n" for value in (80.0, 81.0, 82.0))
    page = from_numbers(compared, "dataset,backbone,value\n" + values)
    new, gain = rows_of(page)[-1].cells[0], rows_of(page)[1].cells[0].gain
    assert (new.mean.text, new.sd.text) == ("81.00", "1.00") and gain.permutation.known


def test_numbers_of_other_cells_are_refused(compared):
    with pytest.raises(BenchError, match="no compared table has a place for opensarship/vgg19_bn"):
        from_numbers(compared, "dataset,backbone,mean,sd,n\nopensarship,vgg19_bn,81,1,3\n")


@pytest.mark.parametrize("metric", ["balanced_accuracy", "miou"])
def test_numbers_of_a_metric_that_no_table_has_are_refused(compared, metric):
    text = f"dataset,backbone,metric,value\nopensarship,resnet18,accuracy,81\nopensarship,resnet18,{metric},80\n"
    with pytest.raises(BenchError, match=f"no compared table shows {metric} of .*/resnet18; .*allowed: accuracy, error"):
        from_numbers(compared, text)


def test_a_cell_of_numbers_in_which_a_run_diverged_says_so_and_never_wins(compared):
    page = from_numbers(
        compared, "dataset,backbone,value\n" + "".join(f"opensarship,resnet18,{word}\n" for word in (99, 99, "diverged"))
    )
    cell = rows_of(page)[-1].cells[0]
    assert "1 of 3 runs diverged" in cell.words
    assert "better than" not in page.tables[0].comparison.headline
    assert "1 of 3 runs diverged" in render_page(page)[0].read_text()


def test_the_csv_has_a_row_per_method_and_column(compared):
    rows = [row for row in csv.DictReader(io.StringIO(table_csv(trained(compared).tables))) if row["row"] == "cell"]
    assert tuple(rows[0]) == tuple(COLUMNS) and len(rows) == 6
    row = next(row for row in rows if row["variant"] == "tfkd" and row["backbone"] == "resnet18")
    assert (row["gain_of"], row["gain_over"], row["label"]) == ("mine", "tfkd", "Tf-KD")
    assert float(row["gain"]) == 5.0 and row["outcome"] == "better" and float(row["p_holm"]) >= float(row["p"])
    assert row["outcome_reason"] == "" and row["mean_seconds"] == "1.5"
    assert all(row["gain"] == row["difference"] == "" for row in rows if row["variant"] == "mine")


def test_the_page_shows_the_new_row_and_cost_and_how_it_came_about(compared):
    html, *_, summary = render_page(trained(compared))
    text = html.read_text()
    for words in (
        "Mine against stored results",
        "Stand-in data.",
        "Over all columns",
        "p, Holm",
        "1.5 s per run",
        "best stored",
        "Trained here",
    ):
        assert words in text, words
    assert "../drrnet/table2-with-mine.html" in text
    assert "snakemake --cores all reports/demo/compare/mine.html --config scale=demo" in text and "new_method=mine.py" in text
    found = read_summary(summary)
    assert (found.kind, found.title) == ("comparison", "Mine against stored results (stand-in data)")
    assert (found.runs, found.finished, found.stand_in) == (18, 18, True)


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        (None, "Mine was not tuned by the suite"),
        (0.3, "Mine: drrnet, 6 trainings of a budget of 9, scale demo, on stand-in data."),
        (0.7, "on stand-in data; other values than the chosen ones stand here."),
    ],
)
def test_the_page_says_by_how_many_trainings_the_new_method_was_tuned(compared, weight, words):
    chosen = {
        "tuning": "drrnet", "paper": "drrnet", "scale": "demo", "stand_in": True, "dataset": "fusar", "backbone": "resnet18",
        "budget": 9, "seeds": [100], "validation": 0.1, "test_evaluations": 0,
        "methods": {"mine": {"values": {"weight": 0.3}, "points": 2, "trainings": 6}},
    }  # fmt: skip
    if weight:
        Path("reports/demo/tune").mkdir(parents=True)
        Path("reports/demo/tune/drrnet.yaml").write_text(json.dumps(chosen))
    plan = compared.compared(new_method_params={"weight": weight} if weight else {})
    page = page_of(plan, NewMethod("mine", "Mine", list(fresh_results(compared.record_new(plan, 80.0)))))
    assert any(words in text for term, text in page.facts if term == "Tuning")


def test_a_cell_opens_to_the_new_method_against_its_own(compared):
    text = render_page(trained(compared))[0].read_text()
    cells = json.loads(text.split('id="data">')[1].split("</script>")[0])["cells"]
    assert [cell["row"] for cell in cells][:3] == ["Baseline", "Baseline", "Tf-KD"]
    assert ["Mine against Tf-KD", "+5.00 pp", "95 % interval [+2.73, +7.27]; for new images of this kind —"] in cells[2][
        "numbers"
    ]
    assert any("a run of Mine is better than one of Tf-KD with probability" in text for _, text in cells[2]["tests"])


def test_names_from_files_are_escaped_everywhere(compared):
    hostile = "<script>alert(1)</script> & \\input{x} 5%"
    Path("mine.py").write_text(METHOD.replace('label = "Mine"', f"label = {hostile!r}"))
    html, _, tex, _ = render_page(trained(compared, label=hostile))
    assert "<script>alert" not in html.read_text() and "&lt;script&gt;alert(1)" in html.read_text()
    assert "\\input{x}" not in tex.read_text() and "5\\%" in tex.read_text()


def test_stored_results_of_mixed_data_are_refused(compared):
    results = read_rows(compared.stored, "stored")
    odd = replace(results[0], facts={**results[0].facts, "data": {**results[0].facts["data"], "digest": "9" * 64}})
    write_rows(compared.stored, [odd, *results[1:]])
    with pytest.raises(BenchError, match="is mixed: data digest"):
        trained(compared)
