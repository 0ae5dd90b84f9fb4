"""What networks predict is kept whole, and is shown beside the record of the same training alone."""

from dataclasses import replace

import pytest
from projects.paper import results_of

from bench.plan import BenchError
from bench.records.files import read_json, write_json
from bench.records.predictions import NO_PREDICTIONS, Picture, Predicted, Predictions, read_predictions, write_predictions

RUN = "paper/small/ships/tiny/ours/seed0"
ADDRESS = "data:image/png;base64,AA=="


@pytest.fixture
def kept():
    predicted = Predicted(
        RUN, {"config": "aaaa", "code": "bbbb"}, 76.0, {"accuracy": 76.0}, {"IoU": [50.0, None]}, {"p": [[0, 1, 2, 3, 1, None]]}
    )
    return Predictions(("#000000", "#800000", "#008000"), {"p": Picture(ADDRESS, 4, 3, ADDRESS)}, {RUN: predicted})


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


@pytest.mark.parametrize(
    "change",
    [
        {"score": "76"}, {"score": 176.0}, {"again": None}, {"run": "another"}, {"per_class": {}}, {"per_class": {"IoU": 50.0}},
        {"per_class": {"IoU": [50.0, [None]]}}, {"per_class": {"AP": [50.0, 1.0], "AP50": [50.0]}},
        {"per_class": {"IoU": [1.0, 2.0, 3.0]}}, {"drawings": {"q": ADDRESS}}, {"drawings": {"p": [[0, 1, 2, 3, 0]]}},
        {"drawings": {"p": [[0, 1, 2, 3, 2, None]]}}, {"drawings": {"p": [0, 1, 2, 3, 0, None]}}, {"drawings": None},
    ],
    ids=str,
)  # fmt: skip
def test_arrays_of_another_shape_are_damage(tmp_path, kept, change):
    path = tmp_path / "table.json"
    write_predictions(path, kept)
    content = read_json(path)
    content["runs"][RUN].update(change)
    write_json(path, content)
    with pytest.raises(BenchError, match="not what the suite writes; delete it, or look again"):
        read_predictions(path)


def test_those_of_another_training_are_not_shown(kept):
    (result,) = results_of({"ours": (76.0,)})
    assert kept.of([result]) == [kept.runs[RUN]]
    others = (
        replace(result, metrics={"accuracy": 76.5}),
        replace(result, facts={**result.facts, "fingerprint": {"config": "aaaa", "code": "cccc"}}),
        replace(result, facts={**result.facts, "data": {**result.facts["data"], "classes": ["one", "two", "three"]}}),
        replace(result, source="stored"),
        replace(result, run=replace(result.run, seed=1)),
        replace(result, status="diverged"),
    )
    assert kept.of(others) == []
