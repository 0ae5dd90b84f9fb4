import math
import time

import pytest
import torch
import torch.nn.functional as F

from bench.data.loading import transforms
from bench.data.loading.seeding import generator
from bench.data.loading.transforms import (
    EvaluationTransform,
    Normalise,
    TrainTransform,
    horizontal_flip,
    random_crop,
    random_resized_crop,
    resize,
    rotation,
    vertical_flip,
)
from bench.plan import BenchError, Plan, load_settings
from bench.plan.catalogue import dataset_facts


@pytest.fixture
def images():
    return torch.randint(0, 256, (12, 1, 16, 16), generator=generator(0), dtype=torch.uint8)


def test_flips_turn_each_image_by_its_own_draw(images):
    for flip, axis in ((horizontal_flip, -1), (vertical_flip, -2)):
        flipped = flip(images, 0.5, generator(1))
        kept = torch.tensor([torch.equal(a, b) for a, b in zip(flipped, images, strict=True)])
        turned = torch.tensor([torch.equal(a.flip(axis), b) for a, b in zip(flipped, images, strict=True)])
        assert (kept ^ turned).all() and kept.any() and turned.any()
        assert flipped.dtype == torch.uint8
    assert torch.equal(horizontal_flip(images, 1.0, generator(1)), images.flip(-1))
    assert torch.equal(horizontal_flip(images, 0.0, generator(1)), images)


def test_a_random_crop_is_a_window_of_the_zero_padded_image(images):
    cropped = random_crop(images, 2, generator(2))
    padded = F.pad(images, (2, 2, 2, 2))
    for crop, whole in zip(cropped, padded, strict=True):
        windows = [whole[:, top : top + 16, left : left + 16] for top in range(5) for left in range(5)]
        assert any(torch.equal(crop, window) for window in windows)
    shifts = {tuple(crop.flatten()[:3].tolist()) for crop in cropped}
    assert len(shifts) > 6


def test_a_resized_crop_of_a_flat_image_is_flat_up_to_its_edge():
    crops = random_resized_crop(torch.full((64, 1, 32, 32), 7.0), (0.08, 1.0, 20), generator(4))
    assert crops.shape == (64, 1, 20, 20)
    assert torch.allclose(crops, torch.tensor(7.0))


@pytest.mark.parametrize("size", [12, 30])
def test_a_resized_crop_is_its_box_resized_as_torchvision_does(monkeypatch, size):
    """Shrinking with antialiasing and growing, nothing of the image beyond the box."""
    boxes, real = [], transforms._resampling
    monkeypatch.setattr(transforms, "_resampling", lambda *line: boxes.append(line[:2]) or real(*line))
    images = torch.randint(0, 256, (24, 3, 32, 40), generator=generator(8), dtype=torch.uint8)
    crops = random_resized_crop(images, (0.08, 1.0, size), generator(9))
    (tops, heights), (lefts, widths) = ((start.int(), length.int()) for start, length in boxes)
    for image, crop, top, height, left, width in zip(images, crops, tops, heights, lefts, widths, strict=True):
        box = image[None, :, top : top + height, left : left + width].float()
        expected = F.interpolate(box, (size, size), mode="bilinear", antialias=True)[0]
        torch.testing.assert_close(crop, expected, rtol=0, atol=1e-3)


def test_a_box_that_never_fits_becomes_the_largest_centred_one():
    ramp = torch.linspace(0, 255, 40).expand(3, 1, 10, 40)  # four times as wide as high: no box of the whole area is allowed
    crops = random_resized_crop(ramp, (1.0, 1.0, 13), generator(3))
    assert torch.allclose(crops.mean((1, 2, 3)), torch.tensor(127.5), atol=4)
    assert torch.allclose(crops[..., -1] - crops[..., 0], torch.tensor(12 / 39 * 255), atol=2)


def test_resized_crops_cover_the_area_that_was_asked_for():
    ramp = torch.linspace(0, 255, 64).expand(400, 1, 64, 64)  # values along the width tell the box's width
    crops = random_resized_crop(ramp, (0.25, 0.25, 32), generator(5))
    width = (crops[..., -1] - crops[..., 0]).mean((1, 2)) / 255
    assert width.min() > 0.42 and width.max() < 0.58  # sqrt(0.25 * 4/3) = 0.577, sqrt(0.25 * 3/4) = 0.433
    assert 0.48 < width.mean() < 0.52


def test_a_turn_by_nothing_changes_nothing_and_a_turn_keeps_the_centre(images):
    assert torch.allclose(rotation(images, 0.0, generator(6)), images.float(), atol=0.01)
    disc = torch.zeros(8, 1, 33, 33)
    disc[..., 16, 16] = 255
    turned = rotation(disc, 180.0, generator(6))
    assert torch.allclose(turned[..., 16, 16], torch.tensor(255.0), atol=0.5)
    corner = rotation(torch.full((8, 1, 33, 33), 255.0), 45.0, generator(7))
    assert corner[..., 0, 0].min() < 128  # black comes in


def test_normalised_grey_is_repeated_and_channels_last(images):
    out = Normalise({"mean": [0.5], "std": [0.25]})(images)
    assert out.shape == (12, 3, 16, 16) and out.dtype == torch.float32
    assert out.is_contiguous(memory_format=torch.channels_last)
    assert torch.allclose(out[:, 2], (images[:, 0].float() / 255 - 0.5) / 0.25, atol=1e-5)


def test_three_means_apply_to_grey_and_to_colour(images):
    values = {"mean": [0.1, 0.2, 0.3], "std": [0.5, 0.6, 0.7]}
    for batch in (images, images.expand(-1, 3, -1, -1), images.float()):
        out = Normalise(values)(batch)
        expected = (batch.float().expand(-1, 3, -1, -1) / 255 - torch.tensor(values["mean"]).view(3, 1, 1)) / torch.tensor(
            values["std"]
        ).view(3, 1, 1)
        assert torch.allclose(out, expected, atol=1e-5)


def test_images_are_not_written_to(images):
    before = images.clone()
    floats = images.float()
    recipe = {"image_size": 16, "augmentation": [], "normalise": {"mean": [0.5], "std": [0.5]}}
    TrainTransform(recipe)(images, generator(0))
    TrainTransform(recipe)(floats, generator(0))
    assert torch.equal(images, before) and torch.equal(floats, before.float())


def test_the_test_transform_resizes_and_crops_the_centre():
    images = torch.zeros(2, 1, 32, 32, dtype=torch.uint8)
    images[..., 8:24, 8:24] = 255
    recipe = {"image_size": 16, "test_resize": 32, "normalise": {"mean": [0.0], "std": [1.0]}}
    assert torch.allclose(EvaluationTransform(recipe)(images), torch.tensor(1.0))
    halved = EvaluationTransform({**recipe, "test_resize": 16})(images)
    assert halved.shape[-1] == 16 and abs(halved.mean().item() - 0.25) < 0.01
    with pytest.raises(BenchError, match="test_resize 8 is smaller than image_size 16"):
        EvaluationTransform({**recipe, "test_resize": 8})


def test_resizing_to_the_own_size_is_free(images):
    assert resize(images, 16) is images


def test_an_unknown_augmentation_is_named():
    with pytest.raises(BenchError, match=r"'horizontal_flop'.*did you mean 'horizontal_flip'"):
        TrainTransform({"image_size": 16, "augmentation": [{"horizontal_flop": 1}], "normalise": {"mean": [0], "std": [1]}})


def test_the_same_generator_state_draws_the_same(images):
    recipe = {
        "image_size": 12,
        "normalise": {"mean": [0.5], "std": [0.5]},
        "augmentation": [{"random_resized_crop": [0.2, 1.0]}, {"rotation": 15}, {"random_crop": 2}, {"horizontal_flip": 0.5}],
    }
    transform = TrainTransform(recipe)
    assert torch.equal(transform(images, generator(1)), transform(images, generator(1)))
    assert not torch.equal(transform(images, generator(1)), transform(images, generator(2)))
    assert transform(images, generator(1)).shape == (12, 3, 12, 12)


def test_flips_and_normalisation_cost_little():
    images = torch.randint(0, 256, (32, 1, 64, 64), dtype=torch.uint8)
    recipe = {
        "image_size": 64,
        "augmentation": [{"horizontal_flip": 0.5}, {"vertical_flip": 0.5}],
        "normalise": {"mean": [0.5], "std": [0.5]},
    }
    transform = TrainTransform(recipe)
    best = math.inf
    for step in range(60):
        start = time.perf_counter()
        transform(images, generator(0, "view", 0, 1, step))
        best = min(best, time.perf_counter() - start)
    assert best < 2e-3


def test_every_augmentation_of_the_demo_is_known_where_its_data_is_not_streamed():
    """A paper's recipe may name one that only the streamed sets know, and the demo's stand-ins are cached."""
    plan = Plan(load_settings(["scale=demo"]))
    items = [(paper.name, item) for paper in plan.papers.values() for item in (*paper.tables, *paper.figures)]
    for cell in {cell for item in items for cell in plan.cells_of(*item)}:
        config = plan.resolve(cell.run(0))
        if not dataset_facts(config["data"]["name"]).get("streams"):
            TrainTransform(config["recipe"])
