"""What networks predict is kept whole, and is shown beside the record of the same training alone."""

from dataclasses import replace

import pytest
from projects.paper import results_of

from bench.plan import BenchError
from bench.records.files import read_json, write_json
from bench.records.predictions import NO_PREDICTIONS, Picture, Predicted, Predictions, read_predictions, write_predictions

RUN = "paper/small/ships/tiny/ours/seed0"


@pytest.fixture
def kept():
    predicted = Predicted(
        RUN, {"config": "aaaa", "code": "bbbb"}, 76.0, {"miou": 76.0}, {"IoU": [50.0, None]}, {"p": [[0, 1, 2, 3, 0, None]]}
    )
    return Predictions(("#000000", "#800000"), {"p": Picture("data:image/png;base64,AA==", 4, 3, "")}, {RUN: predicted})


def test_they_are_read_as_they_were_written(tmp_path, kept):
    path = tmp_path / "table.json"
    assert read_predictions(path) is NO_PREDICTIONS
    write_predictions(path, kept)
    assert read_predictions(path) == kept


@pytest.mark.parametrize(
    ("change", "words"), [({"schema": 2}, "another version"), ({"runs": {RUN: {"run": RUN}}}, "not what the suite writes")]
)
def test_another_content_is_named_with_what_to_do(tmp_path, kept, change, words):
    path = tmp_path / "quick" / "small" / "table2.json"
    write_predictions(path, kept)
    write_json(path, {**read_json(path), **change})
    with pytest.raises(BenchError, match=f"{words}.*python -m bench probe small/table2 --set scale=quick"):
        read_predictions(path)
    path.write_text("{}")
    with pytest.raises(BenchError, match="damaged.*python -m bench probe small/table2 --set scale=quick"):
        read_predictions(path)


def test_those_of_another_training_are_not_shown(kept):
    (result,) = results_of({"ours": (76.0,)})
    assert kept.of([result]) == [kept.runs[RUN]]
    others = (
        replace(result, metrics={"accuracy": 76.5}),
        replace(result, facts={**result.facts, "fingerprint": {"config": "aaaa", "code": "cccc"}}),
        replace(result, source="stored"),
        replace(result, run=replace(result.run, seed=1)),
        replace(result, status="diverged"),
    )
    assert kept.of(others) == []
