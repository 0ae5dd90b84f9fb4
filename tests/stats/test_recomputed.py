"""A whole table recomputed: in R where it is installed, and with statsmodels everywhere."""

import csv
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW, ttost_ind

from bench.stats import (
    LevelCell,
    Measured,
    Reported,
    Sample,
    against_baselines,
    level_verdicts,
    mean_ranks,
    together,
)

COLUMNS = [f"c{i}" for i in range(8)]
METHODS = {"baseline": "", "mine": "own", "other": "others", "third": "others"}
MARGIN = 1.5


def table() -> dict[tuple[str, str], list[float]]:
    rng = np.random.default_rng(17)
    shift = {"baseline": 0.0, "mine": 2.5, "other": 1.0, "third": -0.5}
    return {
        (column, method): np.round(rng.normal(70 + 3 * i + shift[method], rng.uniform(0.3, 2.0), 5 - (i == 3)), 2).tolist()
        for i, column in enumerate(COLUMNS)
        for method in METHODS
    }


RUNS = table()
PRINTED = {(column, "mine"): Reported(72.0 + 3 * i, 0.4 + 0.2 * i, 3 + i % 3) for i, column in enumerate(COLUMNS)}


def numbers() -> dict[tuple[str, str, str], float]:
    """What the suite says of the table, by (what, column, method)."""
    cells = {key: Measured.of(values) for key, values in RUNS.items()}
    baseline_of = {key: (key[0], "baseline") for key in RUNS}
    found: dict[tuple[str, str, str], float] = {}
    for key, pair in against_baselines(cells, baseline_of, [key for key in RUNS if METHODS[key[1]] == "own"]).items():
        found |= {("estimate", *key): pair.difference.estimate, ("low", *key): pair.difference.low}
        found |= {("high", *key): pair.difference.high, ("p", *key): pair.p_adjusted}
    for key, level in level_verdicts(
        {key: LevelCell(cells[key].sample, each, MARGIN) for key, each in PRINTED.items()}
    ).items():
        assert level.equivalence is not None
        found |= {("level p", *key): level.p, ("tost p", *key): level.equivalence.p}
    names = [name for name in METHODS if name != "baseline"]
    by_method = {name: {column: cells[column, name] for column in COLUMNS} for name in METHODS}
    over = together(
        {name: by_method[name] for name in names}, dict.fromkeys(names, by_method["baseline"]), {c: c for c in COLUMNS}
    )
    for name, each in over.items():
        found |= {("mean gain", "", name): each.mean.estimate, ("mean p", "", name): each.mean.p}
        found[("mean low", "", name)] = each.mean.low
    ranks = mean_ranks([[cells[column, name].sample.mean for column in COLUMNS] for name in METHODS])
    return {**found, ("friedman p", "", ""): ranks.p, ("critical difference", "", ""): ranks.critical_difference}


def test_with_statsmodels() -> None:
    found = numbers()
    raw: dict[str, list[tuple[tuple[str, str], float]]] = {"own": [], "others": []}
    for (column, method), values in RUNS.items():
        if method == "baseline":
            continue
        compared = CompareMeans(DescrStatsW(values), DescrStatsW(RUNS[column, "baseline"]))
        low, high = compared.tconfint_diff(usevar="unequal")
        assert (found["low", column, method], found["high", column, method]) == pytest.approx((low, high))
        raw[METHODS[method]].append(((column, method), compared.ttest_ind(usevar="unequal")[1]))
    for family in raw.values():
        adjusted = multipletests([p for _, p in family], method="holm")[1]
        assert [found["p", *key] for key, _ in family] == pytest.approx(list(adjusted))
    for key, printed in PRINTED.items():
        sample = Sample(printed.value, printed.sd or 0.0, printed.n or 0)
        theirs = np.arange(sample.n, dtype=float)
        theirs = (theirs - theirs.mean()) / theirs.std(ddof=1) * sample.sd + sample.mean
        p, _, _ = ttost_ind(np.array(RUNS[key]), theirs, -MARGIN, MARGIN, usevar="unequal")
        assert found["tost p", *key] == pytest.approx(p, abs=1e-9)


@pytest.mark.r
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed (Debian: r-base-core)")
def test_in_r(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("runs.csv", "printed.csv", "out.csv")]
    _write(files[0], ["column", "method", "family", "value"],
           [(*key, METHODS[key[1]], value) for key, values in RUNS.items() for value in values])  # fmt: skip
    _write(files[1], ["column", "method", "value", "sd", "n", "margin"],
           [(*key, each.value, each.sd, each.n, MARGIN) for key, each in PRINTED.items()])  # fmt: skip
    script = Path(__file__).with_name("recompute.R")
    done = subprocess.run(["Rscript", "--vanilla", script, *files], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    with files[2].open(newline="") as file:
        theirs = {
            (row["what"].strip(), row["column"].strip(), row["method"].strip()): float(row["number"])
            for row in csv.DictReader(file)
        }
    ours = numbers()
    assert set(theirs) == set(ours)
    for key, number in theirs.items():
        assert ours[key] == pytest.approx(number, rel=1e-7, abs=1e-9), key


def _write(path: Path, head: list[str], rows: list[tuple[object, ...]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([head, *rows])
