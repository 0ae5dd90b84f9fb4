"""A table's grammar: axes in YAML to rows, columns and entries.

A column and a row are each a set of coordinates (dataset, backbone, variant, metric); where they meet, they are joined with
the block's own, the row winning. ``{backbone: [a, b]}`` is short for one column per value. A coordinate that depends on the
column is written as a mapping from the column's ``key``, or from its dataset where it has none:
``backbone: {opensarship: vgg11_bn, fusar: vgg19_bn}``; a column that the mapping leaves out has no entry in that row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.plan.errors import BenchError, one_of
from bench.plan.metrics import METRICS
from bench.plan.values import Block, Entry, Heading, Table

COORDINATES = ("dataset", "backbone", "variant", "metric")


def table_from(name: str, facts: Mapping[str, Any], labels: Mapping[str, str], where: str) -> Table:
    return Table(
        name=name,
        title=facts["title"],
        baseline=facts["baseline"],
        blocks=tuple(_block(block, facts, labels, where) for block in facts["blocks"]),
        note=facts.get("note", ""),
        printed=facts.get("printed", True),
        compute=facts.get("compute", ""),
        controls=tuple(facts.get("controls", ())),
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
        heading=block.get("heading", "Method"),
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
    at = {**shared, **column, **row}
    key = column.get("key") or at.get("dataset")
    depends = {name for name, value in at.items() if isinstance(value, Mapping)}
    at.update({name: at[name].get(key) for name in depends})
    if at["metric"] not in METRICS:
        raise BenchError(f"{where}: unknown metric '{at['metric']}'; {one_of(at['metric'], METRICS)}")
    if "reported" in row:  # a literature row: the printed number alone
        return Entry(at.get("dataset", ""), "", at["reported"], at["metric"], "reported") if at["reported"] else None
    missing = [name for name in COORDINATES if at.get(name) is None]
    if missing and depends.isdisjoint(missing):
        raise BenchError(f"{where}: a row and a column leave '{missing[0]}' open")
    if missing:
        return None  # the mapping leaves this place of the table empty
    kind = "setting" if METRICS[at["metric"]].kind == "setting" else "trained"
    return Entry(at["dataset"], at["backbone"], at["variant"], at["metric"], kind, at.get("printed", ""))  # type: ignore[arg-type]
