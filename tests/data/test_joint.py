"""Pictures that move together with their masks and boxes."""

import numpy as np
import pytest
import torch

from bench.data.boxes import table_of
from bench.data.drawing import draw_things
from bench.data.loading.joint import BoxTransform, MaskTransform
from bench.data.loading.padded import PaddedImages
from bench.plan import BenchError

EVERYTHING = [{"horizontal_flip": 0.5}, {"scale_crop": {"short": [48, 128], "crop": 64}}, {"blur": 0.5}]


@pytest.fixture(scope="module")
def things():
    return draw_things(7, 96, np.random.default_rng(3))[1][1:]  # the first picture is empty


def painted(mask):
    """A picture whose red is the mask, so that both can be compared after any transform."""
    return np.stack([mask * 40] * 3, -1).astype(np.uint8)


def test_testing_resizes_as_pil_does():
    """The first row of the mask and the sums, as Pillow gives them to the authors' code."""
    mask = np.random.RandomState(1441).randint(0, 6, (37, 50)).astype(np.uint8)
    picture = np.random.RandomState(1442).randint(0, 256, (37, 50, 3)).astype(np.uint8)
    image, resized = MaskTransform({"image_size": 64, "augmentation": EVERYTHING}, training=False)(picture, mask)
    assert resized[0, :16].tolist() == [1, 1, 1, 0, 3, 4, 1, 1, 3, 5, 4, 4, 3, 1, 5, 3]
    assert (int(resized.sum()), int(image.long().sum())) == (10136, 1548637)
    assert image[:, 0, :2].T.flatten().tolist() == [25, 234, 31, 37, 88, 132]


def test_test_masks_can_keep_their_size():
    recipe = {"image_size": 64, "augmentation": [], "score_size": "original"}
    image, mask = MaskTransform(recipe, training=False)(np.zeros((37, 50, 3), np.uint8), np.ones((37, 50), np.uint8))
    assert image.shape == (3, 64, 64) and mask.shape == (37, 50)


@pytest.mark.parametrize("steps", [EVERYTHING[:1], EVERYTHING[1:2], EVERYTHING])
def test_mask_and_picture_move_together(things, steps):
    transform = MaskTransform({"image_size": 64, "augmentation": steps}, training=True)
    for seed, thing in enumerate(things):
        mask = np.where(thing.mask == 255, 0, thing.mask)
        torch.manual_seed(seed)
        image, moved = transform(painted(mask), mask)
        assert image.shape == (3, 64, 64) and moved.shape == (64, 64)
        assert set(moved.unique().tolist()) <= {0, *np.unique(mask).tolist()}
        apart = (image[0].float() / 40 - moved.float()).abs() > 0.55
        inner = torch.nn.functional.max_pool2d(edges(moved), 5, 1, 2)[0, 0] > 0
        assert not (apart & ~inner).any()


def edges(mask):
    """Pixels whose neighbour is of another class, as a map of zeros and ones."""
    values = mask.float()
    found = torch.zeros_like(values)
    found[1:] += values[1:] != values[:-1]
    found[:, 1:] += values[:, 1:] != values[:, :-1]
    return found[None, None]


def test_what_is_filled_up_is_black_background():
    crop = [{"scale_crop": {"short": [20, 20], "crop": 64}}]
    image, mask = MaskTransform({"image_size": 64, "augmentation": crop}, training=True)(
        np.full((40, 80, 3), 200, np.uint8), np.full((40, 80), 3, np.uint8)
    )
    assert (mask[:20, :40] == 3).all() and (image[:, :20, :40] == 200).all()
    assert (mask[20:] == 0).all() and (mask[:, 40:] == 0).all() and (image[:, 20:] == 0).all()


def test_the_short_side_has_both_ends_and_the_long_side_is_cut_off():
    crop = [{"scale_crop": {"short": [5, 8], "crop": 8}}]
    transform, sizes = MaskTransform({"image_size": 8, "augmentation": crop}, training=True), set()
    for seed in range(60):
        torch.manual_seed(seed)
        transform = MaskTransform(
            {"image_size": 8, "augmentation": [{"scale_crop": {"short": [5, 8], "crop": 8}}]}, training=True
        )
        _, mask = transform(np.full((10, 17, 3), 1, np.uint8), np.ones((10, 17), np.uint8))
        sizes.add(int((mask.sum(1) > 0).sum()))
    assert sizes == {5, 6, 7, 8}


def test_boxes_stay_tight_about_what_they_hold(things):
    """Boxes of the moved picture's own things, painted one by one, agree to a pixel."""
    recipe = {"augmentation": [{"short_side": [70, 96, 150]}, {"horizontal_flip": 0.5}], "long_side": 140}
    transform, seen, table = BoxTransform(recipe, training=True), set(), table_of(things)
    for seed in range(12):
        own = table.of(seed % 6)
        for row in range(len(own["boxes"])):
            left, top, right, bottom = own["boxes"][row].astype(int)
            picture = np.zeros((96, 96, 3), np.uint8)
            picture[top:bottom, left:right] = 255
            torch.manual_seed(seed)
            image, moved = transform(picture, {key: value[row : row + 1] for key, value in own.items()})
            seen.add(image.shape[1])
            rows, columns = (image[0] > 127).nonzero(as_tuple=True)
            found = torch.stack([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]).float()
            assert (moved["boxes"][0] - found).abs().max() <= 1
            assert moved["labels"].tolist() == own["labels"][row : row + 1].tolist()
    assert seen == {70, 96, 140}


def test_boxes_are_clipped_and_degenerate_ones_dropped():
    boxes = {"boxes": np.array([[-5.0, 2, 30, 80], [5, 5, 15, 5], [38, 2, 60, 9]]), "labels": np.array([0, 1, 2])}
    _, moved = BoxTransform({"augmentation": []}, training=True)(np.zeros((50, 40, 3), np.uint8), boxes)
    assert moved["boxes"].tolist() == [[0, 2, 30, 50], [38, 2, 40, 9]] and moved["labels"].tolist() == [0, 2]
    _, none = BoxTransform({"augmentation": []}, training=True)(
        np.zeros((50, 40, 3), np.uint8), {"boxes": np.zeros((0, 4)), "labels": np.zeros(0, np.int64)}
    )
    assert none["boxes"].shape == (0, 4)


def test_testing_resizes_the_short_side_within_the_long_one():
    transform = BoxTransform({"augmentation": [{"horizontal_flip": 1.0}], "test_resize": 80, "long_side": 133}, training=False)
    boxes = {"boxes": np.array([[0.0, 0, 100, 50]]), "labels": np.array([0])}
    image, moved = transform(np.zeros((50, 100, 3), np.uint8), boxes)
    assert image.shape == (3, 67, 133)  # 66.5 rounded up
    assert moved["boxes"].tolist() == [[0, 0, 133, 67]]


def test_other_augmentation_is_refused():
    with pytest.raises(BenchError, match="augmentation 'rotation' does not move masks or boxes"):
        MaskTransform({"image_size": 8, "augmentation": [{"rotation": 5}]}, training=True)


def test_pictures_of_several_sizes_share_a_batch():
    batch = PaddedImages.of([torch.full((3, 40, 30), 7, dtype=torch.uint8), torch.full((3, 20, 65), 9, dtype=torch.uint8)])
    assert batch.pixels.shape == (2, 3, 64, 96) and batch.sizes == ((40, 30), (20, 65)) and len(batch) == 2
    assert (batch.pixels[0, :, :40, :30] == 7).all() and int(batch.pixels[0].sum()) == 7 * 3 * 40 * 30
    assert batch[1:].sizes == ((20, 65),) and batch[1:].pixels.shape[0] == 1
