"""Counted operations: none beside a baseline, the published ratios of FRSKD's self-teachers, steps that carry images over."""

import pytest
import torch

from bench.train import Machine, build_training
from bench.train.flops import count_flops

MACHINE = Machine(torch.device("cpu"), "fp32")


@pytest.fixture
def counted(config, squares):
    def count(*args, **kwargs):
        return count_flops(build_training(config(*args, **kwargs), squares, {}, MACHINE))

    return count


def test_a_baseline_adds_nothing(counted):
    flops = counted()
    assert flops.forward > 0 and flops.extra == 0


@pytest.mark.parametrize(
    "params, ratio",  # methods.md 3.2, convolutions and matrix products alone; the paper's 0.67, 2.38, 0.21, 0.68 count more
    [
        ({"self_teacher": "bifpn", "width": 1}, 0.659),
        ({"self_teacher": "bifpn", "width": 2}, 2.355),
        ({"width": 1}, 0.200),
        ({"width": 2}, 0.669),
    ],
)
def test_self_teachers_of_frskd(counted, config, squares, params, ratio):
    made = config("frskd", params, backbone="wrn16_2_frskd")
    made["backbone"]["width"] = 1.0
    flops = count_flops(build_training(made, squares, {}, MACHINE))
    assert flops.extra / flops.forward == pytest.approx(ratio, abs=0.002)


def test_a_step_that_sees_every_image_twice_adds_a_pass(counted):
    flops = counted("dlb")
    assert flops.extra == pytest.approx(flops.forward)


def test_a_step_is_three_forward_passes_and_random_blocks_are_a_mean(counted, config, squares):
    flops = counted()
    assert 2.5 * flops.forward < flops.step < 3 * flops.forward  # the images need no gradient
    made = config("stochastic_depth", backbone="resnet20_cifar")
    mean = count_flops(build_training(made, squares, {}, MACHINE), draws=100)
    assert 0.6 < mean.step / count_flops(build_training(config(backbone="resnet20_cifar"), squares, {}, MACHINE)).step < 0.9
