"""ReviewKD's two pieces: attention-based fusion and the hierarchical context loss."""

import pytest
import torch
import torch.nn.functional as F

from bench.backbones import count_parameters
from bench.methods.shared.review_fusion import AttentionFusion, ReviewFusion, hierarchical_context_loss

WEIGHTS = {1: {}, 2: {1: 1 / 2}, 4: {2: 1 / 2, 1: 1 / 4}, 8: {4: 1 / 2, 2: 1 / 4, 1: 1 / 8}, 16: {4: 1 / 2, 2: 1 / 4, 1: 1 / 8}}


def maps(size, seed, channels=3):
    return torch.randn(2, channels, size, size, generator=torch.Generator().manual_seed(seed))


def pooled(values, size):
    """Average pooling by reshaping, in float64."""
    batch, channels, height, _ = values.shape
    cell = height // size
    return values.double().view(batch, channels, size, cell, size, cell).mean((3, 5))


@pytest.mark.parametrize("size", [1, 2, 4, 8, 16])
def test_weights_halve_in_the_order_used(size):
    student, teacher = maps(size, 0), maps(size, 1)
    expected = (student.double() - teacher.double()).square().mean()
    for cells, weight in WEIGHTS[size].items():
        expected = expected + weight * (pooled(student, cells) - pooled(teacher, cells)).square().mean()
    expected = expected / (1 + sum(WEIGHTS[size].values()))
    torch.testing.assert_close(hierarchical_context_loss(student, teacher).double(), expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("size", [2, 8])
def test_gradient_equals_the_float64_one(size):
    student, teacher = maps(size, 0).requires_grad_(), maps(size, 1)
    hierarchical_context_loss(student, teacher).backward()
    wide = student.detach().double().requires_grad_()
    loss = (wide - teacher.double()).square().mean()
    for cells, weight in WEIGHTS[size].items():
        loss = loss + weight * (pooled_with_gradient(wide, cells) - pooled(teacher, cells)).square().mean()
    (loss / (1 + sum(WEIGHTS[size].values()))).backward()
    torch.testing.assert_close(student.grad.double(), wide.grad, rtol=1e-5, atol=1e-8)


def pooled_with_gradient(values, size):
    batch, channels, height, _ = values.shape
    cell = height // size
    return values.view(batch, channels, size, cell, size, cell).mean((3, 5))


def test_identical_maps_have_no_loss_and_one_pixel_is_a_plain_mean_squared_error():
    assert float(hierarchical_context_loss(maps(8, 0), maps(8, 0))) == 0.0
    assert torch.equal(hierarchical_context_loss(maps(1, 0), maps(1, 1)), F.mse_loss(maps(1, 0), maps(1, 1)))


def test_a_constant_offset_costs_its_square_at_every_resolution():
    """The weights are normalised, so that the size of the map has no influence here."""
    for size in (1, 2, 4, 8, 32):
        assert float(hierarchical_context_loss(maps(size, 0), maps(size, 0) + 3)) == pytest.approx(9.0, rel=1e-5)


def test_it_computes_in_fp32_under_autocast():
    with torch.autocast("cpu", torch.bfloat16):
        assert hierarchical_context_loss(maps(4, 0).bfloat16(), maps(4, 1)).dtype == torch.float32


def test_the_deepest_level_has_no_attention():
    level = AttentionFusion(4, 6, 5, deepest=True).eval()
    output, passed = level(maps(1, 0, 4), None, (1, 1))
    torch.testing.assert_close(passed, level.reduce(maps(1, 0, 4)))
    torch.testing.assert_close(output, level.expand(passed))
    assert count_parameters(level) == 4 * 6 + 2 * 6 + 9 * 6 * 5 + 2 * 5


def test_a_level_weighs_its_feature_and_the_deeper_one_per_pixel():
    level = AttentionFusion(4, 6, 5, deepest=False).eval()
    feature, deeper = maps(4, 0, 4), maps(2, 1, 6)
    output, passed = level(feature, deeper, (8, 8))
    own, other = level.reduce(feature), deeper.repeat_interleave(2, 2).repeat_interleave(2, 3)
    weight = level.attention.weight.flatten(1)
    energy = torch.einsum("oc,bchw->bohw", weight, torch.cat([own, other], 1)) + level.attention.bias[:, None, None]
    first, second = energy.sigmoid().unbind(1)
    fused = own * first[:, None] + other * second[:, None]
    torch.testing.assert_close(passed, fused.repeat_interleave(2, 2).repeat_interleave(2, 3))
    torch.testing.assert_close(output, level.expand(passed))


def test_convolutions_are_initialised_uniformly_by_fan_in():
    """Kaiming's uniform rule with a = 1: bounded by sqrt(3 / fan in)."""
    torch.manual_seed(0)
    level = AttentionFusion(64, 64, 64, deepest=True)
    for convolution, fan_in in ((level.reduce[0], 64), (level.expand[0], 576)):
        bound = (3 / fan_in) ** 0.5
        assert convolution.bias is None
        assert float(convolution.weight.detach().abs().max()) == pytest.approx(bound, rel=0.02)
        assert float(convolution.weight.detach().std()) == pytest.approx(bound / 3**0.5, rel=0.05)


def test_levels_run_from_the_deepest_to_the_shallowest():
    fusion = ReviewFusion([4, 5, 6], [7, 8, 9]).eval()
    features = [maps(8, 0, 4), maps(4, 1, 5), maps(1, 2, 6)]
    outputs = fusion(features, [(8, 8), (4, 4), (1, 1)])
    assert [tuple(item.shape[1:]) for item in outputs] == [(7, 8, 8), (8, 4, 4), (9, 1, 1)]
    for shallow, deep in ((0, 2), (1, 2), (0, 1)):
        changed = list(features)
        changed[deep] = changed[deep] + 1
        assert not torch.allclose(fusion(changed, [(8, 8), (4, 4), (1, 1)])[shallow], outputs[shallow])
    changed = [features[0] + 1, *features[1:]]
    assert all(map(torch.equal, fusion(changed, [(8, 8), (4, 4), (1, 1)])[1:], outputs[1:]))
