"""The second stage against detectron2's code, and by hand."""

import math

import numpy as np
import pytest
import torch
from projects.detectors import detector, pixels
from projects.reference import normal

from bench.backbones.detection.matching import absolute_distance
from bench.backbones.detection.proposals import CODER as ANCHOR_CODER
from bench.backbones.detection.regions import CODER, level_of, pooled


def moved_boxes():
    """Nine boxes and where they should go, float64."""
    draw = np.random.RandomState(1421)
    corner = draw.uniform(0, 60, (9, 2))
    size = draw.uniform(4, 60, (9, 2))
    draw = np.random.RandomState(1422)
    other = corner + draw.uniform(-8, 8, (9, 2))
    wanted = size * np.exp(draw.uniform(-0.5, 0.5, (9, 2)))
    return (torch.from_numpy(np.concatenate([low, low + side], 1)) for low, side in ((corner, size), (other, wanted)))


def test_deltas_and_their_distance_equal_detectron2():
    boxes, wanted = moved_boxes()
    deltas = CODER.encode_single(wanted, boxes)
    assert deltas[0].tolist() == pytest.approx(
        [-1.492573997823249, -0.9673143747498565, -2.473294596956995, -2.2018191534433793]
    )
    assert ANCHOR_CODER.encode_single(wanted, boxes)[0].tolist() == pytest.approx(
        (deltas[0] / torch.tensor([10, 10, 5, 5])).tolist()
    )
    predicted = normal(1423, 9, 4).requires_grad_()
    loss = absolute_distance(predicted, deltas) / 9
    loss.backward()
    assert loss.item() == pytest.approx(6.848674475024969, rel=1e-9)
    assert torch.equal(predicted.grad.abs(), torch.full((9, 4), 1 / 9, dtype=torch.float64))
    torch.testing.assert_close(CODER.decode_single(deltas, boxes), wanted)


def test_a_delta_of_size_is_bounded():
    box = torch.tensor([[0.0, 0.0, 16.0, 16.0]])
    decoded = CODER.decode_single(torch.tensor([[0.0, 0.0, 1e6, 1e6]]), box)
    assert (decoded[0, 2] - decoded[0, 0]).item() == pytest.approx(1000.0, rel=1e-5)


def test_pooling_equals_detectron2():
    maps = [normal(1431 + level, 1, 2, 128 // stride, 128 // stride) for level, stride in enumerate((4, 8, 16, 32))]
    boxes = torch.tensor([[4, 6, 40, 50], [0, 0, 127, 127], [60.3, 20.7, 75.2, 44.9], [10, 90, 110, 126]], dtype=torch.float64)
    assert level_of(boxes, 224).tolist() == [2, 3, 2, 2]
    cells = pooled(maps, [boxes], 224)
    sums = [9.85942744048153, 4.809223504663604, 13.742985498677143, -10.687235024965705]
    assert cells.sum((1, 2, 3)).tolist() == pytest.approx(sums, rel=1e-9)
    first = [0.7280004314470532, 0.15445210134026469, 0.3154118998168992, 0.15642363930646153, 0.7950875784438467]
    assert cells.flatten()[:5].tolist() == pytest.approx(first, rel=1e-9)


def test_pooling_a_ramp_gives_the_cells_centres():
    """A map whose value is its column's place in pixels: a cell's mean is the place of its centre, half a pixel aside."""
    ramp = ((torch.arange(16) + 0.5) * 4).expand(1, 1, 16, 16).contiguous()
    maps = [ramp, torch.zeros(1, 1, 8, 8), torch.zeros(1, 1, 4, 4), torch.zeros(1, 1, 2, 2)]
    left, right = 12.0, 40.0
    cells = pooled(maps, [torch.tensor([[left, 10, right, 40]])], 224)
    expected = [left + (place + 0.5) * (right - left) / 7 for place in range(7)]
    assert cells[0, 0, 3].tolist() == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("box", [(3, 3, 4, 4), (0, 0, 64, 64), (63, 63, 64, 64)])
def test_extreme_boxes_are_pooled(box):
    maps = [torch.ones(1, 2, 64 // stride, 64 // stride) for stride in (4, 8, 16, 32)]
    cells = pooled(maps, [torch.tensor([box], dtype=torch.float32)], 224)
    assert cells.shape == (1, 2, 7, 7) and cells.max().item() == pytest.approx(1.0)


def test_levels_change_at_the_powers_of_two():
    sides = torch.tensor([20.0, 111.9, 112.1, 223.9, 224.1, 447.9, 448.1, 5000.0])
    boxes = torch.stack([torch.zeros(8), torch.zeros(8), sides, sides], 1)
    assert level_of(boxes, 224).tolist() == [2, 2, 3, 3, 4, 4, 5, 5]


def test_boxes_of_a_batch_come_from_their_own_picture():
    maps = [torch.arange(3.0).view(3, 1, 1, 1).expand(3, 1, 64 // s, 64 // s).contiguous() for s in (4, 8, 16, 32)]
    box = torch.tensor([[8.0, 8, 40, 40]])
    cells = pooled(maps, [box, torch.zeros(0, 4), box.repeat(2, 1)], 224)
    assert cells.mean((1, 2, 3)).tolist() == pytest.approx([0, 2, 2])


def test_the_box_loss_reads_the_true_class_and_counts_all_boxes():
    net = detector(classes=2)
    boxes = torch.tensor([[0.0, 0, 10, 10], [0, 0, 20, 20], [5, 5, 30, 30]])
    wanted = boxes.clone()
    wanted[0] += torch.tensor([1.0, 0, 1, 0])
    deltas = torch.zeros(3, 8)
    deltas[:, 4:] = 7.0  # of the other class; not read
    losses = net.regions.losses(torch.zeros(3, 3), deltas, [boxes], [torch.tensor([1, 0, 0])], [wanted])
    assert losses["box"].item() == pytest.approx(10 * 0.1 / 3, rel=1e-5)
    assert losses["class"].item() == pytest.approx(math.log(3), rel=1e-6)


def test_detections_are_per_class_above_the_least_score_and_without_doubles():
    net = detector(classes=2).eval()
    boxes = [torch.tensor([[0.0, 0, 20, 20], [1, 0, 21, 20], [40, 40, 80, 80]])]
    logits = torch.tensor([[0.0, 4, 4], [0.0, 3, -20], [6.0, -2, -2]])
    (found,) = net.regions.detections(logits, torch.zeros(3, 8), boxes, [(64, 64)])
    assert found["labels"].tolist() == [0, 1]
    assert found["boxes"].tolist() == [[1, 0, 21, 20], [0, 0, 20, 20]]  # each class keeps the better of two that overlap
    (clipped,) = net.regions.detections(torch.tensor([[0.0, 0, 9]]), torch.zeros(1, 8), [boxes[0][2:]], [(64, 60)])
    assert clipped["boxes"].tolist() == [[40, 40, 60, 64]]


def test_no_proposal_and_no_detection_are_no_error():
    net = detector().eval()
    nothing = [torch.zeros(0, 4)] * 2
    with torch.no_grad():
        _, maps = net.features(pixels(count=2))
        logits, deltas = net.regions(maps, nothing)
        found = net.regions.detections(logits, deltas, nothing, [(64, 64)] * 2)
    assert [len(image["boxes"]) for image in found] == [0, 0]
