"""A table's grammar: axes in YAML to rows, columns and entries.

A column and a row are each a set of coordinates (dataset, backbone, variant, metric); where they meet, they are joined with
the block's own, the row winning. ``{backbone: [a, b]}`` is short for one column per value. A coordinate that depends on the
column's dataset is written as a mapping: ``backbone: {opensarship: vgg11_bn, fusar: vgg19_bn}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.plan.errors import BenchError
from bench.plan.nouns import Block, Entry, Figure, Heading, Table

COORDINATES = ("dataset", "backbone", "variant", "metric")


def table_from(name: str, facts: Mapping[str, Any], labels: Mapping[str, str], where: str) -> Table:
    return Table(
        name=name,
        title=facts["title"],
        baseline=facts["baseline"],
        blocks=tuple(_block(block, facts, labels, where) for block in facts["blocks"]),
        note=facts.get("note", ""),
    )


def figure_from(name: str, facts: Mapping[str, Any]) -> Figure:
    return Figure(
        name=name,
        title=facts["title"],
        kind=facts["kind"],
        panels=tuple((panel["dataset"], panel["backbone"]) for panel in facts["panels"]),
        variants=tuple(facts["variants"]),
        curves=tuple(facts["curves"]),
        note=facts.get("note", ""),
    )


def _block(block: Mapping[str, Any], facts: Mapping[str, Any], labels: Mapping[str, str], where: str) -> Block:
    shared = {"metric": facts.get("metric", "accuracy")}
    shared.update({key: block[key] for key in COORDINATES if key in block})
    columns, rows = _axis(block["columns"]), _axis(block["rows"])
    return Block(
        title=block.get("title", labels.get(block.get("dataset", ""), "")),
        columns=tuple(_heading(column, labels) for column in columns),
        rows=tuple(_heading(row, labels) for row in rows),
        entries=tuple(tuple(_entry(shared, column, row, where) for column in columns) for row in rows),
    )


def _axis(axis: Any) -> list[dict[str, Any]]:
    if isinstance(axis, Mapping):
        ((coordinate, values),) = axis.items()
        return [{coordinate: value} for value in values]
    return [dict(item) for item in axis]


def _heading(item: Mapping[str, Any], labels: Mapping[str, str]) -> Heading:
    words = [str(item[key]) for key in ("variant", "backbone", "dataset", "metric") if isinstance(item.get(key), str)]
    label = item.get("label") or (labels.get(words[0], words[0]) if words else item.get("reported", ""))
    return Heading(label=label, group=item.get("group", ""))


def _entry(shared: Mapping[str, Any], column: Mapping[str, Any], row: Mapping[str, Any], where: str) -> Entry | None:
    if "reported" in row:  # a literature row: the printed number alone
        dataset = {**shared, **column}.get("dataset", "")
        return Entry(dataset, "", row["reported"], {**shared, **column}["metric"], trained=False)
    at = {**shared, **column, **row}
    for key in COORDINATES:
        if isinstance(at.get(key), Mapping):
            at[key] = at[key].get(at["dataset"])
        if at.get(key) is None:
            if isinstance(row.get(key), Mapping) or isinstance(column.get(key), Mapping):
                return None  # the mapping leaves this place of the table empty
            raise BenchError(f"{where}: a row and a column leave '{key}' open")
    return Entry(*(at[key] for key in COORDINATES))
