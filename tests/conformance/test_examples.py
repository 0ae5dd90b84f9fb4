"""The example of a method outside the suite keeps what is asked of the suite's own, and computes what it says."""

import pytest
import torch

from bench.methods import Clock
from bench.plan.catalogue import ROOT
from bench.testing.conformance import CHECKS, Candidate


@pytest.fixture(scope="module")
def example():
    return Candidate.of_file(ROOT / "examples" / "ema_self_distillation.py")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_it_conforms(check, example):
    check(example)


def test_the_average_follows_the_student_by_the_ramp_and_then_by_the_decay(example):
    """Expected by hand: 0.1 at the first step, (t + 1) / (t + 10) after it, 0.99 from t = 890 on."""
    method = example.build()
    with torch.no_grad():
        for item in method.student.parameters():
            item.fill_(1.0)
        for item in method.average.parameters():
            item.fill_(0.0)
    expected = 0.0
    for iteration, decay in ((0, 1 / 10), (1, 2 / 11), (10, 11 / 20), (890, 0.99), (5000, 0.99)):
        method(example.batch(), Clock(1, 1, iteration, 10000))
        expected = decay * expected + (1 - decay) * 1.0
        for item in method.average.parameters():
            assert torch.allclose(item, torch.full_like(item, expected), atol=1e-6)


def test_the_average_has_the_students_statistics_and_stays_in_evaluation_mode(example):
    method = example.build()
    method(example.batch(), Clock(1, 2, 0, 10))
    before = {key: item.clone() for key, item in method.student.named_buffers()}
    method.train().step(example.batch(1), Clock(1, 2, 1, 10))
    assert not any(module.training for module in method.average.modules())
    assert all(torch.equal(item, before[key]) for key, item in method.average.named_buffers())
    assert any(not torch.equal(item, before[key]) for key, item in method.student.named_buffers())
