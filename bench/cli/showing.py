"""``show``: what a method is, needs and costs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench.cli.common import Set, SettingsFile, plan_of

if TYPE_CHECKING:
    from bench.methods._card import Card


def show(
    method: Annotated[str, typer.Argument(help="A method, as `python -m bench list methods` names it.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    backbone: Annotated[
        str, typer.Option(help="The backbone (and teacher) that extra parameters are counted on.")
    ] = "resnet32_cifar",
    classes: Annotated[int, typer.Option(help="The number of classes that they are counted for.", min=2)] = 100,
    settings: Set = None,
    settings_file: SettingsFile = None,
) -> None:
    """Say what a method does, where that is written, what it needs and what it costs.

    Example: `python -m bench show dlb`
    """
    from bench.methods._card import card_of, extra_parameters

    plugins = plan_of(settings, settings_file).settings.plugins
    card = card_of(method, plugins)
    extra = extra_parameters(method, backbone, classes, plugins)
    if as_json:
        counted = {"count": extra, "backbone": backbone, "classes": classes}
        print(json.dumps({**asdict(card), "extra_parameters": counted}, indent=1))
        return
    for heading, text in _lines(card, f"{extra:,} on {backbone} with {classes} classes, dropped after training"):
        print(f"{heading:<17} {text}")


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
