"""Images held out of the training set: what they choose, what a resumed training remembers, what is left alone."""

from dataclasses import replace

import numpy as np
import pytest
from projects.squares import trained

from bench.train import Interrupted


class Untouchable:
    """A test side that nobody may look at."""

    def __getattr__(self, name):
        raise AssertionError(f"the test side was asked for its {name}")

    __len__ = __iter__ = __getitem__ = lambda self, *words: self.__getattr__("images")


def train(made, squares, machine, tmp_path, **options):
    return trained(made, squares.held_out(made["recipe"]["validation"]), machine, tmp_path / "checkpoint.pt", **options)[0]


@pytest.mark.parametrize("rule", ["last", "best_validation", "best_test"])
def test_the_headline_is_the_epoch_that_the_recipe_selects(rule, config, squares, machine, tmp_path):
    made = config(selection=rule, validation={"share": 0.2}, epochs=6)
    outcome = train(made, squares, machine, tmp_path)
    side = rule.removeprefix("best_")
    at = 5 if rule == "last" else int(np.argmax(outcome.curve[f"{side}_accuracy"]))
    assert outcome.metrics["accuracy"] == outcome.curve["test_accuracy"][at]
    assert outcome.metrics["train_accuracy"] == outcome.curve["train_accuracy"][at]
    assert outcome.metrics["best_accuracy"] == max(outcome.curve["test_accuracy"])
    assert 100 * np.mean(outcome.hits) == pytest.approx(outcome.metrics["accuracy"])  # of the same epoch
    assert len(outcome.curve["validation_accuracy"]) == 6


def test_a_resumed_training_remembers_the_best_epoch(config, squares, machine, tmp_path):
    made = config(selection="best_test", validation={"share": 0.2}, epochs=6)
    whole = train(made, squares, machine, tmp_path)
    best = int(np.argmax(whole.curve["test_accuracy"]))
    assert best < 5  # else there is nothing to remember
    calls = iter(range(10**6))
    with pytest.raises(Interrupted):
        train(made, squares, machine, tmp_path / "cut", stop=lambda: next(calls) >= 5 * (best + 1) + 1)
    again = train(made, squares, machine, tmp_path / "cut")
    assert (again.metrics, again.hits) == (whole.metrics, whole.hits)


def test_a_tuning_run_never_looks_at_the_test_set(config, squares, machine, tmp_path):
    made = config(validation={"share": 0.2, "only": True}, epochs=2)
    outcome = train(made, replace(squares, test=Untouchable()), machine, tmp_path)
    assert not [name for name in outcome.curve if name.startswith("test_")] and outcome.hits == ()
    assert outcome.status == "finished" and "accuracy" not in outcome.metrics
    assert len(outcome.curve["validation_accuracy"]) == 2


def test_what_is_held_out_depends_on_the_data_alone(squares):
    held = squares.held_out({"share": 0.2})
    assert held.validation.labels.bincount().tolist() == [4, 4, 4] and len(held.train) == 48 and held.test is squares.test
    again, other = squares.held_out({"share": 0.2}), replace(squares, digest="1" * 64).held_out({"share": 0.2})
    assert again.validation.images.equal(held.validation.images)
    assert not other.validation.images.equal(held.validation.images)
    assert squares.held_out(None) is squares
