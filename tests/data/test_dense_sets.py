"""The sets of masks and boxes as they are registered: found, checked, prepared, loaded, fetched in parts."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.data import check_dataset, load_dataset, prepare_dataset
from bench.data.fetching import fetch
from bench.data.masks import write_mask
from bench.data.store.datasets import DataError
from bench.plan import BenchError

BOXES, MASKS = "things_standin5_boxes", "things_standin5_masks"


@pytest.fixture
def voc(tmp_path):
    """2012 alone, in the official layout: two training pictures and one for validation; masks of class 1 with a void line."""
    devkit = tmp_path / "voc" / "VOCdevkit" / "VOC2012"
    lists = {"train": ["2008_000001", "2008_000002"], "val": ["2009_000001"]}
    for folder in ("ImageSets/Segmentation", "JPEGImages", "SegmentationClass"):
        (devkit / folder).mkdir(parents=True)
    for name, ids in lists.items():
        (devkit / "ImageSets" / "Segmentation" / f"{name}.txt").write_text("\n".join(ids))
        for identity in ids:
            Image.new("RGB", (20, 10)).save(devkit / "JPEGImages" / f"{identity}.jpg")
            mask = np.zeros((10, 20), dtype=np.uint8)
            mask[:5], mask[5] = 1, 255
            (devkit / "SegmentationClass" / f"{identity}.png").write_bytes(write_mask(mask))
    return tmp_path


@pytest.fixture
def coco(tmp_path):
    """Two training pictures, one of which has a box, and one for validation with a crowd."""
    root = tmp_path / "coco"
    categories = [{"id": 3, "name": "car"}, {"id": 90, "name": "toothbrush"}]
    for part, box in (
        ("train", {"bbox": [1, 2, 10, 5], "area": 40.0}),
        ("val", {"bbox": [0, 0, 9, 9], "area": 80, "iscrowd": 1}),
    ):
        (root / f"{part}2017").mkdir(parents=True)
        names = [f"{index:012}.jpg" for index in range(1, 3 if part == "train" else 2)]
        for file in names:
            Image.new("RGB", (20, 10)).save(root / f"{part}2017" / file)
        images = [{"id": index, "file_name": file, "height": 10, "width": 20} for index, file in enumerate(names, start=1)]
        annotations = [{"id": 1, "image_id": 1, "category_id": 90, **box}]
        (root / "annotations").mkdir(exist_ok=True)
        content = {"images": images, "annotations": annotations, "categories": categories}
        (root / "annotations" / f"instances_{part}2017.json").write_text(json.dumps(content))
    return tmp_path


def test_a_voc_copy_is_checked_by_what_its_masks_hold(voc):
    found = check_dataset("voc", {"split": "voc2012"}, voc)
    assert found.ok and found.images == {"train": 2, "test": 1} and len(found.classes) == 21
    assert found.counts["train"]["aeroplane"] == 2 and found.counts["train"]["cat"] == 0
    assert "train: 10.0 % of the pixels are void" in found.notes and "2 train images, the set has 1464" in found.notes


def test_a_voc_picture_that_is_listed_and_absent_is_refused_or_left_out(voc):
    (voc / "voc/VOCdevkit/VOC2012/JPEGImages/2008_000002.jpg").unlink()
    with pytest.raises(DataError, match=r"JPEGImages/2008_000002.jpg' is missing"):
        load_dataset("voc", 64, {"split": "voc2012"}, voc, voc / "cache")
    options = {"split": "voc2012", "absent": "left_out"}
    assert len(load_dataset("voc", 64, options, voc, voc / "cache").train) == 1
    assert "1 of 2 training pictures are not there and left out" in check_dataset("voc", options, voc).notes


def test_without_2007_the_papers_split_says_what_it_lacks(voc):
    assert "VOC2007/ImageSets/Segmentation/trainval.txt' is missing" in check_dataset("voc", {}, voc).problems[0]


def test_a_mask_of_another_size_than_its_picture_is_a_fault(voc):
    (voc / "voc/VOCdevkit/VOC2012/SegmentationClass/2009_000001.png").write_bytes(write_mask(np.zeros((4, 4))))
    (problem,) = check_dataset("voc", {"split": "voc2012"}, voc).problems
    assert "4x4, its picture 20x10" in problem


def test_a_coco_copy_is_checked_by_its_boxes(coco):
    found = check_dataset("coco", {}, coco)
    assert found.ok and found.classes == ("car", "toothbrush") and found.counts["train"] == {"car": 0, "toothbrush": 1}
    assert any(
        "boxes 1 small, 0 medium, 0 large; 0 crowd boxes, 0 degenerate ones, 1 pictures without" in n for n in found.notes
    )
    assert "2 train images, the set has 118287" in found.notes


def test_a_coco_picture_that_is_absent_is_refused_or_left_out(coco):
    (coco / "coco/train2017/000000000002.jpg").unlink()
    assert "train2017/000000000002.jpg' is missing" in check_dataset("coco", {}, coco).problems[0]
    data = load_dataset("coco", 64, {"absent": "left_out"}, coco, coco / "cache")
    assert len(data.train) == 1 and data.classes == ("car", "toothbrush")


def test_the_digest_of_boxes_covers_them(coco):
    before = prepare_dataset("coco", 64, {}, coco, coco / "cache")["digest"]
    path = coco / "coco/annotations/instances_train2017.json"
    path.write_text(path.read_text().replace("10, 5]", "10, 6]"))
    assert prepare_dataset("coco", 64, {}, coco, coco / "cache")["digest"] != before


def test_the_stand_ins_show_the_same_scenes_and_come_from_the_cache(tmp_path, monkeypatch):
    masked, boxed = (load_dataset(name, 32, cache_dir=tmp_path) for name in (MASKS, BOXES))
    assert (len(masked.train), len(masked.test)) == (96, 48) and masked.classes == ("background", *boxed.classes)
    assert np.array_equal(masked.train.images, boxed.train.images) and not np.array_equal(
        masked.train.images[:48], masked.test.images
    )
    assert boxed.train.table.crowd.any() and len(boxed.train.boxes(0)["boxes"]) == 0
    monkeypatch.setattr("bench.data.things_standin.draw_things", None)
    again = load_dataset(BOXES, 32, cache_dir=tmp_path)
    assert again.digest == boxed.digest and np.array_equal(again.test.table.boxes, boxed.test.table.boxes)


def test_a_damaged_cache_is_drawn_anew(tmp_path):
    first = load_dataset(MASKS, 32, cache_dir=tmp_path)
    (file,) = tmp_path.glob("*/train_masks.npy")
    np.save(file, np.zeros((96, 32, 32), dtype=np.uint8))
    again = load_dataset(MASKS, 32, cache_dir=tmp_path)
    assert again.digest == first.digest and again.train.masks.any()


def test_a_family_without_sides_is_told_in_a_line(tmp_path, monkeypatch):
    monkeypatch.delattr("bench.data.things_standin.sides")
    with pytest.raises(BenchError, match=r"has no sides\(source, size\)"):
        load_dataset(MASKS, 32, cache_dir=tmp_path)


def test_archives_that_share_a_folder_are_unpacked_into_it_together(tmp_path):
    for word in ("one", "two"):
        (tmp_path / word / "lists").mkdir(parents=True)
        (tmp_path / word / "lists" / f"{word}.txt").write_text(word)
    for word in ("one", "two"):
        fetch._move(tmp_path / word, tmp_path / "VOC2007", merge=True)
    assert sorted(path.name for path in Path(tmp_path / "VOC2007" / "lists").iterdir()) == ["one.txt", "two.txt"]
