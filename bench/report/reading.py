"""What a report keeps of each result: read one at a time, it holds the curves that are shown, and equal facts once."""

from __future__ import annotations

import json
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from bench.plan.metrics import METRICS, curve_of
from bench.records.result import Result
from bench.report.provenance import shared_config

PER_RUN = ("cost", "fingerprint", "hits")
SHARED = ("data", "hardware", "versions", "git", "precision", "claims")


def slim(results: Iterable[Result], metrics: Collection[str] = METRICS) -> Iterator[Result]:
    """The results without what no table shows; tens of thousands fit into the memory, since a cell's seeds share a config.

    Parameters
    ----------
    metrics
        Those whose curves are shown.
    """
    curves, known = {curve_of(metric) for metric in metrics}, {}  # type: ignore[var-annotated]

    def once(value: Any) -> Any:
        return known.setdefault(json.dumps(value, sort_keys=True, default=str), value)

    for result in results:
        kept = {name: array("d", values) for name, values in result.curve.items() if name in curves}
        yield replace(result, curve=kept, facts=_slim(result.facts, once))


def _slim(facts: Mapping[str, Any], once: Any) -> dict[str, Any]:
    if not facts:
        return {}
    kept = {name: facts[name] for name in PER_RUN if name in facts}
    kept |= {name: once(facts[name]) for name in SHARED if name in facts}
    config = facts.get("config")
    return kept | ({"config": once(dict(shared_config(config)))} if isinstance(config, Mapping) else {})
