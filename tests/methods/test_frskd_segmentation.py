"""FRSKD on segmentation networks, and its parts against the authors' code."""

from copy import deepcopy
from functools import cache

import numpy as np
import pytest
import torch
from projects.reference import assert_brief, normal

from bench.backbones import count_parameters
from bench.backbones._registry import FACTS
from bench.backbones.efficientdet import BACKBONES, build
from bench.data import Batch
from bench.methods import Clock
from bench.methods.frskd_segmentation import SegmentationFeatureRefinement, distillation_share
from bench.methods.segmentation_baseline import SegmentationBaseline
from bench.methods.shared.attention import attention_loss
from bench.methods.shared.losses import tempered_kl
from bench.methods.shared.pixels import pixel_cross_entropy
from bench.methods.shared.pyramid_self_teacher import PyramidSelfTeacher
from bench.tasks.segmentation import network

SIDES = (16, 8, 4, 2, 1, 1)
CLASSES = 6
EARLY, LATE = Clock(1, 60, 0, 10), Clock(60, 60, 0, 10)


def student(name="efficientdet_d0", classes=CLASSES, **options):
    torch.manual_seed(0)
    facts = {key: value for key, value in BACKBONES[name].items() if key not in FACTS}
    return network(build(classes, **facts, **{"width": 0.25, **options}))


def batch(seed=0, count=2):
    draw = torch.Generator().manual_seed(seed)
    masks = torch.randint(CLASSES, (count, 64, 64), generator=draw, dtype=torch.uint8)
    masks[:, 10:20] = 255
    return Batch((torch.randn(count, 3, 64, 64, generator=draw),), (masks,), torch.arange(count))


@cache
def drawn(size):
    torch.manual_seed(1)
    kind = SegmentationFeatureRefinement
    return kind(student(), kind.Params(full_size=size), CLASSES, {})


def refinement(full_size=0):
    """One of its own; the networks are drawn once."""
    return deepcopy(drawn(full_size))


def logits():
    return tuple(normal(seed, 2, 7, 6, 5, scale=3).requires_grad_() for seed in (1021, 1022))


def mask():
    values = torch.from_numpy(np.random.RandomState(1023).randint(0, 7, (2, 6, 5)))
    values[torch.from_numpy(np.random.RandomState(1024).rand(2, 6, 5) < 0.2)] = 255
    return values


def levels():
    own = [normal(1001 + i, 2, 6, side, side).abs().requires_grad_() for i, side in enumerate(SIDES)]
    return own, [normal(1011 + i, 2, 6, side, side).abs() for i, side in enumerate(SIDES)]


def test_attention_equals_the_authors_code():
    own, refined = levels()
    terms = [attention_loss(*pair) for pair in zip(own, refined, strict=True)]
    expected = [0.001976495017752875, 0.006795630758888865, 0.027456947713799314, 0.07917430893529707, 0.0, 0.0]
    assert [term.item() for term in terms] == pytest.approx(expected, rel=1e-9, abs=1e-15)
    lengths = [0.0001711393507446407, 0.001141468588808796, 0.00817984413905608, 0.07024424588835321, 0.0, 0.0]
    sums = [-0.0010694098921185825, -0.003875728046438827, -0.011583347938077367, -0.009232608606790885, 0.0, 0.0]
    for gradient, total, length in zip(torch.autograd.grad(sum(terms), own), sums, lengths, strict=True):
        assert_brief(gradient, total, length)


DIVERGENCES = [(1.0, 4.089384653204347, 0.12208424044439987), (4.0, 7.46644281260047, 0.1953319214720381)]


@pytest.mark.parametrize(("temperature", "value", "length"), DIVERGENCES)
def test_divergence_equals_the_authors_code(temperature, value, length):
    own, refined = logits()
    loss = tempered_kl(own, refined, temperature).mean()
    loss.backward()
    assert loss.item() == pytest.approx(value, rel=1e-9) and refined.grad is None
    assert_brief(own.grad, 0.0, length)


def test_cross_entropy_leaves_void_out_as_torch_does():
    own, _ = logits()
    loss = pixel_cross_entropy(own, mask().to(torch.uint8))
    loss.backward()
    assert loss.item() == pytest.approx(4.621787552964034, rel=1e-9)
    assert_brief(own.grad, 0.0, 0.16559581511325935)


def test_the_whole_loss_equals_the_authors_code():
    (own, refined), (maps, taught), share = logits(), levels(), distillation_share(Clock(46, 60, 0, 10), 40)
    distance = sum(attention_loss(*pair) for pair in zip(maps, taught, strict=True))
    total = pixel_cross_entropy(own, mask()) + pixel_cross_entropy(refined, mask())
    total = total + 50 * share * distance + share * tempered_kl(own, refined, 1.0).mean()
    total.backward()
    assert total.item() == pytest.approx(9.378758570603052, rel=1e-9)
    assert_brief(own.grad, 0.0, 0.1699388484260665)
    assert_brief(refined.grad, 0.0, 0.16076988014380655)
    assert_brief(maps[0].grad, -0.00461416075144087, 0.0007384114183464385)


def test_the_share_rises_after_forty_of_sixty_epochs():
    """Epochs counted from 0, as in the authors' code."""
    expected = {0: 0, 39: 0, 40: 0.010970998366931477, 45: 0.08629358649937054, 50: 0.3633095693590114, 59: 1}
    for epoch, share in expected.items():
        assert distillation_share(Clock(epoch + 1, 60, 3, 10), 40) == pytest.approx(share, abs=1e-12)


def test_a_scaled_training_rises_over_its_last_third():
    shares = [distillation_share(Clock(epoch, 6, 0, 10, 60), 40) for epoch in range(1, 7)]
    assert shares[:4] == [0, 0, 0, 0] and 0 < shares[4] < shares[5] == 1


@pytest.mark.parametrize(("name", "count"), [("efficientdet_d0", 202_261), ("efficientdet_d1", 259_669)])
def test_the_self_teacher_has_its_parameters(name, count):
    with torch.device("meta"):
        net = student(name, 21, width=1.0).net
        assert count_parameters(PyramidSelfTeacher(net, 21)) == count


def test_before_the_warm_up_ends_the_cross_entropies_alone_act():
    method = refinement()
    step = method(batch(), EARLY)
    assert step.losses["kd"] == 0 and step.losses["feature"] == 0
    assert sum(step.losses.values()) == step.losses["ce"] + step.losses["ce_self_teacher"]
    late = method(batch(), LATE)
    assert late.losses["kd"] > 0 and late.losses["feature"] > 0


@pytest.mark.parametrize("term", ["kd", "feature"])
def test_distillation_does_not_reach_the_self_teachers_side(term):
    method = refinement()
    method(batch(), LATE).losses[term].backward()
    own = [p.grad for name, p in method.self_teacher.named_parameters() if not name.startswith("bottom_up")]
    assert all(gradient is None or not gradient.any() for gradient in own)
    assert method.student.net.backbone.conv_stem.weight.grad.any()


def test_the_self_teachers_cross_entropy_reaches_the_backbone():
    method = refinement()
    method(batch(), EARLY).losses["ce_self_teacher"].backward()
    assert method.student.net.backbone.conv_stem.weight.grad.any()


def test_every_parameter_of_the_student_trains_in_both_methods():
    plain = SegmentationBaseline(student(), SegmentationBaseline.Params(), CLASSES, {})
    for method, clock in ((plain, EARLY), (refinement(), EARLY), (refinement(), LATE)):
        sum(method(batch(), clock).losses.values()).backward()
        assert all(p.grad is not None for p in method.parameters())
        assert all(p.grad.any() for name, p in method.student.named_parameters() if name.endswith("weight") and p.dim() > 1)


def test_the_divergence_counts_void_pixels_and_the_cross_entropy_does_not():
    own, refined = (value.detach() for value in logits())
    void = (mask() == 255)[:, None].expand_as(own)
    changed = torch.where(void, own + torch.randn_like(own), own)
    assert pixel_cross_entropy(changed, mask()) == pixel_cross_entropy(own, mask())
    assert tempered_kl(changed, refined, 1.0).mean() != tempered_kl(own, refined, 1.0).mean()
    assert tempered_kl(own, own, 1.0).abs().max() < 1e-12


def test_masks_of_void_alone_cost_nothing():
    own, _ = logits()
    void = torch.full((2, 6, 5), 255, dtype=torch.uint8)
    loss = pixel_cross_entropy(own, void)
    loss.backward()
    assert loss == 0 and not own.grad.any()
    void[0] = 3
    assert pixel_cross_entropy(own, void).isfinite()


def test_two_halves_are_the_authors_accumulation():
    """Gradients add up to the mean of the halves' means; the norms see each half by itself."""
    whole, method = batch(count=4), refinement()
    single = [refinement(), refinement()]
    for index, rows in enumerate((slice(0, 2), slice(2, 4))):
        (sum(method(whole.rows(rows), LATE).losses.values()) / 2).backward()
        other = single[index]
        if index:
            other.load_state_dict(single[0].state_dict())  # its running statistics have seen the first half
        sum(other(whole.rows(rows), LATE).losses.values()).backward()
    for both, first, second in zip(method.parameters(), *(each.parameters() for each in single), strict=True):
        torch.testing.assert_close(both.grad, (first.grad + second.grad) / 2)
    norm = method.student.net.head[1]
    assert int(norm.num_batches_tracked) == 2
    torch.testing.assert_close(norm.running_mean, single[1].student.net.head[1].running_mean)


def test_prediction_is_the_students_at_the_images_size():
    method = refinement().eval()
    with torch.no_grad():
        predicted = method.predict(batch().images)
        assert predicted.shape == (2, CLASSES, 64, 64) and torch.equal(predicted, method.student(batch().images))
    plain = build(
        CLASSES, width=0.25, **{key: value for key, value in BACKBONES["efficientdet_d0"].items() if key not in FACTS}
    )
    plain.load_state_dict(method.export())
    with torch.no_grad():
        assert torch.equal(plain.eval()(batch().images), predicted)


@pytest.mark.parametrize("params", [{"alpha": -1}, {"temperature": 0}, {"warm_up": -3}])
def test_impossible_parameters_are_refused(params):
    with pytest.raises(ValueError, match=next(iter(params))):
        SegmentationFeatureRefinement.Params(**params)


def test_the_feature_term_of_small_images_is_that_of_their_share_of_the_area():
    plain, scaled = (refinement(full_size=size)(batch(), LATE).losses for size in (0, 512))
    assert scaled["feature"].item() == pytest.approx(plain["feature"].item() / 64, rel=1e-5)
    assert all(scaled[name].item() == pytest.approx(plain[name].item(), rel=1e-5) for name in ("ce", "kd"))
