"""What stands under a table: scale, data, seeds, recipe, versions, hardware, assumptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench.plan import Paper, Scale
from bench.records.result import Result
from bench.report.formatting import counted, duration

SELECTION = "The last epoch is the headline; the best epoch is kept in the records."


def caption_of(
    paper: Paper, scale: Scale, datasets: Sequence[str], results: Iterable[Result], seeds: Sequence[int]
) -> tuple[tuple[str, str], ...]:
    """Term and text of every fact that a reader needs to trust a number, in reading order."""
    results = list(results)
    if not results:
        return (("Recipe", f"Version {paper.recipe_version}. Nothing is trained for this table."),)
    recorded = [result for result in results if result.facts]
    lines = [
        ("Scale", f"{scale.title}. {scale.note}"),
        ("Data", "; ".join(_data(paper, scale, name, recorded) for name in datasets) + "."),
        ("Seeds", f"{', '.join(map(str, seeds))} ({counted(len(seeds), 'run')} per cell unless n is shown)."),
        ("Recipe", f"Version {paper.recipe_version}. " + " ".join(_recipe(paper, name, recorded) for name in datasets)),
        ("Headline", SELECTION + _selection(paper, datasets)),
        ("Stale", _stale(recorded)),
        ("Versions", _versions(recorded)),
        ("Hardware", _hardware(recorded)),
    ]
    return tuple((term, text.strip()) for term, text in lines if text.strip())


def assumptions_of(paper: Paper, datasets: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """What the paper leaves open, for the paper and for the recipes of these datasets; each text once."""
    lines = {text: name for name, text in paper.assumptions.items()}
    for dataset in datasets:
        for name, text in paper.recipe(dataset).get("assumptions", {}).items():
            lines.setdefault(text, name)
    return tuple((name.replace("_", " "), text) for text, name in lines.items())


def _data(paper: Paper, scale: Scale, dataset: str, recorded: Sequence[Result]) -> str:
    found = [result.facts.get("data", {}) for result in recorded if result.run.cell.dataset == dataset]
    facts: Mapping[str, Any] = found[0] if found else {}
    label = paper.label(dataset)
    name = str(facts.get("title") or facts.get("name") or scale.data.get(dataset, ""))
    if not facts:
        return f"{label}: {name}, no result yet" if name else f"{label}: no result yet"
    source = f"{label}: stand-in data '{name}'" if facts.get("stand_in") else f"{label}"
    sizes = f"{facts.get('train', '?')} training and {facts.get('test', '?')} test images"
    classes = facts.get("classes")
    count = len(classes) if isinstance(classes, Sequence) and not isinstance(classes, str) else classes
    digests = list(dict.fromkeys(str(each.get("digest", "?")).removeprefix("sha256:")[:12] for each in found))
    words = "digest" if len(digests) == 1 else "digests (one per image size)"
    return f"{source}, {sizes} of {count or '?'} classes, {words} {', '.join(digests)}"


def _recipe(paper: Paper, dataset: str, recorded: Sequence[Result]) -> str:
    recipes = [result.facts.get("config", {}).get("recipe", {}) for result in recorded if result.run.cell.dataset == dataset]
    if not recipes:
        return ""
    backbones = dict.fromkeys(result.run.cell.backbone for result in recorded if result.run.cell.dataset == dataset)
    printed = _range(paper.recipe(dataset, backbone)["epochs"] for backbone in backbones)
    optimisers = [recipe.get("optimiser", {}) for recipe in recipes]
    rates = _range(optimiser.get("lr") for optimiser in optimisers)
    parts = [
        f"{_range(recipe.get('epochs') for recipe in recipes)} epochs (the paper: {printed})",
        f"{_range(recipe.get('image_size') for recipe in recipes)} pixels",
        f"batches of {_range(recipe.get('batch_size') for recipe in recipes)}",
        f"{_range(optimiser.get('name') for optimiser in optimisers)} with learning rate {rates}",
    ]
    return f"{paper.label(dataset)}: {', '.join(parts)}."


def _selection(paper: Paper, datasets: Sequence[str]) -> str:
    best = [paper.label(name) for name in datasets if paper.recipe(name).get("selection") == "best"]
    return f" The paper reports the best epoch for {', '.join(best)}." if best else ""


def _stale(recorded: Sequence[Result]) -> str:
    stale = sum(result.stale for result in recorded)
    if not stale:
        return ""
    return (
        f"{stale} of {counted(len(recorded), 'result')} come from code that has changed since; rerun_on_code_change: yes trains"
        " them anew."
    )


def _versions(recorded: Sequence[Result]) -> str:
    names = list(dict.fromkeys(name for result in recorded for name in result.facts.get("versions", {})))
    return ", ".join(f"{name} {_range(result.facts.get('versions', {}).get(name) for result in recorded)}" for name in names)


def _hardware(recorded: Sequence[Result]) -> str:
    if not recorded:
        return ""
    hardware: list[Mapping[str, Any]] = [result.facts.get("hardware", {}) for result in recorded]
    device = _range(facts.get("gpu") or facts.get("cpu") for facts in hardware)
    seconds = sum(float(result.facts.get("cost", {}).get("train_seconds") or 0.0) for result in recorded)
    precision = _range(result.facts.get("precision") for result in recorded)
    threads = _range(facts.get("threads") for facts in hardware)
    words = [device, precision, f"{threads} threads per training" if threads != "1" else "one thread per training"]
    return f"{', '.join(filter(None, words))}; {counted(len(recorded), 'training')}, {duration(seconds)} in all."


def _range(values: Iterable[Any]) -> str:
    """The distinct values in the order of their appearance."""
    return " or ".join(dict.fromkeys(str(value) for value in values if value not in (None, "")))
