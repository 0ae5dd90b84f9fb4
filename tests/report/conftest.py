"""A tiny paper, its printed numbers, and a way to make results for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from projects.new_method import compared
from projects.paper import make_paper, results_of

from bench.plan import Paper, Scale
from bench.records.result import Result
from bench.report.reported import Key, ReportedNumber

__all__ = ["compared"]


@pytest.fixture
def paper() -> Paper:
    return make_paper()


@pytest.fixture
def reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the pages at the scale ``paper``, below a working directory of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "reports" / "paper"


@pytest.fixture
def scale() -> Scale:
    return Scale("paper", "paper", "Exactly the paper's.", comparable=True)


@pytest.fixture
def reported() -> dict[Key, ReportedNumber]:
    return {
        Key("ships", "tiny", "baseline", "accuracy"): ReportedNumber(70.5, 1.0, 5, "70.50", "1.00"),
        Key("ships", "tiny", "close", "accuracy"): ReportedNumber(70.9, 1.0, 5, "70.90", "1.00"),
        Key("ships", "tiny", "ours", "accuracy"): ReportedNumber(84.0, 1.0, 5, "84.00", "1.00"),
        Key("ships", "tiny", "ours", "accuracy_gain"): ReportedNumber(13.5, None, 5, "+13.50", ""),
    }


MakeResults = Callable[..., list[Result]]


@pytest.fixture
def make_results() -> MakeResults:
    return results_of
