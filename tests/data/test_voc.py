"""PASCAL VOC's lists: splits, and the test pictures that the paper trains on."""

import shutil
from pathlib import Path

import pytest

from bench.data.masks import read_mask
from bench.data.store.datasets import DataError
from bench.data.voc import CLASSES, LEAKAGE, missing_files, voc_sides

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "datasets" / "voc2012_seg" / "voc2012_seg.tar.xz"
LISTS = {  # 2007's pictures 1 to 3 train, 4 and 5 test; 2012 has all of them under another name, and three of its own
    "VOC2007": {"trainval": ["000001", "000002", "000003"], "test": ["000004", "000005"]},
    "VOC2012": {
        "train": ["2007_000001", "2007_000004", "2008_000001"],
        "val": ["2007_000002", "2007_000003", "2007_000005", "2009_000001"],
        "trainval": [f"2007_00000{i}" for i in range(1, 6)] + ["2008_000001", "2009_000001"],
        "train_aug": ["2007_000001", "2007_000004", "2008_000001", "2011_000009"],
    },
}


@pytest.fixture
def devkit(tmp_path):
    for release, lists in LISTS.items():
        folder = tmp_path / "VOCdevkit" / release / "ImageSets" / "Segmentation"
        folder.mkdir(parents=True)
        for name, ids in lists.items():
            (folder / f"{name}.txt").write_text("".join(f"{identity}\n" for identity in ids))
    return tmp_path / "VOCdevkit"


def names(pairs):
    return [pair.picture.split("/")[0][3:] + "/" + Path(pair.picture).stem for pair in pairs]


def test_the_papers_split_trains_on_its_test_pictures_and_says_so(devkit):
    sides = voc_sides("voc", devkit, "paper")
    assert len(sides.train) == 10 and len(sides.test) == 2 and sides.leaked == 2
    assert sides.notes[0] == "trains on its test images: 2 of 2 test pictures are in the training list, with their masks"
    assert "3 training pictures stand in both releases and count twice" in sides.notes


def test_the_clean_split_compares_ids_not_years(devkit):
    sides = voc_sides("voc", devkit, "clean")
    assert names(sides.test) == ["2007/000004", "2007/000005"]
    trained = names(sides.train)
    assert len(trained) == 8 and not {"2012/2007_000004", "2012/2007_000005"} & set(trained)
    assert trained[:3] == ["2007/000001", "2007/000002", "2007/000003"]


def test_2012s_own_split_and_sbds_additions(devkit):
    assert names(voc_sides("voc", devkit, "voc2012").train) == [f"2012/{name}" for name in LISTS["VOC2012"]["train"]]
    added = voc_sides("voc", devkit, "voc2012_aug")
    assert {pair.mask.split("/")[1] for pair in added.train} == {"SegmentationClassAug"}
    assert {pair.mask.split("/")[1] for pair in added.test} == {"SegmentationClass"}


def test_missing_files_are_named_once_each(devkit):
    sides = voc_sides("voc", devkit, "voc2012")
    lines = missing_files(devkit, sides.train + sides.train)
    assert len(lines) == 6 and lines[0] == "VOCdevkit: 'VOC2012/JPEGImages/2007_000001.jpg' is missing"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "'VOC2012/ImageSets/Segmentation/val.txt' is missing"),
        ("\n \n", "val.txt' is empty"),
        ("2007_000001\n2007 000002\n", "val.txt', line 2: '2007 000002' is no picture's name"),
        ("2007_000001\n2007_000002\n2007_000001\n", "val.txt', line 3: '2007_000001' stands in .*, line 1 already"),
    ],
)
def test_a_bad_list_is_one_line(devkit, text, words):
    file = devkit / "VOC2012" / "ImageSets" / "Segmentation" / "val.txt"
    file.unlink()
    if text is not None:
        file.write_text(text)
    with pytest.raises(DataError, match=words) as caught:
        voc_sides("voc", devkit, "voc2012")
    assert "\n" not in str(caught.value)


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """The official lists in one devkit, and the folder of the pictures that there are."""
    if not REAL.exists():
        pytest.skip("the real VOC lists are not beside the checkout (../shared/datasets/voc2012_seg)")
    root = tmp_path_factory.mktemp("voc")
    shutil.unpack_archive(REAL, root, filter="data")
    full = root / "full"
    shutil.copytree(root / "VOCdevkit" / "VOC2007" / "ImageSets", full / "VOC2007" / "ImageSets")
    (full / "VOC2012" / "ImageSets").mkdir(parents=True)
    shutil.copytree(root / "complete_lists" / "VOC2012", full / "VOC2012" / "ImageSets" / "Segmentation")
    return full, root / "VOCdevkit"


@pytest.mark.realdata
def test_all_test_pictures_of_2007_are_in_2012s_trainval(real):
    full, _ = real
    paper, clean = voc_sides("voc", full, "paper"), voc_sides("voc", full, "clean")
    assert (len(paper.train), len(paper.test), paper.leaked) == (3335, 210, LEAKAGE)
    assert (len(clean.train), len(clean.test)) == (3125, 210)
    lists = {
        which: set((full / "VOC2012" / "ImageSets" / "Segmentation" / f"{which}.txt").read_text().split())
        for which in ("train", "val", "trainval", "train_aug")
    }
    tested = {f"2007_{identity}" for identity in (full / "VOC2007/ImageSets/Segmentation/test.txt").read_text().split()}
    assert {which: len(tested & ids) for which, ids in lists.items()} == {
        "train": 106,
        "val": 104,
        "trainval": 210,
        "train_aug": 106,
    }
    assert len({identity for identity in lists["trainval"] if identity.startswith("2007_")}) == 632


@pytest.mark.realdata
def test_real_masks_are_read(real):
    _, devkit = real
    sides = voc_sides("voc", devkit, "voc2012_aug")
    assert (len(sides.train), len(sides.test)) == (92, 22)
    assert not missing_files(devkit, sides.train + sides.test)
    for pair in (*sides.train[:10], *sides.test[:10]):
        assert read_mask((devkit / pair.mask).read_bytes(), len(CLASSES)).ndim == 2
