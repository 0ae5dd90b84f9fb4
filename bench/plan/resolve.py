"""A run's resolved config: everything that its result depends on, as one plain mapping.

The paper's recipe, the scale's overlay and the variant's hyper-parameters are joined here and nowhere else. Machine settings
(data folder, device, threads) are not part of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from bench.plan.catalogue import backbone_files, dataset_facts
from bench.plan.compute import passes_over, scaled, step_flops
from bench.plan.datakeys import store_key
from bench.plan.errors import BenchError, one_of
from bench.plan.metrics import USUAL_TASK
from bench.plan.scales import Scale
from bench.plan.schema import validate_many
from bench.plan.values import Cell, EqualCompute, Paper, Run


def resolve(
    run: Run,
    paper: Paper,
    scale: Scale,
    precision: str = "auto",
    devices: int = 1,
    convolutions: str = "auto",
    plugins: Iterable[str] = (),
) -> dict[str, Any]:
    """The resolved config of ``run``; JSON types only.

    ``recipe.epochs`` is what is trained; ``recipe.schedule_epochs`` is the length that the paper's schedule is written for.
    ``devices`` stands in it where there are several, since each normalises over its own share of a mini-batch; ``convolutions``
    where a form of them is asked for that rounds otherwise than the library's; ``plugins`` are files of methods of one's own.
    """
    cell = run.cell
    _check(cell, paper)
    variant = paper.variants[cell.variant]
    printed, overlay = paper.recipe(cell.dataset, cell.backbone), scale.overlay(cell.dataset, cell.backbone, cell.paper)
    recipe = _overlaid({**printed, **overlay}, variant.recipe_at(cell.dataset, cell.backbone))
    recipe = {key: value for key, value in recipe.items() if value is not None and key != "assumptions"}
    width, network = recipe.pop("width", scale.width), recipe.pop("network", cell.backbone)
    _check_recipe(cell, recipe, width)
    if network not in backbone_files():
        raise BenchError(f"scale '{scale.name}', network of {cell.backbone}: '{network}'; {one_of(network, backbone_files())}")
    factor = 1.0 if "epochs" in overlay else scale.epochs_factor
    recipe["epochs"] = max(1, round(recipe["epochs"] * recipe.pop("epochs_multiple", 1) * factor))
    recipe["schedule_epochs"] = printed["epochs"]
    if variant.equal_compute:
        recipe |= _at_equal_compute(cell, variant.equal_compute, paper, scale, plugins)
    data = recipe.pop("dataset", None) or cell.dataset
    data = scale.data.get(cell.dataset, data)
    facts = dataset_facts(data)
    task = facts.get("task", USUAL_TASK)
    options = recipe.pop("data", {})
    size = recipe.pop("store_size", None) or recipe.get("test_resize", recipe["image_size"])
    return {
        "run": run.id,
        **({} if task == USUAL_TASK else {"task": task}),
        "paper": cell.paper,
        "recipe_version": paper.recipe_version,
        "scale": {"name": scale.name, "comparable": scale.comparable},
        "data": {
            "name": data,
            "stand_in": bool(facts["stand_in"]),
            "size": size,
            "options": options,
            "key": store_key(data, size, options),
        },
        "recipe": recipe,
        "backbone": {"name": network, "width": width, "options": recipe.pop("backbone", {})},
        "method": {"name": variant.method, "params": variant.params_at(cell.dataset, cell.backbone)},
        "teachers": {role: teacher.id for role, teacher in teachers_of(run, paper).items()},
        "seed": run.seed,
        "precision": precision,
        **({"devices": devices} if devices > 1 else {}),
        **({"convolutions": convolutions} if convolutions not in ("auto", "library") else {}),
    }


def flops_of(run: Run, paper: Paper, scale: Scale, plugins: Iterable[str] = ()) -> float:
    """Operations of a training per training image, those of its teachers' trainings included."""
    plugins = tuple(plugins) or paper.plugins
    configs = [resolve(each, paper, scale, plugins=plugins)["recipe"] for each in _chain(run, paper)]
    steps = _step_flops(run, paper, scale, plugins)
    return sum(passes_over(recipe) * flops for recipe, flops in zip(configs, steps, strict=True))


def _at_equal_compute(cell: Cell, equal: EqualCompute, paper: Paper, scale: Scale, plugins: Iterable[str]) -> dict[str, Any]:
    """The epochs at which a student and all that it learns from cost together what the baseline does."""
    own = replace(cell, backbone=equal.students.get(cell.backbone, cell.backbone))
    budget = flops_of(replace(own, variant=equal.baseline).run(0), paper, scale, plugins)
    return scaled(budget / sum(_step_flops(replace(own, variant=equal.student).run(0), paper, scale, plugins)))


def _step_flops(run: Run, paper: Paper, scale: Scale, plugins: Iterable[str]) -> list[float]:
    """Of a run and of all that it learns from."""
    found = []
    for each in _chain(run, paper):
        taught_by = teachers_of(each, paper)
        teachers = {role: resolve(teacher, paper, scale, plugins=plugins) for role, teacher in taught_by.items()}
        found.append(step_flops(resolve(each, paper, scale, plugins=plugins), teachers, plugins))
    return found


def _chain(run: Run, paper: Paper) -> list[Run]:
    """A run and all that it learns from, each once."""
    found = [run]
    for each in found:
        found += [teacher for teacher in teachers_of(each, paper).values() if teacher not in found]
    return found


def teachers_of(run: Run, paper: Paper) -> dict[str, Run]:
    """The runs whose weights ``run`` learns from, by role; the same seed and cell unless the variant says otherwise."""
    cell = run.cell
    teachers = {}
    for role, teacher in paper.variants[cell.variant].teachers.items():
        backbone = teacher.backbone or cell.backbone
        if isinstance(backbone, Mapping):
            if cell.backbone not in backbone:
                where = f"paper '{paper.name}', teacher '{role}' of {cell.variant}"
                raise BenchError(f"{where}: names no backbone for student '{cell.backbone}'; {one_of(cell.backbone, backbone)}")
            backbone = backbone[cell.backbone]
        theirs = Cell(cell.scale, cell.paper, teacher.dataset or cell.dataset, backbone, teacher.variant)
        teachers[role] = Run(theirs, run.seed if teacher.seed is None else teacher.seed)
    return teachers


def _overlaid(recipe: Mapping[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    """A recipe with other keys; ``optimiser.lr`` is a key of one of its mappings."""
    merged = dict(recipe)
    for key, value in overlay.items():
        outer, dot, inner = key.partition(".")
        merged[outer] = {**merged.get(outer, {}), inner: value} if dot else value
    return merged


def _check_recipe(cell: Cell, recipe: dict[str, Any], width: Any) -> None:
    """Paper, scale and variant may each set any key, so what they make together is held against the schema."""
    source = f"recipe of {cell.id} with what the scale and the variant set"
    validate_many(recipe, "paper", source, "recipe")
    by, held = recipe.get("selection", "last").partition("best_")[2], recipe.get("validation")
    if (by == "validation" and not held) or (by == "test" and held and held.get("only")):
        raise BenchError(f"{source}: selection '{recipe['selection']}' chooses by {by} images, and the recipe scores none")
    if isinstance(width, bool) or not isinstance(width, (int, float)) or not 0 < width <= 1:
        raise BenchError(f"{source}: width '{width}'; allowed: above 0 and up to 1")


def _check(cell: Cell, paper: Paper) -> None:
    allowed: tuple[tuple[str, Mapping[str, Any], str], ...] = (
        (cell.dataset, paper.recipes, "dataset"),
        (cell.variant, paper.variants, "variant"),
    )
    for word, names, what in allowed:
        if word not in names:
            raise BenchError(f"paper '{paper.name}' has no {what} '{word}'; {one_of(word, names)}")
    variant = paper.variants[cell.variant]
    if variant.tuned and not variant.is_set_at(cell.dataset, cell.backbone):
        raise BenchError(f"{cell.id}: its params are 'tuned', and nothing was tuned on this dataset and backbone")
