import numpy as np
import pytest
from projects.scenes import tiff, write_folder

from bench.data import check_dataset
from bench.data.fusar import DATASETS, FOLDERS, class_of
from bench.data.store.reading import decode_dataset

FOLDERS_OF = {
    "Fishing/Fishing": "fishing",
    "Cargo/BulkCarrier": "bulk carrier",
    "Cargo/ContainerShip": "container ship",
    "Tanker/CrudeOilTanker": "tanker",
    "Cargo/CementCarrier": "other cargo",
    "Cargo/GeneralCargo": "general cargo",
    "Passenger/Passenger": "others",
}


def table(rows, delimiter=","):
    columns = ("id", "mmsi", "length", "width", "polarMode", "centerLookAngle", "heightspace", "widthspace", "path")
    return "\n".join(delimiter.join(map(str, row)) for row in (columns, *rows)).encode()


def chips(per_folder=6, kind=np.uint8, meta=True, delimiter=","):
    """A miniature: 48-pixel chips, two of each ship."""
    draw, files, rows = np.random.default_rng(0), {}, []
    for folder, path in enumerate(FOLDERS_OF):
        for index in range(per_folder):
            name = f"Ship_C{folder:02}S01N{index:04}"
            files[f"{path}/{name}.tiff"] = tiff(draw.integers(0, 200, (48, 48)).astype(kind))
            rows.append((name, 1000 * (folder + 1) + index // 2, 100, 20, "DH", 42.5, 1.7, 1.1, path.replace("/", "\\")))
    return {**files, **({"meta.csv": table(rows, delimiter)} if meta else {})}


def test_folders_become_classes():
    for path, word in FOLDERS_OF.items():
        assert class_of(*path.split("/")) == word
    assert class_of("cargo", "bulk_carrier") == class_of("Cargo", "Bulk Carriers") == "bulk carrier"
    assert class_of("StrongFalseAlarm", "") is None
    assert {word for *_, word in FOLDERS} == set(DATASETS["fusar"]["classes"])


@pytest.mark.parametrize(("folder", "delimiter"), [("fusar", ","), ("FUSAR-Ship", "\t"), ("FUSAR_Ship1.0", ",")])
def test_the_distributed_layout_is_read(tmp_path, folder, delimiter):
    write_folder(tmp_path / folder, chips(delimiter=delimiter))
    check = check_dataset("fusar", data_dir=tmp_path)
    assert check.ok and check.sides == (48, 48, 48) and check.notes == ("42 chips of 21 ships",)
    assert check.counts["train"] == dict.fromkeys(check.classes, 4) and check.counts["test"] == dict.fromkeys(check.classes, 2)


def test_two_chips_of_a_ship_stay_together(tmp_path):
    write_folder(tmp_path / "fusar", chips(per_folder=12))
    data = decode_dataset("fusar", 16, {}, tmp_path)
    assert (data.is_test.reshape(-1, 2)[:, 0] == data.is_test.reshape(-1, 2)[:, 1]).all()


def test_one_folder_around_it_does_not_matter(tmp_path):
    write_folder(tmp_path / "a" / "fusar" / "FUSAR_Ship1.0", chips())
    write_folder(tmp_path / "b" / "fusar", chips())
    assert check_dataset("fusar", data_dir=tmp_path / "a").digest == check_dataset("fusar", data_dir=tmp_path / "b").digest


def test_without_meta_every_chip_is_a_ship_and_unknown_folders_are_named(tmp_path):
    files = {**chips(meta=False), "Other/StrongFalseAlarm/a.tiff": tiff(np.zeros((48, 48), np.uint8))}
    files["SeaClutter/Patch/b.tiff"] = files["Other/StrongFalseAlarm/a.tiff"]
    write_folder(tmp_path / "fusar", files)
    check = check_dataset("fusar", data_dir=tmp_path)
    assert check.ok and "42 chips without a ship's number" in check.notes[1]
    assert "folder 'Other/StrongFalseAlarm' (1 chips)" in check.notes[2]
    assert "folder 'SeaClutter/Patch' (1 chips)" in check.notes[3]


def test_deeper_files_are_stretched(tmp_path):
    write_folder(tmp_path / "fusar", chips(kind=np.uint16))
    data = decode_dataset("fusar", 48, {}, tmp_path)
    assert data.images.dtype == np.uint8 and data.images.max() == 255


def test_faults_are_named(tmp_path):
    files = chips()
    files["Cargo/BulkCarrier/Ship_C01S01N0000.tiff"] = b"II*\0"
    files["meta.csv"] = b"name,number\na,1\n"
    write_folder(tmp_path / "fusar", files)
    text = "\n".join(check_dataset("fusar", data_dir=tmp_path).problems)
    assert "fusar/Cargo/BulkCarrier/Ship_C01S01N0000.tiff is not a readable TIFF" in text
    assert "fusar: 'meta.csv': expected the columns id and mmsi, found name, number" in text
    (tmp_path / "empty" / "fusar").mkdir(parents=True)
    assert (
        "no image; expected fusar/<Category>/<Subcategory>/" in check_dataset("fusar", data_dir=tmp_path / "empty").problems[0]
    )
