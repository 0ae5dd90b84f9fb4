"""Generated pictures of several things with masks and boxes."""

import numpy as np
import pytest

from bench.data.drawing.things import THINGS, draw_things


@pytest.fixture(scope="module")
def scenes():
    return draw_things(40, 64, np.random.default_rng(0))


def test_the_same_seed_gives_the_same_pictures(scenes):
    again = draw_things(40, 64, np.random.default_rng(0))
    assert np.array_equal(scenes.images, again.images) and np.array_equal(scenes.masks, again.masks)
    assert np.array_equal(scenes.boxes.boxes, again.boxes.boxes)


def test_shapes_types_and_values(scenes):
    assert scenes.images.shape == (40, 3, 64, 64) and scenes.images.dtype == np.uint8
    assert set(np.unique(scenes.masks)) == {*range(len(THINGS) + 1), 255}
    assert set(scenes.boxes.labels) == set(range(len(THINGS))) and len(scenes.boxes) == 40


def test_masks_and_boxes_agree(scenes):
    """Every box holds pixels of its class, and no pixel of a class lies outside of all boxes of it."""
    for picture, mask in enumerate(scenes.masks):
        covered = np.zeros((len(THINGS), 64, 64), dtype=bool)
        own = scenes.boxes.of(picture)
        for box, label, area in zip(own["boxes"].astype(int), own["labels"], own["areas"], strict=True):
            left, top, right, bottom = box
            inside = mask[top:bottom, left:right]
            assert area <= (right - left) * (bottom - top) and ((inside == label + 1) | (inside == 255)).any()
            covered[label, top:bottom, left:right] = True
        for label in range(len(THINGS)):
            assert not ((mask == label + 1) & ~covered[label]).any()


def test_the_last_picture_is_empty_and_every_twentieth_has_a_crowd(scenes):
    assert len(scenes.boxes.of(39)["boxes"]) == 0 and (scenes.masks[39] == 0).all()
    crowded = [picture for picture in range(40) if scenes.boxes.of(picture)["crowd"].any()]
    assert crowded == [10, 30]
    assert all(THINGS[label] == "disc" for label in scenes.boxes.labels[scenes.boxes.crowd])


def test_shares_of_ground_and_void():
    masks = draw_things(60, 128, np.random.default_rng(1)).masks
    assert 0.75 < (masks == 0).mean() < 0.88 and 0.02 < (masks == 255).mean() < 0.05
