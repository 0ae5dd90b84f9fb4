"""Terms of the detection methods against the authors' codes, and by hand."""

import pytest
import torch
import torch.nn.functional as F
from projects.reference import assert_brief, normal
from torch import nn

from bench.backbones.detection.anchors import anchor_grid
from bench.methods.shared.imitation import SCOPES, imitation_distance, imitation_masks
from bench.methods.shared.losses import tempered_kl
from bench.methods.shared.review_fusion import ReviewFusion, hierarchical_context_loss

SIZES = [(24, 36), (12, 18), (6, 9), (3, 5), (2, 3)]


def test_divergence_of_boxes_equals_mdistiller():
    own, teacher = normal(1401, 12, 9, scale=3).requires_grad_(), normal(1402, 12, 9, scale=3)
    loss = 20 * tempered_kl(own, teacher, 1.0).mean()
    loss.backward()
    assert loss.item() == pytest.approx(98.28396067082036, rel=1e-9)
    assert loss.item() / 9 == pytest.approx(10.920440074535595, rel=1e-9)
    assert_brief(own.grad, 0.0, 5.672504041044567)
    order = torch.randperm(12)
    shuffled = 20 * tempered_kl(own[order], teacher[order], 1.0).mean()
    assert shuffled.item() == pytest.approx(loss.item(), rel=1e-12)


def test_a_hint_equals_mdistiller():
    own, teacher = normal(1411, 2, 4, 7, 5).abs().requires_grad_(), normal(1412, 2, 6, 7, 5).abs()
    regressor = nn.Sequential(nn.Conv2d(4, 6, 1), nn.BatchNorm2d(6), nn.ReLU()).double()
    with torch.no_grad():
        regressor[0].weight.copy_(normal(1413, 6, 4, 1, 1, scale=0.3))
        regressor[0].bias.copy_(normal(1414, 6, scale=0.1))
        regressor[1].weight.copy_(1 + normal(1415, 6, scale=0.1))
        regressor[1].bias.copy_(normal(1416, 6, scale=0.1))
    loss = 0.1 * F.mse_loss(regressor(own), teacher)
    loss.backward()
    assert loss.item() == pytest.approx(0.08590535082209548, rel=1e-9)
    assert_brief(own.grad, 0.0, 0.009527614374830915)
    assert_brief(regressor[0].weight.grad, 0.04694737143542422, 0.020573682580390225)


def test_review_of_five_levels_equals_the_authors_code():
    fusion = ReviewFusion([6] * 5, [8] * 5, 5).double()
    with torch.no_grad():
        for level, part in enumerate(fusion.levels):
            seed = 1200 + 10 * level
            part.reduce[0].weight.copy_(normal(seed, 5, 6, 1, 1, scale=0.3))
            part.reduce[1].weight.copy_(1 + normal(seed + 1, 5, scale=0.1))
            part.reduce[1].bias.copy_(normal(seed + 2, 5, scale=0.1))
            part.expand[0].weight.copy_(normal(seed + 3, 8, 5, 3, 3, scale=0.2))
            part.expand[1].weight.copy_(1 + normal(seed + 4, 8, scale=0.1))
            part.expand[1].bias.copy_(normal(seed + 5, 8, scale=0.1))
            if part.attention is not None:
                part.attention.weight.copy_(normal(seed + 6, 2, 10, 1, 1, scale=0.3))
                part.attention.bias.copy_(normal(seed + 7, 2, scale=0.1))
    assert [part.attention is None for part in fusion.levels] == [False] * 4 + [True]
    own = [normal(1051 + level, 2, 6, *size).requires_grad_() for level, size in enumerate(SIZES)]
    teacher = [normal(1061 + level, 2, 8, *size) for level, size in enumerate(SIZES)]
    terms = [hierarchical_context_loss(*pair) for pair in zip(fusion(own, SIZES), teacher, strict=True)]
    expected = [1.0352240971523665, 1.1103127668835129, 1.1921386922217772, 1.1961761648416331, 1.4097911858720067]
    assert [term.item() for term in terms] == pytest.approx(expected, rel=1e-9)
    sum(terms).backward()
    assert sum(terms).item() == pytest.approx(5.943642906971296, rel=1e-9)
    lengths = [0.007844471701688388, 0.017040241760607703, 0.03961320492753638, 0.08125368259105722, 0.12408722260291959]
    for item, length in zip(own, lengths, strict=True):
        assert_brief(item.grad, 0.0, length)
    assert_brief(fusion.levels[0].reduce[0].weight.grad, -0.05165721995762749, 0.03884593867860705)
    assert_brief(fusion.levels[4].expand[0].weight.grad, 0.011369241057860108, 0.6515156317241094)


def test_the_height_alone_says_which_pooled_sizes_count():
    own = [normal(1071 + level, 2, 3, *size).requires_grad_() for level, size in enumerate(SIZES)]
    teacher = [normal(1081 + level, 2, 3, *size) for level, size in enumerate(SIZES)]
    terms = [hierarchical_context_loss(*pair) for pair in zip(own, teacher, strict=True)]
    expected = [1.0472560989853663, 1.1086564055549517, 1.223583006949313, 1.4488547412205255, 1.9954704615518535]
    assert [term.item() for term in terms] == pytest.approx(expected, rel=1e-9)
    lengths = [0.020919526359046883, 0.043717898773332466, 0.09556798084104358, 0.20241156476827477, 0.3980293153925227]
    sums = [0.051645672370182, 0.0794614919050517, -0.03448853984328871, 0.22248678274086534, 0.16987396100767096]
    for gradient, total, length in zip(torch.autograd.grad(sum(terms), own), sums, lengths, strict=True):
        assert_brief(gradient, total, length)


BASE = torch.tensor(  # anchors of the single-level code: base 16, ratios by scales, rounded
    [[-15, -4, 30, 19], [-38, -16, 53, 31], [-84, -40, 99, 55], [-8, -8, 23, 23], [-24, -24, 39, 39], [-56, -56, 71, 71],
     [-3, -14, 18, 29], [-14, -36, 29, 51], [-36, -80, 51, 95]], dtype=torch.float64,
)  # fmt: skip
ROWS = [
    ["00000001000", "00000011100", "01110111110", "01110011100", "00100001000", *["0" * 11] * 4],
    ["0" * 11, "0" * 11, "0" * 11, "00001111000", "00011111100", "00111111111", "00111111111", "00011111110", "00001111100"],
]


def test_imitation_on_one_level_equals_the_authors_code():
    """Its boxes end at their last pixel, so that one is added to both ends; the result is the plain overlap."""
    y, x = torch.meshgrid(torch.arange(9) * 16.0, torch.arange(11) * 16.0, indexing="ij")
    end = torch.tensor([0, 0, 1, 1], dtype=torch.float64)
    anchors = (torch.stack([x, y, x, y], -1).reshape(-1, 1, 4).double() + BASE).reshape(-1, 4) + end
    boxes = [[[12, 20, 70, 90], [100, 10, 140, 60]], [[30, 60, 170, 139]]]
    wanted = [torch.tensor(own, dtype=torch.float64) + end for own in boxes]
    masks = imitation_masks([anchors], [(9, 11)], wanted, factor=0.5, scope="all_levels")
    assert [["".join(str(int(cell)) for cell in row) for row in mask] for mask in masks[0]] == ROWS
    own, teacher = normal(1091, 2, 4, 9, 11).requires_grad_(), normal(1092, 2, 4, 9, 11)
    weight, bias = normal(1093, 4, 4, 3, 3, scale=0.2).requires_grad_(), normal(1094, 4, scale=0.1).requires_grad_()
    adapted = F.conv2d(own, weight, bias, padding=1).relu()
    loss = 0.01 * imitation_distance([adapted], [teacher], masks, "all_levels")
    loss.backward()
    assert loss.item() == pytest.approx(0.03802533951862082, rel=1e-9)
    assert_brief(own.grad, 0.004678700852223799, 0.004127698755500041)
    assert_brief(weight.grad, 0.05714837925419606, 0.020891028779158435)
    assert_brief(bias.grad, 0.02142523348897449, 0.010863553474837966)


LEVELS = [(32, 4, 8), (16, 8, 16), (8, 16, 32), (4, 32, 64), (2, 64, 128)]  # side, stride, size
OBJECTS = [[[8, 10, 30, 40], [50, 20, 120, 110]], [], [[60, 60, 72, 70]]]
PYRAMID = {
    "all_levels": ([[0, 6, 4, 4, 1], [0, 0, 0, 0, 0], [4, 3, 0, 0, 0]], 4.017830057980249),
    "each_level": ([[409, 94, 24, 9, 4], [0, 0, 0, 0, 0], [4, 3, 5, 5, 3]], 3.8066944036264934),
    "own_level": ([[409, 0, 0, 0, 0], [0, 0, 0, 0, 0], [4, 0, 0, 0, 0]], 0.19022481166689903),
}


@pytest.mark.parametrize("scope", SCOPES)
def test_imitation_on_a_pyramid(scope):
    own, teacher = (
        [normal(seed + level, 3, 4, side, side) for level, (side, _, _) in enumerate(LEVELS)] for seed in (1301, 1311)
    )
    anchors = anchor_grid(own, [size for _, _, size in LEVELS], [stride for _, stride, _ in LEVELS])
    boxes = [torch.tensor(each, dtype=torch.float32).reshape(-1, 4) for each in OBJECTS]
    masks = imitation_masks(anchors, [(side, side) for side, _, _ in LEVELS], boxes, factor=0.5, scope=scope)
    counts, value = PYRAMID[scope]
    assert [[int(mask[image].sum()) for mask in masks] for image in range(3)] == counts
    assert imitation_distance(own, teacher, masks, scope).item() == pytest.approx(value, rel=1e-9)


def one_size(factor):
    """One level of 4 x 4 cells at stride 8 with one square anchor of 16, and a box that is the anchor of cell (1, 2)."""
    y, x = torch.meshgrid(torch.arange(4) * 8.0, torch.arange(4) * 8.0, indexing="ij")
    anchors = torch.stack([x - 8, y - 8, x + 8, y + 8], -1).reshape(-1, 4)
    (mask,) = imitation_masks([anchors], [(4, 4)], [torch.tensor([[8.0, 0, 24, 16]])], factor=factor, scope="all_levels")
    return mask[0].nonzero().tolist()


def test_the_mask_by_hand():
    """A shift by one cell leaves half of an anchor: overlap 1/3; by one cell in both directions a quarter: 1/7."""
    assert one_size(0.5) == [[1, 2]]
    assert one_size(0.3) == [[0, 2], [1, 1], [1, 2], [1, 3], [2, 2]]
    assert len(one_size(0.1)) == 9
    assert one_size(1 - 1e-6) == [[1, 2]]
    assert one_size(1.0) == []  # strictly more is asked for


@pytest.mark.parametrize("scope", SCOPES)
def test_without_boxes_nothing_is_imitated(scope):
    maps = [torch.randn(2, 3, 4, 4, requires_grad=True)]
    anchors = anchor_grid(maps, [8], [4])
    masks = imitation_masks(anchors, [(4, 4)], [torch.zeros(0, 4)] * 2, factor=0.5, scope=scope)
    loss = imitation_distance(maps, [torch.randn(2, 3, 4, 4)], masks, scope)
    loss.backward()
    assert loss == 0 and not maps[0].grad.any()
