"""DLB: the carried mini-batch, its constants and its state."""

import pytest
import torch
import torch.nn.functional as F

from bench.methods.dlb import LastMiniBatch
from bench.methods.shared.losses import tempered_kl


def test_the_first_step_is_cross_entropy_alone(make, batch, clock):
    step = make(LastMiniBatch)(batch(views=2), clock())
    assert set(step.losses) == {"ce"}


def test_the_second_step_sees_both_mini_batches_and_the_stored_logits(make, batch, clock, network):
    method = make(LastMiniBatch, weight=0.7, temperature=3.0)
    first, second = batch(1, views=2), batch(2, views=2)
    emitted = method(first, clock()).logits.detach().clone()
    assert torch.equal(method.carry.logits, emitted)
    assert not method.carry.logits.requires_grad
    twin = network(0).train()
    twin(first.views[0])
    step = method(second, clock(step=1))
    fresh, again = twin(second.views[0]), twin(first.views[1])
    ce = F.cross_entropy(torch.cat([again, fresh]), torch.cat([first.labels, second.labels]))
    torch.testing.assert_close(step.losses["ce"], ce)
    torch.testing.assert_close(step.losses["lb"], 0.7 * tempered_kl(again, emitted, 3.0).mean())
    assert torch.equal(step.labels, second.labels)


def test_batch_normalisation_is_updated_twice_a_step(make, batch, clock):
    method = make(LastMiniBatch)
    norm = method.student.net[1]
    method(batch(1, views=2), clock())
    assert int(norm.num_batches_tracked) == 1
    method(batch(2, views=2), clock(step=1))
    assert int(norm.num_batches_tracked) == 3


def test_a_short_last_batch_is_carried_as_it_is(make, batch, clock):
    method = make(LastMiniBatch)
    method(batch(1, size=2, views=2), clock())
    step = method(batch(2, size=6, views=2), clock(step=1))
    assert torch.isfinite(step.losses["ce"] + step.losses["lb"])


def test_evaluation_leaves_the_carry_alone(make, batch, clock):
    method = make(LastMiniBatch)
    method(batch(1, views=2), clock())
    carry = method.carry
    method.eval()
    method.predict(batch(3).views[0])
    assert method.carry is carry


def test_the_state_dict_holds_the_carry(make, batch, clock):
    method = make(LastMiniBatch)
    method(batch(1, views=2), clock())
    other = make(LastMiniBatch, seed=9)
    other.load_state_dict(method.state_dict())
    for mine, theirs in zip(vars(method.carry).values(), vars(other.carry).values(), strict=True):
        assert torch.equal(mine, theirs)
    following = batch(2, views=2)
    a, b = method(following, clock(step=1)), other(following, clock(step=1))
    assert torch.equal(a.losses["lb"], b.losses["lb"])


@pytest.mark.parametrize(("epoch", "weight"), [(1, 0.5), (50, 0.5), (51, 0.51), (100, 1.0)])
def test_the_unfixed_weight_is_held_and_then_rises(make, batch, clock, epoch, weight):
    def term(**params):
        method = make(LastMiniBatch, **params)
        method(batch(1, views=2), clock())
        return method(batch(2, views=2), clock(epoch=epoch, step=1)).losses["lb"]

    torch.testing.assert_close(term(weight="rising", hold=0.5), weight * term(weight=1.0))


def test_an_unknown_course_is_refused():
    with pytest.raises(ValueError, match="rising"):
        LastMiniBatch.Params(weight="sideways")
