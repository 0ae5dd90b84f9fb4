"""``show``: what a method is, needs and costs; what is known of a backbone, dataset, variant or scale."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench.cli.common import Set, SettingsFile, plan_of
from bench.plan import BenchError, Plan
from bench.plan.catalogue import backbone_facts, backbone_files, dataset_facts, dataset_files, method_files
from bench.plan.costs import backbone_costs, dataset_size
from bench.plan.errors import nearest
from bench.plan.scales import load_scale, scale_names

if TYPE_CHECKING:
    from bench.methods._card import Card

COUNTED_ON = {  # task: backbone, classes
    "classification": ("resnet32_cifar", 100),
    "segmentation": ("efficientdet_d0", 21),
    "detection": ("fasterrcnn_resnet18_fpn", 80),
}


def show(
    name: Annotated[
        str, typer.Argument(help="A method, backbone, dataset, scale or PAPER/VARIANT, as `python -m bench list` names them.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    backbone: Annotated[
        str | None,
        typer.Option(help="The backbone (and teacher) that extra parameters are counted on; one of the method's task."),
    ] = None,
    classes: Annotated[
        int | None,
        typer.Option(help="The number of classes that they are counted for; as many as CIFAR-100, VOC or COCO has.", min=2),
    ] = None,
    settings: Set = None,
    settings_file: SettingsFile = None,
) -> None:
    """Say what a method does, where that is written, what it needs and costs; or what another name stands for.

    Example: `python -m bench show dlb`, `python -m bench show drrnet/dlb`
    """
    plan = plan_of(settings, settings_file)
    facts = known_facts(plan, name)
    if facts is None:
        _show_method(plan, name, as_json, backbone, classes)
    elif as_json:
        print(json.dumps(facts, indent=1))
    else:
        for heading, value in facts.items():
            print(f"{heading:<17} {_words(value)}")


def _show_method(plan: Plan, method: str, as_json: bool, backbone: str | None, classes: int | None) -> None:
    from bench.methods import load_method
    from bench.methods._card import card_of, extra_parameters

    plugins = plan.settings.plugins
    tasks = load_method(method, plugins).tasks
    usual = next((COUNTED_ON[task] for task in tasks if task in COUNTED_ON), None)
    if usual is None:
        raise BenchError(f"method '{method}', tasks: {tasks!r}; expected a tuple of {', '.join(COUNTED_ON)}")
    backbone, classes = backbone or usual[0], classes or usual[1]
    card = card_of(method, plugins)
    extra = extra_parameters(method, backbone, classes, plugins)
    if as_json:
        counted = {"count": extra, "backbone": backbone, "classes": classes}
        print(json.dumps({**asdict(card), "extra_parameters": counted}, indent=1))
        return
    for heading, text in _lines(card, f"{extra:,} on {backbone} with {classes} classes, dropped after training"):
        print(f"{heading:<17} {text}")


def known_facts(plan: Plan, name: str) -> dict[str, Any] | None:
    """What is known of a name that is not a method's; ``None`` where it is one.

    Raises
    ------
    BenchError
        If nothing is called so; told with the nearest name of any kind.
    """
    scales, variants = scale_names(plan.settings.scales), _variants(plan)
    methods = method_files(plan.settings.plugins)
    if name in methods:
        return None
    if name in backbone_files():
        return {"backbone": name, "family": backbone_files()[name].stem, **backbone_facts(name), **_counted(name)}
    if name in dataset_files():
        size = dataset_size(name)
        counts = {"train": size.train, "test": size.test, "counts are": "assumed" if size.assumed else "the full set's"}
        return {"dataset": name, "family": dataset_files()[name].stem, **dataset_facts(name), **counts}
    if name in scales:
        return {
            "scale": name,
            **{key: value for key, value in vars(load_scale(name, plan.settings.scales)).items() if key != "name"},
        }
    if name in variants:
        return variants[name]
    known = (*methods, *backbone_files(), *dataset_files(), *scales, *variants)
    advice = f"{nearest(name, known)} python -m bench list names them".strip()
    raise BenchError(f"unknown method, backbone, dataset, scale or variant '{name}'; {advice}")


def _counted(backbone: str) -> dict[str, Any]:
    cost = backbone_costs().get(backbone)
    if cost is None:
        return {}
    where = f"100 classes, {cost.size} x {cost.size} pixels"
    return {"counted for": where, "parameters": cost.parameters, "flops": cost.convolution_flops + cost.linear_flops}


def _variants(plan: Plan) -> dict[str, dict[str, Any]]:
    found = {}
    for paper in plan.papers.values():
        for variant in paper.variants.values():
            changes = {"overrides": list(variant.overrides), "recipe": dict(variant.recipe)}
            found[f"{paper.name}/{variant.name}"] = {
                "variant": f"{variant.name} ({variant.label})",
                "paper": paper.short,
                "own": variant.name in paper.own,
                "method": variant.method,
                "params": dict(variant.params),
                "teachers": {role: teacher.variant for role, teacher in variant.teachers.items()},
                **{key: value for key, value in changes.items() if value},
            }
    return found


def _words(value: object) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_words(item)}" for key, item in value.items()) or "none"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_words, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _lines(card: Card, extra: str) -> list[tuple[str, str]]:
    """Headings and what stands beside them."""
    rows = [
        ("method", f"{card.name} ({card.label})"),
        ("idea", card.idea),
        ("paper", card.paper),
        ("equations", card.equations),
    ]
    if card.hyperparameters:
        rows.append(("hyper-parameters", card.notes["hyperparameters"]))
        rows += [("", f"{item.name} = {item.default!r} ({item.kind}); source: {item.source}") for item in card.hyperparameters]
    else:
        rows.append(("hyper-parameters", "none"))
    rows += [("also known", f"{name}: {_settings(params)}") for name, params in card.named.items()]
    return [
        *rows,
        ("extra parameters", extra if not extra.startswith("0 ") else "none"),
        ("cost of a step", _cost(card)),
        (
            "data",
            f"{card.views} view{'s' if card.views > 1 else ''} per image" + (", pairs of one class" if card.pairs else ""),
        ),
        ("teachers", ", ".join(card.teachers) or "none"),
        ("differences", card.differences),
    ]


def _settings(params: dict[str, Any]) -> str:
    return ", ".join(f"{key} = {value!r}" for key, value in params.items())


def _cost(card: Card) -> str:
    if not card.trains:
        return "nothing is trained"
    passes = ", ".join(f"{count:g} {kind}" for kind, count in card.passes.items())
    return f"{card.cost:g} times the baseline's, counted in passes per batch of fresh images ({passes})"
