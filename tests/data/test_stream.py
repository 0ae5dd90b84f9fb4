"""The endless stream of pictures."""

import numpy as np
import torch

from bench.data.loading.seeding import generator
from bench.data.loading.stream import Stream

GROUPS = np.array([0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 1])


def queued(groups, batch_size, seed, passes):
    """The same by two queues that are filled one picture at a time."""
    queues, batches = {0: [], 1: []}, []
    for turn in range(passes):
        for index in torch.randperm(len(groups), generator=generator(seed, "order", turn)).tolist():
            queue = queues[groups[index]]
            queue.append((turn, index))
            if len(queue) == batch_size:
                batches.append(list(queue))
                queue.clear()
    return batches


def test_batches_are_those_of_queues_that_fill_up():
    expected = queued(GROUPS, 3, 5, 12)
    stream = Stream(GROUPS, 3, 5)
    assert [stream.batch(number) for number in range(len(expected))] == expected


def test_a_batch_has_one_orientation_and_may_cross_a_pass():
    batches = [Stream(GROUPS, 4, 1).batch(number) for number in range(20)]
    assert all(len({GROUPS[index] for _, index in batch}) == 1 for batch in batches)
    assert any(len({turn for turn, _ in batch}) == 2 for batch in batches)


def test_a_batch_does_not_depend_on_what_was_asked_for_before():
    late, early = Stream(GROUPS, 3, 5), Stream(GROUPS, 3, 5)
    last = late.batch(30)
    assert [early.batch(number) for number in range(31)] == [late.batch(number) for number in range(31)]
    assert early.batch(30) == last


def test_every_pass_shows_every_picture_once():
    stream = Stream(np.zeros(10), 5, 0)
    shown = [place for number in range(6) for place in stream.batch(number)]
    for turn in range(3):
        assert sorted(index for passed, index in shown if passed == turn) == list(range(10))
    assert Stream(np.zeros(10), 5, 1).batch(0) != stream.batch(0)
