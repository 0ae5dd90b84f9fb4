"""Every registered backbone: builds, runs, learns, narrows, exports."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torchvision
from torch import Tensor, nn

from bench.backbones import Network
from bench.plan import BenchError, Plan, settings_from
from bench.plan.catalogue import backbone_facts
from bench.tasks import build_network

SAR = [
    "alexnet",
    "vgg11_bn",
    "vgg16_bn",
    "vgg19_bn",
    "resnet18",
    "resnet50",
    "densenet121",
    "xception",
    "inception_v4",
    "mobilenet_v1",
]


def gradients_after_a_step(network: Network, images: Tensor) -> dict[str, Tensor | None]:
    labels = torch.arange(len(images))
    logits = network(images)
    assert logits.shape == (len(images), 5)
    assert logits.dtype == torch.float32
    nn.functional.cross_entropy(logits, labels).backward()
    return {path: parameter.grad for path, parameter in network.net.named_parameters()}


def test_a_step_gives_every_parameter_a_finite_gradient(
    registered: str, narrow: Callable[..., Network], images_for: Callable[..., Tensor]
) -> None:
    gradients = gradients_after_a_step(narrow(registered), images_for(registered))
    missing = {path for path, gradient in gradients.items() if gradient is None}
    assert missing == ({"bn.weight", "bn.bias"} if registered == "wrn16_2_frskd" else set())
    assert all(torch.isfinite(gradient).all() for gradient in gradients.values() if gradient is not None)


@pytest.mark.parametrize("backbone", SAR)
def test_sar_backbones_work_at_an_eighth_of_their_width(backbone: str, images_for: Callable[..., Tensor]) -> None:
    network = build_network(backbone, 3, width=0.125)
    assert torch.isfinite(network(images_for(backbone))).all()


def test_half_width_runs_on_images_of_32_pixels(wired: str) -> None:
    size = {"alexnet": 63, "inception_v4": 75}.get(wired.removesuffix("_short"), 32)
    network = build_network(wired, 5, width=0.5).to("meta")
    assert network(torch.zeros(2, 3, size, size, device="meta")).shape == (2, 5)


def test_full_width_runs_at_its_own_size(registered: str) -> None:
    # Those with stages run at full width where their feature shapes are tested.
    if "stages" not in backbone_facts(registered):
        with torch.device("meta"):
            size = 32 if registered.startswith("densenet_bc") else 224
            assert build_network(registered, 100)(torch.zeros(2, 3, size, size)).shape == (2, 100)


def test_state_loads_into_an_untouched_network(
    wired: str, narrow: Callable[..., Network], images_for: Callable[..., Tensor]
) -> None:
    network = narrow(wired).eval()
    images = images_for(wired)
    if network.stages:
        network.look(images, before_activation=True)
        network.split()
        network.stage_shapes(32)
    fresh = build_network(wired, 5, width=0.25).net.eval()
    fresh.load_state_dict(network.net.state_dict())
    with torch.no_grad():
        assert torch.equal(fresh(images), network(images))


def test_an_imagenet_stem_state_loads_into_torchvision() -> None:
    torchvision.models.resnet18(num_classes=10).load_state_dict(build_network("resnet18", 10).net.state_dict())


def test_weights_are_a_function_of_the_seed(wired: str) -> None:
    def draw() -> dict[str, Tensor]:
        torch.manual_seed(8)
        return build_network(wired, 5, width=0.25).net.state_dict()

    first, second = draw(), draw()
    assert all(torch.equal(first[key], second[key]) for key in first)


@pytest.mark.parametrize("backbone", ["resnet20_cifar", "wrn16_2", "vgg8_cifar", "mobilenetv2_half_cifar"])
def test_convolutions_are_drawn_as_their_authors_draw_them(backbone: str) -> None:
    torch.manual_seed(0)
    for module in build_network(backbone, 100).modules():
        if isinstance(module, nn.Conv2d) and module.weight.numel() > 10_000:
            expected = (2 / (module.kernel_size[0] ** 2 * module.out_channels)) ** 0.5
            assert module.weight.std().item() == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_logits_are_fp32_in_channels_last_and_under_autocast(
    tapped: str, precision: torch.dtype, narrow: Callable[..., Network], images_for: Callable[..., Tensor]
) -> None:
    network = narrow(tapped).to(memory_format=torch.channels_last)
    images = images_for(tapped).to(memory_format=torch.channels_last)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision is torch.bfloat16):
        taps = network.look(images, before_activation=True)
    assert taps.logits.dtype == taps.pooled.dtype == torch.float32
    assert all(torch.isfinite(part).all() for part in (taps.logits, taps.pooled, *taps.maps))
    # torchvision's channel shuffle makes its maps contiguous the other way.
    assert tapped == "shufflenetv2_cifar" or all(part.is_contiguous(memory_format=torch.channels_last) for part in taps.maps)
    (taps.logits.sum() + sum(part.float().sum() for part in taps.maps)).backward()


def test_double_networks_stay_double(narrow: Callable[..., Network], images_for: Callable[..., Tensor]) -> None:
    assert narrow("resnet20_cifar").double()(images_for("resnet20_cifar").double()).dtype == torch.float64


def test_an_unknown_backbone_is_one_clear_line() -> None:
    with pytest.raises(BenchError, match=r"unknown backbone 'resnet20_cifer'.*did you mean 'resnet20_cifar'"):
        build_network("resnet20_cifer", 10)


@pytest.mark.parametrize(
    ("backbone", "options"),
    [
        ("resnet20_cifar", {"depth": 21}),
        ("resnet20_cifar", {"shortcut": "C"}),
        ("wrn16_2", {"depth": 18}),
        ("densenet_bc100_k12", {"depth": 99}),
    ],
)
def test_impossible_options_are_refused(backbone: str, options: dict[str, object]) -> None:
    with pytest.raises(BenchError, match=str(next(iter(options.values())))):
        build_network(backbone, 10, **options)


def test_frskd_s_networks_for_small_images_keep_pytorch_s_initial_weights():
    """The layers' own draw is uniform within 1 / sqrt(fan in); torchvision's is normal with variance 2 / fan out."""
    plan = Plan(settings_from({"scale": "paper"}))
    for backbone in ("resnet18_cifar", "resnet34_cifar"):
        config = plan.resolve(plan.cell("frskd", "cifar100", backbone, "baseline").run(0))["backbone"]
        torch.manual_seed(0)
        drawn = build_network(config["name"], 100, **config["options"]).net
        usual = build_network(config["name"], 100).net
        for path in ("conv1", "layer2.0.conv1", "layer4.1.conv2", "layer3.0.downsample.0"):
            own, theirs = (net.get_submodule(path).weight.detach() for net in (drawn, usual))
            bound = own[0].numel() ** -0.5
            assert 0.9 * bound < float(own.abs().max()) <= 1.00001 * bound
            assert path == "conv1" or float(theirs.abs().max()) > 1.1 * bound
            if path.startswith("layer4"):
                assert float(theirs.std() / own.std()) == pytest.approx(2.4, abs=0.1)
    with pytest.raises(BenchError, match="initialisation 'kaiming'; allowed: pytorch, torchvision"):
        build_network("resnet18_cifar", 10, initialisation="kaiming")
