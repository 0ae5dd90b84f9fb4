"""States kept for figures: they change nothing, and all of them are there however a training ended."""

import pytest
import torch

from bench.train import Interrupted, Snapshots
from bench.train.checkpoint import load_checkpoint

EPOCHS = (2, 5, 12)


def steps(count):
    calls = iter(range(10**6))
    return lambda: next(calls) >= count


def values(outcome):
    return outcome.status, outcome.metrics, outcome.curve


def states(folder):
    return {epoch: load_checkpoint(folder / f"epoch{epoch}.pt") for epoch in EPOCHS}


def assert_equal(first, second):
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("method", ["baseline", "frskd"])
def test_a_training_is_the_same_with_and_without(method, config, run, tmp_path):
    asked = config(method, backbone="resnet20_cifar")
    plain, training = run(asked, checkpoint=tmp_path / "a")
    kept, other = run(asked, checkpoint=tmp_path / "b", snapshots=Snapshots(tmp_path, EPOCHS))
    assert repr(values(plain)) == repr(values(kept))
    assert_equal(training.method.state_dict(), other.method.state_dict())
    found = states(tmp_path)
    assert_equal(found[12]["method"], other.method.state_dict())
    assert not torch.equal(found[2]["method"]["student.net.fc.weight"], found[5]["method"]["student.net.fc.weight"])
    assert any(name.startswith("self_teacher.") for name in found[2]["method"]) == (method == "frskd")
    assert found[5]["epoch"] == 5 and found[5]["config"] == asked


@pytest.mark.parametrize("stops", [1, 7, 8, 9, 19, 47])
def test_a_training_that_is_stopped_anywhere_leaves_all_of_them(stops, config, run, tmp_path):
    whole, cut = Snapshots(tmp_path / "whole", EPOCHS), Snapshots(tmp_path / "cut", EPOCHS)
    run(config(), checkpoint=tmp_path / "a", snapshots=whole)
    with pytest.raises(Interrupted):
        run(config(), checkpoint=tmp_path / "b", snapshots=cut, stop=steps(stops))
    run(config(), checkpoint=tmp_path / "b", snapshots=cut)
    for epoch, state in states(tmp_path / "whole").items():
        assert_equal(state["method"], states(tmp_path / "cut")[epoch]["method"])


@pytest.mark.parametrize("how", ["never kept", "damaged", "of another training"])
def test_a_checkpoint_past_an_epoch_that_is_not_there_is_not_used(how, config, run, tmp_path, capfd):
    kept = Snapshots(tmp_path, EPOCHS)
    with pytest.raises(Interrupted):
        run(config(), checkpoint=tmp_path / "x", snapshots=kept, stop=steps(18))
    if how == "never kept":
        kept.path(2).unlink()
    elif how == "damaged":
        kept.path(2).write_bytes(b"garbage")
    else:
        run(config(seed=9), checkpoint=tmp_path / "y", snapshots=kept)
    expected, _ = run(config(), checkpoint=tmp_path / "z", snapshots=Snapshots(tmp_path / "whole", EPOCHS))
    outcome, _ = run(config(), checkpoint=tmp_path / "x", snapshots=kept)
    assert "a figure looks at epoch 2, which its checkpoint is past; training starts anew" in capfd.readouterr().err
    assert repr(values(outcome)) == repr(values(expected))
    assert_equal(states(tmp_path)[2]["method"], states(tmp_path / "whole")[2]["method"])


def test_an_epoch_ahead_of_the_checkpoint_does_not_stop_it(config, run, tmp_path, capfd):
    with pytest.raises(Interrupted):
        run(config(), checkpoint=tmp_path / "x", stop=steps(18))
    run(config(), checkpoint=tmp_path / "x", snapshots=Snapshots(tmp_path, (12,)))
    assert "anew" not in capfd.readouterr().err and (tmp_path / "epoch12.pt").exists()
