import shutil
import zipfile

import numpy as np
import pytest
from projects.scenes import scene_files, scene_name, tiff, write_folder, write_zip

from bench.data import DataError, check_dataset
from bench.data.opensarship import class_of
from bench.data.sentinel import read_scenes
from bench.data.sentinel.ships import chips_of
from bench.data.store.archives import opened
from bench.data.store.reading import decode_dataset
from bench.plan import BenchError

NAME = "opensarship"


@pytest.mark.parametrize(
    ("words", "label"),
    [
        ("Bulk Carrier", 0),
        ("Container Ship", 1),
        ("Tanker", 2),
        ("Oil/Chemical Tanker", 2),
        ("LPG Tanker", 2),
        ("Tanker - Hazard A (Major)", 2),
        ("Cabu Carrier", None),
        ("General Cargo", None),
        ("NA", None),
        ("", None),
    ],
)
def test_types_become_classes(words, label):
    assert class_of(words) == label


def test_both_layouts_and_unpacked_scenes_are_read(scenes):
    check = check_dataset(NAME, data_dir=scenes)
    assert check.ok and check.sides == (21, 21, 21)
    total = {word: check.counts["train"][word] + check.counts["test"][word] for word in check.classes}
    assert total == {"bulk carrier": 12, "container ship": 12, "tanker": 12}
    assert all(check.counts["test"].values())
    assert "in 3 scenes" in check.notes[0] and "left out: 12 chips of another or no type" in check.notes


def test_zipped_or_not_the_data_is_the_same(tmp_path, scenes):
    unpacked = tmp_path / "unpacked" / NAME
    for path in (scenes / "OpenSARShip").iterdir():
        if path.is_dir():
            shutil.copytree(path, unpacked / path.name)
        else:
            with zipfile.ZipFile(path) as archive:  # written by this test's own fixture
                top = archive.namelist()[0].startswith("S1A")
                archive.extractall(unpacked if top else unpacked / path.stem)
    assert check_dataset(NAME, data_dir=tmp_path / "unpacked").digest == check_dataset(NAME, data_dir=scenes).digest


def test_polarisations_choose_scenes_and_channels(scenes):
    vv = decode_dataset(NAME, 16, {}, scenes)
    vh = decode_dataset(NAME, 16, {"polarisation": "vh"}, scenes)
    both = decode_dataset(NAME, 16, {"polarisation": "both"}, scenes)
    assert (len(vv.labels), len(vh.labels), len(both.labels)) == (36, 24, 24)
    assert vv.images.shape[1] == vh.images.shape[1] == 1 and both.images.shape[1] == 3
    assert np.array_equal(both.images[:, 1], vh.images[:, 0])
    assert "left out: 12 chips without VH" in vh.notes and "left out: 12 chips without both polarisations" in both.notes


def test_calibrated_bands_are_vh_then_vv_in_decibels(tmp_path):
    files = scene_files(1000, ships=8)
    for name in files:
        if name.startswith("Patch_Cal"):
            ripple = 1 + 1e-4 * np.arange(81).reshape(9, 9)  # a chip of one value is refused
            files[name] = tiff(np.stack([0.001 * ripple, 10 * ripple], -1).astype(np.float32))
    write_zip(tmp_path / NAME / f"{scene_name('20150101')}.zip", files)
    vv = decode_dataset(NAME, 16, {"product": "cal"}, tmp_path)
    vh = decode_dataset(NAME, 16, {"product": "cal", "polarisation": "vh"}, tmp_path)
    assert (vv.images == 204).all()  # 10 dB on -30..20 dB
    assert (vh.images == 0).all()


def test_no_ship_is_on_both_sides(tmp_path):
    for date in ("20150101", "20160202", "20170303"):  # the same ships three times
        write_zip(tmp_path / NAME / f"{scene_name(date)}.zip", scene_files(1000, ships=24))
    data = decode_dataset(NAME, 16, {}, tmp_path)
    thrice = data.is_test.reshape(3, -1)
    assert (thrice == thrice[0]).all() and thrice.any() and not thrice.all()


def test_a_scene_that_is_there_twice_is_read_once(tmp_path):
    name = scene_name("20150101")
    write_zip(tmp_path / NAME / f"{name}.zip", scene_files(1000))
    write_folder(tmp_path / NAME / name, scene_files(1000))
    check = check_dataset(NAME, data_dir=tmp_path)
    assert sum(check.counts["train"].values()) + sum(check.counts["test"].values()) == 12
    assert f"scene {name} is there twice; read once" in check.notes


def test_every_broken_file_is_named(scenes):
    first, second = sorted((scenes / "OpenSARShip").glob("*.zip"))
    first.write_bytes(first.read_bytes()[:3000])
    files = scene_files(2000)
    gone = next(name for name in files if name.startswith("Patch_Uint8") and name.endswith("_x100_y200_vv.tif"))
    del files[gone]
    files[next(name for name in files if name.endswith("_x110_y201_vv.tif"))] = b"II*\0"
    write_zip(second, files)
    check = check_dataset(NAME, data_dir=scenes)
    assert len(check.problems) == 3 and not check.ok
    text = "\n".join(check.problems)
    assert f"OpenSARShip/{first.name}: truncated or not a zip archive" in text
    assert f"OpenSARShip/{second.name}: 'Patch_Uint8/*_x100_y200_vv.tif' is missing" in text
    assert "is not a readable TIFF" in text
    with pytest.raises(DataError, match=r"and 2 more: python -m bench data check opensarship") as caught:
        decode_dataset(NAME, 16, {}, scenes)
    assert "\n" not in str(caught.value)


def test_an_empty_folder_is_one_line(tmp_path):
    (tmp_path / NAME).mkdir()
    assert check_dataset(NAME, data_dir=tmp_path).problems[0].startswith("opensarship: no chip of any class")


@pytest.mark.parametrize("name", ["../../escaped.txt", "/absolute.txt", "../Patch_Uint8/a_x1_y1_vv.tif"])
def test_hostile_member_names_stay_in_memory_and_are_refused(tmp_path, name):
    write_zip(tmp_path / "deep" / "data" / NAME / f"{scene_name('20150101')}.zip", {**scene_files(1000), name: b"x"})
    before = sorted(path for path in tmp_path.rglob("*"))
    (problem,) = check_dataset(NAME, data_dir=tmp_path / "deep" / "data").problems
    assert f"'{name}' is a link, a device or leads out of the archive" in problem
    assert sorted(path for path in tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "text",
    [
        b'<!DOCTYPE a [<!ENTITY b "c">]><ShipList>&b;</ShipList>',
        b'<ShipList><!ENTITY b "c"></ShipList>',
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a><ShipList/>'.encode("utf-16"),
        '<?xml version="1.0" encoding="UTF-16"?><ShipList/>'.encode("utf-16-le"),  # without its mark
    ],
)
def test_entities_are_refused(text):
    with pytest.raises(BenchError, match=r"holds a document type or is no text; refused"):
        chips_of(text, "scene", "Ship.xml")


@pytest.mark.parametrize("text", [b"", b"<ShipList><ship>", b"<ShipList><ship></ship></ShipList>"])
def test_a_broken_ship_list_is_one_line(text):
    with pytest.raises(BenchError, match=r"^scene\.zip: 'Ship\.xml': ") as caught:
        chips_of(text, "scene", "scene.zip: 'Ship.xml'")
    assert "\n" not in str(caught.value)


def test_a_ship_without_a_number_counts_on_its_own():
    entry = "<ship><SARShipInformation><Center_x>{0}</Center_x><Center_y>2</Center_y></SARShipInformation>{1}</ship>"
    mmsi = "<AISShipInformation><MMSI>{}</MMSI></AISShipInformation>"
    text = "<!-- notes --><ShipList>" + entry.format(1, "") + entry.format(3, mmsi.format(0)) + entry.format(5, mmsi.format(7))
    assert [chip.ship for chip in chips_of((text + "</ShipList>").encode(), "s", "l")] == ["s 1 2", "s 3 2", "mmsi 7"]


def test_a_balanced_split_is_asked_for_and_noted(scenes):
    check = check_dataset(NAME, {"split": "balanced"}, scenes)
    assert check.counts == {side: dict.fromkeys(check.classes, count) for side, count in (("train", 8), ("test", 4))}
    assert check.notes[-1].startswith("split by chip, training classes of one size: ") and "of 12 test chips" in check.notes[-1]
    assert check.digest != check_dataset(NAME, {"split": "ship"}, scenes).digest == check_dataset(NAME, data_dir=scenes).digest


@pytest.mark.realdata
def test_the_real_sample(sample):
    check = check_dataset(NAME, data_dir=sample)
    assert check.ok and check.sides == (17, 49, 185)
    assert check.counts == {
        "train": {"bulk carrier": 22, "container ship": 13, "tanker": 58},
        "test": {"bulk carrier": 10, "container ship": 6, "tanker": 25},
    }
    assert check.notes[0] == "134 chips of 132 ships in 7 scenes"
    cal = decode_dataset(NAME, 64, {"product": "cal", "polarisation": "both"}, sample)
    assert cal.images.shape == (75, 3, 64, 64)


@pytest.mark.realdata
def test_real_scenes_have_the_polarisations_of_their_names(sample):
    problems: list[str] = []
    with opened(sample / NAME, NAME) as files:
        found = {scene.name[7:16]: scene.polarisations for scene in read_scenes(files, problems, [])}
    assert not problems
    assert found == {"GRDH_1SDV": ("vv", "vh"), "GRDH_1SSV": ("vv",), "SLC__1SDV": ("vv", "vh")}


@pytest.mark.realdata
def test_a_truncated_real_archive_is_one_line(sample, tmp_path):
    archive = sorted((sample / NAME).glob("*.zip"))[0]
    (tmp_path / NAME).mkdir()
    (tmp_path / NAME / archive.name).write_bytes(archive.read_bytes()[:100_000])
    (problem,) = check_dataset(NAME, data_dir=tmp_path).problems
    assert problem.startswith(f"opensarship/{archive.name}: truncated or not a zip archive")
