"""What stands between a number of ours and the paper's."""

import pytest

from bench.stats import Comparability, comparability

SPLIT = "on our own split of the data"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, Comparability()),
        ({"stand_in": True, "reduced": "fewer epochs"}, Comparability("stand-in data", "stand-in data")),
        ({"other_data": True}, Comparability("other data", "other data")),
        ({"leaks": True, "own_split": True}, Comparability(*2 * ("trained on its test images",), SPLIT)),
        ({"reduced": "48-pixel images"}, Comparability("48-pixel images", "48-pixel images")),
        ({"selection": "last"}, Comparability()),
        (
            {"selection": "best_test"},
            Comparability(*2 * ("the paper prints the best epoch by test images, ours is the last epoch",)),
        ),
        ({"own_split": True}, Comparability("", "our own split", SPLIT)),
        ({"part": True, "own_split": True}, Comparability("", "our part of the data", "on our part of the data")),
        ({"precision": "bfloat16"}, Comparability("", "", "", "trained in bfloat16")),
        (
            {"precision": "bfloat16", "own_split": True},
            Comparability("", "our own split", SPLIT, "trained in bfloat16"),
        ),
    ],
)
def test_obstacles(facts: dict[str, object], expected: Comparability) -> None:
    assert comparability(**facts) == expected  # type: ignore[arg-type]
