"""Optimisers and schedules: learning rates at every milestone, at full and at reduced length."""

import pytest
import torch

from bench.train.optimise import EpochSchedule, build_optimiser

STEP = {"name": "step", "step_size": 7, "gamma": 0.8}
MULTI = {"name": "multistep", "milestones": [150, 225], "gamma": 0.1}


def rates(schedule, epochs, schedule_epochs, lr=1.0):
    """The learning rate during each epoch."""
    recipe = {
        "optimiser": {"name": "sgd", "lr": lr},
        "schedule": schedule,
        "epochs": epochs,
        "schedule_epochs": schedule_epochs,
    }
    optimiser = build_optimiser(torch.nn.Linear(1, 1), recipe)
    course = EpochSchedule(optimiser, recipe)
    found = []
    for epoch in range(epochs):
        found.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        course.advance(epoch + 1)
    return found


def test_drrnet_decays_by_a_fifth_every_seven_epochs():
    found = rates(STEP, 100, 100, 2e-4)
    assert found == pytest.approx([2e-4 * 0.8 ** (epoch // 7) for epoch in range(100)])


@pytest.mark.parametrize(("epoch", "rate"), [(149, 1.0), (150, 0.1), (151, 0.1), (224, 0.1), (225, 0.01), (226, 0.01)])
def test_a_milestone_counts_completed_epochs(epoch, rate):
    assert rates(MULTI, 300, 300)[epoch] == pytest.approx(rate)


def test_a_tenth_of_the_epochs_walks_through_the_same_schedule():
    assert rates(MULTI, 30, 300) == pytest.approx(rates(MULTI, 300, 300)[::10])
    assert rates(STEP, 10, 100) == pytest.approx(rates(STEP, 100, 100)[::10])


def test_cosine_and_constant():
    assert rates({"name": "cosine"}, 10, 10)[0] == 1.0
    assert rates({"name": "cosine"}, 10, 10)[9] < 0.05
    assert rates({"name": "constant"}, 5, 5) == [1.0] * 5


@pytest.mark.parametrize("norm", [torch.nn.BatchNorm2d(3), torch.nn.GroupNorm(1, 3), torch.nn.LayerNorm(3)])
def test_norms_decay_by_a_number_of_their_own_where_it_is_given(norm):
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 3, 1), norm)
    frozen = network[0].bias.requires_grad_(False)
    recipe = {"optimiser": {"name": "sgd", "lr": 1.0, "weight_decay": 0.1, "weight_decay_norm": 0.0}}
    groups = build_optimiser(network, recipe).param_groups
    decay = {id(item): group["weight_decay"] for group in groups for item in group["params"]}
    assert decay == {id(network[0].weight): 0.1, id(norm.weight): 0.0, id(norm.bias): 0.0} and id(frozen) not in decay


def test_without_it_all_decay_alike():
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 3, 1), torch.nn.BatchNorm2d(3))
    (group,) = build_optimiser(network, {"optimiser": {"name": "sgd", "lr": 1.0, "weight_decay": 0.1}}).param_groups
    assert [id(item) for item in group["params"]] == [id(item) for item in network.parameters()]
