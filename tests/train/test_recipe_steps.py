"""What a recipe says of single steps: their learning rate, their passes, and which epochs are scored."""

import copy
import math

import pytest
import torch

from bench.methods import Clock
from bench.plan import BenchError
from bench.train import Interrupted, build_student, build_training
from bench.train.optimise import IterationSchedule
from bench.train.pretrained import begin_with

ITERATIONS = {"name": "multistep", "unit": "iteration", "milestones": [120_000, 160_000], "warm_up": 1000}


def schedule(epochs=12):
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.01)
    return IterationSchedule(optimiser, {"schedule": ITERATIONS, "epochs": epochs, "schedule_epochs": 12}), optimiser


@pytest.mark.parametrize(
    ("iteration", "lr"),
    [(0, 1e-5), (500, 5.005e-3), (1000, 1e-2), (119_999, 1e-2), (120_000, 1e-3), (159_999, 1e-3), (160_000, 1e-4)],
)
def test_the_learning_rate_of_a_detectors_iteration(iteration, lr):
    made, optimiser = schedule()
    made.set(iteration)
    assert optimiser.param_groups[0]["lr"] == pytest.approx(lr, rel=1e-12)


def test_a_shorter_training_walks_through_the_iterations_faster():
    made, _ = schedule(epochs=6)
    assert made.factor(59_999) == 1.0 and made.factor(60_000) == pytest.approx(0.1)


def test_a_resumed_training_by_iterations_ends_as_an_uninterrupted_one(config, run, tmp_path):
    by_iteration = {"name": "multistep", "unit": "iteration", "milestones": [6], "warm_up": 3}
    settings = config(epochs=2, schedule_epochs=2, schedule=by_iteration)
    whole, _ = run(settings, checkpoint=tmp_path / "a.pt")
    asked = iter([False] * 5 + [True])
    with pytest.raises(Interrupted):
        run(settings, checkpoint=tmp_path / "b.pt", stop=lambda: next(asked))
    resumed, _ = run(settings, checkpoint=tmp_path / "b.pt")
    assert resumed.curve == whole.curve and whole.curve["learning_rate"] == [2e-3, pytest.approx(2e-4)]


def test_a_step_of_two_passes_is_the_mean_of_both(config, squares, machine):
    sgd = {"optimiser": {"name": "sgd", "lr": 1.0}, "schedule": {"name": "constant"}, "batch_size": 60}
    training = build_training(config(**sgd, micro_batch=30), squares, {}, machine)
    batch, clock = next(training.batches.epoch(1)), Clock(1, 1, 0, 1, 1)
    plain = copy.deepcopy(training.method)
    expected = []
    for half in (slice(0, 30), slice(30, 60)):
        plain.zero_grad()
        sum(plain(batch.rows(half), clock).losses.values()).backward()
        expected.append([item.grad.clone() for item in plain.parameters()])
    before = [item.detach().clone() for item in training.method.parameters()]
    measured = training.update(batch, clock)
    for own, old, first, second in zip(training.method.parameters(), before, *expected, strict=True):
        assert torch.allclose(old - own, (first + second) / 2, atol=1e-5)
    counts = [module.num_batches_tracked for module in training.method.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    assert int(counts[0]) == 2 and measured.images == measured.counted == 60


def test_one_pass_of_the_whole_batch_is_the_plain_step(config, run, tmp_path):
    plain, passes = (
        run(config(epochs=1, **more), checkpoint=tmp_path / f"{len(more)}.pt")[0] for more in ({}, {"micro_batch": 16})
    )
    assert passes.curve == plain.curve


def test_epochs_between_evaluations_have_no_score_and_the_last_one_has(config, run):
    outcome, _ = run(config(epochs=5, evaluate_every=2))
    accuracy = outcome.curve["test_accuracy"]
    assert [math.isnan(value) for value in accuracy] == [True, False, True, False, False]
    assert outcome.metrics["accuracy"] == accuracy[-1] and outcome.metrics["best_accuracy"] == max(accuracy[1], *accuracy[3:])
    assert not any(math.isnan(value) for value in outcome.curve["learning_rate"])


def test_a_network_begins_with_a_file_of_weights(config, tmp_path, squares):
    first, second = (build_student(config(seed=seed), 3).net for seed in (0, 1))
    torch.save(first.state_dict(), tmp_path / "first.pth")
    begin_with(second, "first.pth", tmp_path)
    assert all(torch.equal(own, theirs) for own, theirs in zip(first.parameters(), second.parameters(), strict=True))
    other = build_student(config(seed=1), 7).net  # of other classes: all but the last layer
    begin_with(other, "first.pth", tmp_path)
    assert torch.equal(other.conv1.weight, first.conv1.weight) and other.fc.weight.shape[0] == 7


def test_weights_that_are_missing_or_of_another_network_are_told_in_a_line(config, tmp_path):
    net = build_student(config(), 3).net
    with pytest.raises(BenchError, match="pretrained weights 'none.pth' are not in"):
        begin_with(net, "none.pth", tmp_path)
    (tmp_path / "text.pth").write_text("no weights")
    with pytest.raises(BenchError, match=r"text.pth: holds no weights"):
        begin_with(net, "text.pth", tmp_path)
    torch.save({"conv1.weight": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(BenchError, match="does not fit the network"):
        begin_with(net, "other.pth", tmp_path)


def test_a_last_epoch_may_end_early_and_a_stopped_training_ends_there_too(config, run, tmp_path):
    made = config(epochs=3, last_epoch_share=0.5)  # of 4 steps: 60 images in batches of 16
    whole, training = run(made, checkpoint=tmp_path / "whole")
    assert len(list(training.batches_in(3, 0))) == 2 and len(list(training.batches_in(2, 0))) == 4
    assert len(whole.curve["loss"]) == 3
    calls = iter(range(10**6))
    with pytest.raises(Interrupted):
        run(made, checkpoint=tmp_path / "cut", stop=lambda: next(calls) >= 12)  # in the last epoch
    again, _ = run(made, checkpoint=tmp_path / "cut")
    assert (again.metrics, again.curve) == (whole.metrics, whole.curve)
