"""What a method says of itself: read from its docstring, its parameters and its class attributes."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any

from bench.backbones import count_parameters
from bench.methods._method import Method
from bench.methods._registry import load_method
from bench.plan import BenchError
from bench.plan.catalogue import backbone_facts
from bench.plan.metrics import USUAL_TASK
from bench.tasks import build_network

HEADINGS = {"paper": "Paper:", "equations": "Equations:", "differences": "Differences from the authors' code:"}
SOURCES = "Sources:"
UNSAID = "not said"


@dataclass(frozen=True)
class Hyperparameter:
    """One hyper-parameter: its default and where that comes from."""

    name: str
    kind: str
    default: object
    source: str


@dataclass(frozen=True)
class Card:
    """What ``show`` prints of a method.

    Attributes
    ----------
    named
        Settings that the field knows by a name of their own.
    passes
        Student passes and teacher passes per batch of fresh images, by their kind.
    cost
        Of a step relative to the baseline's, counted in passes.
    """

    name: str
    label: str
    idea: str
    paper: str
    equations: str
    differences: str
    hyperparameters: tuple[Hyperparameter, ...]
    named: dict[str, dict[str, Any]]
    passes: dict[str, float]
    cost: float
    views: int
    pairs: bool
    teachers: tuple[str, ...]
    trains: bool
    notes: dict[str, str] = field(default_factory=dict)


def card_of(name: str, plugins: Iterable[str] = ()) -> Card:
    """Read a method's card; what its docstring leaves out is :data:`UNSAID`.

    Raises
    ------
    BenchError
        If there is no such method.
    """
    kind = load_method(name, plugins)
    paragraphs = _paragraphs(kind)
    return Card(
        name=name,
        label=kind.label,
        idea=paragraphs[0],
        **{key: _after(paragraphs, heading) for key, heading in HEADINGS.items()},
        hyperparameters=_hyperparameters(kind, paragraphs),
        named={known_as: dict(params) for known_as, params in kind.named.items()},
        passes=dict(kind.passes),
        cost=round(kind.cost(), 3),
        views=kind.views,
        pairs=kind.pairs,
        teachers=kind.teacher_roles,
        trains=kind.trains,
        notes={"hyperparameters": " ".join((kind.Params.__doc__ or "").split())},
    )


def extra_parameters(name: str, backbone: str, classes: int, plugins: Iterable[str] = ()) -> int:
    """Parameters that train beside a backbone and are dropped afterwards; teachers are of the same backbone.

    Raises
    ------
    BenchError
        If the method cannot be built on that backbone, a network for another task, or with so few classes.
    """
    kind, task = load_method(name, plugins), backbone_facts(backbone).get("task", USUAL_TASK)
    if task not in kind.tasks:
        raise BenchError(f"method '{name}' is for {' and '.join(kind.tasks)}; '{backbone}' is a network for {task}")
    student, *teachers = (build_network(backbone, classes, task=task) for _ in range(1 + len(kind.teacher_roles)))
    method = kind(student, kind.Params(), classes, dict(zip(kind.teacher_roles, teachers, strict=True)))
    return count_parameters(method) - count_parameters(student)


def _paragraphs(kind: type[Method]) -> list[str]:
    text = inspect.cleandoc(kind.__doc__ or "")
    return [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]


def _after(paragraphs: list[str], heading: str) -> str:
    """The paragraphs from one heading to the next."""
    found: list[str] = []
    for paragraph in paragraphs:
        if paragraph.startswith(heading):
            found.append(paragraph.removeprefix(heading).strip())
        elif found and paragraph.startswith((*HEADINGS.values(), SOURCES)):
            break
        elif found:
            found.append(paragraph)
    return " ".join(found) or UNSAID


def _hyperparameters(kind: type[Method], paragraphs: list[str]) -> tuple[Hyperparameter, ...]:
    sources, defaults = _sources(_after(paragraphs, SOURCES)), kind.Params()
    return tuple(
        Hyperparameter(item.name, _kind(item.type), getattr(defaults, item.name), sources.get(item.name, UNSAID))
        for item in fields(kind.Params)
    )


def _kind(annotation: object) -> str:
    """A type as it is written, whether the file's annotations are text or types."""
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def _sources(text: str) -> dict[str, str]:
    """``alpha, beta: where from; width: where else.`` by name."""
    sources = {}
    for entry in text.removesuffix(".").split("; "):
        names, colon, source = entry.partition(": ")
        if colon:
            sources.update({name.strip(): source for name in names.split(",")})
        elif sources:  # a semicolon within a source
            last = [*sources][-1]
            sources[last] += f"; {entry}"
    return sources
