"""One step: how far clipping by value lets a weight move."""

import pytest

from bench.train import build_student

LIMIT = 1e-3


@pytest.mark.parametrize("limit", [LIMIT, None])
def test_no_weight_moves_farther_than_the_clipped_gradient(limit, config, run, squares):
    clipped = {"clip_value": limit} if limit else {}
    sgd = {"name": "sgd", "lr": 1.0}
    settings = config(epochs=1, batch_size=60, optimiser=sgd, schedule={"name": "constant"}, **clipped)  # a single step
    before = dict(build_student(settings, len(squares.classes)).named_parameters())
    _, training = run(settings)
    moved = max(float((item - before[name]).detach().abs().max()) for name, item in training.method.student.named_parameters())
    assert moved > 2 * LIMIT if limit is None else moved == pytest.approx(LIMIT, rel=1e-3)
