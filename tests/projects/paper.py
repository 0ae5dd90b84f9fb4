"""A tiny paper with numbers small enough for hand computation, and results for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bench.plan import Block, Cell, Entry, Heading, Paper, Table, Variant
from bench.plan.figures import CurvesFigure
from bench.records.result import Result
from bench.report.reported import Key, ReportedNumber

FACTS: dict[str, Any] = {
    "config": {
        "recipe_version": 1,
        "recipe": {"epochs": 3, "image_size": 32, "batch_size": 16, "optimiser": {"name": "adam", "lr": 0.001}},
        "method": {"name": "baseline"},
        "backbone": {"name": "tiny", "width": 1.0},
    },
    "data": {"name": "ships", "digest": "0123456789abcdef", "stand_in": False, "train": 60, "test": 30, "classes": ["a", "b"]},
    "versions": {"torch": "2.12.0"},
    "hardware": {"cpu": "processor", "gpu": "", "threads": 1},
    "precision": "fp32",
    "cost": {"train_seconds": 2.0, "images_per_second": 90.0, "peak_memory_mb": 100.0, "parameters": 1234},
    "fingerprint": {"config": "aaaa", "code": "bbbb"},
    "git": {"commit": "cccc", "dirty": False},
}

# Hand-computed: mean 70.00, sd sqrt(2.5) = 1.58; mean 78.00, sd sqrt(2.5) = 1.58. The gain is 8.00 with t = 8, df = 8.
BASELINE = (68.0, 69.0, 70.0, 71.0, 72.0)
BETTER = (76.0, 77.0, 78.0, 79.0, 80.0)
CLOSE = (69.0, 70.0, 71.0, 72.0, 73.0)


def make_paper(row: str = "Ours", variants: Sequence[str] = ("baseline", "close", "ours"), note: str = "") -> Paper:
    entries = tuple((Entry("ships", "tiny", variant, "accuracy"),) for variant in variants)
    labels = {"baseline": "Baseline", "close": "Close", "ours": row}
    block = Block("Ships", (Heading("Tiny"),), tuple(Heading(labels[variant]) for variant in variants), entries)
    return Paper(
        name="small",
        title="A small paper",
        short="Small",
        citation="Nobody, Nowhere 2024",
        repeats=5,
        recipes={"ships": {"epochs": 30, "selection": "last", "assumptions": {"image_size": "Not stated; 32."}}},
        variants={name: Variant(name, name, label) for name, label in labels.items()},
        tables={"table2": Table("table2", "A table", "baseline", (block,), note)},
        figures={
            "figure3": CurvesFigure(
                name="figure3",
                title="Curves",
                panels=(("ships", "tiny"),),
                variants=("baseline", "ours"),
                curves=("test_accuracy",),
            )
        },
        labels={"ships": "Ships", "tiny": "Tiny"},
        assumptions={"split": "No split is stated."},
        margins={"ships": 5.0},
    )


def as_errors(paper: Paper, reported: Mapping[Key, ReportedNumber]) -> tuple[Paper, dict[Key, ReportedNumber]]:
    """The paper with a table of error rates, and the printed numbers taken for such."""
    table = paper.tables["table2"]
    entries = tuple(tuple(entry and replace(entry, metric="error") for entry in row) for row in table.blocks[0].entries)
    table = replace(table, blocks=(replace(table.blocks[0], entries=entries),))
    printed = {key._replace(metric="error"): number for key, number in reported.items() if key.metric == "accuracy"}
    return replace(paper, tables={"table2": table}), printed


def results_of(
    values: dict[str, Sequence[float]], scale: str = "paper", facts: dict[str, Any] | None = None, status: str = "finished"
) -> list[Result]:
    """Results per variant: a value per seed, or a status word in its place."""
    found = []
    for variant, numbers in values.items():
        cell = Cell(scale, "small", "ships", "tiny", variant)
        for seed, number in enumerate(numbers):
            if isinstance(number, str):
                found.append(Result(cell.run(seed), number, {}, {}, facts or FACTS, reason="loss is NaN"))
            else:
                curve = {"test_accuracy": [number - 20, number - 5, number]}
                found.append(Result(cell.run(seed), "finished", {"accuracy": number}, curve, facts or FACTS))
    return found
