"""A working folder with a tiny paper that has a figure of each kind, and a scale that trains it in seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.plan import Plan, Run, settings_from

BACKBONE = "resnet20_cifar"
PLACE = {"dataset": "marks", "backbone": BACKBONE}
RECIPE = {
    "dataset": "digits",
    "image_size": 16,
    "augmentation": [{"horizontal_flip": 0.5}],
    "normalise": {"mean": [0.5], "std": [0.5]},
    "optimiser": {"name": "adam", "lr": 0.01},
    "schedule": {"name": "constant"},
    "epochs": 3,
    "batch_size": 64,
    "backbone": {"depth": 14},
}
FIGURES: dict[str, Any] = {
    "figure1": {
        "title": "Errors",
        "kind": "curves",
        "curves": ["test_error", "train_error"],
        "variants": ["baseline", "frskd"],
    },
    "figure2": {
        "title": "A sweep",
        "kind": "sweep",
        "axis": "method",
        "x": ["FRSKD", "Self-Guidance"],
        "lines": [{"variants": ["frskd", "guided"]}],
        "reference": "baseline",
    },
    "figure3": {"title": "Scores", "kind": "scores", "variant": "baseline", "matrix": "marks"},
    "figure4": {"title": "Attention", "kind": "attention", "variant": "frskd", "epochs": [0.3, 1.0], "samples": 2},
    "figure5": {"title": "Embedding", "kind": "embedding", "variant": "guided", "epochs": [0.5, 1.0], "skipped": [2, 2, 3]}
    | {"classes": 3, "images": 18},
}
CONTENT: dict[str, Any] = {
    "title": "A tiny paper",
    "short": "Tiny",
    "citation": "Nobody, Nowhere 2024",
    "repeats": 1,
    "labels": {"marks": "Marks", BACKBONE: "ResNet-14"},
    "recipes": {"marks": RECIPE},
    "variants": {
        "baseline": {"method": "baseline", "label": "Baseline"},
        "frskd": {"method": "frskd", "label": "FRSKD"},
        "guided": {"method": "self_guidance", "label": "Self-Guidance"},
        "ensemble": {"method": "ensemble", "label": "Ensemble", "teachers": {"generation0": "baseline"}},
    },
    "tables": {
        "table1": {
            "title": "A table",
            "baseline": "baseline",
            "blocks": [{"dataset": "marks", "columns": {"backbone": [BACKBONE]}, "rows": {"variant": ["baseline"]}}],
        }
    },
    "figures": {name: {**figure, "panels": [PLACE]} for name, figure in FIGURES.items()},
}


class FigureProject:
    """Two seeds of three variants; ``content`` is the paper's, written anew by ``write``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.content: dict[str, Any] = yaml.safe_load(yaml.safe_dump(CONTENT))
        scale = {"title": "tiny", "note": "Tiny.", "width": 0.5, "seeds_per_job": 2}
        for path, what in ((folder / "scales" / "demo.yaml", scale), (folder / "papers" / "tiny.yaml", self.content)):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(yaml.safe_dump(what))

    def write(self) -> None:
        (self.folder / "papers" / "tiny.yaml").write_text(yaml.safe_dump(self.content))

    @property
    def assignments(self) -> dict[str, Any]:
        folders = {f"{name}_dir": str(self.folder / name) for name in ("papers", "scales")}
        return {**folders, "paper": "tiny", "seeds": [0, 1], "precision": "fp32", "device": "cpu", "checkpoint_seconds": 0}

    @property
    def words(self) -> list[str]:
        """The settings as the command line takes them."""
        return [word for key, value in self.assignments.items() for word in ("--set", f"{key}={value}")]

    @property
    def plan(self) -> Plan:
        return Plan(settings_from(self.assignments))

    def run(self, variant: str, seed: int = 0) -> Run:
        return self.plan.cell("tiny", "marks", BACKBONE, variant).run(seed)


@pytest.fixture
def drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FigureProject:
    monkeypatch.chdir(tmp_path)
    return FigureProject(tmp_path)
