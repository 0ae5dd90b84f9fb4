"""A table as HTML, LaTeX and CSV: golden files, escaping, states."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from small_paper import BASELINE, BETTER, CLOSE, make_paper, results_of

from bench.plan import Paper, Scale
from bench.report.latex import escape
from bench.report.markdown import table_markdown
from bench.report.render import render_table, table_csv, table_html, table_tex
from bench.report.rows import COLUMNS, cells_csv
from bench.report.table import table_view
from bench.report.view import TableView

GOLDEN = Path(__file__).with_name("golden")
HOSTILE = r"<script>alert(1)</script>&\input{/etc/passwd}\end{document}%$#_^~{ [x] ‮ é Ł 船"
STATES = {"baseline": BASELINE, "close": (69.0, "diverged", 71.0, 72.0, 73.0), "ours": (78.0,)}


def view_of(paper: Paper, scale: Scale, reported, values) -> TableView:
    return table_view(paper, paper.tables["table2"], results_of(values), reported, scale, range(5))


@pytest.fixture
def full(paper, scale, reported) -> TableView:
    return view_of(paper, scale, reported, {"baseline": BASELINE, "close": CLOSE, "ours": BETTER})


@pytest.fixture
def hostile(scale, reported) -> TableView:
    paper = make_paper(row=HOSTILE, note=HOSTILE)
    return view_of(paper, scale, reported, {"baseline": BASELINE, "close": CLOSE, "ours": BETTER})


def compare(name: str, text: str) -> None:
    """Hold ``text`` against a golden file; BENCH_WRITE_GOLDEN=1 writes it, to be read before it is committed."""
    path = GOLDEN / name
    if os.environ.get("BENCH_WRITE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def without_style(text: str) -> str:
    """The page's own words: without styles, scripts, their hashes, and the copies that have golden files of their own."""
    text = re.sub(r"<(style|script)>.*?</\1>", r"<\1></\1>", text, flags=re.S)
    text = re.sub(r"'sha256-[^']*'", "'sha256-'", text)
    return re.sub(r'"copies":\{.*?\},"assumptions"', '"copies":{},"assumptions"', text)


def test_golden_html(full: TableView) -> None:
    compare("table2.html", without_style(table_html(full)))


def test_golden_tex(full: TableView) -> None:
    compare("table2.tex", table_tex(full))


def test_golden_csv(full: TableView) -> None:
    compare("table2.csv", table_csv(full))


def test_golden_markdown(full: TableView) -> None:
    compare("table2.md", table_markdown(full))


def test_golden_copied_csv(full: TableView) -> None:
    compare("table2-cells.csv", cells_csv(full))


def test_golden_states(paper, scale, reported) -> None:
    view = view_of(paper, scale, reported, STATES)
    body = table_html(view).split("<tbody>")[1].split("</tbody>")[0]
    compare("states.html", body)


def test_rendering_writes_three_files(full: TableView, tmp_path: Path) -> None:
    paths = render_table(full, tmp_path / "deep" / "table2")
    assert sorted(path.name for path in (tmp_path / "deep").iterdir()) == ["table2.csv", "table2.html", "table2.tex"]
    assert [path.suffix for path in paths] == [".html", ".tex", ".csv"]


class Page(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.headers: list[dict[str, str | None]] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [str(value) for name, value in attrs if name in ("src", "href", "srcset", "data")]
        if tag == "th":
            self.headers.append(dict(attrs))


def test_a_page_needs_no_network_and_names_its_parts(full: TableView) -> None:
    text = table_html(full)
    page = Page()
    page.feed(text)
    local = ["../index.html", "../index.html#small", "../small/table2.tex", "../small/table2.csv"]
    assert page.links == ["#main", *local]
    assert "@import" not in text and "url(" not in text and "fetch(" not in text and "default-src 'none'" in text
    assert not {"link", "img", "iframe"} & set(page.tags) and "src" not in page.attributes
    assert '<html lang="en">' in text and "<title>Table 2" in text and "caption" in page.tags
    assert all(header.get("scope") in ("col", "row", "rowgroup", "colgroup") for header in page.headers)
    ids = re.findall(r' id="([^"]*)"', text)
    assert len(ids) == len(set(ids))


def test_a_reason_of_a_failure_stays_text(paper, scale, reported) -> None:
    results = results_of({"ours": ("diverged",)})
    object.__setattr__(results[0], "reason", "<img src=x onerror=alert(1)>")
    view = table_view(paper, paper.tables["table2"], results, reported, scale, [0])
    assert "<img" not in table_html(view)


def test_hostile_labels_stay_text_in_latex(hostile: TableView) -> None:
    text = table_tex(hostile)
    assert r"\input{" not in text and text.count(r"\end{document}") == 1
    assert r"\textbackslash{}input\{/etc/passwd\}" in text


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


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
@pytest.mark.parametrize("name", ["full", "hostile"])
def test_latex_compiles_as_it_is(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    (tmp_path / "table.tex").write_text(table_tex(request.getfixturevalue(name)), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "table.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "table.pdf").stat().st_size > 1000
    assert "Overfull" not in done.stdout or name == "hostile"


def test_csv_holds_cells_and_seeds(paper, scale, reported) -> None:
    rows = list(csv.DictReader(io.StringIO(table_csv(view_of(paper, scale, reported, STATES)))))
    assert list(rows[0]) == list(COLUMNS)
    assert [row["row"] for row in rows] == ["cell", *["seed"] * 5] * 3
    cells = {row["variant"]: row for row in rows if row["row"] == "cell"}
    assert (cells["baseline"]["value"], cells["baseline"]["sd"], cells["baseline"]["n"]) == ("70.0", "1.58113883008", "5")
    assert (cells["close"]["status"], cells["close"]["level_verdict"], cells["close"]["p"]) == ("diverged", "diverged", "")
    seeds = [row for row in rows if row["row"] == "seed" and row["variant"] == "close"]
    assert [(row["seed"], row["status"], row["value"]) for row in seeds[:2]] == [
        ("0", "finished", "69.0"),
        ("1", "diverged", ""),
    ]
    assert seeds[0]["data_digest"] == "0123456789abcdef" and seeds[0]["torch"] == "2.12.0"


def test_every_csv_column_is_explained() -> None:
    assert all(meaning for meaning in COLUMNS.values())
