"""The index lists what exists, with verdicts read from the tables' files."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects.paper import BASELINE, BETTER, CLOSE, FACTS, results_of

from bench.plan import BenchError
from bench.report.index import comparisons, index_view, write_index
from bench.report.render import render_table
from bench.report.table import table_view


def test_what_exists_is_linked_and_counted(paper, scale, reported, tmp_path: Path) -> None:
    results = results_of({"baseline": BASELINE, "close": CLOSE, "ours": BETTER})
    render_table(table_view(paper, paper.tables["table2"], results, reported, scale, range(5)), tmp_path / "small" / "table2")
    ((items),) = index_view([paper], tmp_path)
    (table,) = items.tables
    assert (table.page, table.scale, table.stand_in) == ("small/table2.html", "paper", False)
    assert table.trained == "15 of 15 runs finished"
    assert table.level == {"reproduced": 2, "lower": 1}
    assert table.gain == {"reproduced": 1, "lower": 1}
    assert (items.answer, items.own) == ("1 of 2 gains reproduced; 1 lower.", "1 of 2 gains significant")
    assert (items.trained, items.scales, items.lower_is_better) == ("15 of 15 runs", "paper", False)
    assert items.figures[0].files == ()
    text = write_index([paper], tmp_path).read_text(encoding="utf-8")
    assert 'href="small/table2.csv"' in text and "Not made yet." in text
    assert 'href="small/table2.html#gain:lower"' in text and "<b>2</b> reproduced" in text and "1 of 2 gains reproduced" in text


def test_an_empty_folder_has_an_index_too(paper, tmp_path: Path) -> None:
    assert "Table 2" in write_index([paper], tmp_path).read_text(encoding="utf-8")


def test_reasons_and_stand_ins_reach_the_scoreboard(paper, scale, reported, tmp_path: Path) -> None:
    facts = {**FACTS, "data": {**FACTS["data"], "stand_in": True}}
    results = results_of({"baseline": BASELINE, "ours": BETTER}, facts=facts)
    render_table(table_view(paper, paper.tables["table2"], results, reported, scale, range(5)), tmp_path / "small" / "table2")
    ((items),) = index_view([paper], tmp_path)
    assert items.answer == "No verdict yet: stand-in data." and items.stand_in
    assert "Stand-in data." in write_index([paper], tmp_path).read_text(encoding="utf-8")


def test_comparisons_are_listed_by_their_titles(paper, tmp_path: Path) -> None:
    (tmp_path / "compare").mkdir()
    (tmp_path / "compare" / "my method.html").write_text("<head><title>Mine &amp; theirs</title>")
    assert comparisons(tmp_path) == (("compare/my%20method.html", "Mine & theirs"),)
    assert "New methods" in write_index([paper], tmp_path).read_text(encoding="utf-8")


def test_a_foreign_csv_is_named(paper, tmp_path: Path) -> None:
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "table2.csv").write_text("a,b\n")
    with pytest.raises(BenchError, match=r"table2\.csv: not a table of this version"):
        index_view([paper], tmp_path)
