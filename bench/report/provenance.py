"""How a cell's results came about: data, model, time, hardware, software, source; their config and cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench.records.result import Result
from bench.report.formatting import counted, duration

COSTS = ("relative_cost", "train_seconds", "parameters")


def setup_of(recorded: Sequence[Result]) -> tuple[tuple[str, str], ...]:
    """Term and text, in reading order; what the results do not say is left out."""
    if not recorded:
        return ()
    lines = [
        ("Data", _data(recorded)),
        ("Model", _model(recorded)),
        ("Time", _time(recorded)),
        ("Hardware", _hardware(recorded)),
        ("Software", ", ".join(f"{name} {_each(recorded, 'versions', name)}" for name in _part(recorded, "versions"))),
        ("Source", _source(recorded)),
    ]
    return tuple((term, text) for term, text in lines if text)


def config_of(recorded: Sequence[Result]) -> str:
    """The resolved config that the results share, as YAML without what differs from seed to seed."""
    if not recorded:
        return ""
    import yaml

    shared = [{key: value for key, value in _of(result, "config").items() if key not in ("run", "seed")} for result in recorded]
    text = yaml.safe_dump(shared[0], allow_unicode=True, width=100, default_flow_style=None) if shared[0] else ""
    others = [str(result.run.seed) for result, config in zip(recorded, shared, strict=True) if config != shared[0]]
    return f"# of seed {recorded[0].run.seed}; another config: seed {', '.join(others)}\n{text}" if others else text


def costs_of(recorded: Iterable[Result]) -> dict[str, float]:
    """What a finished run costs, as means over the runs; keys are those of ``COSTS`` that are known."""
    found: dict[str, list[float]] = {name: [] for name in COSTS}
    for result in recorded:
        for name in COSTS:
            value = _of(result, "cost").get(name)
            if result.status == "finished" and value is not None:
                found[name].append(float(value))
    return {name: sum(values) / len(values) for name, values in found.items() if values}


def _data(recorded: Sequence[Result]) -> str:
    data = _part(recorded, "data")
    images = f"{data['train']} training and {data['test']} test images" if {"train", "test"} <= set(data) else ""
    digest = f"digest {str(data['digest'])[:12]}" if data.get("digest") else ""
    return _joined(f"{'stand-in data ' if data.get('stand_in') else ''}{data.get('name', '')}", images, digest)


def _model(recorded: Sequence[Result]) -> str:
    cost = _part(recorded, "cost")
    extra = cost.get("extra_parameters")
    return _joined(
        f"{cost['parameters']:,.0f} parameters" if cost.get("parameters") else "",
        f"{extra:,.0f} more while training" if extra else "",
    )


def _time(recorded: Sequence[Result]) -> str:
    seconds = [float(_of(result, "cost").get("train_seconds") or 0.0) for result in recorded]
    cost = _part(recorded, "cost")
    return _joined(
        f"{duration(sum(seconds) / len(seconds))} per run" if any(seconds) else "",
        f"{cost['images_per_second']:,.0f} images per second" if cost.get("images_per_second") else "",
        f"{cost['relative_cost']:g} times the baseline's passes" if cost.get("relative_cost") else "",
    )


def _hardware(recorded: Sequence[Result]) -> str:
    threads, memory = _part(recorded, "hardware").get("threads"), _part(recorded, "cost").get("peak_memory_mb")
    return _joined(
        _each(recorded, "hardware", "gpu") or _each(recorded, "hardware", "cpu"),
        counted(threads, "thread") if threads else "",
        _distinct(result.facts.get("precision") for result in recorded),
        f"{memory:,.0f} MiB at most" if memory else "",
    )


def _source(recorded: Sequence[Result]) -> str:
    git, marks = _part(recorded, "git"), _part(recorded, "fingerprint")
    changed = " with local changes" if git.get("dirty") else ""
    return _joined(
        _distinct(result.source for result in recorded),
        f"commit {str(git['commit'])[:12]}{changed}" if git.get("commit") else "",
        *(f"fingerprint of the {name} {marks[name]}" for name in ("config", "code") if marks.get(name)),
    )


def _part(recorded: Sequence[Result], name: str) -> Mapping[str, Any]:
    """A part of the first result's facts, which stand for the cell's."""
    return _of(recorded[0], name)


def _of(result: Result, name: str) -> Mapping[str, Any]:
    part = result.facts.get(name)
    return part if isinstance(part, Mapping) else {}


def _each(recorded: Iterable[Result], part: str, name: str) -> str:
    return _distinct(_of(result, part).get(name) for result in recorded)


def _distinct(values: Iterable[Any]) -> str:
    return " or ".join(dict.fromkeys(str(value) for value in values if value not in (None, "")))


def _joined(*parts: str) -> str:
    return ", ".join(filter(None, parts))
