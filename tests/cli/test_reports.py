"""``report``: what lies beside the page it renders."""

from typer.testing import CliRunner

from bench.cli.app import app


def call(recorded, *words):
    done = CliRunner().invoke(app, [*words, *recorded.words], env={"COLUMNS": "200", "NO_COLOR": "1"})
    assert done.exit_code == 0, done.exception
    return recorded.folder / "reports"


def test_a_table_brings_the_index_that_its_page_links_to(recorded):
    recorded.record_all()
    reports = call(recorded, "report", "drrnet/table2")
    assert 'href="drrnet/table2.html"' in (reports / "index.html").read_text()
    assert "results/runs/demo/drrnet/opensarship/resnet18/tfkd/seed1.json" in (reports / "drrnet" / "table2.html").read_text()


def test_an_old_table_beside_it_does_not_stop_a_new_one(recorded):
    recorded.record_all()
    (recorded.folder / "reports" / "drrnet").mkdir(parents=True)
    (recorded.folder / "reports" / "drrnet" / "table2.csv").write_text("a,b\n")
    reports = call(recorded, "report", "drrnet/table2")
    (reports / "drrnet" / "table2.csv").write_text("a,b\n")
    call(recorded, "report", "drrnet/figure3")
    assert (reports / "drrnet" / "figure3.svg").is_file()


def test_the_document_gathers_what_is_rendered(recorded):
    recorded.record_all()
    call(recorded, "report", "drrnet/table2")
    reports = call(recorded, "report", "paper")
    assert r"\input{drrnet/table2.tex}" in (reports / "paper.tex").read_text()
    numbers = (reports / "drrnet" / "table2-numbers.tex").read_text()
    assert r"\benchset{drrnet/table2/opensarship/resnet18/tfkd/accuracy/mean}" in numbers
    assert r"\benchflag{stand-in}" in numbers


def test_a_pdf_of_no_document_is_one_clear_line(recorded):
    done = CliRunner().invoke(app, ["report", "paper.pdf", *recorded.words])
    assert done.exit_code != 0 and "`python -m bench report paper` writes it" in str(done.exception)
