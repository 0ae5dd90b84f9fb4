"""Things that are drawn with their masks and boxes."""

import numpy as np
import pytest

from bench.data.drawing import SHAPES, draw_things

SIDE = 64


@pytest.fixture(scope="module")
def drawn():
    return draw_things(40, SIDE, np.random.default_rng(0))


def test_the_same_generator_draws_the_same(drawn):
    images, things = drawn
    again, also = draw_things(40, SIDE, np.random.default_rng(0))
    assert images.shape == (40, 3, SIDE, SIDE) and images.dtype == np.uint8 and np.array_equal(images, again)
    assert all(np.array_equal(one.mask, other.mask) for one, other in zip(things, also, strict=True))


def test_boxes_are_tight_around_what_can_be_seen(drawn):
    for thing in drawn[1]:
        assert len(thing.labels) == len(thing.boxes) == len(thing.areas) == len(thing.crowd) == thing.instances.max()
        for number, (left, top, right, bottom) in enumerate(thing.boxes, start=1):
            visible = thing.instances == number
            assert visible.sum() == thing.areas[number - 1] > 0
            assert visible[top:bottom, left:right].sum() == visible.sum()
            assert visible[top].any() and visible[bottom - 1].any() and visible[:, left].any() and visible[:, right - 1].any()


def test_masks_hold_labels_ground_and_void_edges(drawn):
    for thing in drawn[1]:
        assert thing.mask.dtype == np.uint8 and set(np.unique(thing.mask)) <= {0, *thing.labels.tolist(), 255}
        for number, label in enumerate(thing.labels, start=1):
            assert set(np.unique(thing.mask[thing.instances == number])) <= {label, 255}
        void = thing.mask == 255
        differ = thing.instances[:, 1:] != thing.instances[:, :-1]  # neighbours of two owners: one of them is void
        assert differ.any() == void.any() and (void[:, 1:] | void[:, :-1])[differ].all()
    share = np.mean([thing.mask == 255 for thing in drawn[1]])
    assert 0.03 < share < 0.15  # narrow: two pixels wide, of 64


def test_what_is_in_the_pictures(drawn):
    things = drawn[1]
    labels = np.concatenate([thing.labels for thing in things])
    assert set(labels.tolist()) == set(range(1, len(SHAPES) + 1)) and 2 < len(labels) / len(things) < 3
    assert len(things[0].labels) == 0 and not things[0].mask.any()
    crowds = [thing.crowd.sum() for thing in things]
    assert [index for index, count in enumerate(crowds) if count] == [19, 39] and max(crowds) == 1
    discs = things[19].labels[things[19].crowd]
    assert discs.tolist() == [SHAPES.index("disc") + 1]


def test_a_thing_on_top_covers_what_is_below():
    from bench.data.drawing.canvas import Canvas
    from bench.data.drawing.shapes import Layers

    canvas, layers = Canvas(np.zeros((1, 3)), 16), Layers(1, 16)
    yes, no = np.array([True]), np.array([False])
    layers.add(canvas.box(0, 0, 0.5, 0.5), np.array([1]), yes, no)
    layers.add(canvas.box(0.5, 0, 0.25, 1), np.array([2]), yes, no)
    (thing,) = layers.things()
    assert thing.labels.tolist() == [1, 2]
    assert thing.boxes.tolist() == [[4, 4, 10, 12], [10, 0, 14, 16]]
    layers.add(canvas.box(0, 0, 2, 2), np.array([3]), yes, no)
    assert layers.things()[0].labels.tolist() == [3]
