"""Every parameter count that the papers or their authors' code give: exact integers, counted without memory."""

from __future__ import annotations

import pytest
import torch

from bench.backbones import count_parameters
from bench.tasks import build_network

PUBLISHED = {
    # CIFAR ResNets with projections; the bottleneck ones are OKDDip's and ONE's "ResNet-110".
    "resnet20_cifar": {7: 272_279, 10: 272_474, 100: 278_324},
    "resnet32_cifar": {7: 466_711, 10: 466_906, 100: 472_756},
    "resnet44_cifar": {7: 661_143, 10: 661_338, 100: 667_188},
    "resnet50_cifar": {7: 758_359, 10: 758_554, 100: 764_404},
    "resnet56_cifar": {7: 855_575, 10: 855_770, 100: 861_620},
    "resnet74_cifar": {7: 1_147_223, 10: 1_147_418, 100: 1_153_268},
    "resnet92_cifar": {7: 1_438_871, 10: 1_439_066, 100: 1_444_916},
    "resnet110_cifar": {7: 1_730_519, 10: 1_730_714, 100: 1_736_564},
    "resnet110_bottleneck_cifar": {7: 1_146_967, 10: 1_147_738, 100: 1_170_868},
    "resnet164_bottleneck_cifar": {10: 1_704_154, 100: 1_727_284},
    "resnet8x4_cifar": {100: 1_233_540},
    "resnet32x4_cifar": {100: 7_433_860},
    "wrn16_2": {10: 691_674, 100: 703_284},
    "wrn16_4": {100: 2_772_020},
    "wrn40_1": {100: 569_780},
    "wrn40_2": {10: 2_243_546, 100: 2_255_156},
    "wrn28_4": {100: 5_872_180},
    "wrn28_10": {100: 36_536_884},
    "wrn16_2_frskd": {100: 703_060, 200: 715_960},
    "resnet18_cifar": {100: 11_220_132, 200: 11_271_432},
    "resnet34_cifar": {100: 21_328_292, 200: 21_379_592},
    "resnet50_stem64_cifar": {100: 23_705_252},
    "resnet18": {
        3: 11_178_051,
        7: 11_180_103,
        40: 11_197_032,
        67: 11_210_883,
        120: 11_238_072,
        200: 11_279_112,
        1000: 11_689_512,
    },
    "resnet34": {200: 21_387_272},
    "resnet50": {3: 23_514_179, 7: 23_522_375},
    "densenet_bc100_k12": {10: 769_162, 100: 800_032},
    "densenet_bc190_k40": {10: 25_624_430, 100: 25_821_620},
    "alexnet": {3: 57_016_131, 7: 57_032_519},
    "vgg11_bn": {3: 128_784_131, 7: 128_800_519},
    "vgg16_bn": {3: 134_281_283, 7: 134_297_671},
    "vgg19_bn": {3: 139_593_539, 7: 139_609_927},
    "densenet121": {3: 6_956_931, 7: 6_961_031},
    "xception": {3: 20_813_099, 7: 20_821_295},
    "inception_v4": {3: 41_147_427, 7: 41_153_575},
    "mobilenet_v1": {3: 3_210_051, 7: 3_214_151},
    # Measured on ReviewKD's ImageNet code.
    "mobilenet_v1_relu": {1000: 4_231_976},
    # No paper prints one: the ImageNet form's, of which only the stem's stride differs.
    "mobilenetv1_cifar": {7: 3_214_151},
    "mobilenetv2_half_cifar": {100: 812_836},
    "shufflenetv1_cifar": {100: 949_258},
    "shufflenetv2_cifar": {100: 1_355_528},
    "vgg8_cifar": {100: 3_965_028},
    "vgg13_cifar": {100: 9_462_180},
    # Short forms, which nobody published: torchvision's own count where only their statistics differ, else counted here.
    "alexnet_short": {1000: 61_100_840},
    "densenet121_short": {1000: 2_826_784},
    "resnet18_short": {1000: 11_689_512},
    "resnet34_short": {1000: 21_797_672},
    "resnet50_short": {1000: 25_557_032},
    "xception_short": {1000: 13_172_096},
    "inception_v4_short": {1000: 15_003_208},
    "mobilenet_v1_short": {1000: 3_156_776},
    "vgg11_bn_short": {1000: 127_556_584},
    "vgg16_bn_short": {1000: 132_868_840},
    "vgg19_bn_short": {1000: 133_053_736},
}
WITHOUT_PROJECTIONS = {
    "resnet20_cifar": {10: 269_722, 100: 275_572},
    "resnet32_cifar": {10: 464_154, 100: 470_004},
    "resnet110_cifar": {10: 1_727_962, 100: 1_733_812},
}
BASIC = [f"resnet{depth}_cifar" for depth in (20, 32, 44, 50, 56, 74, 92, 110)]


def count(name: str, classes: int, **options: object) -> int:
    with torch.device("meta"):
        return count_parameters(build_network(name, classes, **options))


def test_every_backbone_has_its_published_count(registered: str) -> None:
    expected = PUBLISHED[registered]
    assert {classes: count(registered, classes) for classes in expected} == expected


@pytest.mark.parametrize("name", WITHOUT_PROJECTIONS)
def test_resnets_with_shortcut_a_have_their_published_count(name: str) -> None:
    expected = WITHOUT_PROJECTIONS[name]
    assert {classes: count(name, classes, shortcut="A") for classes in expected} == expected


@pytest.mark.parametrize("name", BASIC)
def test_projections_cost_2752_parameters_at_every_depth(name: str) -> None:
    assert count(name, 10) - count(name, 10, shortcut="A") == 2752
    assert count(name, 10, avgpool_down=True) == count(name, 10, shortcut="A")
