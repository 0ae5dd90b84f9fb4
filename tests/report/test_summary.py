"""Results to rows and back."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from bench.plan import BenchError
from bench.report.summary import CELL_COLUMNS, SEED_COLUMNS, cell_rows, read_rows, seed_rows, write_rows


def test_seed_rows_are_self_contained_and_ordered(make_results) -> None:
    rows = seed_rows(reversed(make_results({"ours": (76.0, "diverged"), "baseline": (70.0,)})))
    assert tuple(rows.columns) == SEED_COLUMNS
    assert list(rows["run"]) == [f"paper/small/ships/tiny/{tail}" for tail in ("baseline/seed0", "ours/seed0", "ours/seed1")]
    assert list(rows["status"]) == ["finished", "finished", "diverged"]
    assert rows["accuracy"].tolist()[:2] == [70.0, 76.0] and pd.isna(rows["accuracy"][2])
    first = rows.iloc[0]
    assert (first["data_digest"], first["torch"], first["recipe_version"], first["commit"]) == (
        "0123456789abcdef",
        "2.12.0",
        1,
        "cccc",
    )


def test_cell_rows_count_by_status(make_results) -> None:
    cells = cell_rows(seed_rows(make_results({"ours": (76.0, 78.0, "diverged"), "baseline": (70.0,), "close": ("failed",)})))
    assert tuple(cells.columns) == CELL_COLUMNS
    ours = cells[cells["variant"] == "ours"].iloc[0]
    assert (ours["mean"], round(ours["sd"], 6), ours["n"], ours["finished"], ours["diverged"]) == (77.0, 1.414214, 2, 2, 1)
    baseline = cells[cells["variant"] == "baseline"].iloc[0]
    assert (baseline["mean"], baseline["n"]) == (70.0, 1) and pd.isna(baseline["sd"])
    close = cells[cells["variant"] == "close"].iloc[0]
    assert (close["n"], close["failed"]) == (0, 1) and pd.isna(close["mean"])


def test_no_results_keep_the_columns() -> None:
    assert tuple(cell_rows(seed_rows([])).columns) == CELL_COLUMNS


def test_rows_survive_a_file(make_results, tmp_path: Path) -> None:
    rows = seed_rows(make_results({"ours": (76.123456789012, 78.0), "baseline": (70.0, 71.0)}))
    path = tmp_path / "seeds.csv"
    write_rows(rows, path)
    again = read_rows(path)
    pd.testing.assert_frame_equal(again[["run", "accuracy", "data_digest"]], rows[["run", "accuracy", "data_digest"]])
    write_rows(again, tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_text() == path.read_text()


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n"])
def test_a_file_that_is_no_summary_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text)
    with pytest.raises(BenchError, match=r"x\.csv: not"):
        read_rows(path)
