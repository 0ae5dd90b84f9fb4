"""Faster R-CNN on a pyramid: parameters, anchors, proposals, what is frozen, what repeats."""

import copy
import math

import pytest
import torch
from projects.detectors import TARGETS, detector, pixels, target
from torchvision.ops import box_iou

from bench.backbones import count_parameters
from bench.backbones._registry import FACTS
from bench.backbones.detection.anchors import anchor_grid
from bench.backbones.detection.matching import drawn, matched
from bench.backbones.detection.settings import STRIDES
from bench.backbones.fasterrcnn import BACKBONES, build
from bench.plan import BenchError

PIECES = {  # body, pyramid, all, frozen; body with norms that train
    "fasterrcnn_resnet18_fpn": (11_166_912, 2_607_104, 28_674_656, 156_864, 11_176_512),
    "fasterrcnn_resnet50_fpn": (23_454_912, 3_344_384, 41_699_936, 222_400, 23_508_032),
    "fasterrcnn_resnet101_fpn": (42_394_816, 3_344_384, 60_639_840, 222_400, 42_500_160),
    "fasterrcnn_mobilenetv2_fpn": (1_780_160, 2_482_176, 19_162_976, 0, 1_811_712),
}


def full(name, **options):
    facts = {key: value for key, value in BACKBONES[name].items() if key not in FACTS}
    with torch.device("meta"):
        return build(80, **{**facts, **options})


@pytest.mark.parametrize("name", BACKBONES)
def test_every_piece_has_its_parameters(name):
    net, (body, pyramid, total, frozen, trainable) = full(name), PIECES[name]
    assert count_parameters(net.body) == body
    assert count_parameters(net.pyramid) == pyramid
    assert count_parameters(net.proposals) == 593_935
    assert count_parameters(net.regions.fc1) + count_parameters(net.regions.fc2) == 13_895_680
    assert count_parameters(net.regions.scores) + count_parameters(net.regions.deltas) == 411_025
    assert count_parameters(net) == total
    assert sum(parameter.numel() for parameter in net.parameters() if not parameter.requires_grad) == frozen
    assert count_parameters(full(name, norm="batch").body) == trainable


def test_bottlenecks_stride_in_their_first_convolution():
    block = full("fasterrcnn_resnet50_fpn").body.res3[0]
    assert (block.conv1.stride, block.conv2.stride) == ((2, 2), (1, 1))


@pytest.mark.parametrize("name", BACKBONES)
def test_maps_stand_at_their_strides(name):
    net = detector(name).eval()
    with torch.no_grad():
        stages, maps = net.features(pixels(count=1))
    assert [64 // item.shape[2] for item in stages] == [4, 8, 16, 32]
    assert [64 // item.shape[2] for item in maps] == list(STRIDES)
    assert [item.shape[1] for item in stages] == net.body.channels
    assert {item.shape[1] for item in maps} == {net.channels}


def test_anchors_follow_the_formula():
    maps = [torch.zeros(1, 1, 100 // 2**level, 168 // 2**level) for level in range(5)]
    grids = anchor_grid(maps, (32, 64, 128, 256, 512), STRIDES)
    assert sum(map(len, grids)) == 3 * sum(item.shape[2] * item.shape[3] for item in maps)
    for size, stride, item, grid in zip((32, 64, 128, 256, 512), STRIDES, maps, grids, strict=True):
        for row, column, place, ratio in ((0, 0, 0, 0.5), (1, 2, 1, 1.0), (2, 1, 2, 2.0)):
            width = math.sqrt(size**2 / ratio)
            half = torch.tensor([width, ratio * width], dtype=torch.float64) / 2
            centre = torch.tensor([column * stride, row * stride], dtype=torch.float64)
            expected = torch.cat([centre - half, centre + half]).float()
            torch.testing.assert_close(grid[3 * (row * item.shape[3] + column) + place], expected)


def test_anchors_are_drawn_as_they_should_be():
    """At most half of the draws are positive, and every box has a positive anchor, however badly it fits."""
    net = detector()
    _, maps = net.features(pixels())
    grid = torch.cat(net.anchors(maps))
    wanted = target((1, 1, 4, 60), (20, 20, 52, 50), (0, 0, 64, 64))
    matches = matched(net.proposals.matcher, wanted, grid)
    overlap = box_iou(wanted["boxes"], grid)
    best = overlap.amax(1)
    assert best[0] < 0.7
    for box in range(3):
        assert (matches[overlap[box] == best[box]] >= 0).all()
    assert (matches[overlap.amax(0) >= 0.7] >= 0).all()
    positive, chosen = drawn(net.proposals.sampler, matches)
    assert len(chosen) == 32 and len(positive) <= 16
    assert (matches[chosen[len(positive) :]] == -1).all()


def test_boxes_to_train_on_hold_the_truth_and_at_most_a_quarter_foreground():
    net = detector()
    proposals = [torch.rand(60, 4) * 20 + torch.tensor([0, 0, 30, 30])]
    own = target((4, 5, 20, 30), (30, 30, 60, 50), labels=[3, 4])
    seen = set()
    for seed in range(8):
        torch.manual_seed(seed)
        (boxes,), (classes,), (wanted,) = net.regions.draw(proposals, [own])
        assert len(boxes) == 16 and 0 < int((classes > 0).sum()) <= 4
        fits = box_iou(boxes, own["boxes"]).amax(1) >= 0.5
        assert torch.equal(classes > 0, fits)
        seen |= {tuple(box.tolist()) for box in boxes}
        assert torch.equal(wanted[classes == 4], own["boxes"][:1].expand(int((classes == 4).sum()), 4))
    assert {tuple(box.tolist()) for box in own["boxes"]} <= seen


@pytest.mark.parametrize("targets", [TARGETS, [target()] * 3])
def test_pictures_without_boxes_train(targets):
    net = detector()
    taps = net.look(pixels(), targets)
    assert set(taps.losses) == {"rpn_objectness", "rpn_box", "class", "box"}
    assert all(term.isfinite() for term in taps.losses.values())
    if targets is not TARGETS:
        assert taps.losses["rpn_box"] == 0 and taps.losses["box"] == 0
    sum(taps.losses.values()).backward()
    assert all(parameter.grad is not None and parameter.grad.isfinite().all() for parameter in net.parameters())
    assert net.body.stem[0].weight.grad.abs().sum() > 0


def test_proposals_are_inside_best_first_and_few():
    net = detector()
    with torch.no_grad():
        _, maps = net.features(pixels(), [(64, 64), (64, 40), (30, 64)])
        boxes = net.proposals.propose(net.anchors(maps), *net.proposals(maps), [(64, 64), (64, 40), (30, 64)])
    for own, (height, width) in zip(boxes, [(64, 64), (64, 40), (30, 64)], strict=True):
        assert 0 < len(own) <= 40
        assert (own >= 0).all() and (own[:, 0::2] <= width).all() and (own[:, 1::2] <= height).all()
        assert (own[:, 2:] > own[:, :2]).all()


def test_padding_is_zero_after_normalisation():
    net = detector()
    images = net._normalised(pixels(), [(64, 64), (64, 40), (30, 64)])
    assert images[1, :, :, 40:].abs().sum() == 0 and images[2, :, 30:].abs().sum() == 0
    assert images[0].abs().min() >= 0 and images[1, :, :, 39].abs().sum() > 0
    swapped = detector(normalisation="code")
    assert torch.equal(swapped.mean, net.mean.flip(0)) and torch.equal(swapped.std, net.std.flip(0))


def test_frozen_parts_stay_as_they_are():
    torch.manual_seed(0)
    facts = {key: value for key, value in BACKBONES["fasterrcnn_resnet18_fpn"].items() if key not in FACTS}
    small = {"pyramid_width": 8, "hidden": 16, "smallest_anchor": 4.0, "canonical": 18.0, "regions_drawn": 8}
    net = build(5, **facts, **small, proposals_per_level=20, proposals=20)
    before = copy.deepcopy(net.state_dict())
    optimiser = torch.optim.SGD([p for p in net.parameters() if p.requires_grad], lr=1e-3, weight_decay=0.1)
    for seed in range(3):
        torch.manual_seed(seed)
        optimiser.zero_grad()
        sum(net.look(pixels(count=2), TARGETS[:2]).losses.values()).backward()
        optimiser.step()
    changed = {name for name, value in net.state_dict().items() if not torch.equal(value, before[name])}
    assert not [
        name for name in changed if name.startswith(("body.stem", "body.res2")) or ".bn" in name or "downsample.1" in name
    ]
    assert {name for name in before if name.startswith("body.res3") and name.endswith("conv1.weight")} <= changed


def test_a_step_repeats_by_its_seed():
    results = []
    for _ in range(2):
        net = detector()
        torch.manual_seed(7)
        sum(net.look(pixels(), TARGETS).losses.values()).backward()
        results.append([parameter.grad for parameter in net.parameters()])
    assert all(torch.equal(a, b) for a, b in zip(*results, strict=True))


def test_losses_are_fp32_under_bfloat16():
    net = detector()
    with torch.autocast("cpu", torch.bfloat16):
        taps = net.look(pixels(), TARGETS)
    assert {term.dtype for term in taps.losses.values()} == {torch.float32}
    assert taps.logits.dtype == torch.float32 and all(term.isfinite() for term in taps.losses.values())
    sum(taps.losses.values()).backward()


def test_a_checkpoint_predicts_the_same_boxes():
    first, second = detector(seed=0).eval(), detector(seed=1).eval()
    for net in (first, second):
        net.regions.settings = net.regions.settings.__class__(**{**vars(net.regions.settings), "least_score": 0.0})
    second.load_state_dict(first.state_dict())
    with torch.no_grad():
        for ours, theirs in zip(first(pixels()), second(pixels()), strict=True):
            assert len(ours["boxes"]) > 0
            assert all(torch.equal(ours[key], theirs[key]) for key in ("boxes", "scores", "labels"))
            assert ours["labels"].max() < 5 and torch.equal(ours["scores"], ours["scores"].sort(descending=True).values)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"norm": "frozen"}, "norm 'frozen' needs pretrained weights"),
        ({"norm": "layer"}, "norm 'layer'; allowed: frozen, batch"),
        ({"normalisation": "none"}, "normalisation 'none'; allowed: intended, code"),
        ({"proposal": 3}, "detector: .*'proposal'"),
    ],
)
def test_wrong_options_are_refused_in_a_line(options, words):
    with pytest.raises(BenchError, match=words) as caught:
        detector(**options)
    assert "\n" not in str(caught.value)
