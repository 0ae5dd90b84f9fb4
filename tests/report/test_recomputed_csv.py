"""The CSV of a rendered table recomputed from its own seed rows: with statsmodels everywhere, in R where it is installed."""

from __future__ import annotations

import csv
import io
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from projects.paper import FACTS
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from bench.plan import Cell, load_paper, load_scale
from bench.plan.catalogue import ROOT
from bench.records.result import Result
from bench.report.reported import Key, load_reported
from bench.report.rows import table_csv
from bench.report.table import table_view

Rows = list[dict[str, str]]
Runs = dict[tuple[str, str], list[float]]
SCRIPT = Path(__file__).parents[1] / "stats" / "recompute.R"


@pytest.fixture(scope="module")
def rows() -> Rows:
    """Table 2 of DRRNet-SKD with five made-up runs per cell about the printed means."""
    paper, scale = load_paper("drrnet", ROOT / "config" / "papers"), load_scale("paper", ROOT / "config" / "scales")
    table, generator, results = paper.tables["table2"], random.Random(11), []
    printed = load_reported(ROOT / "results" / "reported", paper, "table2")
    for entry in table.entries():
        number = printed[Key.at(entry)]
        facts = {**FACTS, "config": {**FACTS["config"], "recipe_version": paper.recipe_version}}
        facts["data"] = {**FACTS["data"], "name": entry.dataset, "test": 300}
        for seed in range(5):
            hits = round(3 * generator.gauss(number.value, number.sd or 1.0))
            run = Cell("paper", "drrnet", entry.dataset, entry.backbone, entry.variant).run(seed)
            results.append(Result(run, "finished", {"accuracy": hits / 3, "balanced_accuracy": 60.0}, {}, facts))
    view = table_view(paper, table, results, printed, scale, range(5))
    return list(csv.DictReader(io.StringIO(table_csv([view]))))


def column(row: dict[str, str]) -> str:
    return f"{row['dataset']} {row['backbone']}"


def runs_of(rows: Rows) -> Runs:
    found: Runs = {}
    for row in rows:
        if row["row"] == "seed":
            found.setdefault((column(row), row["variant"]), []).append(float(row["value"]))
    return found


def judged(rows: Rows) -> Rows:
    return [row for row in rows if row["row"] == "cell" and row["p_holm"]]


def test_with_statsmodels(rows: Rows) -> None:
    runs, tested = runs_of(rows), judged(rows)
    assert len(tested) >= 35 and {row["family"] for row in tested} == {"own", "others"}
    raw: dict[str, list[float]] = {}
    for row in tested:
        sides = DescrStatsW(runs[column(row), row["variant"]]), DescrStatsW(runs[column(row), "baseline"])
        compared = CompareMeans(*sides)
        low, high = compared.tconfint_diff(usevar="unequal")
        found = [float(row[name]) for name in ("gain", "gain_low", "gain_high", "p")]
        p = compared.ttest_ind(usevar="unequal")[1]
        assert found == pytest.approx([sides[0].mean - sides[1].mean, low, high, p], rel=1e-6, abs=1e-8)
        raw.setdefault(row["family"], []).append(p)
    for family, ps in raw.items():
        adjusted = [float(row["p_holm"]) for row in tested if row["family"] == family]
        assert adjusted == pytest.approx(list(multipletests(ps, method="holm")[1]), rel=1e-6, abs=1e-8)


@pytest.mark.r
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed (Debian: r-base-core)")
def test_in_r(rows: Rows, tmp_path: Path) -> None:
    runs, tested = runs_of(rows), judged(rows)
    families = {(column(row), row["variant"]): row["family"] for row in tested}
    lines = [
        (*key, families.get(key, ""), value)
        for key, values in runs.items()
        for value in values
        if key in families or key[1] == "baseline"
    ]
    files = [tmp_path / name for name in ("runs.csv", "printed.csv", "out.csv")]
    _write(files[0], [("column", "method", "family", "value"), *lines])
    _write(files[1], [("column", "method", "value", "sd", "n", "margin")])
    done = subprocess.run(["Rscript", "--vanilla", SCRIPT, *files], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    with files[2].open(newline="") as file:
        theirs = {
            (row["what"].strip(), row["column"].strip(), row["method"].strip()): float(row["number"])
            for row in csv.DictReader(file)
        }
    names = {"estimate": "gain", "low": "gain_low", "high": "gain_high", "p": "p_holm"}
    for row in tested:
        for what, name in names.items():
            assert theirs[what, column(row), row["variant"]] == pytest.approx(float(row[name]), rel=1e-6, abs=1e-8)
    over = {row["variant"]: row for row in rows if row["row"] == "across"}
    for variant, row in over.items():
        assert theirs["mean gain", "", variant] == pytest.approx(float(row["gain"]), rel=1e-6, abs=1e-8)
        assert theirs["mean p", "", variant] == pytest.approx(float(row["p"]), rel=1e-6, abs=1e-8)


def _write(path: Path, rows: list[tuple[object, ...]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
