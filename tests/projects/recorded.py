"""A working folder with a paper of one table, and records of its runs without any training."""

from __future__ import annotations

import atexit
import shutil
from copy import copy, deepcopy
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Self

import pytest
import yaml

from bench.plan import Plan, Run, Settings, settings_from
from bench.plan.catalogue import ROOT
from bench.records.fingerprint import fingerprint
from bench.records.record import write_record

BACKBONES, VARIANTS = ["resnet18", "vgg11_bn"], ["baseline", "tfkd"]
FOLDERS = ("papers_dir", "reported_dir", "stored_dir")
PLANS: dict[tuple[str, str, str], Plan] = {}
BLOCK = {"dataset": "opensarship", "columns": {"backbone": BACKBONES}, "rows": {"variant": VARIANTS}}


class RecordedProject:
    """Settings for two seeds of four cells; ``record`` writes what a training would have left."""

    _kept: tuple[tuple[str, str], Plan] = (("", ""), Plan(settings_from({})))

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        content = yaml.safe_load((ROOT / "config" / "papers" / "drrnet.yaml").read_text())
        content["tables"] = {"table2": {"title": "A cross-section", "baseline": "baseline", "blocks": [deepcopy(BLOCK)]}}
        content["figures"] = {
            "figure3": {"title": "Curves", "kind": "curves", "curves": ["loss"], "variants": ["baseline"]}
            | {"panels": [{"dataset": "opensarship", "backbone": "resnet18"}]}
        }
        self.write_paper(content)
        self.content = content
        header, *lines = (ROOT / "results" / "reported" / "drrnet" / "table2.csv").read_text().splitlines()
        places = tuple(f"opensarship,{name},{row}," for name in BACKBONES for row in VARIANTS)
        (folder / "reported" / "drrnet").mkdir(parents=True)
        printed = [header, *(line for line in lines if line.startswith(places))]
        (folder / "reported" / "drrnet" / "table2.csv").write_text("\n".join(printed) + "\n")

    def write_paper(self, content: dict[str, Any]) -> None:
        (self.folder / "papers").mkdir(exist_ok=True)
        (self.folder / "papers" / "drrnet.yaml").write_text(yaml.safe_dump(content))

    @property
    def assignments(self) -> dict[str, Any]:
        folders = {name: str(self.folder / name.removesuffix("_dir")) for name in FOLDERS}
        return {**folders, "seeds": [0, 1]}

    @property
    def settings(self) -> Settings:
        return settings_from(self.assignments)

    @property
    def plan(self) -> Plan:
        """A plan of the paper as it stands: the last one as long as settings, paper and scales are the same."""
        files = [self.folder / "papers" / "drrnet.yaml", *sorted(self.folder.glob("scales/*.yaml"))]
        key = (str(self.assignments), "".join(path.read_text() for path in files))
        if self._kept[0] != key:
            self._kept = (key, Plan(self.settings))
        return self._kept[1]

    @property
    def words(self) -> list[str]:
        """The settings as the command line takes them."""
        return [word for key, value in self.assignments.items() for word in ("--set", f"{key}={value}")]

    @property
    def stored(self) -> Path:
        return self.folder / "stored" / "demo" / "drrnet.csv"

    def runs(self, backbone: str = "", variant: str = "") -> list[Run]:
        found = self.plan.runs(self.plan.cells_of("drrnet", "table2"))
        return [run for run in found if backbone in ("", run.cell.backbone) and variant in ("", run.cell.variant)]

    def record(self, run: Run, accuracy: float = 60.0, **changes: Any) -> None:
        """Write a finished run's record below the working directory; ``changes`` replace its keys."""
        self.record_as(self._planned(run.cell.scale), run, accuracy, **changes)

    def _planned(self, scale: str) -> Plan:
        """A plan of the paper as it stands; one for all that are alike, since fingerprints take long."""
        ours = {name: value for name, value in self.assignments.items() if name not in FOLDERS}
        own = str(self.folder) if "scales_dir" in ours else ""  # its scales may be no other project's
        key = (scale, (self.folder / "papers" / "drrnet.yaml").read_text(), f"{ours} {own}")
        if key not in PLANS:
            PLANS[key] = Plan(replace(self.settings, scale=scale))
        return PLANS[key]

    def copied(self, folder: Path) -> Self:
        """The same project in another, empty folder."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        made = copy(self)
        made.folder, made.content = folder, deepcopy(self.content)
        return made

    def record_as(self, plan: Plan, run: Run, accuracy: float, **changes: Any) -> None:
        """The same, of a plan that knows more than this project's settings."""
        record = {
            "schema": 1,
            "run": run.id,
            "status": "finished",
            "reason": "",
            "metrics": {"accuracy": accuracy + run.seed, "best_accuracy": 70.0},
            "curve": {"loss": [1.0, 0.5]},
            "cost": {"train_seconds": 1.5, "parameters": 9},
            "config": plan.resolve(run),
            "fingerprint": fingerprint(plan, run),
            "sources": {},
            "data": {"name": "sar_standin3", "digest": "0" * 64, "stand_in": True, "train": 210, "test": 180, "classes": ["a"]},
            "teachers": {},
            "weights": {},
            "precision": "fp32",
            "hardware": {"cpu": "A CPU", "cpu_flags": [], "gpu": "", "threads": 1},
            "versions": {"bench": "0.1.0", "torch": "2.12.0"},
            "git": {},
        }
        write_record(self.folder / run.record, {**record, **changes})

    def record_all(self) -> None:
        for run in self.runs():
            self.record(run)


@cache
def template(kind: type[RecordedProject]) -> RecordedProject:
    """A project as it is made, once per process, for the fixtures to copy."""
    folder = Path(mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return kind(folder)


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RecordedProject:
    monkeypatch.chdir(tmp_path)
    return template(RecordedProject).copied(tmp_path)
