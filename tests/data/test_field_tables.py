"""Siblings of the field's cases among tables, chips, ship lists and the lists of Dogs, VOC and COCO."""

import io

import numpy as np
import pytest
import tifffile
from PIL import Image
from projects.copies import COPIES, cells, matlab, put
from projects.scenes import tiff
from test_field_copies import found, refused

from bench.data.coco import read_annotations
from bench.data.store.datasets import DataError
from bench.data.voc import voc_sides

DRAW = np.random.default_rng(4)


def coded(pixels, kind):
    """A picture file of an array; ``P`` as a palette's indices."""
    file = io.BytesIO()
    Image.fromarray(pixels, "P" if kind == "P" else None).save(file, "PNG" if kind == "PNG" else "TIFF")
    return file.getvalue()


@pytest.mark.parametrize(("name", "table"), [("fer2013", "fer2013.csv"), ("fusar", "meta.csv")])
@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;\r"])
def test_excel_s_line_of_the_separator_is_no_row(tmp_path, name, table, line):
    files = COPIES[name]()
    plain = found(put(tmp_path / "plain", name, files), name)
    text = f"{line}\n{files[table].decode().replace(',', ';')}"
    for encoding in ("utf-8-sig", "utf-16"):
        assert plain == found(put(tmp_path / encoding, name, {**files, table: text.encode(encoding)}), name)
    put(tmp_path / "wrong", name, {**files, table: f"{text}x;y\n".encode()})
    refused(tmp_path / "wrong", name, f"'{table}', line {text.count(chr(10)) + 1}: 2 cells")


@pytest.mark.parametrize("other", ["meta.xlsx", "meta (1).csv", "FUSAR_meta.txt", "meta.tsv"])
def test_a_table_of_ships_under_another_name_is_not_passed_over(tmp_path, other):
    files = COPIES["fusar"]()
    files[other] = files.pop("meta.csv")
    refused(put(tmp_path, "fusar", files), "fusar", f"'{other}' is not read; the table is called 'meta.csv'")


@pytest.mark.parametrize("form", ["{:,}", "{:.2E}", "{},0", "'{}", '="{}"', "########"])
def test_numbers_of_ships_that_a_spreadsheet_spoilt_are_refused(tmp_path, form):
    files = COPIES["fusar"]()
    rows = [line.split(",") for line in files["meta.csv"].decode().splitlines()]
    rows = [rows[0], *([row[0], form.format(int(row[1])), *row[2:]] for row in rows[1:])]
    files["meta.csv"] = "\n".join(";".join(row) for row in rows).encode()
    refused(put(tmp_path, "fusar", files), "fusar", "'meta.csv', line 2, MMSI:")


GREY = DRAW.integers(0, 200, (24, 24)).astype(np.uint8)


def written(pixels, **how):
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, **how)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (written(GREY, photometric="miniswhite"), "MINISWHITE"),
        (coded(GREY, "P"), "PALETTE"),
        (tiff(np.where(GREY < 20, np.nan, 5).astype(np.float32)), "holds one value everywhere"),
        (tiff(np.arange(24, dtype=np.uint8)[None]), "24x1 pixels: a strip"),
        (tiff(np.arange(24, dtype=np.uint8)[:, None]), "1x24 pixels: a strip"),
        (coded(GREY, "PNG"), "is not a readable TIFF"),
    ],
)
def test_chips_whose_values_are_no_brightness_are_refused(tmp_path, content, words):
    path = "Fishing/Fishing/Ship_C00S01N0000.tiff"
    refused(put(tmp_path, "fusar", {**COPIES["fusar"](), path: content}), "fusar", path, words)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
def test_ship_lists_are_read_in_any_encoding(tmp_path, encoding):
    files = COPIES["opensarship"]()
    plain = found(put(tmp_path / "a", "opensarship", files), "opensarship")
    path = next(path for path in files if path.endswith("Ship.xml"))
    text = files[path].decode().replace('"UTF-8"', f'"{encoding}"').replace("<ship>", "<ship><!-- \u8239 -->", 1)
    assert plain == found(put(tmp_path / "b", "opensarship", {**files, path: text.encode(encoding)}), "opensarship")


WORDS = [f"n02-{word}/train_{index}.jpg" for word in ("beagle", "pug") for index in range(2)]


@pytest.mark.parametrize("entries", [np.array(WORDS), cells([f" {word} " for word in WORDS]),
                                     cells([word.replace("/", "\\") for word in WORDS])])  # fmt: skip
def test_dogs_lists_are_read_as_matlab_and_windows_write_them(tmp_path, entries):
    files = COPIES["stanford_dogs"]()
    plain = found(put(tmp_path / "a", "stanford_dogs", files), "stanford_dogs")
    files["train_list.mat"] = matlab(file_list=entries)
    assert plain == found(put(tmp_path / "b", "stanford_dogs", files), "stanford_dogs")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r", "\n\n"])
def test_voc_s_lists_are_read_as_people_have_them(tmp_path, encoding, ending):
    folder = tmp_path / "VOC2012" / "ImageSets" / "Segmentation"
    folder.mkdir(parents=True)
    for which, names in (("train", ("2007_000001", "2007_000002")), ("val", ("2008_000003",))):
        (folder / f"{which}.txt").write_bytes("".join(name + ending for name in names).encode(encoding))
    sides = voc_sides("voc", tmp_path, "voc2012")
    assert [pair.mask[-15:] for pair in (*sides.train, *sides.test)] == [
        "2007_000001.png", "2007_000002.png", "2008_000003.png",
    ]  # fmt: skip


def test_coco_s_files_are_read_with_a_mark_and_told_apart_when_closed_or_missing(tmp_path, monkeypatch):
    path = tmp_path / "instances.json"
    text = (
        '{"images": [{"id": 1, "file_name": "a.jpg", "height": 9, "width": 9}], "categories": [{"id": 1, "name": "x"}],'
        ' "annotations": [{"id": 5, "image_id": 1, "category_id": 1, "bbox": [1, 1, 3, 3], "area": AREA}]}'
    )
    for encoding in ("utf-8-sig", "utf-16"):
        path.write_bytes(text.replace("AREA", "9").encode(encoding))
        assert read_annotations(path).boxes.areas.tolist() == [9]
    for area in ("null", '"9"', "NaN", "-1", "[9]"):
        path.write_text(text.replace("AREA", area))
        with pytest.raises(DataError, match=r"instances\.json: 1 annotations have no number for their area \(5\)"):
            read_annotations(path)
    monkeypatch.setattr(type(path), "read_bytes", lambda self: (_ for _ in ()).throw(PermissionError(13, "denied")))
    with pytest.raises(DataError, match="may not be read"):
        read_annotations(path)
