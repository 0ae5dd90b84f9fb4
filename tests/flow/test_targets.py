"""Targets that people type: those that no rule makes are told with the nearest."""

import pytest

from bench.flow.inputs import Flow
from bench.flow.pages import Pages
from bench.flow.snakemake9 import asked_pages
from bench.flow.targets import unknown_target


@pytest.fixture(scope="module")
def pages():
    return Pages(Flow({}), lambda path: None)


@pytest.mark.parametrize(
    "target",
    ["all", "reports/table2.html", "reports/demo/drrnet/table2.csv", "reports/frskd/figure3.pdf", "reports/index.html",
     "reports/paper.pdf", "reports/compare/mine.html", "reports/demo/compare/mine.html",
     "reports/tune/drrnet.html", "reports/tune/frskd.yaml", "results/data/x/manifest.json"],
)  # fmt: skip
def test_what_can_be_made_is_no_fault(pages, target):
    assert unknown_target([target], pages) == ""


@pytest.mark.parametrize(
    ("target", "near"),
    [
        ("reports/tabel2.html", "reports/table2.html"),
        ("reports/drnet/table2.tex", "reports/drrnet/table2.tex"),
        ("reports/demo/drrnet/figur3.svg", "reports/demo/drrnet/figure3.svg"),
    ],
)
def test_the_nearest_is_named(pages, target, near):
    assert unknown_target([target], pages) == f"no rule makes {target}; did you mean {near}?"


def test_only_targets_are_looked_at():
    assert asked_pages(["snakemake", "--report", "reports/x.html", "reports/table2.html", "--cores"]) == ["reports/table2.html"]
