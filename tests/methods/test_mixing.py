"""Mixup and CutMix as the methods use them."""

import pytest
import torch
import torch.nn.functional as F

from bench.methods.shared.mixing import build_mixer


@pytest.fixture
def pair():
    draw = torch.Generator().manual_seed(0)
    return torch.randn(6, 3, 16, 16, generator=draw), torch.tensor([0, 1, 2, 3, 4, 0])


def share(soft, labels):
    """lambda, read from a row whose two labels differ."""
    return float(soft[1, labels[1]])


def test_none_changes_nothing(pair):
    images, labels = build_mixer("none", 1.0, 5)(*pair)
    assert images is pair[0]
    assert labels is pair[1]


def test_mixup_is_one_convex_combination_per_batch(pair):
    torch.manual_seed(1)
    images, soft = build_mixer("mixup", 0.2, 5)(*pair)
    lam = share(soft, pair[1])
    assert 0 <= lam <= 1
    torch.testing.assert_close(images, lam * pair[0] + (1 - lam) * pair[0].roll(1, 0))
    torch.testing.assert_close(soft.sum(1), torch.ones(6))


@pytest.mark.parametrize("seed", range(8))
def test_cutmix_lambda_is_one_minus_the_area_of_the_box(pair, seed):
    torch.manual_seed(seed)
    images, soft = build_mixer("cutmix", 1.0, 5)(*pair)
    changed = (images != pair[0]).any(1)
    assert (changed == changed[0]).all()  # one box for the whole batch
    assert share(soft, pair[1]) == pytest.approx(1 - float(changed[0].float().mean()))
    assert torch.equal(images[:, :, changed[0]], pair[0].roll(1, 0)[:, :, changed[0]])
    rows, columns = changed[0].any(1).sum(), changed[0].any(0).sum()
    assert rows * columns == changed[0].sum()


@pytest.mark.parametrize("kind", ["mixup", "cutmix"])
def test_soft_labels_give_the_mixed_cross_entropy(pair, kind):
    torch.manual_seed(2)
    _, soft = build_mixer(kind, 1.0, 5)(*pair)
    logits, lam = torch.randn(6, 5), share(soft, pair[1])
    expected = lam * F.cross_entropy(logits, pair[1]) + (1 - lam) * F.cross_entropy(logits, pair[1].roll(1))
    torch.testing.assert_close(F.cross_entropy(logits, soft), expected)


@pytest.mark.parametrize("kind", ["mixup", "cutmix"])
def test_the_global_seed_fixes_the_mix(pair, kind):
    mixed = []
    for _ in range(2):
        torch.manual_seed(3)
        mixed.append(build_mixer(kind, 1.0, 5)(*pair)[0])
    assert torch.equal(*mixed)
