r"""LaTeX: escaping, keys, wide tables; and what pdflatex makes of it where it is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from projects.paper import BASELINE, BETTER, CLOSE, FACTS, make_paper, results_of

from bench.plan import BenchError, Figure, Paper
from bench.records.aliases import write_alias
from bench.records.comparison import compared_tables
from bench.records.record import fresh_results
from bench.report.comparison import NewMethod, comparison_tables
from bench.report.document import document_view, typeset, write_document
from bench.report.figures import figure_view, render_figure
from bench.report.latex import escape, parts
from bench.report.macros import key_part, macros, table_label
from bench.report.page import comparison_page, table_page
from bench.report.render import notes_tex, numbers_tex, render_page, tables_tex
from bench.report.table import table_view
from bench.report.view import TableView

HOSTILE = r"<script>alert(1)</script>&\input{/etc/passwd}\end{document}%$#_^~{ [x] ‮ é Ł 船"
VALUES = {"baseline": BASELINE, "close": CLOSE, "ours": BETTER}
STAND_IN = {**FACTS, "data": {**FACTS["data"], "stand_in": True}}
OURS = "small/table2/ships/tiny/ours/accuracy"

needs_pdflatex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")


@pytest.fixture
def view(paper, scale, reported) -> TableView:
    return view_of(paper, scale, reported)


def view_of(paper: Paper, scale, reported, facts=None, values=VALUES) -> TableView:
    return table_view(paper, paper.tables["table2"], results_of(values, facts=facts), reported, scale, range(5))


def compiled(folder: Path, body: str, preamble: str = "") -> tuple[int, str]:
    """Exit status and log of a document of the table's files."""
    (folder / "user.tex").write_text(
        "\\documentclass{article}\n\\usepackage[utf8]{inputenc}\n\\usepackage{booktabs,graphicx}\n"
        f"{preamble}\n\\begin{{document}}\n{body}\n\\end{{document}}\n",
        encoding="utf-8",
    )
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "user.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=120, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("50 % & more", r"50 \% \& more"),
        ("a_b^c~d", r"a\_b\textasciicircum{}c\textasciitilde{}d"),
        ("−0.5 ± 1", r"$-$0.5 $\pm$ 1"),
        ("w ≥ α", r"w $\geq$ $\alpha$"),
        ('the "primary" one', "the ``primary'' one"),
        ("Müller Łódź", r"Müller \texttt{U+0141}ódz"),
        ("船\x07\u202e", r"\texttt{U+8239}  "),
    ],
)
def test_escape(text: str, latex: str) -> None:
    assert escape(text) == latex
    assert escape(escape(text)) == latex


def table_tex(view: TableView) -> str:
    return tables_tex(table_page(view))


@pytest.mark.parametrize("made", [table_tex, notes_tex, numbers_tex])
def test_hostile_labels_stay_text(scale, reported, made) -> None:
    paper = replace(make_paper(row=HOSTILE, note=HOSTILE), short=HOSTILE, assumptions={HOSTILE: HOSTILE})
    text = made(view_of(paper, scale, reported))
    # `\input` stands in the comment at the head, where it takes no brace.
    assert r"\input{" not in text and r"\end{document}" not in text
    assert r"\textbackslash{}input\{/etc/passwd\}" in text


@pytest.mark.parametrize(
    ("text", "key"),
    [("d0.6-l0.6-gen2", "d0.6-l0.6-gen2"), ("vgg11_bn", "vgg11_bn"), (r"a\b}/ #", "aU+005CbU+007DU+002FU+0020U+0023")],
)
def test_nothing_in_a_key_acts(text: str, key: str) -> None:
    assert key_part(text) == key


def test_every_number_has_one_key(view: TableView) -> None:
    found = list(macros(view))
    assert len(dict(found)) == len(found) == 3 * 13
    values = {key.removeprefix(f"{OURS}/"): value for key, value in found if key.startswith(OURS)}
    expected = {"mean": "78.00", "sd": "1.58", "n": "5", "gain": "+8.00", "low": "+5.69", "high": "+10.31"}
    expected |= {"p": r"\textless{} 0.001", "difference": r"\ensuremath{-}6.00", "verdict": "lower"}
    expected |= {"gain-verdict": "direction confirmed", "paper": "84.00", "paper-sd": "1.00", "paper-gain": "+13.50"}
    assert values == expected


def test_a_number_of_a_stand_in_says_so_wherever_it_is_quoted(paper, scale, reported) -> None:
    view = view_of(paper, scale, reported, STAND_IN)
    values = dict(macros(view))
    for name in ("mean", "sd", "gain", "low", "high", "p"):
        assert values[f"{OURS}/{name}"].endswith(r"\benchflag{stand-in}")
    assert values[f"{OURS}/paper"] == "84.00" and values[f"{OURS}/difference"] == "---"
    assert values[f"{OURS}/verdict"] == "not comparable: stand-in data"
    assert "% STAND-IN DATA for Ships: not a reproduction." in numbers_tex(view)
    assert "stand-in data, not a reproduction" in table_tex(view)


def test_the_mean_of_a_diverged_cell_says_so_and_a_missing_one_is_a_dash(paper, scale, reported) -> None:
    values = dict(macros(view_of(paper, scale, reported, values={"baseline": BASELINE, "close": (69.0, "diverged")})))
    assert values[OURS.replace("ours", "close") + "/mean"] == r"69.00\benchflag{diverged}"
    assert (values[f"{OURS}/mean"], values[f"{OURS}/n"]) == ("---", "0")


def test_a_block_that_is_too_wide_is_set_in_pieces(view: TableView) -> None:
    (block,) = view.blocks
    assert parts(block) == (block,)
    cells = [row.cells[0] for row in block.rows]
    rows = tuple(replace(row, cells=(cell,) * 8) for row, cell in zip(block.rows, cells, strict=True))
    wide = replace(block, columns=tuple("abcdefgh"), column_groups=(("x", 3), ("x", 5)), rows=rows)
    pieces = parts(wide)
    assert [piece.columns for piece in pieces] == [tuple("abcd"), tuple("efgh")]
    assert [piece.column_groups for piece in pieces] == [(("x", 3), ("x", 1)), (("x", 4),)]
    assert {len(row.cells) for piece in pieces for row in piece.rows} == {4}
    text = table_tex(replace(view, blocks=(wide, block)))
    assert text.count(r"\begin{tabular}") == 3 and text.count(r"\begin{table*}") == 2
    assert r"\label{tab:small/table2}" in text and rf"\label{{{table_label(view, 2)}}}" in text


def rendered(view: TableView, paper: Paper, scale, facts=None) -> None:
    """A table and a figure."""
    render_page(table_page(view))
    figure: Figure = paper.figures["figure3"]
    render_figure(figure_view(paper, figure, results_of(VALUES, facts=facts), scale, range(5)))


def test_the_document_lists_what_is_rendered(view: TableView, paper: Paper, scale, reports: Path) -> None:
    assert document_view([paper], "paper") == []
    assert "Nothing is rendered yet." in write_document([paper], "paper").read_text()
    (reports / "small").mkdir()
    (reports / "small" / "table2.tex").write_text("A document of an earlier version.")
    assert document_view([paper], "paper") == []
    rendered(view, paper, scale, STAND_IN)
    text = write_document([replace(paper, title=HOSTILE)], "paper").read_text(encoding="utf-8")
    assert re.findall(r"\\(?:input|includegraphics\[.*\])\{\\benchfolder (.*)\}", text) == [
        "small/table2.tex",
        "small/table2-notes.tex",
        "small/figure3.pdf",
    ]
    assert text.count(r"\end{document}") == 1 and "Curves --- stand-in data, not a reproduction." in text


def test_without_pdflatex_one_line_says_so(paper: Paper, reports: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BenchError, match=r"paper\.tex: not there; `python -m bench report paper` writes it"):
        typeset(reports)
    write_document([paper], "paper")
    monkeypatch.setenv("PATH", str(reports))
    with pytest.raises(BenchError, match=r"paper\.pdf: needs pdflatex, which is not on the PATH"):
        typeset(reports)


@needs_pdflatex
def test_the_document_compiles(scale, reported, reports: Path) -> None:
    paper = replace(make_paper(row=HOSTILE, note=HOSTILE), title=HOSTILE)
    rendered(view_of(paper, scale, reported), make_paper(), scale)
    write_document([paper], "paper")
    assert typeset(reports).read_bytes().startswith(b"%PDF")
    assert sorted(path.name for path in reports.iterdir()) == ["paper.json", "paper.pdf", "paper.tex", "small"]
    write_alias(reports.parent / "paper.tex", reports / "paper.tex")
    assert typeset(reports.parent).read_bytes().startswith(b"%PDF")  # one folder up it finds the same files
    (reports / "small" / "table2.tex").write_text("\n\\undefined\n")
    for folder in (reports, reports.parent):
        with pytest.raises(BenchError, match=r"pdflatex fails \(! Undefined control sequence\. l\.2 \\undefined\)"):
            typeset(folder)


@needs_pdflatex
@pytest.mark.parametrize("columns", [1, 12])
def test_a_table_fits_the_page_of_a_document_of_the_user_s(view: TableView, columns: int, reports: Path) -> None:
    (block,) = view.blocks
    rows = tuple(replace(row, cells=row.cells * columns) for row in block.rows) * 6
    wide = replace(block, columns=("Tiny",) * columns, column_groups=(("", columns),), rows=rows)
    render_page(table_page(replace(view, blocks=(wide,))))
    status, log = compiled(reports / "small", r"\input{table2}\input{table2-notes}")
    assert status == 0, log[-2000:]
    assert "Overfull" not in log and "too large" not in log


@needs_pdflatex
def test_the_short_form_compiles_and_is_lower(view: TableView, reports: Path) -> None:
    render_page(table_page(view))
    measured = r"\renewcommand{\benchfit}[2]{\sbox0{#2}\typeout{height \the\dimexpr\ht0+\dp0}\usebox0}"
    provided = r"\newcommand{\benchfit}[2]{}" + measured
    heights = []
    for short in ("", r"\newcommand{\benchshort}{}"):
        status, log = compiled(reports / "small", short + r"\input{table2}", provided)
        assert status == 0, log[-2000:]
        heights.append(float(re.search(r"height ([\d.]+)pt", log)[1]))
    assert heights[1] < 0.75 * heights[0]


@needs_pdflatex
def test_numbers_stand_in_sentences_headings_and_formulas(paper, scale, reported, reports: Path) -> None:
    folder = reports / "small"
    render_page(table_page(view_of(paper, scale, reported, STAND_IN)))
    uses = rf"\section{{It gains \bench{{{OURS}/gain}}}} The paper has $\bench{{{OURS}/paper}}$; \bench{{{OURS}/p}}."
    shown = rf"\typeout{{paper \bench{{{OURS}/paper}}, verdict \bench{{{OURS}/verdict}}}}"
    twice = r"\input{table2-numbers}\input{table2-numbers}"
    status, log = compiled(folder, rf"\tableofcontents {uses}{shown}", twice)
    assert status == 0, log[-2000:]
    assert "paper 84.00, verdict not comparable: stand-in data" in log
    assert r"+8.00\benchflag" in (folder / "user.toc").read_text()
    if shutil.which("pdftotext"):
        text = subprocess.run(["pdftotext", "user.pdf", "-"], cwd=folder, capture_output=True, text=True, check=True).stdout
        assert "84.00" in text and "(stand-in)" in text


@needs_pdflatex
def test_an_unknown_key_is_an_error(view: TableView, reports: Path) -> None:
    render_page(table_page(view))
    status, log = compiled(reports / "small", r"\bench{small/table2/a_b/mean}", r"\input{table2-numbers}")
    assert status != 0 and "! Package bench Error: There is no number 'small/table2/a_b/mean'." in log


@needs_pdflatex
def test_the_tables_of_a_comparison_compile_with_any_name(compared, tmp_path: Path) -> None:
    plan = compared.compared()
    new = NewMethod("mine", HOSTILE, list(fresh_results(compared.record_new(plan))))
    render_page(comparison_page(plan, comparison_tables(plan, compared_tables(plan), new), new))
    status, log = compiled(tmp_path / "reports" / "demo" / "compare", r"\input{mine}")
    assert status == 0, log[-2000:]
