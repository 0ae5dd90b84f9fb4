"""DRRNet-SKD: both teachers, their weights, what is logged."""

import pytest
import torch
import torch.nn.functional as F

from bench.methods.drrnet_skd import DoubleReverseRegularization
from bench.methods.shared.losses import adaptive_weights, tempered_kl


def two_steps(method, batch, clock, epoch=1):
    method(batch(1, views=2), clock(epoch=epoch))
    return method(batch(2, views=2), clock(epoch=epoch, step=1))


def test_its_terms_equal_their_definition(make, batch, clock, network):
    teacher = network(5)
    method = make(
        DoubleReverseRegularization, teachers={"offline": teacher}, alpha=1.3, temperature=3.0, weight_temperature=2.0
    )
    step = two_steps(method, batch, clock)
    student = network(0).train()
    first, second = batch(1, views=2), batch(2, views=2)
    stored = student(first.views[0]).detach()
    fresh, again = student(second.views[0]), student(first.views[1])
    twin = teacher(first.views[1])
    w_lb, w_kd = adaptive_weights(stored, twin, first.labels, alpha=1.3, temperature=2.0)
    both = F.cross_entropy(torch.cat([again, fresh]), torch.cat([first.labels, second.labels]))
    torch.testing.assert_close(step.losses["ce"], both)
    torch.testing.assert_close(step.losses["lb"], (w_lb * tempered_kl(again, stored, 3.0)).mean())
    torch.testing.assert_close(step.losses["kd"], (w_kd * tempered_kl(again, twin, 3.0)).mean())


def test_the_gradient_reaches_the_student_and_not_the_twin(make, batch, clock, network):
    teacher = network(5)
    method = make(DoubleReverseRegularization, teachers={"offline": teacher})
    sum(two_steps(method, batch, clock).losses.values()).backward()
    assert all(parameter.grad is not None for parameter in method.parameters())
    assert all(parameter.grad is None for parameter in teacher.parameters())
    assert not any(name.startswith("teachers") for name in method.state_dict())
    assert not teacher.training


def test_of_the_weights_an_epoch_keeps_the_first_batch_and_they_sum_to_alpha(make, batch, clock, network):
    method = make(DoubleReverseRegularization, teachers={"offline": network(5)}, alpha=1.5)
    assert method(batch(1, views=2), clock()).firsts == {}  # nothing is carried yet
    step = method(batch(2, views=2), clock(step=1))
    torch.testing.assert_close(step.firsts["w_lb"] + step.firsts["w_kd"], torch.tensor(1.5))
    assert step.logs == {} and set(method(batch(3, views=2), clock(step=2)).firsts) == {"w_lb", "w_kd"}


def test_scope_all_teaches_the_fresh_half_too(make, batch, clock, network):
    repeated = two_steps(make(DoubleReverseRegularization, teachers={"offline": network(5)}), batch, clock)
    everywhere = two_steps(make(DoubleReverseRegularization, teachers={"offline": network(5)}, scope="all"), batch, clock)
    assert torch.equal(repeated.losses["lb"], everywhere.losses["lb"])
    assert not torch.equal(repeated.losses["kd"], everywhere.losses["kd"])


@pytest.mark.parametrize("params", [{"clamp": "both"}, {"scope": "half"}])
def test_an_unknown_flag_is_refused(params):
    with pytest.raises(ValueError, match="allowed"):
        DoubleReverseRegularization.Params(**params)
