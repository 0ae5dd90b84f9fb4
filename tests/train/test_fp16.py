"""fp16 on a CPU, which torch computes for it: what the scaler owes a training, on a GPU as here."""

import pytest
import torch
from projects.squares import built, trained

from bench.methods import Clock
from bench.train import Machine
from bench.train.loop import Interrupted

SGD = {"name": "sgd", "lr": 0.1, "momentum": 0.9}
CLOCK = Clock(1, 2, 0, 4)


@pytest.fixture
def half():
    return Machine.of("cpu", "fp16", 1)


def test_a_step_is_that_of_fp32_to_the_rounding_and_keeps_weights_in_fp32(config, squares, half, machine, tmp_path):
    moves = []
    for where in (machine, half):
        training = built(config(optimiser=SGD), squares, where, tmp_path / "c").training
        _scale(training, 256.0)
        weights = [item.detach().clone() for item in training.method.parameters()]
        training.update(next(training.batches_in(1, 0)), CLOCK)
        after = list(training.method.parameters())
        assert {item.dtype for item in after} == {torch.float32}
        moves.append(torch.cat([(now - was).detach().flatten() for now, was in zip(after, weights, strict=True)]))
    assert 0 < torch.linalg.norm(moves[1] - moves[0]) < 0.25 * torch.linalg.norm(moves[0])


@pytest.mark.parametrize("limits", [{}, {"clip_value": 1e-3}, {"clip_gradient": 1e-3}, {"micro_batch": 8}])
def test_an_overflown_step_changes_no_weight_and_halves_the_scale(config, squares, half, tmp_path, limits):
    training = built(config(optimiser=SGD, **limits), squares, half, tmp_path / "c").training
    _scale(training, 2.0**40)  # gradients of 1e-6 pass fp16's 65504
    weights = [item.detach().clone() for item in training.method.parameters()]
    batch = next(training.batches_in(1, 0))
    training.update(batch, CLOCK)
    assert all(torch.equal(now, was) for now, was in zip(training.method.parameters(), weights, strict=True))
    assert training.scaler.get_scale() == 2.0**39
    _scale(training, 256.0)
    training.update(batch, CLOCK)
    moved = max(float((now - was).detach().abs().max()) for now, was in zip(training.method.parameters(), weights, strict=True))
    assert (
        0 < moved < (1.01e-4 if {"clip_value", "clip_gradient"} & limits.keys() else 1.0)
    )  # the learning rate times the limit


def test_taken_up_again_it_goes_on_with_its_scale(config, squares, half, tmp_path):
    settings = config(epochs=2, optimiser=SGD)
    whole, training = trained(settings, squares, half, tmp_path / "whole")
    scale = training.scaler.get_scale()
    assert whole.status == "finished" and scale < 2.0**16  # some first step has overflown
    asked = iter(range(100))
    with pytest.raises(Interrupted):
        trained(settings, squares, half, tmp_path / "cut", stop=lambda: next(asked) >= 6)
    again, training = trained(settings, squares, half, tmp_path / "cut")
    assert training.scaler.get_scale() == scale and again.curve == whole.curve


def test_its_steps_are_not_recorded(config, squares, tmp_path):
    machine = Machine.of("cpu", "fp16", 1, cuda_graphs="yes")
    assert built(config(), squares, machine, tmp_path / "c").training.update.how == "eager"


def _scale(training, scale):
    if training.scaler.is_enabled():
        training.scaler.load_state_dict({**training.scaler.state_dict(), "scale": scale})
