"""COCO's annotation files, and what is wrong with bad ones."""

import json
import tarfile
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest

from bench.data.coco import read_annotations, same_categories
from bench.data.store.datasets import DataError

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "datasets" / "coco_tiny" / "coco_tiny.tar.xz"
CONTENT = {
    "images": [
        {"id": 30, "file_name": "c.jpg", "height": 100, "width": 200},
        {"id": 7, "file_name": "a.jpg", "height": 50, "width": 60},
        {"id": 9, "file_name": "b.jpg", "height": 50, "width": 60},
    ],
    "annotations": [
        {"id": 1, "image_id": 30, "category_id": 90, "bbox": [10, 20, 30.5, 40], "area": 700, "iscrowd": 0},
        {"id": 2, "image_id": 7, "category_id": 1, "bbox": [0, 0, 60, 50], "area": 2500.5, "iscrowd": 1},
        {"id": 3, "image_id": 30, "category_id": 13, "bbox": [150, 50, 60, 10], "area": 500, "iscrowd": 0},
        {"id": 4, "image_id": 7, "category_id": 13, "bbox": [5, 5, 10, 0], "area": 0, "iscrowd": 0},
    ],
    "categories": [{"id": 90, "name": "toothbrush"}, {"id": 1, "name": "person"}, {"id": 13, "name": "stop sign"}],
}


@pytest.fixture
def file(tmp_path):
    def write(content):
        path = tmp_path / "instances.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write


def test_pictures_by_id_and_labels_by_rank(file):
    found = read_annotations(file(CONTENT))
    assert found.files == ("a.jpg", "b.jpg", "c.jpg") and found.ids.tolist() == [7, 9, 30]
    assert found.categories == (1, 13, 90) and found.classes == ("person", "stop sign", "toothbrush")
    assert found.boxes.of(2)["labels"].tolist() == [2, 1]
    assert found.boxes.of(2)["boxes"].tolist() == [[10, 20, 40.5, 60], [150, 50, 210, 60]]
    assert found.boxes.of(1)["boxes"].shape == (0, 4)
    assert found.boxes.of(0)["areas"].tolist() == [2500.5, 0] and found.boxes.of(0)["crowd"].tolist() == [True, False]
    assert [found.categories[label] for label in found.boxes.labels] == [1, 13, 90, 13]


def test_counts_and_notes(file):
    found = read_annotations(file(CONTENT))
    assert found.boxes.counts() == {"small": 2, "medium": 0, "large": 0, "crowd": 1, "degenerate": 1, "pictures_without": 2}
    assert found.notes == (
        "1 crowd boxes are not trained on; detections on them count neither way",
        "1 boxes reach out of their picture and are clipped to it for training",
    )


def test_some_pictures_take_their_boxes_along(file):
    boxes = read_annotations(file(CONTENT)).boxes
    chosen = boxes.chosen(np.array([2, 1, 0, 2]))
    assert chosen.offsets.tolist() == [0, 2, 2, 4, 6]
    for place, picture in enumerate((2, 1, 0, 2)):
        assert all(
            np.array_equal(chosen.of(place)[key], boxes.of(picture)[key]) for key in ("boxes", "labels", "areas", "crowd")
        )


def changed(block, place=0, **values):
    content = deepcopy(CONTENT)
    content[block][place].update(values)
    return content


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "is not JSON"),
        ("[]", "holds no blocks; COCO's files have images, annotations, categories"),
        ({key: value for key, value in CONTENT.items() if key != "categories"}, "has no block 'categories'"),
        ({**CONTENT, "images": []}, "block 'images' is empty"),
        (changed("images", id="7"), "entry 0 of 'images' has no whole number as its id"),
        (changed("images", id=9), r"1 ids of 'images' stand there more than once \(9\)"),
        (changed("annotations", id=2), r"1 ids of 'annotations' stand there more than once \(2\)"),
        (changed("categories", id=1), r"1 ids of 'categories' stand there more than once \(1\)"),
        (changed("images", width=0), r"1 images lack a file name, height or width \(30\)"),
        (changed("annotations", category_id=91), r"1 annotations have an unknown category \(1\)"),
        (changed("annotations", image_id=5), r"1 annotations have an unknown image \(1\)"),
        (changed("annotations", bbox=[1, 2, 3]), r"1 annotations have no box of four numbers \(1\)"),
        (changed("annotations", bbox=[1, 2, float("nan"), 3]), r"no box of four numbers \(1\)"),
        (changed("annotations", bbox=[1, 2, -4, 3]), r"no box of four numbers \(1\)"),
        (changed("annotations", bbox=[201, 0, 5, 5]), r"1 annotations have a box outside of its picture \(1\)"),
    ],
)
def test_a_bad_file_is_one_line(file, content, words):
    with pytest.raises(DataError, match=words) as caught:
        read_annotations(file(content))
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_other_categories(file, tmp_path):
    with pytest.raises(DataError, match=r"'none\.json' is missing"):
        read_annotations(tmp_path / "none.json")
    first = read_annotations(file(CONTENT))
    second = read_annotations(file(changed("categories", place=1, id=2) | {"annotations": []}))
    with pytest.raises(DataError, match="other categories: 1, 2 in one of them alone"):
        same_categories(first, second)
    same_categories(first, first)


@pytest.mark.realdata
def test_the_official_files_are_read(tmp_path):
    if not REAL.exists():
        pytest.skip("the real COCO subset is not beside the checkout (../shared/datasets/coco_tiny)")
    with tarfile.open(REAL) as archive:
        for side in ("train", "val"):
            archive.extract(f"coco/annotations/instances_{side}2017.json", tmp_path, filter="data")
    train, test = (read_annotations(tmp_path / f"coco/annotations/instances_{side}2017.json") for side in ("train", "val"))
    same_categories(train, test)
    assert (len(train.files), len(train.boxes.boxes), int(train.boxes.crowd.sum())) == (80, 705, 6)
    assert (len(test.files), len(test.boxes.boxes), int(test.boxes.crowd.sum())) == (80, 815, 11)
    assert len(train.categories) == 80 and train.categories[-1] == 90 and 12 not in train.categories
