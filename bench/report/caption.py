"""What stands under a table: scale, data, seeds, recipe, versions, hardware, assumptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bench.plan import Paper, Scale, Table
from bench.records.provenance import Provenance
from bench.records.result import Result
from bench.report.cells import GatheredTable
from bench.report.compute import words_of
from bench.report.findings import families_words
from bench.report.formatting import USUAL_N, duration
from bench.report.provenance import distinct, provenances
from bench.stats import images_sentence
from bench.stats.words import counted

SELECTION = "The last epoch is the headline; the best epoch is kept in the records."
CHOSEN = {
    "best_validation": "the epoch that is best on the validation images is the headline.",
    "best_test": "the epoch that is best on the test images themselves is the headline, as in the paper: too good by chance.",
}
HELD = "{:.0f} % of the training images, the same for every method and seed, are held out for validation."


def caption_of(found: GatheredTable) -> tuple[tuple[str, str], ...]:
    """Term and text of every fact that a reader needs to trust a number, in reading order."""
    paper, table, scale, seeds = found.paper, found.table, found.scale, found.seeds
    results, datasets = found.results, datasets_of(table)
    if not results:
        return (("Recipe", f"Version {paper.recipe_version}. Nothing is trained for this table."),)
    recorded = {name: provenances(result for result in results if result.run.cell.dataset == name) for name in datasets}
    every = [one for each in recorded.values() for one in each]
    backbones = {name: _backbones(name, results) for name in datasets}
    recipes = (_recipe(paper, name, backbones[name], recorded[name]) for name in datasets)
    lines = [
        ("Scale", f"{scale.title}. {scale.note}"),
        ("Data", "; ".join(_data(paper, scale, name, recorded[name]) for name in datasets) + "."),
        ("Seeds", f"{', '.join(map(str, seeds))} ({counted(len(seeds), 'run')} per cell{_unless(seeds)})."),
        ("Recipe", f"Version {paper.recipe_version}. " + " ".join(recipes)),
        ("Tests", _tests(paper, table, {name: recorded[name] for name in datasets})),
        ("Fixed before", _fixed(paper, recorded)),
        ("Compute", words_of(table) if table.compute else ""),
        ("Tuning", tuning_words(paper, dict.fromkeys(entry.variant for entry in table.entries() if entry.trained))),
        ("Headline", _headline(paper, {name: recorded[name] for name in datasets})),
        ("Stale", _stale([result.stale for result in results if result.facts])),
        ("Versions", _versions(every)),
        ("Hardware", _hardware(every)),
    ]
    return tuple((term, text.strip()) for term, text in lines if text.strip())


def tuning_words(paper: Paper, variants: Iterable[str]) -> str:
    """Whose values were chosen by a tuning, and by how many trainings; empty where nobody's were."""
    known = (paper.variants[name] for name in variants if name in paper.variants)  # a new method's numbers have none
    return " ".join(f"{variant.label}: {variant.tuned}." for variant in known if variant.tuned)


def datasets_of(table: Table) -> list[str]:
    """Those that a table has cells of ours on; a dataset of printed numbers alone needs no caption."""
    return list(dict.fromkeys(entry.dataset for entry in table.entries() if entry.kind != "reported"))


def _tests(paper: Paper, table: Table, recorded: Mapping[str, Sequence[Provenance]]) -> str:
    """What the tests are about, which are corrected together, and the margins that were fixed before."""
    images = {name: [*dict.fromkeys(each.data.test for each in found if each.data.test)] for name, found in recorded.items()}
    counts = [images_sentence(count, paper.label(name) if len(images) > 1 else "") for name, count in images.items() if count]
    variants = [entry.variant for entry in table.entries() if entry.trained and entry.variant != table.baseline]
    margins = [f"{paper.margins[name]:g} pp ({paper.label(name)})" for name in recorded if name in paper.margins]
    own = [paper.label(name) for name in recorded if paper.own_split(name)]
    parts = [
        *counts,
        families_words(paper, variants),
        f"Margins of equivalence, fixed in the paper's file: {', '.join(margins)}." if margins else "",
        f"Our split of {', '.join(own)} is not the paper's, so that levels are not comparable there." if own else "",
    ]
    return " ".join(filter(None, parts))


def _fixed(paper: Paper, recorded: Mapping[str, Sequence[Provenance]]) -> str:
    """Whether the results were judged as it was fixed before they were there, and in which commit of the paper's file."""
    every = [(name, each.claims) for name, found in recorded.items() for each in found]
    known = [(name, claims) for name, claims in every if claims]
    if not known:
        return "Own methods and margins are today's: these results are older than the record of them." if every else ""
    parts = []
    if any(set(claims.own) != paper.own for _, claims in known):
        parts.append("The paper's own methods were others when some of these results were made.")
    for name in dict.fromkeys(name for name, _ in known):
        were = {claims.margin for dataset, claims in known if dataset == name} - {paper.margins.get(name)}
        words = " and ".join("none" if margin is None else f"{margin:g} pp" for margin in sorted(were, key=str))
        parts.append(f"The margin of {paper.label(name)} was {words} when some of these results were made." if were else "")
    commits = distinct(claims.commit[:12] for _, claims in known)
    held = f"Own methods, families and margins are those of the paper's file in commit {commits}, recorded with each training."
    parts.append(
        "" if any(parts) else held if commits else "Own methods, families and margins are as recorded with each training."
    )
    older = len(every) - len(known)
    parts.append(f"{counted(older, 'result')} of {len(every)} are older than this record." if older else "")
    return " ".join(filter(None, parts))


def _unless(seeds: Sequence[int]) -> str:
    """Which cells have another number of runs: only the usual one goes without saying."""
    return " unless n is shown" if len(seeds) == USUAL_N else ", or as many as its n says"


def assumptions_of(paper: Paper, datasets: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """What the paper leaves open, for the paper and for the recipes of these datasets; each text once."""
    lines = {text: name for name, text in paper.assumptions.items()}
    for dataset in datasets:
        for name, text in paper.recipe(dataset).get("assumptions", {}).items():
            lines.setdefault(text, name)
    return tuple((name.replace("_", " "), text) for text, name in lines.items())


def _backbones(dataset: str, results: Iterable[Result]) -> list[str]:
    cells = (result.run.cell for result in results if result.facts)
    return list(dict.fromkeys(cell.backbone for cell in cells if cell.dataset == dataset))


def _data(paper: Paper, scale: Scale, dataset: str, recorded: Sequence[Provenance]) -> str:
    label = paper.label(dataset)
    if not recorded:
        name = scale.data.get(dataset, "")
        return f"{label}: {name}, no result yet" if name else f"{label}: no result yet"
    data = recorded[0].data
    source = f"{label}: stand-in data '{data.title or data.name}'" if data.stand_in else label
    digests = list(dict.fromkeys(each.data.digest[:12] or "?" for each in recorded))
    words = "digest" if len(digests) == 1 else "digests (one per image size)"
    return f"{source}, {data.images} of {data.classes or '?'} classes, {words} {', '.join(digests)}"


def _recipe(paper: Paper, dataset: str, backbones: Iterable[str], recorded: Sequence[Provenance]) -> str:
    if not recorded:
        return ""
    printed = distinct(paper.recipe(dataset, backbone)["epochs"] for backbone in backbones)
    recipes = [each.recipe for each in recorded]
    parts = [
        f"{distinct(recipe.epochs for recipe in recipes)} epochs (the paper: {printed})",
        f"{distinct(recipe.image_size for recipe in recipes)} pixels",
        f"batches of {distinct(recipe.batch_size for recipe in recipes)}",
        f"{distinct(recipe.optimiser for recipe in recipes)} with learning rate "
        f"{distinct(recipe.learning_rate for recipe in recipes)}",
    ]
    return f"{paper.label(dataset)}: {', '.join(parts)}."


def _headline(paper: Paper, recorded: Mapping[str, Sequence[Provenance]]) -> str:
    """Which epoch the numbers are of, and what was held out to choose it."""
    by: dict[str, list[str]] = {}
    held: dict[float, list[str]] = {}
    for name, found in recorded.items():
        for recipe in (each.recipe for each in found):
            by.setdefault(recipe.selection, []).append(paper.label(name))
            held.setdefault(recipe.held_out, []).append(paper.label(name))
    words = [SELECTION] if by.pop("last", []) or not by else []
    words += [f"{', '.join(dict.fromkeys(names))}: {CHOSEN[rule]}" for rule, names in by.items()]
    words += [f"{', '.join(dict.fromkeys(names))}: {HELD.format(100 * share)}" for share, names in held.items() if share]
    return " ".join(words)


def _stale(flags: Sequence[bool]) -> str:
    if not any(flags):
        return ""
    return (
        f"{sum(flags)} of {counted(len(flags), 'result')} come from code that has changed since; rerun_on_code_change: yes "
        "trains them anew."
    )


def _versions(recorded: Sequence[Provenance]) -> str:
    found = [dict(each.versions) for each in recorded]
    names = dict.fromkeys(name for versions in found for name in versions)
    return ", ".join(f"{name} {distinct(versions.get(name) for versions in found)}" for name in names)


def _hardware(recorded: Sequence[Provenance]) -> str:
    if not recorded:
        return ""
    seconds = sum(each.cost.train_seconds or 0.0 for each in recorded)
    threads = distinct(each.hardware.threads for each in recorded)
    words = [
        distinct(each.hardware.device for each in recorded),
        distinct(each.arithmetic for each in recorded),
        f"{threads} threads per training" if threads != "1" else "one thread per training",
    ]
    return f"{', '.join(filter(None, words))}; {counted(len(recorded), 'training')}, {duration(seconds)} in all."
