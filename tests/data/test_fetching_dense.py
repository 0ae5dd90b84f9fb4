"""COCO and SBD fetched from a server on this machine: into the layout that the loaders read, the masks as VOC has them."""

import hashlib
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat
from test_dense_sets import coco, voc
from test_unpacking import below, packed
from typer.testing import CliRunner

from bench.cli.app import app
from bench.data import check_dataset
from bench.data.fetching import sbd
from bench.data.fetching.downloads import DOWNLOADS
from bench.data.masks import read_mask, write_mask
from bench.plan import BenchError

__all__ = ["coco", "voc"]
MASKS = Path("voc/VOCdevkit/VOC2012/SegmentationClassAug")
LIST = Path("voc/VOCdevkit/VOC2012/ImageSets/Segmentation/train_aug.txt")


def fetched(name, *words):
    return CliRunner().invoke(app, ["data", "fetch", name, *map(str, words)], env={"COLUMNS": "200", "NO_COLOR": "1"})


def test_coco_is_unpacked_into_the_layout_that_is_read(coco, shelf, monkeypatch, tmp_path):
    files, facts = below(coco / "coco"), []
    for item in DOWNLOADS["coco"]:
        start = "annotations/" if item.file.startswith("annotations") else item.file.replace(".zip", "/")
        content = packed(item.file, {path: files[path] for path in sorted(files) if path.startswith(start)})
        url = shelf.put(f"coco/{item.file}", content)
        checksum = "md5:" + hashlib.md5(content, usedforsecurity=False).hexdigest()
        facts.append(replace(item, urls=(url,), size=len(content), limit=len(content), checksum=checksum))
    monkeypatch.setitem(DOWNLOADS, "coco", tuple(facts))
    done = fetched("coco", "--into", tmp_path / "data")
    assert done.exit_code == 0, done.exception
    assert below(tmp_path / "data" / "coco").keys() == {*files, "downloads.json"}
    assert check_dataset("coco", {}, tmp_path / "data").digest == check_dataset("coco", {}, coco).digest
    assert fetched("coco", "--into", tmp_path / "data").output.count("already there, unpacked") == 3 == len(shelf.asked)


def test_coco_s_addresses_are_those_of_its_site():
    sizes = [item.size for item in DOWNLOADS["coco"]]
    assert sizes == [252_907_541, 815_585_330, 19_336_861_798]
    assert all(item.urls[0].startswith("http://images.cocodataset.org/") for item in DOWNLOADS["coco"])


def matlab(mask, field="Segmentation"):
    buffer = io.BytesIO()
    savemat(buffer, {"GTcls": {field: mask, "Boundaries": np.zeros((20, 1)), "CategoriesPresent": [3]}}, do_compression=True)
    return buffer.getvalue()


SBD = np.full((10, 20), 3, dtype=np.uint8)  # a mask of SBD's: a class alone, no void


@pytest.fixture
def archive(shelf, monkeypatch):
    """Puts an archive of SBD with these files on the shelf."""

    def put(files):
        content = packed("a.tgz", {f"benchmark_RELEASE/dataset/{path}": found for path, found in files.items()})
        checksum = "md5:" + hashlib.md5(content, usedforsecurity=False).hexdigest()
        url = shelf.put("sbd/benchmark.tgz", content)
        monkeypatch.setattr(sbd, "ARCHIVE", replace(sbd.ARCHIVE, urls=(url,), size=None, limit=len(content), checksum=checksum))

    return put


def test_sbd_adds_pictures_and_masks_to_voc(voc, archive, shelf):
    release = voc / "voc/VOCdevkit/VOC2012"
    train = (release / "ImageSets/Segmentation/train.txt").read_text().split()
    (tested,) = (release / "ImageSets/Segmentation/val.txt").read_text().split()
    (release / "JPEGImages/2010_000007.jpg").write_bytes((release / f"JPEGImages/{train[0]}.jpg").read_bytes())
    archive(
        {f"cls/{name}.mat": matlab(SBD) for name in (train[0], tested, "2010_000007")} | {"img/a.jpg": b"", "cls/note.txt": b""}
    )
    done = fetched("sbd", "--into", voc, "--mirror", shelf.address)
    assert done.exit_code == 0, done.exception
    assert f"train_aug: {len(train) + 1} pictures, the field's list has 10582" in done.output
    assert (voc / LIST).read_text().split() == sorted([*train, "2010_000007"])
    assert sorted(path.stem for path in (voc / MASKS).iterdir()) == sorted([*train, "2010_000007"])
    assert np.array_equal(read_mask((voc / MASKS / "2010_000007.png").read_bytes(), 21), SBD)
    own = (release / "SegmentationClass" / f"{train[0]}.png").read_bytes()
    assert (voc / MASKS / f"{train[0]}.png").read_bytes() == own != write_mask(SBD)
    assert check_dataset("voc", {"split": "voc2012_aug"}, voc).ok and not list((voc / "voc").glob("*.tgz"))
    assert f"next: python -m bench data check sbd --set data_dir={voc}" in done.output
    looked = CliRunner().invoke(app, ["data", "check", "sbd", "--set", f"data_dir={voc}"])
    assert looked.exit_code == 0 and f"train: {len(train) + 1} images" in looked.output
    assert json.loads((voc / "voc/downloads.json").read_text())["benchmark.tgz"]["unpacked"] == ["VOCdevkit"]
    assert "nothing is downloaded" in fetched("sbd", "--into", voc).output and len(shelf.asked) == 1


def test_what_a_kill_left_is_done_again(voc, archive, monkeypatch):
    def killed(path, text, write=sbd.write_atomically):
        if path.name == LIST.name:
            raise KeyboardInterrupt
        write(path, text)

    archive({"cls/2010_000007.mat": matlab(SBD)})
    (voc / "voc/downloads.json").write_text('{"VOC')  # damaged: it is written anew
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(sbd, "write_atomically", killed)
        sbd.fetch_sbd(voc, say=lambda line: None)
    assert (voc / MASKS).exists() and not (voc / LIST).exists()
    sbd.fetch_sbd(voc, say=lambda line: None)
    assert "2010_000007" in (voc / LIST).read_text()


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"cls/2010_000007.mat": b"MATLAB 5.0"}, "none of SBD's MATLAB files"),
        ({"cls/2010_000007.mat": matlab(SBD, "Other")}, "none of SBD's MATLAB files"),
        ({"cls/2010_000007.mat": matlab(SBD + 18)}, "is no mask of the classes 0 to 20"),
        ({"cls/2010_000007.mat": matlab(SBD[None])}, "is no mask of the classes 0 to 20"),
        ({"inst/2010_000007.mat": matlab(SBD)}, "holds no masks"),
    ],
)
def test_what_is_no_mask_leaves_nothing_behind(voc, archive, files, words):
    archive(files)
    with pytest.raises(BenchError, match=words):
        sbd.fetch_sbd(voc, say=lambda line: None)
    assert not (voc / MASKS).exists() and not (voc / LIST).exists() and (voc / "voc/benchmark.tgz").exists()


def test_masks_of_somebody_else_stay_beside_somebody_s_archive(voc, archive, shelf):
    archive({"cls/2010_000007.mat": matlab(SBD)})
    (voc / MASKS).mkdir()
    (voc / MASKS / "mine.png").write_bytes(b"mine")
    (voc / "voc/benchmark.tgz").write_bytes(shelf.items["sbd/benchmark.tgz"].content)
    assert "nothing is downloaded" in fetched("sbd", "--into", voc).output
    assert [path.name for path in (voc / MASKS).iterdir()] == ["mine.png"] and not (voc / LIST).exists()


def test_a_mirror_is_an_address(tmp_path):
    with pytest.raises(BenchError, match="--mirror file:///x: not an address"):
        sbd.fetch_sbd(tmp_path, mirror="file:///x")


def test_without_voc_the_order_is_told(tmp_path):
    with pytest.raises(BenchError, match="python -m bench data fetch voc comes first"):
        sbd.fetch_sbd(tmp_path)
