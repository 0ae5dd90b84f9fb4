"""What networks predict, class by class and for a few test pictures: ``results/probes/<scale>/<paper>/<table>.json``.

Of runs whose weights were kept; a page shows them beside the record of the same training.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.plan import BenchError, Plan
from bench.plan.metrics import headline
from bench.plan.schema import validate
from bench.records.files import read_json, write_json
from bench.records.result import Result

SCHEMA = 1


@dataclass(frozen=True)
class Predicted:
    """What one run's network predicts.

    Attributes
    ----------
    fingerprint, score
        The record's, and its headline metric in percent: what is held against the record that a page shows.
    again
        The task's metrics, worked out from the kept weights, percent each.
    per_class
        Label to a number per class in percent; ``None`` for a class that is neither there nor predicted.
    drawings
        Picture to what is drawn over it: an address of an image, or boxes (x, y, width, height, class, score).
    """

    run: str
    fingerprint: Mapping[str, str]
    score: float
    again: Mapping[str, float]
    per_class: Mapping[str, tuple[float | None, ...]]
    drawings: Mapping[str, Any] = field(default_factory=dict)

    def classes(self) -> set[int]:
        """Of how many classes its numbers are; one number where they agree."""
        return {len(values) for values in self.per_class.values()}


@dataclass(frozen=True)
class Picture:
    """A test picture as a page shows it: its address, its size there, and its truth, drawn as predictions are."""

    address: str
    width: int
    height: int
    truth: Any


@dataclass(frozen=True)
class Predictions:
    """Those of a table's runs by id: the colours of classes (``#rrggbb``), pictures by name."""

    colours: tuple[str, ...] = ()
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    runs: Mapping[str, Predicted] = field(default_factory=dict)

    def of(self, results: Iterable[Result]) -> list[Predicted]:
        """Those of results that are of the same training."""
        found = ((self.runs.get(result.run.id), result) for result in results)
        return [predicted for predicted, result in found if predicted and _is_of(predicted, result)]

    def agrees(self) -> bool:
        """Whether every run is under its id, and every class and picture that it names is there."""
        for run, predicted in self.runs.items():
            classes = predicted.classes()
            if run != predicted.run or len(classes) != 1 or max(classes) >= len(self.colours):
                return False
            if not predicted.drawings.keys() <= self.pictures.keys():
                return False
            drawn = [*predicted.drawings.values(), *(self.pictures[name].truth for name in predicted.drawings)]
            if any(box[4] >= max(classes) for each in drawn if not isinstance(each, str) for box in each):
                return False
        return True


NO_PREDICTIONS = Predictions()


def predictions_path(plan: Plan, paper: str, table: str) -> Path:
    """Where those of a table lie."""
    return Path("results/probes") / plan.scale.name / paper / f"{table}.json"


def write_predictions(path: Path, predictions: Predictions) -> None:
    """Write them as a whole or not at all."""
    write_json(path, {"schema": SCHEMA, **asdict(predictions)})


def read_predictions(path: Path) -> Predictions:
    """Those of a table; none where nothing was looked at.

    Raises
    ------
    BenchError
        If the file is damaged or of another version.
    """
    if not path.exists():
        return NO_PREDICTIONS
    scale, paper = path.parent.parent.name, path.parent.name
    again = f"delete it, or look again: python -m bench probe {paper}/{path.stem} --set scale={scale}"
    try:
        content = read_json(path)
    except BenchError as error:
        raise BenchError(f"{error}; {again}") from None
    if content.get("schema") != SCHEMA:
        raise BenchError(f"{path}: another version of the suite wrote it; {again}")
    try:
        validate(content, "predictions", str(path))
    except BenchError:
        raise BenchError(f"{path}: is not what the suite writes; {again}") from None
    pictures = {name: Picture(**facts) for name, facts in content["pictures"].items()}
    found = Predictions(
        tuple(content["colours"]), pictures, {run: Predicted(**facts) for run, facts in content["runs"].items()}
    )
    if not found.agrees():
        raise BenchError(f"{path}: is not what the suite writes; {again}")
    return found


def _is_of(predicted: Predicted, result: Result) -> bool:
    metric = headline(result.task)
    same = result.facts.get("fingerprint") == predicted.fingerprint and result.source == "fresh"
    if not same or result.metric(metric) != predicted.score or metric not in predicted.again:
        return False
    return predicted.classes() == {len(result.facts["data"]["classes"])}
