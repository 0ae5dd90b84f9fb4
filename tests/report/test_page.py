"""A table's page as a browser meets it: nothing from a file becomes markup or script, and its data is what the table shows."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from projects.paper import BASELINE, BETTER, CLOSE, FACTS, as_errors, make_paper, results_of

from bench.plan import Heading, Paper
from bench.records.summary import Summary, write_rendered
from bench.report.index import write_index
from bench.report.markdown import table_markdown
from bench.report.page import table_page
from bench.report.render import TEMPLATES, page_html
from bench.report.table import table_view
from bench.report.view import CellView, TableView

HOSTILE = """</script><script>alert(1)</script><!--<script> "' onload='alert(2)' """
HOSTILE += """<img src=x onerror=alert(3)>&lt;b&gt;\u2028]]>{{ 7*7 }}"""
VALUES = {"baseline": BASELINE, "close": CLOSE, "ours": BETTER}


def printed_at(paper: str) -> Path:
    """The folder of a paper's printed numbers, below the working directory."""
    return Path("reported")


class Page(HTMLParser):
    """The tags with their attributes' names, and what stands in the scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.shape: list[tuple[str, ...]] = []
        self.scripts: list[str] = []
        self.inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.shape.append((tag, *(name for name, _ in attrs)))
        self.inside = tag == "script"
        if self.inside:
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.scripts[-1] += data


def data_of(text: str) -> dict[str, Any]:
    return json.loads(Page(text).scripts[1])


def hostile_paper(words: str) -> Paper:
    """The small paper with ``words`` in every text that a YAML file may hold."""
    paper = make_paper(row=words, note=words)
    table = paper.tables["table2"]
    block = replace(
        table.blocks[0], title=words, columns=(Heading(words, words),), rows=(Heading("a"), *[Heading(words, words)] * 2)
    )
    labels = {**paper.labels, "ships": words, "tiny": words}
    return replace(
        paper, title=words, short=words, citation=words, labels=labels, assumptions={"split": words},
        tables={"table2": replace(table, title=words, blocks=(block,))},
    )  # fmt: skip


def hostile_view(words: str, scale, reported) -> TableView:
    paper = hostile_paper(words)
    facts = {
        **FACTS,
        "config": {**FACTS["config"], "method": {"name": words, "params": {words: words}}},
        "hardware": {"cpu": words, "gpu": "", "threads": 1},
        "versions": {words: words},
        "git": {"commit": words, "dirty": True},
    }
    results = results_of(VALUES, facts=facts) + results_of({"close": ["diverged"] * 6}, facts=facts)[5:]
    results = [replace(result, reason=words) if result.status == "diverged" else result for result in results]
    reported = {key: replace(printed, note=words) for key, printed in reported.items()}
    return table_view(paper, paper.tables["table2"], results, reported, replace(scale, title=words, note=words), range(5))


def test_hostile_words_stay_words(scale, reported) -> None:
    plain, hostile = (page_html(table_page(hostile_view(words, scale, reported))) for words in ("plain", HOSTILE))
    assert Page(hostile).shape == Page(plain).shape
    assert "alert(1)" not in Page(hostile).scripts[0] + Page(hostile).scripts[2]
    cell = data_of(hostile)["cells"][2]
    assert cell["row"] == f"{HOSTILE} {HOSTILE}" and ["Note on the paper’s number", HOSTILE] in cell["tests"]
    assert data_of(hostile)["assumptions"]["ships"][0] == ["split", HOSTILE]


def test_hostile_words_stay_words_in_the_index(reports) -> None:
    title = "<script>alert(4)</script>"
    write_rendered(Summary("comparison", "paper", False, "compare", "mine", title=title), {".html": ""})
    pages = [
        write_index([hostile_paper(words)], "paper", printed_at).read_text(encoding="utf-8") for words in ("plain", HOSTILE)
    ]
    assert Page(pages[0]).shape == Page(pages[1]).shape
    assert "&lt;script&gt;alert(4)" in pages[0]


def test_markdown_holds_no_markup_of_a_label(scale, reported) -> None:
    text = table_markdown(hostile_view("a|b <i> *c* [d](e) `f`", scale, reported))
    assert r"a\|b \<i\> \*c\* \[d\](e) \`f\`" in text
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines() if line.startswith("|")}) == 1


def test_a_browser_runs_the_page_s_scripts_and_no_other(full: TableView) -> None:
    text = page_html(table_page(full))
    allowed = set(re.findall(r"'sha256-([^']*)'", text))
    early, _, late = Page(text).scripts
    assert allowed == {base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in (early, late)}
    assert not re.search(r'\son\w+="', text) and "unsafe-eval" not in text


@pytest.mark.parametrize("script", sorted(TEMPLATES.glob("*.js")), ids=lambda path: path.name)
def test_scripts_put_in_text_as_text(script) -> None:
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|fetch\(|XMLHttp|</script|<!--", script.read_text()
    )


@pytest.fixture
def full(paper, scale, reported) -> TableView:
    return table_view(paper, paper.tables["table2"], results_of(VALUES), reported, scale, range(5))


def test_a_cell_carries_what_it_opens_to(full: TableView) -> None:
    cell = data_of(page_html(table_page(full)))["cells"][2]
    assert cell["numbers"][:3] == [
        ["ours", "78.00 ± 1.58", "n = 5"],
        ["the paper’s", "84.00 ± 1.00", "n = 5"],
        ["ours − the paper’s", "−6.00 pp", ""],
    ]
    assert [verdict[2] for verdict in cell["verdicts"]] == ["Level lower.", "Gain direction confirmed."]
    assert cell["runs"][0] == [0, "finished", "76.00", "—", "2.0 s", "", "results/runs/paper/small/ships/tiny/ours/seed0.json"]
    assert cell["curve"]["runs"][0] == [0, [56.0, 71.0, 76.0]] and cell["curve"]["epochs"] == [1, 2, 3]
    assert (cell["curve"]["paper"], cell["curve"]["label"]) == (84.0, "Test accuracy per epoch")
    assert cell["command"].startswith("snakemake --cores all results/runs/paper/small/ships/tiny/ours/seed{0,1,2,3,4}.json")
    assert cell["sort"] == {"ours": 78.0, "paper": 84.0, "difference": -6.0, "gain": 8.0}
    assert cell["cost"] == [None, 2.0, 1234.0] and "learning_rate" not in cell["config"] and "lr: 0.001" in cell["config"]


def test_nothing_of_the_paper_s_stands_beside_stand_in_curves(paper, scale, reported) -> None:
    facts = {**FACTS, "data": {**FACTS["data"], "stand_in": True}}
    view = table_view(paper, paper.tables["table2"], results_of(VALUES, facts=facts), reported, scale, range(5))
    text = page_html(table_page(view))
    assert [cell["curve"]["paper"] for cell in data_of(text)["cells"]] == [None] * 3
    assert "Stand-in data." in text and "data_dir" not in data_of(text)["cells"][0]["command"]


def test_untrained_and_stored_cells_say_why_they_have_no_curve(paper, scale, reported) -> None:
    stored = [replace(result, curve={}, source="stored") for result in results_of({"ours": BETTER})]
    view = table_view(paper, paper.tables["table2"], stored, reported, scale, range(5))
    cells = data_of(page_html(table_page(view)))["cells"]
    assert [cell["curve"]["none"] for cell in cells] == ["Nothing is trained yet."] * 2 + ["Stored rows hold no curve."]
    assert all(cell["command"] for cell in cells) and cells[2]["runs"][0][6] == ""


def test_a_lower_error_rate_does_not_look_worse(paper, scale, reported) -> None:
    paper, printed = as_errors(paper, reported)
    view = table_view(paper, paper.tables["table2"], results_of(VALUES), printed, scale, range(5))
    text = page_html(table_page(view))
    cells = {cell["row"]: cell for cell in data_of(text)["cells"]}
    level = cells["Ours"]["verdicts"][0]
    assert (level[0], level[2]) == ("higher", "Level lower.")  # the style of what is better, the words of what is lower
    assert cells["Ours"]["higherIsBetter"] is False
    assert cells["Ours"]["curve"]["runs"][0] == [0, [44.0, 29.0, 24.0]]


def test_a_page_of_a_hundred_cells_stays_light(full: TableView) -> None:
    cells = list(full.cells())
    curve = tuple(round(50 + math.sin(n), 2) for n in range(60))
    curves = dict.fromkeys((seed.seed for seed in cells[2].seeds), curve)
    long = replace(cells[2].detail, epochs=tuple(range(60)), curves=curves, config="key: value\n" * 80)
    row = full.blocks[0].rows[2]
    wide: tuple[CellView, ...] = tuple(replace(cells[2], detail=long, repeated=n) for n in range(10))
    block = replace(full.blocks[0], columns=("Tiny",) * 10, column_groups=(("", 10),), rows=(replace(row, cells=wide),) * 10)
    assert len(page_html(table_page(replace(full, blocks=(block,)))).encode()) < 1_000_000
