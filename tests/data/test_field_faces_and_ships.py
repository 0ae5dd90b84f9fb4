"""FER-2013, FUSAR-Ship and OpenSARShip as people have them: saved again, renamed, in other encodings and other TIFFs."""

import io

import numpy as np
import pytest
import tifffile
from PIL import Image
from projects.copies import COPIES, fer2013_folders, packed, put
from projects.scenes import scene_files, scene_name, tiff
from test_field_copies import found, refused

from bench.data import check_dataset
from bench.data.sentinel.ships import chips_of
from bench.data.store.pictures import read_picture
from bench.data.store.reading import decode_dataset
from bench.data.store.splits import ship_group
from bench.data.store.tiff import read_tiff
from bench.plan import BenchError


def rewritten(change):
    """FER-2013's table with every row, the header included, changed."""
    rows = [line.split(",") for line in COPIES["fer2013"]()["fer2013.csv"].decode().splitlines()]
    return "".join(f"{change(row)}\n" for row in rows).encode()


FER_TABLES = {
    "icml_face_data.csv": (
        "icml_face_data.csv",
        lambda row: (", " if row[0] == "emotion" else ",").join([row[0], row[2], row[1]]),
    ),
    "renamed": ("fer2013.csv", lambda row: f" {row[0]} , {row[2]},  {row[1]}"),
    "semicolons": ("fer2013.csv", lambda row: ";".join(row)),
    "tabs": ("fer2013.csv", lambda row: "\t".join(row)),
    "labels as floats": ("fer2013.csv", lambda row: ",".join([row[0] if row[0] == "emotion" else f"{row[0]}.0", *row[1:]])),
    "quoted": ("fer2013.csv", lambda row: ",".join(f'"{cell}"' for cell in row)),
    "other letters": ("fer2013.csv", lambda row: ",".join([row[0].title(), row[1], row[2].upper()])),
    "one more column": ("fer2013.csv", lambda row: ",".join(["" if row[0] == "emotion" else "7", *row])),
}  # fmt: skip


@pytest.mark.parametrize("kind", FER_TABLES)
def test_fer_s_table_is_read_as_people_have_it(tmp_path, kind):
    plain = found(put(tmp_path / "plain", "fer2013", COPIES["fer2013"]()), "fer2013")
    name, change = FER_TABLES[kind]
    assert plain == found(put(tmp_path / "other", "fer2013", {name: rewritten(change)}), "fer2013")
    inner = packed({"fer2013/fer2013.csv": COPIES["fer2013"]()["fer2013.csv"]}, "tar.gz")
    kaggle = {"example_submission.csv": b"x", "fer2013.tar.gz": inner}
    assert plain == found(put(tmp_path / "packed", "fer2013", kaggle), "fer2013")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("7,{pixels},Training", "line 30, emotion: '7' is not a whole number from 0 to 6"),
        ("1.5,{pixels},Training", "line 30, emotion: '1.5' is not a whole number"),
        (",{pixels},Training", "line 30, emotion: '' is not a whole number"),
        ("1,{pixels},Validation", "line 30: usage 'Validation'; allowed:"),
        ("1,{pixels}", "line 30: 2 cells, the header has 3"),
        ("1,1 2 3,Training", "line 30: expected 2304 values from 0 to 255"),
        ("1,{pixels}.5,Training", "line 30: expected 2304 values from 0 to 255"),
        ("1,{pixels}99999999999999999999,Training", "line 30: expected 2304 values from 0 to 255"),
    ],
)
def test_faults_of_fer_s_table_have_their_line(tmp_path, row, words):
    content = COPIES["fer2013"]()["fer2013.csv"] + row.format(pixels=" ".join(["7"] * 2304)).encode() + b"\n"
    refused(put(tmp_path, "fer2013", {"fer2013.csv": content}), "fer2013", f"'fer2013.csv', {words}")


def test_fer_s_tables_of_the_other_challenge_are_not_taken_for_it(tmp_path):
    put(tmp_path / "a", "fer2013", {"train.csv": b"emotion,pixels\n0,1 2 3\n", "test.csv": b"pixels\n1 2 3\n"})
    refused(tmp_path / "a", "fer2013", "no image; expected fer2013/fer2013.csv", "found 'test.csv', 'train.csv'")
    put(tmp_path / "b", "fer2013", {"fer2013.csv": b"emotion,pixels\n0,1 2 3\n"})
    refused(tmp_path / "b", "fer2013", "expected the columns emotion and pixels and usage, found emotion, pixels")


@pytest.mark.parametrize(
    "folders",
    [
        ("train", "public_test", "private_test"),
        ("Training", "PublicTest", "PrivateTest"),
        ("train", "public", "private"),
        ("TRAIN", "Public Test", "Private-Test"),
    ],
)
def test_fer_s_folders_may_be_called_as_they_like(tmp_path, folders):
    files = fer2013_folders(*folders)
    capitals = {path.replace(path.split("/")[1], path.split("/")[1].title()): content for path, content in files.items()}
    counts, _ = found(put(tmp_path / "a", "fer2013", files), "fer2013")
    assert counts["train"]["happy"] == 2 and counts["test"]["happy"] == 1
    assert found(put(tmp_path / "b", "fer2013", capitals), "fer2013")[0] == counts


def test_fer_s_common_test_folder_is_read_where_its_names_tell_the_sets_apart(tmp_path):
    files = fer2013_folders("train", "PublicTest", "PrivateTest")
    common = {path.replace("PublicTest/", "test/").replace("PrivateTest/", "test/"): content for path, content in files.items()}
    assert (
        found(put(tmp_path / "a", "fer2013", common), "fer2013")[0]
        == found(put(tmp_path / "b", "fer2013", files), "fer2013")[0]
    )
    unnamed = {path.replace("PublicTest_", "1_").replace("PrivateTest_", "2_"): content for path, content in common.items()}
    refused(
        put(tmp_path / "c", "fer2013", unnamed), "fer2013", "mixes the public and the private test set", "the option test: both"
    )
    both = check_dataset("fer2013", {"test": "both"}, tmp_path / "c")
    assert both.ok and both.counts["test"]["happy"] == 2
    assert both.notes[0] == "tested on the public and the private test set" and "14 test images, the set has 7178" in both.notes
    put(tmp_path / "d", "fer2013", {path.replace("PublicTest/", "validation/"): content for path, content in files.items()})
    assert "left out: folder 'validation' (7 pictures)" in check_dataset("fer2013", data_dir=tmp_path / "d").notes


def meta(change):
    lines = COPIES["fusar"]()["meta.csv"].decode().splitlines()
    return {**COPIES["fusar"](), "meta.csv": "\n".join([lines[0], *map(change, lines[1:])]).encode()}


@pytest.mark.parametrize(
    "change",
    [
        lambda line: line.replace(",100,", ".0,100,"),
        lambda line: f'"{line.replace(",", chr(34) + "," + chr(34))}"',
        lambda line: line.replace("Ship_", "ship_").replace(",413", ", 413"),
        lambda line: line.replace(",413", ".tiff,413", 1),
        lambda line: line.replace(",413", ",4.13", 1).replace(",100,", "E8,100,"),
    ],
)
def test_fusar_s_table_is_read_also_where_it_was_saved_again(tmp_path, change):
    plain = found(put(tmp_path / "a", "fusar", COPIES["fusar"]()), "fusar")
    assert plain == found(put(tmp_path / "b", "fusar", meta(change)), "fusar")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("4.13E+08", "is rounded, as spreadsheets do it"),
        ("unknown", "is not a whole number"),
        ("413000000.5", "is not a whole number"),
        ("-1", "is not a whole number"),
    ],
)
def test_a_ship_s_number_that_is_none_is_a_fault(tmp_path, number, words):
    files = meta(lambda line: line.replace("413000000", number))
    refused(put(tmp_path, "fusar", files), "fusar", f"'meta.csv', line 2, MMSI: '{number}' {words}")


def test_a_ship_without_a_number_and_a_chip_without_a_line(tmp_path):
    blank = meta(lambda line: line.replace("413000000", ""))
    done = check_dataset("fusar", data_dir=put(tmp_path / "a", "fusar", blank))
    assert done.ok and "2 chips without a ship's number" in "\n".join(done.notes)
    assert ship_group("NA", "x") is None and ship_group(" 007 ", "x") == "mmsi 7"
    put(
        tmp_path / "b",
        "fusar",
        {**COPIES["fusar"](), "Cargo/BulkCarrier/Ship_C99.tiff": tiff(np.arange(64, dtype=np.uint8).reshape(8, 8))},
    )
    refused(tmp_path / "b", "fusar", "1 chips have no line in meta.csv, 'Cargo/BulkCarrier/Ship_C99.tiff' the first")
    put(tmp_path / "c", "fusar", {**COPIES["fusar"](), "old/meta.csv": b"id,mmsi\n"})
    refused(tmp_path / "c", "fusar", "'meta.csv' and 'old/meta.csv' are two tables")


CHIP = np.random.default_rng(0).integers(0, 256, (20, 24, 3), dtype=np.uint8)


def written(pixels, **options):
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, **options)
    return file.getvalue()


def by_pillow(pixels, **options):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "TIFF", **options)
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        written(CHIP, photometric="rgb"),
        written(CHIP.transpose(2, 0, 1), photometric="rgb", planarconfig="separate"),
        written(CHIP.transpose(2, 0, 1), photometric="minisblack", planarconfig="separate"),
        written(CHIP.transpose(2, 0, 1), photometric="minisblack"),  # a page for each band
        written(CHIP, photometric="minisblack", planarconfig="contig"),
        by_pillow(CHIP, compression="tiff_lzw"),
        by_pillow(CHIP, compression="tiff_adobe_deflate"),
        by_pillow(CHIP, compression="packbits"),
    ],
    ids=["contig", "planar", "planar bands", "pages", "bands", "LZW", "deflate", "packbits"],
)
def test_bands_are_found_wherever_a_tiff_keeps_them_and_however_it_is_packed(content):
    assert np.array_equal(read_tiff(content, "a.tif"), CHIP)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_grey_tiffs_packed_with_lzw_are_read(kind):
    grey = CHIP[..., 0].astype(kind)
    assert np.array_equal(read_tiff(by_pillow(grey, compression="tiff_lzw"), "a.tif"), grey)


def test_tiffs_that_cannot_be_used_are_one_line():
    for content, words in (
        (written(np.full((8, 8), np.nan, np.float32)), "holds no number at all"),
        (written(np.zeros((8, 8), np.complex64)), "holds complex64, expected"),
        (written(np.zeros((9, 8, 8), np.uint8), photometric="minisblack"), "unexpected shape"),
        (written(CHIP[..., 0])[:-100], "is not a readable TIFF"),
    ):
        with pytest.raises(BenchError, match=rf"^a\.tif .*{words}|^a\.tif {words}") as fault:
            read_tiff(content, "a.tif")
        assert "\n" not in str(fault.value)
    some = np.ones((8, 8), np.float32)
    some[0, :2] = np.nan, np.inf
    with pytest.raises(BenchError, match="holds one value everywhere"):
        read_tiff(written(some), "a.tif")
    some[7, 7] = 3
    assert read_tiff(written(some), "a.tif").sum() == 64


def test_chips_that_show_nothing_are_refused_in_both_sets(tmp_path):
    path = "Cargo/BulkCarrier/Ship_C01S01N0000.tiff"
    for number, chip in enumerate((np.zeros((24, 24), np.uint8), np.full((24, 24), np.nan, np.float32))):
        put(tmp_path / str(number), "fusar", {**COPIES["fusar"](), path: tiff(chip)})
        refused(tmp_path / str(number), "fusar", "holds one value everywhere (0)" if not number else "holds no number at all")
    files = COPIES["opensarship"]()
    chosen = next(path for path in files if path.endswith("_vv.tif"))
    put(tmp_path / "sar", "opensarship", {**files, chosen: tiff(np.full((12, 12), 9, np.uint8))})
    refused(tmp_path / "sar", "opensarship", "holds one value everywhere (9)")


def ship_list(entry, encoding="utf-8", declared=None):
    text = f'<?xml version="1.0" encoding="{declared or encoding}"?>\r\n<ShipList>{entry}</ShipList>'
    return text.encode(encoding)


ENTRY = (
    "<ship><SARShipInformation><Center_x>{x}</Center_x><Center_y>2</Center_y></SARShipInformation><AISShipInformation>"
    "<MMSI>{mmsi}</MMSI><Name>船 é</Name></AISShipInformation>"
    "<MarineTrafficInformation><Elaborated_type>Tanker</Elaborated_type></MarineTrafficInformation></ship>"
)


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-8", None),
        ("utf-8-sig", "utf-8"),
        ("gbk", "gb2312"),
        ("gbk", "GBK"),
        ("gb18030", None),
        ("gbk", "utf-8"),
        ("gbk", "no such"),
    ],
)
def test_a_ship_list_may_be_in_any_encoding(encoding, declared):
    (chip,) = chips_of(ship_list(ENTRY.format(x="10.0", mmsi="413000000.0"), encoding, declared), "s", "l")
    assert (chip.x, chip.y, chip.ship, chip.elaborated_type) == (10, 2, "mmsi 413000000", "Tanker")


@pytest.mark.parametrize(
    ("x", "mmsi", "words"),
    [
        ("inf", "1", "ship 1, Center_x: 'inf' is not"),
        ("nan", "1", "ship 1, Center_x: 'nan' is not"),
        ("1e400", "1", "ship 1, Center_x: '1e400' is rounded"),
        ("-7", "1", "ship 1, Center_x: '-7' is not"),
        ("9" * 400, "1", "ship 1, Center_x: '999"),
        ("10", "41300000²", "ship 1, MMSI: '41300000²' is not"),
        ("10", "4.13E+08", "ship 1, MMSI: '4.13E+08' is rounded"),
        ("10", "call sign", "ship 1, MMSI: 'call sign' is not"),
    ],
)
def test_absurd_numbers_of_a_ship_list_are_one_line(x, mmsi, words):
    with pytest.raises(BenchError) as fault:
        chips_of(ship_list(ENTRY.format(x=x, mmsi=mmsi)), "s", "scene: 'Ship.xml'")
    assert str(fault.value).startswith(f"scene: 'Ship.xml': {words}") and "\n" not in str(fault.value)


def test_chips_that_a_ship_list_does_not_name_are_a_fault(tmp_path):
    files = COPIES["opensarship"]()
    path = next(path for path in files if path.endswith("Ship.xml"))
    first, second = (files[path].index(b"<ship>", start) for start in (0, 100))
    put(tmp_path, "opensarship", {**files, path: files[path][:first] + files[path][second:]})
    refused(tmp_path, "opensarship", "3 chips are not in 'Ship.xml', 'Patch_Cal/Cargo_x100_y200.tif' the first")


def test_a_place_that_two_ships_claim_is_a_fault():
    same = ENTRY.format(x=1, mmsi=7)
    assert len(chips_of(ship_list(same + same), "s", "l")) == 1
    with pytest.raises(BenchError, match="ship 2, x1 y2 was another ship's before"):
        chips_of(ship_list(same + ENTRY.format(x=1, mmsi=8)), "s", "l")


def test_scenes_are_found_in_folders_and_archives_of_archives(tmp_path):
    dates = ("20150101", "20160202", "20170303")
    scenes = {scene_name(date): scene_files(1000 * place, ships=8, side=12) for place, date in enumerate(dates, start=1)}
    plain = {f"{name}/{path}": content for name, files in scenes.items() for path, content in files.items()}
    expected = found(put(tmp_path / "plain", "opensarship", plain), "opensarship")
    zipped = {f"{name}.zip": packed(files, "zip") for name, files in scenes.items()}
    assert expected == found(
        put(tmp_path / "zipped", "opensarship", {f"2015/{path}": c for path, c in zipped.items()}), "opensarship"
    )
    assert expected == found(
        put(tmp_path / "outer", "opensarship", {"OpenSARShip_1.zip": packed(zipped, "zip")}), "opensarship"
    )
    put(tmp_path / "rar", "opensarship", {**zipped, "more.rar": b"Rar!\x1a\x07"})
    refused(tmp_path / "rar", "opensarship", "opensarship/more.rar: not read; unpack it")


def test_pictures_deeper_than_8_bits_are_refused_and_other_kinds_read():
    deep = io.BytesIO()
    Image.fromarray(np.arange(64, dtype=np.uint16).reshape(8, 8) * 1000).save(deep, "PNG")
    with pytest.raises(BenchError, match="more than 8 bits a channel"):
        read_picture(deep.getvalue())
    for kind, mode in (("GIF", "P"), ("WEBP", "RGB"), ("BMP", "RGB"), ("JPEG", "CMYK"), ("PNG", "LA"), ("TIFF", "L")):
        file = io.BytesIO()
        Image.fromarray(CHIP).convert(mode).save(file, kind)
        assert read_picture(file.getvalue()).shape == (20, 24, 3)
    with pytest.raises(BenchError):
        read_picture(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")


def test_decoding_says_how_far_it_is(tmp_path):
    put(tmp_path, "cifar10", COPIES["cifar10"]())
    seen = []
    decode_dataset("cifar10", 16, {}, tmp_path, lambda done, total: seen.append((done, total)))
    assert seen == [(number, 30) for number in range(1, 31)]
