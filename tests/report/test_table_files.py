"""A table as HTML, LaTeX and CSV: golden files, escaping, states."""

from __future__ import annotations

import csv
import io
import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from projects.paper import BASELINE, BETTER, CLOSE, results_of

from bench.plan import Paper, Scale
from bench.report.markdown import table_markdown
from bench.report.page import table_page
from bench.report.render import notes_tex, numbers_tex, page_html, render_page, tables_tex
from bench.report.rows import COLUMNS, cells_csv, table_csv
from bench.report.table import table_view
from bench.report.view import TableView

GOLDEN = Path(__file__).with_name("golden")
STATES = {"baseline": BASELINE, "close": (69.0, "diverged", 71.0, 72.0, 73.0), "ours": (78.0,)}


def view_of(paper: Paper, scale: Scale, reported, values) -> TableView:
    return table_view(paper, paper.tables["table2"], results_of(values), reported, scale, range(5))


@pytest.fixture
def full(paper, scale, reported) -> TableView:
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
    compare("table2.html", without_style(page_html(table_page(full))))


def test_golden_tex(full: TableView) -> None:
    compare("table2.tex", tables_tex(table_page(full)))


def test_golden_notes(full: TableView) -> None:
    compare("table2-notes.tex", notes_tex(full))


def test_golden_numbers(full: TableView) -> None:
    compare("table2-numbers.tex", numbers_tex(full))


def test_golden_csv(full: TableView) -> None:
    compare("table2.csv", table_csv([full]))


def test_golden_markdown(full: TableView) -> None:
    compare("table2.md", table_markdown(full))


def test_golden_copied_csv(full: TableView) -> None:
    compare("table2-cells.csv", cells_csv([full]))


def test_golden_states(paper, scale, reported) -> None:
    view = view_of(paper, scale, reported, STATES)
    body = page_html(table_page(view)).split("<tbody>")[1].split("</tbody>")[0]
    compare("states.html", body)


def test_rendering_writes_five_files_and_what_they_come_to(full: TableView, reports: Path) -> None:
    paths = render_page(table_page(full))
    latex = ["table2-notes.tex", "table2-numbers.tex", "table2.tex"]
    assert sorted(path.name for path in paths) == sorted(["table2.csv", "table2.html", "table2.json", *latex])
    assert sorted(map(Path.resolve, paths)) == sorted((reports / "small").iterdir()) and paths[-1].name == "table2.json"


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
    text = page_html(table_page(full))
    page = Page()
    page.feed(text)
    local = ["../index.html", "../index.html#small", "table2.tex", "table2.csv"]
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
    assert "<img" not in page_html(table_page(view))


def test_csv_holds_cells_and_seeds(paper, scale, reported) -> None:
    rows = list(csv.DictReader(io.StringIO(table_csv([view_of(paper, scale, reported, STATES)]))))
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
