"""What the cells of a table hold: when runs are the same number, and what is said where there is none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from projects.paper import FACTS

from bench.report.cells import gather


@pytest.fixture
def cell(paper, scale, make_results):
    """The first seeds of a method under a metric, of runs that scored so on ten test images."""

    def gathered(metric, scores):
        table = paper.tables["table2"]
        blocks = [
            replace(block, entries=tuple(tuple(each and replace(each, metric=metric) for each in row) for row in block.entries))
            for block in table.blocks
        ]
        results = make_results({"ours": scores}, facts={**FACTS, "data": {**FACTS["data"], "test": 10}})
        for result, score in zip(results, scores, strict=True):
            object.__setattr__(result, "metrics", {metric: score, "accuracy": score})
        cells = gather(paper, replace(table, blocks=tuple(blocks)), results, scale, range(len(scores)))
        return next(found for key, found in cells.items() if key.variant == "ours" and key.dataset == "ships")

    return gathered


@pytest.mark.parametrize(
    ("metric", "spread"),
    [("accuracy", False), ("error", False), ("best_accuracy", False), ("balanced_accuracy", True), ("train_accuracy", True),
     ("miou", True), ("box_ap", True)],
)  # fmt: skip
def test_less_than_a_test_image_is_rounding_where_images_are_counted_and_nowhere_else(cell, metric, spread):
    found = cell(metric, (70.0, 71.0, 72.0))
    assert (found.shown.sd > 0) == spread and found.shown.sd == found.measured.sample.sd


def test_a_score_that_the_data_do_not_define_is_said_to_be(cell):
    found = cell("box_ap_large", (float("nan"), float("nan")))
    assert (found.state, found.words) == ("missing", "not defined on these data")
    assert cell("accuracy", ()).words == "no result yet"
