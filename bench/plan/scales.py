"""Scales: overlays on a paper's recipes (``config/scales/<scale>.yaml``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.plan.errors import BenchError, one_of
from bench.plan.files import listed
from bench.plan.schema import load_yaml, validate
from bench.plan.source import in_suite


@dataclass(frozen=True)
class Scale:
    """How a recipe is shrunk, or not at all.

    ``data`` replaces a paper's dataset by another one; ``epochs_factor`` shortens the training and walks through the paper's
    learning-rate schedule that much faster; ``width`` multiplies every backbone's channels; ``recipe`` overlays single keys
    and ``datasets``, ``backbones`` and ``papers`` do so for one of them. ``seeds`` bounds how many a paper is trained with,
    ``columns`` are those that its tables have here.
    """

    name: str
    title: str
    note: str
    seeds_per_job: int = 1
    together: Sequence[Mapping[str, Any]] = ()
    epochs_factor: float = 1.0
    width: float = 1.0
    data: Mapping[str, str] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)
    datasets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    backbones: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    papers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    seeds: Mapping[str, int] = field(default_factory=dict)
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    comparable: bool = False

    def overlay(self, dataset: str, backbone: str, paper: str = "") -> dict[str, Any]:
        """The recipe keys that this scale sets for one dataset and backbone; those for a paper come last."""
        of_cell = {**self.recipe, **self.datasets.get(dataset, {}), **self.backbones.get(backbone, {})}
        return {**of_cell, **self.papers.get(paper, {})}


def scale_names(folder: Path) -> list[str]:
    return [path.stem for path in listed(folder, ".yaml")]


def load_scale(name: str, folder: Path) -> Scale:
    if not folder.is_dir():
        raise BenchError(f"scales_dir '{folder}' is no folder")
    if name not in scale_names(folder):
        raise BenchError(f"unknown scale '{name}'; {one_of(name, scale_names(folder))}")
    file = folder / f"{name}.yaml"
    return Scale(name=name, **validate(load_yaml(file), "scale", in_suite(file)))
