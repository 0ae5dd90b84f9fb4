"""Stage features, the pooled feature, the split, and that tapping leaves no trace."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from bench.backbones import Network
from bench.plan import BenchError
from bench.tasks import build_network

Narrow = Callable[..., Network]
Images = Callable[..., Tensor]

SIX_N = [(16, 32, 32), (32, 16, 16), (64, 8, 8)]
WIDE = [(32, 32, 32), (64, 16, 16), (128, 8, 8)]
TIMES_FOUR = [(64, 32, 32), (128, 16, 16), (256, 8, 8)]
IMAGENET = [(64, 56, 56), (128, 28, 28), (256, 14, 14), (512, 7, 7)]
MOBILE = [(128, 56, 56), (256, 28, 28), (512, 14, 14), (1024, 7, 7)]
SHAPES = {
    **{f"resnet{depth}_cifar": (32, SIX_N, 64) for depth in (20, 32, 44, 50, 56, 74, 92, 110)},
    "resnet110_bottleneck_cifar": (32, TIMES_FOUR, 256),
    "resnet164_bottleneck_cifar": (32, TIMES_FOUR, 256),
    "resnet8x4_cifar": (32, TIMES_FOUR, 256),
    "resnet32x4_cifar": (32, TIMES_FOUR, 256),
    "wrn16_2": (32, WIDE, 128),
    "wrn16_2_frskd": (32, WIDE, 128),
    "wrn40_2": (32, WIDE, 128),
    "wrn40_1": (32, SIX_N, 64),
    "wrn16_4": (32, TIMES_FOUR, 256),
    "wrn28_4": (32, TIMES_FOUR, 256),
    "wrn28_10": (32, [(160, 32, 32), (320, 16, 16), (640, 8, 8)], 640),
    "resnet18_cifar": (32, [(64, 32, 32), (128, 16, 16), (256, 8, 8), (512, 4, 4)], 512),
    "resnet34_cifar": (32, [(64, 32, 32), (128, 16, 16), (256, 8, 8), (512, 4, 4)], 512),
    "resnet50_stem64_cifar": (32, [(256, 32, 32), (512, 16, 16), (1024, 8, 8), (2048, 4, 4)], 2048),
    "resnet18": (224, IMAGENET, 512),
    "resnet34": (224, IMAGENET, 512),
    "resnet50": (224, [(256, 56, 56), (512, 28, 28), (1024, 14, 14), (2048, 7, 7)], 2048),
    "mobilenet_v1": (224, MOBILE, 1024),
    "mobilenet_v1_relu": (224, MOBILE, 1024),
    "mobilenetv1_cifar": (32, [(128, 16, 16), (256, 8, 8), (512, 4, 4), (1024, 2, 2)], 1024),
    "mobilenetv2_half_cifar": (32, [(12, 16, 16), (16, 8, 8), (48, 4, 4), (160, 2, 2)], 1280),
    "shufflenetv1_cifar": (32, [(240, 16, 16), (480, 8, 8), (960, 4, 4)], 960),
    "shufflenetv2_cifar": (32, [(116, 16, 16), (232, 8, 8), (464, 4, 4)], 1024),
    "vgg8_cifar": (32, [(128, 16, 16), (256, 8, 8), (512, 4, 4), (512, 4, 4)], 512),
    "vgg13_cifar": (32, [(128, 16, 16), (256, 8, 8), (512, 4, 4), (512, 4, 4)], 512),
}
WITHOUT_LAST_RELU = {"mobilenetv2_half_cifar", "shufflenetv2_cifar"}


def test_feature_shapes_are_the_published_ones(staged: str) -> None:
    size, shapes, pooled = SHAPES[staged.removesuffix("_short")]
    with torch.device("meta"):
        network = build_network(staged, 100)
        assert network.stage_shapes(size) == shapes
        assert network.feature_width == pooled
        assert [norm.num_features for norm in network.stage_norms()][-1] > 0


def test_tapping_changes_no_logit(tapped: str, narrow: Narrow, images_for: Images) -> None:
    network, images = narrow(tapped).eval(), images_for(tapped)
    with torch.no_grad():
        plain = network(images)
        after = network.look(images)
        before = network.look(images, before_activation=True)
        logits, pooled = network.penultimate(images)
    assert all(torch.equal(plain, other) for other in (after.logits, before.logits, logits))
    assert torch.equal(pooled, after.pooled)
    assert pooled.shape == (len(images), network.feature_width)
    classifier = [module for module in network.modules() if isinstance(module, nn.Linear)][-1]
    assert torch.allclose(classifier(pooled), plain, atol=1e-6)
    assert [tuple(part.shape[1:]) for part in after.maps] == network.stage_shapes(32)


def test_the_activation_of_before_is_after(tapped: str, narrow: Narrow, images_for: Images) -> None:
    network, images = narrow(tapped).eval(), images_for(tapped)
    with torch.no_grad():
        _, after = network.features(images)
        _, before = network.features(images, before_activation=True)
    for index, (early, late) in enumerate(zip(before, after, strict=True)):
        if network.norms:
            assert torch.equal(early, network.stage_norms()[index](late))
        elif tapped in WITHOUT_LAST_RELU:
            assert torch.equal(early, late)
        else:
            highest = 6.0 if tapped == "mobilenet_v1" else float("inf")
            assert torch.equal(early.clamp(0, highest), late)
            assert not torch.equal(early, late)


def test_the_deepest_norm_of_a_resnet_feeds_the_sum(narrow: Narrow, images_for: Images) -> None:
    for name, last in (("resnet20_cifar", "layer3.2.bn2"), ("resnet8x4_cifar", "layer3.0.bn2"), ("resnet50", "layer4.2.bn3")):
        network = narrow(name)
        assert network.stage_norms()[-1] is network.net.get_submodule(last)
    vgg = narrow("vgg13_cifar")
    assert vgg.stage_norms() == [vgg.net.get_submodule(f"block{index}.4") for index in (1, 2, 3, 4)]


def test_features_carry_gradients_in_training(tapped: str, narrow: Narrow, images_for: Images) -> None:
    network = narrow(tapped)
    logits, maps = network.features(images_for(tapped), before_activation=True)
    (logits.square().mean() + sum(part.square().mean() for part in maps)).backward()
    first = next(network.parameters())
    assert first.grad is not None
    assert torch.isfinite(first.grad).all()


def test_nothing_stays_registered(tapped: str, narrow: Narrow, images_for: Images) -> None:
    network, images = narrow(tapped), images_for(tapped)
    inplace = {path: getattr(module, "inplace", None) for path, module in network.named_modules()}
    network.look(images, before_activation=True)
    with pytest.raises(RuntimeError):
        network.look(images[:, :2], before_activation=True)
    for path, module in network.named_modules():
        assert not module._forward_hooks
        assert not module._forward_pre_hooks
        assert getattr(module, "inplace", None) == inplace[path]


def test_probing_shapes_leaves_no_trace(tapped: str, narrow: Narrow) -> None:
    network = narrow(tapped)
    next(module for module in network.modules() if isinstance(module, nn.BatchNorm2d)).eval()
    modes = [module.training for module in network.modules()]
    state = {key: value.clone() for key, value in network.state_dict().items()}
    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    network.stage_shapes(32)
    assert torch.equal(torch.rand(1), expected)
    assert [module.training for module in network.modules()] == modes
    assert all(torch.equal(value, state[key]) for key, value in network.state_dict().items())


def test_trunk_and_tail_are_the_network(tapped: str, narrow: Narrow, images_for: Images) -> None:
    network, images = narrow(tapped), images_for(tapped)
    trunk, tail = network.split()
    own = {id(parameter) for parameter in network.parameters()}
    assert {id(parameter) for part in (trunk, tail) for parameter in part.parameters()} == own
    assert not {id(parameter) for parameter in trunk.parameters()} & {id(parameter) for parameter in tail.parameters()}
    network.eval()
    with torch.no_grad():
        _, maps = network.features(images)
        shared = trunk(images)
        assert torch.equal(shared, maps[-2])
        assert torch.allclose(tail(shared), network(images), atol=1e-6)


def test_a_copied_tail_is_another_branch(narrow: Narrow, images_for: Images) -> None:
    network, images = narrow("resnet32_cifar").eval(), images_for("resnet32_cifar")
    trunk, tail = network.split()
    branch = copy.deepcopy(tail)
    with torch.no_grad():
        assert torch.equal(branch(trunk(images)), network(images))
        for parameter in branch.parameters():
            parameter.zero_()
        assert network(images).abs().sum() > 0
        assert branch(trunk(images)).abs().sum() == 0


def test_a_backbone_without_stages_says_so(narrow: Narrow, images_for: Images) -> None:
    network = narrow("alexnet")
    with pytest.raises(BenchError, match="AlexNet: declares 0 stages"):
        network.features(images_for("alexnet"))
    with pytest.raises(BenchError, match="declares 0 stages where the method needs at least 2"):
        network.split()
    assert network.penultimate(images_for("alexnet"))[1].shape == (2, network.feature_width)
