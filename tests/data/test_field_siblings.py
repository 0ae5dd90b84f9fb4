"""Siblings of the field's cases: the same kinds of fault in other loaders, encodings, archives and tables."""

import io
import os
import pickle
import shutil
import struct
import tarfile
import warnings
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image
from projects.copies import COPIES, fer2013_folders, imagenet_flat, packed, picture, put
from projects.scenes import tiff
from test_field_copies import found, refused

from bench.data import check_dataset
from bench.data.store.pictures import read_picture
from bench.plan import BenchError

DRAW = np.random.default_rng(3)


def image(side=32, mode="RGB"):
    return Image.fromarray(DRAW.integers(0, 256, (side, side, 3), dtype=np.uint8)).convert(mode)


def encoded(what, kind, **how):
    file = io.BytesIO()
    what.save(file, kind, **how)
    return file.getvalue()


def deep_png(colour, channels):
    """A PNG of 16 bits a channel, which Pillow decodes to 8 without a word."""
    rows = b"".join(b"\0" + DRAW.bytes(2 * channels * 8) for _ in range(8))
    head = struct.pack(">IIBBBBB", 8, 8, 16, colour, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    blocks = (struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(blocks)


FILMS = {"save_all": True, "append_images": [image(), image()]}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (encoded(image(), "GIF", **FILMS), "holds 3 pictures"),
        (encoded(image(), "WEBP", **FILMS), "holds 3 pictures"),
        (encoded(image(), "PNG", **FILMS), "holds 3 pictures"),
        (encoded(image(), "TIFF", **FILMS), "holds 3 pictures"),
        (deep_png(2, 3), "more than 8 bits"),
        (deep_png(6, 4), "more than 8 bits"),
        (deep_png(4, 2), "more than 8 bits"),
        (b"P6 8 8 65535\n" + DRAW.bytes(384), "more than 8 bits"),
        (b"P6 8 8 1023\n" + DRAW.bytes(384), "more than 8 bits"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(600), "HEIC"),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1" + bytes(600), "AVIF"),
        (b"\x93NUMPY\1\0" + bytes(600), "an array of numpy"),
        (encoded(image(64), "JPEG")[:800], "truncated"),
    ],
)
def test_files_that_are_more_or_less_than_a_picture_are_refused(content, words):
    with pytest.raises(BenchError, match=words) as fault:
        read_picture(content)
    assert "\n" not in str(fault.value)


@pytest.mark.parametrize("kind", ["CMYK", "P", "1", "RGBA", "LA"])
def test_pictures_in_other_colours_are_read_without_a_warning(kind):
    content = encoded(image(8, kind), "JPEG" if kind == "CMYK" else "PNG")
    if kind == "P":
        content = encoded(image(8, "P"), "PNG", transparency=bytes(range(256)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_picture(content).shape == (8, 8, 3)


@pytest.mark.parametrize(
    ("name", "extra", "words"),
    [
        ("cifar10", "train/Cat/9.png", "are two folders of one class"),
        ("cifar10", "train/cat /9.png", "are two folders of one class"),
        ("cifar10", "Train/cat/9.png", "are two folders of one split"),
        ("imagenet", "train/N01/9.JPEG", "are two folders of one class"),
        ("imagenet", "Val/n01/9.JPEG", "are two folders of one split"),
        ("tinyimagenet", "train/n00 /images/9.JPEG", "are two folders of one class"),
        ("fer2013", "Training/angry/9.png", "are two folders of one split"),
        ("fer2013", "train/anger/9.png", "are two folders of one class"),
        ("fer2013", "test/angry/PrivateTest_9.png", "apart and in the folder 'test' as well"),
        ("imagenet", "val/n02/ILSVRC2012_val_00000007.JPEG", "are one picture in two places"),
        ("imagenet", "val/ILSVRC2012_val_00000009.JPEG", "sort all of them, or none"),
        ("fusar", "Fishing/Fishing/Ship_C00S01N0000.tif", "are one chip in two places"),
        ("fusar", "Cargo/BulkCarrier/Ship_C00S01N0000.tiff", "are one chip in two places"),
        ("fusar", "Fishing/Fishing/Ship_C00S01N0099.png", "is no chip as distributed; allowed: .tif, .tiff"),
        ("cifar10", "train/cat/.9.png.icloud", "iCloud keeps elsewhere; download it"),
        ("opensarship", "other/Patch_Uint8/Visual_x1_y2_vv.tif", "lie beside no 'Ship.xml'"),
    ],
)
def test_folders_and_pictures_that_are_there_twice_or_not_read_are_refused(tmp_path, name, extra, words):
    files = fer2013_folders() if name == "fer2013" else COPIES[name]()
    if "val_00000007" in extra:
        files["val/n01/ILSVRC2012_val_00000007.JPEG"] = picture(7)
    refused(put(tmp_path, name, {**files, extra: picture(1, 64)}), name, words)


@pytest.mark.parametrize(
    ("name", "folder"),
    [("imagenet", "train/n03"), ("imagenet", "val/n03"), ("tinyimagenet", "train/n07/images"), ("tinyimagenet", "val/n07")],
)
def test_a_class_folder_without_a_picture_is_a_hole(tmp_path, name, folder):
    files = COPIES[name]()
    if folder == "val/n07":
        notes = [files.pop("val/val_annotations.txt"), *(files.pop(f"val/images/val_{word}.JPEG") for word in range(3))]
        files |= {f"val/n{word:02}/val_{word}.JPEG": notes[word + 1] for word in range(3)}
    put(tmp_path, name, files)
    found(tmp_path, name)
    (tmp_path / name / folder).mkdir(parents=True)
    refused(tmp_path, name, f"folder '{'/'.join(folder.split('/')[:2])}/' holds no picture; fill or remove it")


@pytest.mark.parametrize(("name", "one", "other"), [("cifar10", "cat", "dog"), ("imagenet", "n01", "n02")])
def test_a_class_that_is_a_link_to_another_is_refused(tmp_path, name, one, other):
    root = put(tmp_path, name, COPIES[name]()) / name / "train"
    shutil.rmtree(root / other)
    (root / other).symlink_to(root / one)
    refused(tmp_path, name, "is the same file as", "of another class")


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("imagenet", "train/n01/train_1_0.JPEG", "val/n01/val_1_0.JPEG"),
        ("cub200", "images/001.Albatross/a.jpg", "images/001.Albatross/b.jpg"),
        ("mit67", "Images/attic/a.jpg", "Images/attic/c.jpg"),
    ],
)
def test_copies_of_training_pictures_among_the_test_pictures_are_counted(tmp_path, name, one, other):
    files = COPIES[name]()
    plain = check_dataset(name, data_dir=put(tmp_path / "a", name, files))
    assert not any("byte by byte" in note for note in plain.notes)
    check = check_dataset(name, data_dir=put(tmp_path / "b", name, {**files, other: files[one]}))
    assert check.ok and any("1 of" in note and f"byte by byte, '{other}' the first" in note for note in check.notes)


def test_annotations_of_a_sorted_validation_set_have_to_have_their_pictures(tmp_path):
    files = COPIES["tinyimagenet"]()
    files |= {f"val/n{word:02}/val_{word}.JPEG": files.pop(f"val/images/val_{word}.JPEG") for word in range(3)}
    files["val/val_annotations.txt"] += b"val_9.JPEG\tn00\t0\t0\t1\t1\n"
    refused(put(tmp_path, "tinyimagenet", files), "tinyimagenet", "are missing, 'val_9.JPEG' the first")


def zipped(files, change=lambda info: info):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in files:
            info = zipfile.ZipInfo("x")
            info.filename = name
            archive.writestr(change(info), content)
    return file.getvalue()


def linked(info):
    info.external_attr = 0o120777 << 16 if info.filename == "train/cat/1.png" else 0
    return info


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("kind", ["absolute", "dots", "drive", "link", "twice", "twice in a tar"])
def test_members_that_would_be_left_out_are_refused(tmp_path, kind):
    files = list(COPIES["cifar10"]().items())
    one = "train/cat/1.png"
    if kind == "twice in a tar":
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w") as archive:
            for name, content in [*files, (one, b"x")]:
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        content = file.getvalue()
    else:
        begins = {"absolute": "/home/", "dots": "../", "drive": "C:\\"}.get(kind, "")
        files = [(begins + name if name == one else name, content) for name, content in files]
        content = zipped(files + ([(one, b"x")] if kind == "twice" else []), linked if kind == "link" else lambda info: info)
    words = "stands there twice" if "twice" in kind else "is a link, a device or leads out of the archive"
    refused(put(tmp_path, "cifar10", {"a.zip": content}), "cifar10", "cat", words)


def batch(**changes):
    return {b"data": DRAW.integers(0, 256, (10, 3072), dtype=np.uint8), b"labels": list(range(10)), **changes}


@pytest.mark.parametrize(
    ("third", "words"),
    [
        (batch(**{}) | {b"labels": [float(label) for label in range(10)]}, "'data_batch_3' is damaged"),
        (batch(**{}) | {b"labels": np.arange(10.0)}, "'data_batch_3' is damaged"),
        (batch(**{}) | {b"labels": [True] * 10}, "'data_batch_3' is damaged"),
        (batch(**{}) | {b"labels": [1] * 9}, "'data_batch_3' is damaged"),
        ("second", "'data_batch_3' is a copy of 'data_batch_2'"),
        ("test", "'test_batch' is a copy of 'data_batch_3'"),
    ],
)
def test_cifar_s_pickles_hold_whole_labels_and_each_other_pictures(tmp_path, third, words):
    files = {name: pickle.dumps(batch(), protocol=2) for name in (*(f"data_batch_{k}" for k in range(1, 6)), "test_batch")}
    found(put(tmp_path / "plain", "cifar10", files), "cifar10")
    same = {"second": files["data_batch_2"], "test": files["test_batch"]}
    files["data_batch_3"] = same[third] if isinstance(third, str) else pickle.dumps(third, protocol=2)
    refused(put(tmp_path, "cifar10", files), "cifar10", words)


def test_which_of_two_forms_is_read_is_said(tmp_path):
    both = {**COPIES["fer2013"](), **fer2013_folders()}
    plain = found(put(tmp_path / "a", "fer2013", COPIES["fer2013"]()), "fer2013")
    assert plain == found(put(tmp_path / "b", "fer2013", both), "fer2013")
    notes = check_dataset("fer2013", data_dir=tmp_path / "b").notes
    assert "read from 'fer2013.csv', not from the folders private_test, public_test, train" in notes
    put(tmp_path / "c", "cifar100", {**COPIES["cifar100"](), "train/apple/x.png": picture(1)})
    notes = check_dataset("cifar100", data_dir=tmp_path / "c").notes
    assert "read from 'test.bin' and its like, not from train/" in notes


def test_a_flat_validation_set_is_read_without_its_sorted_half(tmp_path):
    files = {**imagenet_flat(), "imagenet_2012_validation_synset_labels.txt": b"n02\nn01\nn02\n"}
    found(put(tmp_path / "a", "imagenet", files), "imagenet")
    moved = "val/ILSVRC2012_val_00000001.JPEG"
    files[f"val/n02/{os.path.basename(moved)}"] = files[moved]  # noqa: PTH119 (a name in a mapping)
    refused(put(tmp_path / "b", "imagenet", files), "imagenet", "sort all of them, or none")


@pytest.mark.parametrize("content", [encoded(image(64), "JPEG")[:800], encoded(image(), "GIF", **FILMS), b"\0" * 600])
def test_a_streamed_set_with_a_damaged_picture_is_not_prepared(tmp_path, content):
    first = "train/n01/train_1_0.JPEG"
    refused(put(tmp_path, "imagenet", {**COPIES["imagenet"](), first: content}), "imagenet", f"'{first}' is damaged")


def test_a_copy_in_an_archive_keeps_what_macs_put_beside_it_out(tmp_path):
    files = COPIES["cifar10"]()
    plain = found(put(tmp_path / "a", "cifar10", files), "cifar10")
    files |= {f"__MACOSX/{path.rpartition('/')[0]}/._{path.rpartition('/')[2]}": b"\0\5\x16\7" for path in COPIES["cifar10"]()}
    files |= {"@Recycle/train/cat/7.png": b"x", "train/@Recently-Snapshot/7.png": b"x", "train/cat/~$x.xlsx": b"x"}
    assert plain == found(put(tmp_path / "b", "cifar10", files), "cifar10")
    assert plain == found(put(tmp_path / "c", "cifar10", {"a.zip": packed(files, "zip")}), "cifar10")


@pytest.mark.parametrize("name", ["cifar10", "imagenet"])
def test_a_split_under_another_name_is_told_with_what_is_there(tmp_path, name):
    there, other = ("test", "valid") if name == "cifar10" else ("val", "validation")
    files = {path.replace(f"{there}/", f"{other}/", 1): content for path, content in COPIES[name]().items()}
    refused(put(tmp_path, name, files), name, "no image for the test split; expected ", f"; found 'train/', '{other}/'")


@pytest.mark.parametrize(
    "form", ["{} - Copy", "{} copy 2", "{} (1)", "{}(1)", "{} (another copy)", "Copy of {}", "Kopie von {}"]
)
def test_a_picture_that_a_file_manager_copied_is_refused(tmp_path, form):
    files = COPIES["cifar10"]()
    put(tmp_path / "a", "cifar10", {**files, f"train/cat/{form.format('0')}.png": files["train/cat/0.png"]})
    refused(tmp_path / "a", "cifar10", f"'train/cat/{form.format('0')}.png' is a copy of 'train/cat/0.png'; remove it")
    put(tmp_path / "b", "cifar10", {**files, f"train/cat/{form.format('0')}.png": picture(77)})
    found(tmp_path / "b", "cifar10")


@pytest.mark.parametrize(("third", "reads"), [("same", True), ("opaque", True), ("other", False)])
def test_bands_of_a_chip_that_differ_are_refused(tmp_path, third, reads):
    files = COPIES["fusar"]()
    path = next(path for path in files if path.endswith(".tiff"))
    grey = DRAW.integers(0, 200, (24, 24)).astype(np.uint8)
    last = {"same": grey, "opaque": np.full_like(grey, 255), "other": grey.T}[third]
    put(tmp_path, "fusar", {**files, path: tiff(np.stack([grey, grey, last], axis=2))})
    if reads:
        found(tmp_path, "fusar")
    else:
        refused(tmp_path, "fusar", f"{path} holds 3 bands that differ; a chip as distributed has one")
