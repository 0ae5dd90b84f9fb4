"""Rotated batches, joint labels, aggregated logits."""

import torch

from bench.methods.shared.rotations import aggregate, joint_labels, rotate_four_ways


def test_row_4i_plus_r_is_image_i_turned_r_times_counter_clockwise():
    images = torch.arange(2 * 3 * 2 * 2.0).reshape(2, 3, 2, 2)
    turned = rotate_four_ways(images)
    assert torch.equal(turned[::4], images)
    # [[a, b], [c, d]] a quarter turn to the left is [[b, d], [a, c]].
    assert turned[5, 0].tolist() == [[13.0, 15.0], [12.0, 14.0]]
    assert torch.equal(turned[3], images[0].rot90(3, (1, 2)))


def test_labels_are_4y_plus_r():
    assert joint_labels(torch.tensor([2, 0])).tolist() == [8, 9, 10, 11, 0, 1, 2, 3]


def test_aggregation_takes_each_copy_s_own_rotation():
    joint = torch.randn(8, 12)
    expected = torch.stack(
        [torch.stack([sum(joint[4 * i + r, 4 * c + r] for r in range(4)) / 4 for c in range(3)]) for i in range(2)]
    )
    torch.testing.assert_close(aggregate(joint), expected)


def test_a_network_that_does_not_mind_rotation_aggregates_to_its_single_logits():
    single = torch.randn(5, 3)
    joint = single.repeat_interleave(4, dim=0).repeat_interleave(4, dim=1)
    torch.testing.assert_close(aggregate(joint), single)
