"""Lists and tables as people have them: any mark and line end, no hole, nothing twice."""

import numpy as np
import pytest
from projects.copies import COPIES, LISTS, cells, imagenet_flat, matlab, packed, put
from test_field_copies import found, refused

from bench.data.store.archives import opened
from bench.data.store.texts import numbered_lines, table_rows, whole_number
from bench.plan import BenchError

EVERY_LIST = [(name, path) for name, paths in LISTS.items() for path in paths]
lists = pytest.mark.parametrize(("name", "path"), EVERY_LIST)
FORMS = {
    "byte order mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "CRLF": lambda text: text.replace("\n", "\r\n").encode(),
    "CR": lambda text: text.replace("\n", "\r").encode(),
    "UTF-16": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    "blank lines": lambda text: ("\n" + text.replace("\n", "\n\n")).encode(),
    "no last line end": lambda text: text.rstrip("\n").encode(),
    "slashes that lean back": lambda text: text.replace("/", "\\").encode(),
    "spaces at the ends": lambda text: text.replace("\n", " \n").encode(),
}


@lists
def test_marks_line_ends_and_blank_lines_make_no_difference(tmp_path, name, path):
    files = COPIES[name]()
    plain = found(put(tmp_path / "plain", name, files), name)
    for form, write in FORMS.items():
        assert plain == found(put(tmp_path / form, name, {**files, path: write(files[path].decode())}), name), form


@lists
def test_a_line_that_is_missing_is_a_fault(tmp_path, name, path):
    files = COPIES[name]()
    lines = files[path].decode().splitlines(keepends=True)
    first = 1 if path.endswith(".csv") else 0
    put(tmp_path / "first", name, {**files, path: "".join(lines[:first] + lines[first + 1 :]).encode()})
    put(tmp_path / "last", name, {**files, path: "".join(lines[:-1]).encode()})
    if name in ("fer2013", "mit67"):  # they name all there is: only a count, or a class, tells
        text = "\n".join(check(tmp_path / "first", name))
        assert "the set has" in text or "no image of class" in text
    else:
        for cut in ("first", "last"):
            refused(tmp_path / cut, name)


def check(root, name):
    from bench.data import check_dataset

    done = check_dataset(name, data_dir=root)
    return (*done.notes, *done.problems)


@lists
def test_a_list_that_is_cut_in_a_line_is_a_fault(tmp_path, name, path):
    files = COPIES[name]()
    lines = files[path].decode().splitlines(keepends=True)
    cut = {"fer2013": -4000, "tinyimagenet": -len(lines[-1]) + 7, "fusar": -55}.get(name, -4)
    put(tmp_path, name, {**files, path: files[path][:cut] if cut < 0 else files[path]})
    text = refused(tmp_path, name)
    assert path.rpartition("/")[2] in text or "missing" in text or "no image of class" in text


# A row of FER-2013 has no name: two alike may be two faces.
@pytest.mark.parametrize(("name", "path"), [(name, path) for name, path in EVERY_LIST if name != "fer2013"])
def test_a_line_that_stands_there_twice_is_a_fault(tmp_path, name, path):
    files = COPIES[name]()
    last = files[path].decode().splitlines()[-1]
    if name == "fusar":
        last = last.replace("413", "999", 1)  # the same line again does no harm, another ship does
    put(tmp_path, name, {**files, path: files[path] + f"{last}\n".encode()})
    words = "another ship's" if name == "fusar" else ""
    text = refused(tmp_path, name, words)
    assert "already" in text or "named twice" in text or words


@lists
def test_what_is_no_text_is_a_fault_with_its_line(tmp_path, name, path):
    files = COPIES[name]()
    put(tmp_path / "a", name, {**files, path: files[path] + b"\xff\xfe\xfa\n"})
    refused(tmp_path / "a", name, f"{path.rpartition('/')[2]}', line ", "not UTF-8 text")
    put(tmp_path / "b", name, {**files, path: files[path][:5] + b"\0" + files[path][5:]})
    refused(tmp_path / "b", name, "not text")
    put(tmp_path / "c", name, {**files, path: b"\r\n \n"})
    refused(tmp_path / "c", name, "is empty")


@lists
def test_a_list_that_is_not_there_is_called_missing(tmp_path, name, path):
    files = COPIES[name]()
    del files[path]
    put(tmp_path, name, files)
    if name == "fusar":
        assert "without a ship's number" in "\n".join(check(tmp_path, name))  # the table is optional
    elif path.startswith("ImageSplits/"):
        refused(tmp_path, name, "no image of class" if "nothing" in path else "stand in no list")
    else:
        refused(tmp_path, name)


def test_pictures_that_no_list_names_are_a_fault(tmp_path):
    for name, extra, words in (
        ("cub200", "images/001.Albatross/z.jpg", "1 pictures have no line in 'images.txt'"),
        ("rafdb", "Image/aligned/test_99999_aligned.jpg", "1 pictures have no line in"),
        ("tinyimagenet", "val/images/val_9.JPEG", "1 pictures have no line in"),
        ("stanford40", "JPEGImages/running_99.jpg", "1 pictures stand in no list"),
        ("stanford_dogs", "Images/n02-pug/z.jpg", "1 pictures stand in neither list"),
    ):
        files = COPIES[name]()
        sample = next(content for path, content in files.items() if path.lower().endswith(("jpg", "jpeg")))
        refused(put(tmp_path, name, {**files, extra: sample}), name, words)


def test_a_picture_of_both_lists_is_a_fault(tmp_path):
    files = COPIES["mit67"]()
    files["TestImages.txt"] += b"attic/a.jpg\n"
    put(tmp_path, "mit67", files)
    refused(tmp_path, "mit67", "'TestImages.txt', line 3: 'attic/a.jpg' stands in 'TrainImages.txt', line 1 already")
    files = COPIES["stanford_dogs"]()
    files["test_list.mat"] = files["train_list.mat"]
    put(tmp_path, "stanford_dogs", files)
    refused(tmp_path, "stanford_dogs", "is named in both splits")


def test_cub_s_lists_have_to_agree(tmp_path):
    files = COPIES["cub200"]()
    for number, (path, content, words) in enumerate((
        ("image_class_labels.txt", b"1 1\n2 1\n3 2\n", "has no line for number 4 ('images.txt', line 4)"),
        ("train_test_split.txt", b"1 1\n2 0\n3 1\n4 0\n5 1\n", "line 5: number 5 is not in 'images.txt'"),
        ("train_test_split.txt", b"1 1\n2 0\n3 1\n4 2\n", "'2' for whether to train on it"),
        ("image_class_labels.txt", b"1 1\n2 1\n3 2\n4 1\n", "has the label 1, which is '001.Albatross' in classes.txt"),
        ("image_class_labels.txt", b"1 1\n2 1\n3 2\n4 7\n", "number 4 has the label '7'"),
        ("classes.txt", b"1 001.Albatross\nAuklet 2\n", "'classes.txt', line 2: 'Auklet 2', expected a number and a value"),
        ("images.txt", files["images.txt"].replace(b"4 ", b"3 "), "line 4: number 3 stands in line 3 already"),
    )):  # fmt: skip
        put(tmp_path / str(number), "cub200", {**files, path: content})
        refused(tmp_path / str(number), "cub200", words)


def test_dogs_lists_lie_or_stand_and_a_missing_one_is_not_damaged(tmp_path):
    files = COPIES["stanford_dogs"]()
    plain = found(put(tmp_path / "plain", "stanford_dogs", files), "stanford_dogs")
    words = [f"n02-{word}/train_{index}.jpg" for word in ("beagle", "pug") for index in range(2)]
    lying = {**files, "train_list.mat": matlab(file_list=cells(words).T)}
    assert plain == found(put(tmp_path / "lying", "stanford_dogs", lying), "stanford_dogs")
    apart = {f"images/{path}" if path.startswith("Images") else f"lists/{path}": content for path, content in files.items()}
    assert plain == found(put(tmp_path / "apart", "stanford_dogs", apart), "stanford_dogs")
    del files["train_list.mat"]
    put(tmp_path / "missing", "stanford_dogs", files)
    text = refused(tmp_path / "missing", "stanford_dogs", "'train_list.mat' is missing", "lists.tar")
    assert "damaged" not in text
    for number, content in enumerate(
        (b"MATLAB 5.0", matlab(other=1), matlab(file_list=cells([])), matlab(file_list=np.eye(2)))
    ):
        put(tmp_path / str(number), "stanford_dogs", {**files, "train_list.mat": content})
        refused(tmp_path / str(number), "stanford_dogs", "'train_list.mat' is damaged")


def test_stanford40_s_lists_name_pictures_of_their_class(tmp_path):
    files = COPIES["stanford40"]()
    files["ImageSplits/reading_test.txt"], files["ImageSplits/running_test.txt"] = (
        files["ImageSplits/running_test.txt"], files["ImageSplits/reading_test.txt"],
    )  # fmt: skip
    put(tmp_path, "stanford40", {**files, "ImageSplits/actions.txt": b"reading 4\nrunning 4\n"})
    refused(tmp_path, "stanford40", "'reading_test.txt', line 1: 'running_2.jpg' is no picture of 'reading'")


TRUTH = {
    "ILSVRC2012_devkit_t12/data/ILSVRC2012_validation_ground_truth.txt": b"2\n1\n2\n",
    "ILSVRC2012_devkit_t12/data/meta.mat": matlab(
        synsets=np.array([(1, "n01"), (2, "n02")], dtype=[("ILSVRC2012_ID", "O"), ("WNID", "O")])
    ),
}
SOLUTION = b"ImageId,PredictionString\nILSVRC2012_val_00000003,n02 1 2 3 4\n" + b"".join(
    b"ILSVRC2012_val_0000000%d,n0%d 5 6 7 8 n0%d 1 2 3 4\n" % pair for pair in ((1, 2, 2), (2, 1, 1))
)
FLAT = {
    "development kit": TRUTH,
    "development kit, packed": {"ILSVRC2012_devkit_t12.tar.gz": packed(TRUTH, "tar.gz")},
    "Kaggle": {"LOC_val_solution.csv": SOLUTION},
    "TensorFlow": {"imagenet_2012_validation_synset_labels.txt": b"n02\nn01\nn02\n"},
}


@pytest.mark.parametrize("kind", FLAT)
def test_imagenet_s_flat_validation_set_is_sorted_by_the_official_list(tmp_path, kind):
    put(tmp_path, "imagenet", {**imagenet_flat(), **FLAT[kind]})
    counts, _ = found(tmp_path, "imagenet")
    assert counts["test"] == {"n01": 1, "n02": 2}
    text = "\n".join(check(tmp_path, "imagenet"))
    assert "the validation set is sorted by" in text


def test_imagenet_s_flat_validation_set_without_a_whole_list_is_refused(tmp_path):
    put(tmp_path / "none", "imagenet", imagenet_flat())
    refused(tmp_path / "none", "imagenet", "3 pictures lie directly in 'val/'", "LOC_val_solution.csv", "val/<class>/")
    path = "imagenet_2012_validation_synset_labels.txt"
    put(tmp_path / "short", "imagenet", {**imagenet_flat(), path: b"n02\nn01\n"})
    refused(tmp_path / "short", "imagenet", "'val/ILSVRC2012_val_00000003.JPEG' is not in the list")
    put(tmp_path / "hole", "imagenet", {**imagenet_flat(), path: b"n02\n\nn01\nn02\n"})
    refused(tmp_path / "hole", "imagenet", "line 2 is blank")
    truth = {**TRUTH, next(iter(TRUTH)): b"2\n1\n3\n"}
    put(tmp_path / "number", "imagenet", {**imagenet_flat(), **truth})
    refused(tmp_path / "number", "imagenet", "line 3: '3' is not a whole number from 1 to 2")


def test_imagenet_is_found_where_kaggle_puts_it(tmp_path):
    plain = found(put(tmp_path / "a", "imagenet", COPIES["imagenet"]()), "imagenet")
    kaggle = {f"ILSVRC/Data/CLS-LOC/{path}": content for path, content in COPIES["imagenet"]().items()}
    kaggle |= {"ILSVRC/Annotations/CLS-LOC/train/n01/train_1_0.xml": b"<annotation/>", "LOC_val_solution.csv": SOLUTION}
    assert plain == found(put(tmp_path / "b", "imagenet", kaggle), "imagenet")


def test_tinyimagenet_s_validation_set_may_be_sorted(tmp_path):
    files = COPIES["tinyimagenet"]()
    plain = found(put(tmp_path / "plain", "tinyimagenet", files), "tinyimagenet")
    notes = files.pop("val/val_annotations.txt")
    for number, form in enumerate(("val/n0{}/images/val_{}.JPEG", "val/n0{}/val_{}.JPEG")):
        moved = {path: content for path, content in files.items() if not path.startswith("val/")}
        moved |= {form.format(word, word): files[f"val/images/val_{word}.JPEG"] for word in range(3)}
        for kept in ({}, {"val/val_annotations.txt": notes}):
            assert plain == found(put(tmp_path / f"{number}{len(kept)}", "tinyimagenet", {**moved, **kept}), "tinyimagenet")
        wrong = notes.replace(b"val_0.JPEG\tn00", b"val_0.JPEG\tn01")
        put(tmp_path / f"{number}wrong", "tinyimagenet", {**moved, "val/val_annotations.txt": wrong})
        refused(tmp_path / f"{number}wrong", "tinyimagenet", "is of class 'n01' by 'val/val_annotations.txt'")
    put(tmp_path / "none", "tinyimagenet", files)
    refused(
        tmp_path / "none", "tinyimagenet", "'val/val_annotations.txt' is missing, and with it the classes of the 3 pictures"
    )


def test_rafdb_s_compound_emotions_are_another_dataset(tmp_path):
    files = COPIES["rafdb"]()
    plain = found(put(tmp_path / "plain", "rafdb", files), "rafdb")
    basic = {f"basic/{path}": content for path, content in files.items()}
    compound = {f"compound/{path}": content for path, content in files.items()}
    compound["compound/EmoLabel/list_patition_label.txt"] = b"train_00000.jpg 11\n"
    assert plain == found(put(tmp_path / "both", "rafdb", {**basic, **compound}), "rafdb")
    put(tmp_path / "alone", "rafdb", compound)
    refused(tmp_path / "alone", "rafdb", "no image; expected rafdb/{EmoLabel/", "found 'compound/'")
    del basic["basic/Image/aligned/test_00003_aligned.jpg"]
    put(tmp_path / "missing", "rafdb", {**basic, **compound})
    refused(tmp_path / "missing", "rafdb", "rafdb/basic: 'Image/aligned/test_00003_aligned.jpg' is missing")
    aligned = {path: content for path, content in files.items() if "aligned" not in path}
    put(tmp_path / "packed", "rafdb", {**aligned, "Image/aligned.zip": packed({"a.jpg": b"x"}, "zip")})
    refused(tmp_path / "packed", "rafdb", "no picture in 'Image/aligned/'; unpack 'Image/aligned.zip' there")


def test_rafdb_sorted_into_folders_is_read(tmp_path):
    files = {path.rpartition("/")[2]: content for path, content in COPIES["rafdb"]().items() if path.endswith(".jpg")}
    sorted_ = {f"DATASET/{name.split('_')[0]}/{int(name[-17:-12]) % 7 + 1}/{name}": files[name] for name in files}
    plain = found(put(tmp_path / "plain", "rafdb", COPIES["rafdb"]()), "rafdb")
    assert plain[0] == found(put(tmp_path / "sorted", "rafdb", sorted_), "rafdb")[0]
    first = next(iter(sorted_))
    put(tmp_path / "wrong", "rafdb", {**sorted_, first.replace("/1/", "/surprise/"): sorted_[first]})
    refused(tmp_path / "wrong", "rafdb", "expected <split>/<label from 1 to 7>/")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("413000000", 413000000),
        ("413000000.0", 413000000),
        ("4.13000123E+08", 413000123),
        (" 7 ", 7),
        ("4.13000000e8", 413000000),
    ],
)
def test_numbers_that_pandas_and_spreadsheets_saved_are_read(text, number):
    assert whole_number(text, "line 1", 1, 999_999_999) == number


@pytest.mark.parametrize(
    "text",
    ["", "4.13E+08", "4.1E+8", "1e8", "413000000.5", "-5", "0", "1000000000", "41300000²", "٤١٣", "inf", "nan", "1_000", "0x1F",
     "9" * 5000, "1e999999999", "abc", "413 000 000"],
)  # fmt: skip
def test_what_names_nothing_is_a_fault(text):
    with pytest.raises(BenchError, match="^line 1: ") as fault:
        whole_number(text, "line 1", 1, 999_999_999)
    assert "\n" not in str(fault.value) and len(str(fault.value)) < 200
    if text in ("4.13E+08", "4.1E+8", "1e8"):
        assert "is rounded, as spreadsheets do it" in str(fault.value)


def test_rows_of_a_table_are_told_with_their_line(tmp_path):
    (tmp_path / "a.csv").write_bytes(b'\n Id ; "MMSI" \r\n x;1\r\n\r\n"y\nz";2\r\nu;3;4\r\n')
    (tmp_path / "b.csv").write_bytes(b"id,id,mmsi\nx,y,1\n")
    with opened(tmp_path, "set") as files:
        rows = table_rows(files, "a.csv", ("id", "mmsi"))
        assert next(rows) == (3, {"id": "x", "mmsi": "1"})
        assert next(rows)[1] == {"id": "y\nz", "mmsi": "2"}
        with pytest.raises(BenchError, match=r"^set: 'a\.csv', line 7: 3 cells, the header has 2$"):
            next(rows)
        with pytest.raises(BenchError, match="expected the columns id and mmsi, found id, id, mmsi"):
            next(table_rows(files, "b.csv", ("id", "mmsi")))
        assert [number for number, _ in numbered_lines(files, "a.csv")] == [2, 3, 5, 6, 7]
