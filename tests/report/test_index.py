"""The index lists what is rendered of a scale, with verdicts read from the summaries beside the pages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from projects.paper import BASELINE, BETTER, CLOSE, FACTS, results_of

from bench.records.files import read_json, write_json
from bench.records.summary import Summary, write_rendered
from bench.report import index
from bench.report.index import comparison_links, index_view, write_index
from bench.report.page import table_page
from bench.report.render import render_page
from bench.report.table import table_view


def printed_at(paper: str) -> Path:
    """The folder of a paper's printed numbers, below the working directory."""
    return Path("reported")


PRINTED = """dataset,backbone,variant,metric,value,sd,n,note
ships,tiny,baseline,accuracy,70.50,1.00,5,
ships,tiny,close,accuracy,70.90,1.00,5,
ships,tiny,ours,accuracy,84.00,1.00,5,
"""
VALUES = {"baseline": BASELINE, "close": CLOSE, "ours": BETTER}


@pytest.fixture
def rendered(paper, scale, reported, reports):
    def render(values=VALUES, facts=None, stored=False):
        results = results_of(values, facts=facts)
        view = table_view(paper, paper.tables["table2"], results, reported, scale, range(5), stored=stored)
        return render_page(table_page(view))

    return render


def test_what_exists_is_linked_and_counted(paper, rendered) -> None:
    rendered()
    ((items),) = index_view([paper], "paper", printed_at)
    (table,) = items.tables
    assert (table.page, table.summary.stand_in) == ("small/table2.html", False)
    assert table.trained == "15 of 15 runs finished"
    assert table.summary.level == {"equivalent": 2, "lower": 1}
    assert table.summary.gain == {"direction confirmed": 1, "open": 1}
    assert items.answer == "2 gains: 1 direction confirmed, 1 open." and items.own == ""
    assert (items.trained, items.lower_is_better) == ("15 of 15 runs", False)
    assert items.figures[0].files == ()
    text = write_index([paper], "paper", printed_at).read_text(encoding="utf-8")
    assert 'href="small/table2.csv"' in text
    assert "snakemake --cores all reports/paper/small/figure3.svg --config scale=paper data_dir=/data" in text
    assert 'href="small/table2.html#gain:open"' in text and "<b>2</b> equivalent" in text and "1 direction confirmed" in text


def test_the_papers_own_numbers_need_no_training(paper, reports: Path) -> None:
    Path("reported/small").mkdir(parents=True)
    Path("reported/small/table2.csv").write_text(PRINTED)
    said = (
        "By the paper's own means, deviations and numbers of runs 1 of 2 gains is significant (Welch, Holm); the same if ± is"
    )
    assert index_view([paper], "paper", printed_at)[0].own.startswith(said)
    assert "numbers of runs 1 of 2 gains is significant" in write_index([paper], "paper", printed_at).read_text(
        encoding="utf-8"
    )


def test_an_empty_folder_has_an_index_too(paper, reports: Path) -> None:
    assert "Table 2" in write_index([paper], "paper", printed_at).read_text(encoding="utf-8")
    assert (reports / "index.html").is_file()


def test_reasons_and_stand_ins_reach_the_scoreboard(paper, rendered) -> None:
    rendered({"baseline": BASELINE, "ours": BETTER}, {**FACTS, "data": {**FACTS["data"], "stand_in": True}})
    ((items),) = index_view([paper], "paper", printed_at)
    assert items.answer == "No verdict yet: stand-in data." and items.stand_in
    assert "Stand-in data." in write_index([paper], "paper", printed_at).read_text(encoding="utf-8")


def test_comparisons_are_listed_by_their_titles(paper, reports: Path) -> None:
    write_rendered(Summary("comparison", "paper", False, "compare", "my_method", title="Mine & theirs"), {".html": ""})
    assert comparison_links(Path("reports/paper")) == (("compare/my_method.html", "Mine & theirs"),)
    assert "New methods" in write_index([paper], "paper", printed_at).read_text(encoding="utf-8")


def test_other_scales_and_stored_results_have_indexes_of_their_own(paper, rendered) -> None:
    rendered(stored=True)
    stored = write_index([paper], "paper", printed_at, stored=True)
    assert stored.as_posix() == "reports/stored/paper/index.html" and 'href="small/table2.html"' in stored.read_text()
    for scale in ("paper", "demo"):
        assert 'href="small/table2.html"' not in write_index([paper], scale, printed_at).read_text()


@pytest.mark.parametrize("content", ["", "{}", '{"kind": "table"}', None], ids=["empty", "json", "other", "damaged"])
def test_what_is_no_summary_of_this_version_is_not_rendered(paper, rendered, content) -> None:
    path = rendered()[-1]
    path.write_text(path.read_text().replace("Table 2", "Table 9") if content is None else content)
    assert index_view([paper], "paper", printed_at)[0].tables[0].files == ()


@pytest.mark.parametrize(
    "change",
    [{"name": None}, {"runs": "5"}, {"level": []}, {"gain": {"confirmed": "1"}}, {"sources": [1]}, {"reasons": None}],
    ids=str,
)
def test_a_summary_with_values_of_another_kind_is_none(paper, rendered, change) -> None:
    path = rendered()[-1]
    write_json(path, {**read_json(path), **change})
    assert index_view([paper], "paper", printed_at)[0].tables[0].files == ()


def test_a_page_that_is_rendered_meanwhile_is_listed(paper, rendered, monkeypatch) -> None:
    seen, view = [], index_view

    def late(*words):
        found = view(*words)
        seen.append(found)
        if len(seen) == 1:
            rendered()  # by another job, after this one has looked
        return found

    monkeypatch.setattr(index, "index_view", late)
    assert 'href="small/table2.html"' in write_index([paper], "paper", printed_at).read_text() and len(seen) == 2


def test_what_is_not_stored_is_one_line_and_addresses_are_links(paper, rendered) -> None:
    rendered(stored=True)
    known = replace(paper, links={"paper": "https://example.org/paper", "code": "https://example.org/code"})
    text = write_index([known], "paper", printed_at, stored=True).read_text(encoding="utf-8")
    assert "<h3>Not stored</h3><div>Figure 3</div>" in text and "Not made yet" not in text
    assert '<a href="https://example.org/code">Code' in text and "DOI" not in text
