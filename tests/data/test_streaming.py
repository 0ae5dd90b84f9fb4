"""Streamed sets on miniatures of their layouts: lists, splits, faults, and batches that repeat whatever the workers."""

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.io import savemat

from bench.data import Batches, FileSet, check_dataset, load_dataset, scored_batches, training_batches
from bench.plan import BenchError

RECIPE = {
    "image_size": 24,
    "test_resize": 32,
    "batch_size": 4,
    "augmentation": [{"random_resized_crop": [0.3, 1.0]}, {"horizontal_flip": 0.5}, {"colour_jitter": [0.4, 0.4, 0.4, 0.1]}],
    "normalise": {"mean": [0.5], "std": [0.25]},
}


def picture(path, seed, size=(40, 56)):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path, "PNG")  # whatever its name ends in


def imagenet(root):
    for side, count in (("train", 5), ("val", 2)):
        for label, word in enumerate(("n01", "n02")):
            for index in range(count):
                picture(root / "imagenet" / side / word / f"{side}_{index}.JPEG", 100 * label + index + 1000 * (side == "val"))


def cub200(root):
    base = root / "CUB_200_2011"
    rows = [("1", "001.Albatross/a.jpg", "1", "1"), ("2", "001.Albatross/b.jpg", "1", "0")]
    rows += [("3", "002.Auklet/c.jpg", "2", "1"), ("4", "002.Auklet/d.jpg", "2", "0")]
    for number, path, _, _ in rows:
        picture(base / "images" / path, int(number))
    (base / "classes.txt").write_text("1 001.Albatross\n2 002.Auklet\n")
    for file, column in (("images.txt", 1), ("image_class_labels.txt", 2), ("train_test_split.txt", 3)):
        (base / file).write_text("".join(f"{row[0]} {row[column]}\n" for row in rows))


def mit67(root):
    base = root / "mit67"
    for file, names in (("TrainImages.txt", ("attic/a.jpg", "bar/b.jpg")), ("TestImages.txt", ("attic/c.jpg", "bar/d.jpg"))):
        for position, name in enumerate(names):
            picture(base / "Images" / name, position)
        (base / file).write_text("\n".join(names) + "\n")


def stanford40(root):
    base = root / "Stanford40"
    for word in ("running", "reading"):
        for side in ("train", "test"):
            picture(base / "JPEGImages" / f"{word}_{side}.jpg", len(word))
            (base / "ImageSplits").mkdir(exist_ok=True)
            (base / "ImageSplits" / f"{word}_{side}.txt").write_text(f"{word}_{side}.jpg\n")


def stanford_dogs(root):
    base = root / "stanford_dogs"
    for side in ("train", "test"):
        names = [f"n02-{word}/{side}.jpg" for word in ("beagle", "pug")]
        for position, name in enumerate(names):
            picture(base / "Images" / name, position)
        files = np.empty((2, 1), dtype=object)
        files[:, 0] = [np.array([name]) for name in names]
        savemat(base / f"{side}_list.mat", {"file_list": files})


MINIATURES = {build.__name__: build for build in (imagenet, cub200, mit67, stanford40, stanford_dogs)}


@pytest.mark.parametrize("name", MINIATURES)
def test_a_set_is_listed_with_its_official_split(tmp_path, name):
    MINIATURES[name](tmp_path)
    check = check_dataset(name, data_dir=tmp_path)
    assert check.ok and check.sides == (40, 40, 40)
    assert len(check.classes) == 2 and any("the set has" in note for note in check.notes)
    data = load_dataset(name, 32, {}, tmp_path, tmp_path / "cache")
    assert isinstance(data.train, FileSet) and data.classes == check.classes
    half = len(data.train) // 2
    assert sorted(data.train.labels.tolist()) == [0] * half + [1] * half
    assert not set(data.train.paths) & set(data.test.paths)
    again = load_dataset(name, 32, {}, tmp_path, tmp_path / "cache")
    assert again.digest == data.digest
    picture(data.test.folder / data.test.paths[0], 7, (48, 40))
    assert load_dataset(name, 32, {}, tmp_path, tmp_path / "cache").digest != data.digest


def test_what_is_missing_is_named(tmp_path):
    mit67(tmp_path)
    (tmp_path / "mit67" / "Images" / "bar" / "b.jpg").unlink()
    assert check_dataset("mit67", data_dir=tmp_path).problems == ("mit67: 'Images/bar/b.jpg' is missing",)
    (tmp_path / "mit67" / "TestImages.txt").unlink()
    with pytest.raises(BenchError, match="'TestImages.txt' is missing"):
        load_dataset("mit67", 32, {}, tmp_path, tmp_path / "cache")
    cub200(tmp_path)
    (tmp_path / "CUB_200_2011" / "images" / "001.Albatross" / "a.jpg").write_bytes(b"no picture")
    assert "is damaged" in check_dataset("cub200", data_dir=tmp_path).problems[0]


@pytest.fixture
def data(tmp_path):
    imagenet(tmp_path)
    return load_dataset("imagenet", 32, {}, tmp_path, tmp_path / "cache")


def batches(data, workers=0, **options):
    options = {"seed": 3, "device": "cpu", "views": 2, "pairs": True, **options}
    return training_batches(data.train, RECIPE, workers=workers, **options)


def same(one, other):
    views = zip(one.views, other.views, strict=True)
    return all(torch.equal(a, b) for a, b in views) and torch.equal(one.labels, other.labels)


def test_views_repeat_whatever_the_workers_and_wherever_an_epoch_is_resumed(data):
    whole = list(batches(data).epoch(2))
    assert [len(batch) for batch in whole] == [4, 4, 2] and whole[0].views[0].shape == (4, 3, 24, 24)
    assert all(same(a, b) for a, b in zip(whole, batches(data, workers=2).epoch(2), strict=True))
    (last,) = batches(data).epoch(2, start_step=2)
    assert same(last, whole[2]) and torch.equal(last.partners, whole[2].partners)
    assert not torch.equal(whole[0].views[0], whole[0].views[1])
    assert not same(next(batches(data).epoch(3)), whole[0]) and not same(next(batches(data, seed=4).epoch(2)), whole[0])
    labels = data.train.labels
    assert all(torch.equal(labels[batch.partner_indices], batch.labels) for batch in whole)


def test_the_global_generator_is_left_alone(data):
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    next(batches(data).epoch(1))
    assert torch.equal(torch.rand(1), expected)


def test_streamed_and_stored_agree_where_nothing_is_drawn(tmp_path):
    for index in range(8):
        picture(tmp_path / f"{index}.png", index, (24, 24))
    files = FileSet(tmp_path, tuple(f"{index}.png" for index in range(8)), torch.arange(8) % 2)
    stored = torch.stack(
        [torch.from_numpy(np.asarray(Image.open(tmp_path / path)).transpose(2, 0, 1).copy()) for path in files.paths]
    )
    plain = {**RECIPE, "augmentation": [], "test_resize": 24}
    options = {"seed": 0, "device": "cpu", "views": 1, "pairs": False}
    streamed = training_batches(files, plain, **options).epoch(1)
    assert all(same(a, b) for a, b in zip(streamed, Batches(stored, files.labels, plain, seed=0).epoch(1), strict=True))
    tested = list(scored_batches(files, plain, device="cpu"))
    assert len(tested) == 1 and torch.equal(tested[0].labels, files.labels)


def test_a_damaged_picture_stops_the_training_with_its_name(data):
    (data.train.folder / data.train.paths[0]).write_bytes(b"no picture")
    with pytest.raises(BenchError, match=data.train.paths[0]):
        list(batches(data).epoch(1))
