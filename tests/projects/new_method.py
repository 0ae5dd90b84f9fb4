"""A working folder with stored results of two methods, and a new method to compare with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.plan import Plan, settings_from
from bench.records.asked import named_runs
from bench.records.comparison import compared_tables, runs_of
from bench.records.stored import add
from projects.recorded import RecordedProject, template

METHOD = '''"""A method for tests."""

import torch.nn.functional as F

from bench.methods import Method, Step


class Mine(Method):
    """Plain cross entropy under another name.

    Paper: none.

    Equations: CE.

    Differences from the authors' code: none.
    """

    label = "Mine"

    def step(self, batch, clock):
        logits = self.student(batch.views[0])
        return Step(logits, batch.labels, {"ce": F.cross_entropy(logits, batch.labels)})
'''


class StoredProject(RecordedProject):
    """Two columns, two methods, three seeds, all stored; ``mine.py`` is the new method."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        (folder / "mine.py").write_text(METHOD)
        for run in self.runs():
            self.record(run, accuracy=70.0 + 5.0 * (run.cell.variant == "tfkd"))
        add(self.plan, named_runs(self.plan, []))
        for run in self.runs():
            (folder / run.record).unlink()

    @property
    def assignments(self):
        return {**super().assignments, "seeds": [0, 1, 2]}

    def compared(self, **more) -> Plan:
        return Plan(settings_from({**self.assignments, "new_method": "mine.py", **more}))

    def record_new(self, plan: Plan, accuracy: float = 80.0, **changes) -> list:
        """Records of the new method as a training would leave them."""
        runs = runs_of(plan, compared_tables(plan), "mine")
        for run in runs:
            # The recorded project's own settings know nothing of the new method.
            self.record_as(plan, run, accuracy, **changes)
        return runs


@pytest.fixture
def compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StoredProject:
    monkeypatch.chdir(tmp_path)
    return template(StoredProject).copied(tmp_path)
