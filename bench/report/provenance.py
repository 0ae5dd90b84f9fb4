"""What results say of how they came about, over several of them: what they share, their mean costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench.records.provenance import Provenance, part
from bench.records.result import Result


def provenances(results: Iterable[Result]) -> list[Provenance]:
    """Those of the results that have one, in their order."""
    return [result.provenance for result in results if result.provenance]


def looks_of(results: Iterable[Result], looks: int = 1) -> int:
    """How often results are looked at as seeds are added: as asked for, or as the most that any of them was trained for."""
    return max([looks, *(found.claims.looks for found in provenances(results) if found.claims)])


def config_of(results: Sequence[Result]) -> str:
    """The resolved config that results of one cell share, as YAML without what differs from seed to seed."""
    recorded = [result for result in results if result.facts]
    if not recorded:
        return ""
    import yaml

    configs = [shared_config(part(result.facts, "config")) for result in recorded]
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    style: dict[str, Any] = {"allow_unicode": True, "width": 100, "default_flow_style": None}
    text = yaml.dump(dict(configs[0]), Dumper=dumper, **style) if configs[0] else ""
    others = [str(result.run.seed) for result, config in zip(recorded, configs, strict=True) if config != configs[0]]
    return f"# of seed {recorded[0].run.seed}; another config: seed {', '.join(others)}\n{text}" if others else text


def shared_config(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """A config without what differs from seed to seed: its run, its seed, and that of its teachers."""
    shared = {key: value for key, value in config.items() if key not in ("run", "seed")}
    if isinstance(shared.get("teachers"), Mapping):
        shared["teachers"] = {role: str(run).partition("/seed")[0] for role, run in shared["teachers"].items()}
    return shared


def costs_of(results: Iterable[Result]) -> dict[str, float]:
    """What a finished run costs, as means over the runs, of the costs that any of them knows."""
    costs = [found.cost for found in provenances(result for result in results if result.status == "finished")]
    known = {
        name: [float(value) for value in (getattr(cost, name) for cost in costs) if value is not None]
        for name in ("relative_cost", "train_seconds", "parameters")
    }
    return {name: sum(values) / len(values) for name, values in known.items() if values}


def distinct(values: Iterable[Any]) -> str:
    """The values in the order of their appearance, each once; unknown ones are left out."""
    return " or ".join(dict.fromkeys(str(value) for value in values if value not in (None, "")))
