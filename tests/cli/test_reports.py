"""``report`` and ``alias``: where pages lie, what lies beside them, and what is refused."""

import pytest
from typer.testing import CliRunner

from bench.cli.app import app
from bench.plan import BenchError
from bench.records.asked import named_runs
from bench.records.record import fresh_results
from bench.records.stored import add


def call(recorded, *words, settings=()):
    done = CliRunner().invoke(app, [*words, *recorded.words, *settings], env={"COLUMNS": "200", "NO_COLOR": "1"})
    assert done.exit_code == 0, done.exception
    return recorded.folder / "reports"


def fault(recorded, *words):
    with pytest.raises(BenchError) as told:
        CliRunner().invoke(app, [*words, *recorded.words], catch_exceptions=False)
    assert "\n" not in str(told.value)
    return str(told.value)


def test_a_table_brings_the_index_that_its_page_links_to(recorded):
    recorded.record_all()
    reports = call(recorded, "report", "drrnet/table2")
    assert 'href="drrnet/table2.html"' in (reports / "demo" / "index.html").read_text()
    page = (reports / "demo" / "drrnet" / "table2.html").read_text()
    assert "results/runs/demo/drrnet/opensarship/resnet18/tfkd/seed1.json" in page
    assert {path.name for path in reports.iterdir()} == {"demo"}


def test_stored_results_have_a_folder_of_their_own(recorded):
    recorded.record_all()
    add(recorded.plan, named_runs(recorded.plan, []))
    fresh = (call(recorded, "report", "drrnet/table2") / "demo" / "drrnet" / "table2.html").read_text()
    reports = call(recorded, "report", "drrnet/table2", "--stored")
    assert (reports / "demo" / "drrnet" / "table2.html").read_text() == fresh
    stored = (reports / "stored" / "demo" / "drrnet" / "table2.html").read_text()
    assert "All papers (stored, demo)" in stored and "bench report drrnet/table2 --stored --set scale=demo" in stored
    assert 'href="drrnet/table2.html"' in (reports / "stored" / "demo" / "index.html").read_text()


@pytest.mark.parametrize("content", ["a,b\n", ""])
def test_an_old_file_beside_it_does_not_stop_a_new_one(recorded, content):
    recorded.record_all()
    folder = recorded.folder / "reports" / "demo" / "drrnet"
    folder.mkdir(parents=True)
    for name in ("table2.csv", "table2.json", "figure3.json"):
        (folder / name).write_text(content)
    call(recorded, "report", "drrnet/figure3")
    assert (folder / "figure3.svg").is_file()


def test_the_document_gathers_what_is_rendered(recorded):
    recorded.record_all()
    call(recorded, "report", "drrnet/table2")
    reports = call(recorded, "report", "paper") / "demo"
    assert r"\input{\benchfolder drrnet/table2.tex}" in (reports / "paper.tex").read_text()
    numbers = (reports / "drrnet" / "table2-numbers.tex").read_text()
    assert r"\benchset{drrnet/table2/opensarship/resnet18/tfkd/accuracy/mean}" in numbers
    assert r"\benchflag{stand-in}" in numbers


def test_a_pdf_of_no_document_is_one_clear_line(recorded):
    assert "`python -m bench report paper` writes it" in fault(recorded, "report", "paper.pdf")


def test_a_scale_of_which_nothing_is_trained_has_no_page(recorded):
    words = "none of its 8 runs is trained at scale 'demo'; python -m bench plan drrnet/table2"
    assert words in fault(recorded, "report", "drrnet/table2")
    assert "none of its 2 runs is trained" in fault(recorded, "report", "drrnet/figure3")
    assert "nothing is stored of 'drrnet/table2' at scale 'demo'" in fault(recorded, "report", "drrnet/table2", "--stored")
    assert "stored rows hold no curves" in fault(recorded, "report", "drrnet/figure3", "--stored")
    assert not (recorded.folder / "reports").exists()


def test_a_table_of_some_runs_has_dashes(recorded):
    recorded.record(recorded.runs()[0])
    page = call(recorded, "report", "drrnet/table2") / "demo" / "drrnet" / "table2.html"
    assert "1 of 2 runs missing" in page.read_text() and "no result yet" in page.read_text()


def test_a_damaged_record_is_named_and_renders_nothing(recorded):
    recorded.record_all()
    path = recorded.folder / recorded.runs()[0].record
    path.write_bytes(path.read_bytes()[:-9])
    assert "damaged" in fault(recorded, "report", "drrnet/table2")
    assert not (recorded.folder / "reports").exists() and list(fresh_results(recorded.runs()[1:]))


def test_a_page_under_a_short_name_keeps_its_links(recorded):
    recorded.record_all()
    reports = call(recorded, "report", "drrnet/table2")
    page, short = "reports/demo/drrnet/table2.html", "reports/table2.html"
    assert CliRunner().invoke(app, ["alias", page, short]).exit_code == 0
    assert 'href="demo/drrnet/../index.html"' in (reports / "table2.html").read_text()
    with pytest.raises(BenchError, match=r"table9\.html: no such file"):
        CliRunner().invoke(app, ["alias", "reports/demo/drrnet/table9.html", short], catch_exceptions=False)
