"""Batches of pictures with masks or boxes: what a step has, in memory and from files."""

import io
from itertools import islice

import numpy as np
import pytest
import torch
from PIL import Image

from bench.data.boxes import table_of
from bench.data.drawing import draw_things
from bench.data.loading.dense import DenseBatches, DenseEvaluation
from bench.data.masks import write_mask
from bench.data.sides import BoxedArrays, BoxedFiles, MaskedArrays, MaskedFiles, Pair, check_sizes, with_boxes
from bench.plan import BenchError

SEGMENTATION = {
    "batch_size": 4, "image_size": 32, "drop_last": True, "normalise": {"mean": [0.5], "std": [0.25]},
    "augmentation": [{"horizontal_flip": 0.5}, {"scale_crop": {"short": [24, 48], "crop": 32}}],
}  # fmt: skip
DETECTION = {"batch_size": 4, "image_size": 48, "augmentation": [{"short_side": [40, 48, 64]}, {"horizontal_flip": 0.5}]}


@pytest.fixture(scope="module")
def scenes():
    """Pictures, masks and boxes; picture 0 is empty and picture 19 has a crowd."""
    images, things = draw_things(21, 48, np.random.default_rng(0))
    chosen = [0, *range(9, 21)]
    seen = [things[index] for index in chosen]
    return images[chosen], np.stack([thing.mask for thing in seen]), table_of(seen)


@pytest.fixture(scope="module")
def masked(scenes):
    return MaskedArrays(scenes[0], scenes[1])


@pytest.fixture(scope="module")
def boxed(scenes):
    return BoxedArrays(scenes[0], scenes[2])


def jpeg(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def files(tmp_path, scenes):
    """The same pictures in files, the boxes' made wider than high in every second."""
    images, masks, table = scenes
    for index, (image, mask) in enumerate(zip(images, masks, strict=True)):
        (tmp_path / f"{index}.jpg").write_bytes(jpeg(image.transpose(1, 2, 0)))
        (tmp_path / f"{index}.png").write_bytes(write_mask(mask))
        (tmp_path / f"wide{index}.jpg").write_bytes(
            jpeg(np.pad(image.transpose(1, 2, 0), ((0, 0), (0, 16 * (index % 2)), (0, 0))))
        )
    count = len(images)
    pairs = tuple(Pair(f"{index}.jpg", f"{index}.png") for index in range(count))
    sizes = np.array([[48, 48 + 16 * (index % 2)] for index in range(count)])
    paths = tuple(f"wide{index}.jpg" for index in range(count))
    ids = np.arange(count) * 7 + 3
    return MaskedFiles(tmp_path, pairs, 6), BoxedFiles(tmp_path, paths, ids, sizes, table, (1, 7))


def equal(first, second):
    """Whether two batches are the same bit for bit."""
    if isinstance(first.images, torch.Tensor):
        return torch.equal(first.images, second.images) and torch.equal(first.labels, second.labels)
    boxes = zip(first.labels, second.labels, strict=True)
    same = all(torch.equal(a[key], b[key]) for a, b in boxes for key in ("boxes", "labels"))
    return same and torch.equal(first.images.pixels, second.images.pixels) and first.images.sizes == second.images.sizes


def test_masks_come_as_stacks(masked):
    batches = DenseBatches(masked, SEGMENTATION, seed=0)
    every = list(batches.epoch(1))
    assert len(batches) == len(every) == 3
    for batch in every:
        assert batch.images.shape == (4, 3, 32, 32) and batch.images.dtype == torch.float32
        assert batch.images.is_contiguous(memory_format=torch.channels_last)
        assert batch.labels.shape == (4, 32, 32) and batch.labels.dtype == torch.uint8
        assert set(batch.labels.unique().tolist()) <= {0, 1, 2, 3, 4, 5, 255}


def test_views_have_masks_of_their_own(masked):
    batch = next(iter(DenseBatches(masked, SEGMENTATION, seed=0, views=2).epoch(1)))
    assert len(batch.views) == len(batch.targets) == 2
    assert not torch.equal(*batch.views) and not torch.equal(*batch.targets)


def test_boxes_come_with_padded_pictures_of_those_that_have_any(boxed):
    batches = DenseBatches(boxed, {**DETECTION, "drop_last": True}, seed=0)
    assert len(batches.side) == len(boxed) - 1  # the first picture is empty
    for batch in batches.epoch(1):
        assert batch.images.pixels.dtype == torch.uint8 and batch.images.pixels.shape[2] % 32 == 0
        assert all(len(target["boxes"]) == len(target["labels"]) > 0 for target in batch.labels)
        for (height, width), target in zip(batch.images.sizes, batch.labels, strict=True):
            assert (target["boxes"][:, 2] <= width).all() and (target["boxes"][:, 3] <= height).all()


def test_crowds_are_not_trained_on(boxed):
    (crowded,) = (picture for picture in range(len(boxed)) if boxed.boxes(picture)["crowd"].any())
    side = boxed.chosen(np.array([crowded]))
    batches = DenseBatches(side, {**DETECTION, "batch_size": 1, "augmentation": []}, seed=0)
    (batch,) = batches.epoch(1)
    assert len(batch.labels[0]["boxes"]) == int((~side.boxes(0)["crowd"]).sum())


@pytest.mark.parametrize("kind", ["masked", "boxed", "stream"])
def test_an_epoch_continues_where_it_stood(kind, masked, boxed):
    side, recipe = (masked, SEGMENTATION) if kind == "masked" else (boxed, DETECTION)
    recipe = {**recipe, "epoch_steps": 5} if kind == "stream" else recipe
    whole = list(DenseBatches(side, recipe, seed=3).epoch(2))
    rest = list(DenseBatches(side, recipe, seed=3).epoch(2, start_step=1))
    assert len(whole) == len(rest) + 1 and all(equal(*pair) for pair in zip(whole[1:], rest, strict=True))
    assert not equal(whole[0], next(iter(DenseBatches(side, recipe, seed=4).epoch(2))))
    assert not equal(whole[0], next(iter(DenseBatches(side, recipe, seed=3).epoch(1))))


def test_a_share_is_some_rows_of_the_whole(masked):
    whole = next(iter(DenseBatches(masked, SEGMENTATION, seed=0).epoch(1)))
    parts = [next(iter(DenseBatches(masked, SEGMENTATION, seed=0, share=(rank, 2)).epoch(1))) for rank in (0, 1)]
    assert torch.equal(torch.cat([part.images for part in parts]), whole.images)
    assert [part.whole for part in parts] == [4, 4] and whole.whole is None


def test_workers_change_nothing(files):
    side, _ = files
    alone = list(DenseBatches(side, SEGMENTATION, seed=0).epoch(1))
    helped = list(DenseBatches(side, SEGMENTATION, seed=0, workers=1).epoch(1))
    assert all(equal(*pair) for pair in zip(alone, helped, strict=True))


def test_drawing_leaves_the_trainings_generator_alone(masked):
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    list(DenseBatches(masked, SEGMENTATION, seed=0).epoch(1))
    assert torch.equal(torch.rand(1), expected)


def test_testing_has_every_picture_in_order(masked, boxed):
    batches = DenseEvaluation(masked, SEGMENTATION, batch_size=5)
    assert [len(batch) for batch in batches] == [5, 5, 3] and len(batches) == 3
    first, *_ = batches
    assert torch.equal(first.indices, torch.arange(5)) and first.labels.shape == (5, 32, 32)
    (every,) = DenseEvaluation(boxed, DETECTION)
    assert len(every) == len(boxed) and [target["image_id"] for target in every.labels] == list(range(1, 14))
    assert every.labels[11]["crowd"].any() and every.labels[0]["size"] == every.labels[0]["input_size"] == (48, 48)
    assert np.array_equal(every.labels[2]["boxes"].numpy(), boxed.boxes(2)["boxes"])


def test_files_give_what_memory_gives(files, masked):
    side, _ = files
    for first, second in zip(DenseEvaluation(side, SEGMENTATION), DenseEvaluation(masked, SEGMENTATION), strict=True):
        assert equal(first, second)
    assert check_sizes(side, range(13)) == []


def test_streamed_batches_have_one_orientation(files):
    _, side = files
    batches = DenseBatches(side, {**DETECTION, "batch_size": 3, "epoch_steps": 6, "augmentation": []}, seed=0)
    shapes = [batch.images.pixels.shape for epoch in (1, 2) for batch in batches.epoch(epoch)]
    assert {shape[3] for shape in shapes} == {64} and len(shapes) == 12
    sizes = [set(batch.images.sizes) for batch in islice(batches.epoch(1), 6)]
    assert all(len(each) == 1 for each in sizes)


def test_bad_files_are_named_in_a_line(files, tmp_path):
    masked, boxed = files
    (tmp_path / "2.png").write_bytes(jpeg(np.zeros((48, 48, 3), np.uint8)))
    with pytest.raises(BenchError, match=r"'2\.png' is of mode RGB"):
        masked.mask(2)
    (tmp_path / "3.png").unlink()
    with pytest.raises(BenchError, match=r"'3\.png' cannot be read"):
        masked.mask(3)
    (tmp_path / "4.png").write_bytes(write_mask(np.zeros((40, 48), np.uint8)))
    lines = check_sizes(masked, range(6))
    assert len(lines) == 3 and lines[2] == "'4.png' is 48x40, its picture 48x48"
    (tmp_path / "wide1.jpg").write_bytes(jpeg(np.zeros((48, 50, 3), np.uint8)))
    with pytest.raises(BenchError, match=r"'wide1\.jpg' is 50x48, its annotations say 64x48"):
        boxed.picture(1)
    (tmp_path / "wide2.jpg").write_bytes(b"no picture")
    with pytest.raises(BenchError, match=r"'wide2\.jpg' cannot be read"):
        boxed.picture(2)


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("piped", [False, True])
def test_a_bad_file_met_by_a_training_is_one_line(files, tmp_path, monkeypatch, workers, piped):
    if piped:
        monkeypatch.setattr("bench.data.loading.workers.SHARED", "/nowhere")
    masked, _ = files
    whole = list(DenseBatches(masked, SEGMENTATION, seed=0, workers=workers).epoch(1))
    assert all(isinstance(batch.labels, torch.Tensor) for batch in whole)
    (tmp_path / "2.png").write_bytes(jpeg(np.zeros((48, 48, 3), np.uint8)))
    with pytest.raises(BenchError, match=r"^'2\.png' is of mode RGB"):
        list(DenseBatches(masked, SEGMENTATION, seed=0, workers=workers).epoch(1))


def test_only_pictures_with_boxes_are_trained_on(boxed):
    kept = with_boxes(boxed)
    assert len(kept) == len(boxed) - 1 and all(len(kept.boxes(index)["boxes"]) for index in range(len(kept)))
