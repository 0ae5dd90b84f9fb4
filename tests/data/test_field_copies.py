"""Copies of every dataset as people have them: nested, packed, linked, with what systems leave behind, without permission."""

import os
from pathlib import Path

import pytest
from projects.copies import COPIES, packed, put

from bench.data import check_dataset, prepare_dataset
from bench.data.store import walking
from bench.plan import BenchError
from bench.plan.catalogue import dataset_facts

STREAMED = [name for name in COPIES if dataset_facts(name).get("streams")]
DECODED = [name for name in COPIES if name not in STREAMED]
APPLE = b"\0\5\x16\7\0\2\0\0Mac OS X        "
every = pytest.mark.parametrize("name", COPIES)


def found(root, name):
    """Counts and digest of a copy that can be used."""
    check = check_dataset(name, data_dir=root)
    assert check.ok, check.problems
    return check.counts, check.digest


def refused(root, name, *words):
    """A copy that cannot be used says so in one line, and nothing is prepared."""
    check = check_dataset(name, data_dir=root)
    text = "\n".join(check.problems)
    assert not check.ok and all(word in text for word in words), (words, text)
    with pytest.raises(BenchError) as fault:
        prepare_dataset(name, 16, {}, root, root / "cache")
    assert "\n" not in str(fault.value) and "cache" not in str(fault.value)
    assert not list((root / "cache").rglob("*.npy")) and not list((root / "cache").rglob("manifest.json"))
    return text


@every
def test_folders_around_a_copy_make_no_difference(tmp_path, name):
    files = COPIES[name]()
    plain = found(put(tmp_path / "a", name, files), name)
    assert plain == found(
        put(tmp_path / "b", name, {f"download/{name}/{path}": content for path, content in files.items()}), name
    )


@every
def test_two_copies_in_a_folder_are_refused(tmp_path, name):
    files = COPIES[name]()
    both = {f"{folder}/{path}": content for folder in ("old", "new") for path, content in files.items()}
    check = check_dataset(name, data_dir=put(tmp_path, name, both))
    if name == "opensarship":  # its scenes have names: one that is there twice is read once
        assert check.ok and "is there twice; read once" in "\n".join(check.notes)
    else:
        assert "lies in 'new/' and in 'old/'; move one copy away" in check.problems[0]


@every
def test_two_folders_of_a_set_are_refused(tmp_path, name):
    for folder in (name, name.upper()):
        put(tmp_path, name, COPIES[name](), folder)
    refused(tmp_path, name, "several folders in data_dir")


@every
def test_what_systems_and_editors_leave_behind_is_no_data(tmp_path, name):
    files = COPIES[name]()
    plain = found(put(tmp_path / "a", name, files), name)
    folders = {path.rpartition("/")[0] for path in files} | {""}
    folders |= {folder.rpartition("/")[0] for folder in folders}
    first = next(iter(files.values()))
    for folder in (f"{folder}/" if folder else "" for folder in folders):
        for hidden in (".ipynb_checkpoints", ".snapshot/hourly", "@eaDir", "__MACOSX", "$RECYCLE.BIN"):
            files[f"{folder}{hidden}/n01/images/x.JPEG"] = first
        files |= {f"{folder}{leftover}": b"x" for leftover in (".DS_Store", "Thumbs.db", "desktop.ini", "notes.txt~")}
    for path in COPIES[name]():
        parent, _, file = path.rpartition("/")
        files[f"{parent}/._{file}" if parent else f"._{file}"] = APPLE
    assert plain == found(put(tmp_path / "b", name, files), name)
    if name in DECODED:
        put(tmp_path / "c", name, {"copy.zip": packed(files, "zip"), "._copy.zip": APPLE})
        assert plain == found(tmp_path / "c", name)


@pytest.mark.parametrize("name", DECODED)
@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_an_archive_is_read_as_its_files_are(tmp_path, name, kind):
    files = COPIES[name]()
    plain = found(put(tmp_path / "a", name, files), name)
    inner = packed({f"{name}-1.0/{path}": content for path, content in files.items()}, kind)
    assert plain == found(put(tmp_path / "b", name, {f"download.{kind}": inner}), name)
    outer = packed({f"set/inner.{kind}": inner, "readme.txt": b"read me"}, "zip")
    assert plain == found(put(tmp_path / "c", name, {"as downloaded.zip": outer}), name)
    wrong = "tar.gz" if kind == "zip" else "zip"  # what an archive is, its content says
    assert plain == found(put(tmp_path / "d", name, {f"download.{wrong}": inner}), name)


@pytest.mark.parametrize("name", STREAMED)
def test_a_packed_copy_of_a_streamed_set_says_what_to_do(tmp_path, name):
    put(tmp_path, name, {"download.tgz": packed(COPIES[name](), "tar.gz")})
    refused(tmp_path, name, "'download.tgz' is packed", "unpack it there")


@every
def test_archives_that_are_not_read_are_named(tmp_path, name):
    put(tmp_path, name, {"download.rar": b"Rar!\x1a\x07\x01\0" + b"\0" * 100})
    refused(tmp_path, name, "download.rar", "unpack")


@every
def test_a_folder_without_a_copy_says_what_is_expected_and_what_is_there(tmp_path, name):
    (tmp_path / name).mkdir()
    if name != "opensarship":
        refused(tmp_path, name, f"expected {dataset_facts(name)['layout']}"[:60], "found nothing")
    put(tmp_path, name, {"readme.md": b"x", "data/train-00000.parquet": b"PAR1", ".hidden/x.png": b"x"})
    refused(tmp_path, name, *(["no chip of any class"] if name == "opensarship" else ["found 'data/', 'readme.md'"]))


@every
def test_links_are_followed_and_those_that_lead_nowhere_or_in_a_circle_are_refused(tmp_path, name):
    files = COPIES[name]()
    plain = found(put(tmp_path / "a", name, files), name)
    put(tmp_path / "b", name, {"readme.txt": b"x"})
    for entry in (tmp_path / "a" / name).iterdir():
        (tmp_path / "b" / name / entry.name).symlink_to(entry, target_is_directory=entry.is_dir())
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / name).symlink_to(tmp_path / "a" / name, target_is_directory=True)
    assert plain == found(tmp_path / "b", name) == found(tmp_path / "c", name)
    (tmp_path / "b" / name / "gone.jpg").symlink_to(tmp_path / "nothing")
    refused(tmp_path / "b", name, "'gone.jpg' is a link that leads nowhere")
    (tmp_path / "b" / name / "gone.jpg").unlink()
    (tmp_path / "b" / name / "around").symlink_to(tmp_path / "b", target_is_directory=True)
    refused(tmp_path / "b", name, "is a link that leads back to a folder around it")


@every
def test_a_folder_without_permission_is_not_skipped(tmp_path, name, monkeypatch):
    files = COPIES[name]()
    put(tmp_path, name, files)
    chosen = max((path.rpartition("/")[0] for path in files), key=len)
    scandir = walking.os.scandir

    def closed(path="."):
        if Path(path) == tmp_path / name / chosen:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(walking.os, "scandir", closed)
    text = refused(tmp_path, name, "may not be read (permission denied)")
    assert "damaged" not in text and "fetch" not in text and "missing" not in text


@every
def test_a_file_without_permission_is_told_from_a_missing_and_a_damaged_one(tmp_path, name, monkeypatch):
    files = COPIES[name]()
    put(tmp_path, name, files)
    chosen = tmp_path / name / max(files, key=lambda path: (path.endswith((".bin", ".csv", "_vv.tif", ".tiff")), len(path)))
    read, access = Path.read_bytes, os.access

    def closed(path):
        if path == chosen:
            raise PermissionError(13, "Permission denied", str(path))
        return read(path)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", closed)
        patch.setattr(os, "access", lambda path, mode: Path(path) != chosen and access(path, mode))
        text = refused(tmp_path, name, chosen.name, "may not be read (permission denied)")
        assert "damaged" not in text and "fetch it again" not in text
    if not dataset_facts(name).get("streams"):
        chosen.write_bytes(b"\x01")
        assert "permission" not in refused(tmp_path, name, chosen.name)


@every
def test_a_web_page_or_a_pointer_in_place_of_a_file_is_called_that(tmp_path, name):
    files = COPIES[name]()
    chosen = max(files, key=lambda path: (path.endswith((".bin", ".csv", "_vv.tif", ".tiff")), len(path)))
    for folder, content, words in (
        ("a", b"<!DOCTYPE html><html>Sign in</html>", "a web page"),
        ("b", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "a pointer of Git LFS"),
        ("c", b"", "empty"),
    ):
        put(tmp_path / folder, name, {**files, chosen: content})
        refused(tmp_path / folder, name, chosen.rpartition("/")[2], words)


@pytest.mark.parametrize("name", ["cifar10", "fer2013", "fusar", "opensarship"])
def test_an_archive_that_is_none_says_what_it_is(tmp_path, name):
    put(tmp_path / "a", name, {"download.zip": b"<html>Too many requests</html>" * 50})
    refused(tmp_path / "a", name, "download.zip", "is a web page, not")
    put(tmp_path / "b", name, {"download.zip": packed(COPIES[name](), "zip")[:-60]})
    refused(tmp_path / "b", name, "download.zip", "truncated or not a zip archive")
    put(tmp_path / "c", name, {"download.tar.gz": packed(COPIES[name](), "tar.gz")[:-60]})
    refused(tmp_path / "c", name, "download.tar.gz", "truncated or not an archive")


def test_an_encrypted_archive_wants_its_password(tmp_path):
    content = bytearray(packed(COPIES["rafdb"](), "zip"))
    for start in (b"PK\3\4", b"PK\1\2"):  # the flag of encryption in both kinds of header
        place = content.find(start)
        while place >= 0:
            content[place + (6 if start == b"PK\3\4" else 8)] |= 1
            place = content.find(start, place + 4)
    put(tmp_path, "rafdb", {"basic.zip": bytes(content)})
    refused(tmp_path, "rafdb", "is encrypted; unpack the archive with its password")


def test_names_of_archives_made_on_windows_are_read(tmp_path):
    import io
    import zipfile

    files = COPIES["cifar10"]()
    plain = found(put(tmp_path / "a", "cifar10", files), "cifar10")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, content in files.items():
            info = zipfile.ZipInfo("x")
            info.filename = path.replace("/", "\\")
            archive.writestr(info, content)
    assert plain == found(put(tmp_path / "b", "cifar10", {"cifar.zip": buffer.getvalue()}), "cifar10")


@every
def test_the_dataset_s_own_folder_as_data_dir_is_noticed(tmp_path, name):
    put(tmp_path, name, COPIES[name]())
    refused(tmp_path / name, name, "it is such a folder itself: give the one around it")


def test_names_that_no_list_can_hold_are_refused(tmp_path):
    put(tmp_path, "imagenet", COPIES["imagenet"]())
    (tmp_path / "imagenet" / "train" / "n01" / "a\nb.JPEG").write_bytes(b"x")
    refused(tmp_path, "imagenet", "holds control characters; rename it")


@pytest.mark.parametrize("name", ["cifar10", "imagenet"])
def test_a_picture_in_both_splits_is_refused_also_under_two_names(tmp_path, name):
    files = COPIES[name]()
    put(tmp_path, name, files)
    first = next(path for path in files if path.startswith("train/"))
    other = next(path for path in files if not path.startswith("train/"))
    (tmp_path / name / other).unlink()
    os.link(tmp_path / name / first, tmp_path / name / other)
    refused(tmp_path, name, f"'{other}' is the same file as '{first}', a training picture")


@pytest.mark.parametrize("name", ["cifar10", "tinyimagenet", "imagenet"])
def test_pictures_that_lie_too_deep_or_are_of_another_kind_are_refused(tmp_path, name):
    files = COPIES[name]()
    first = next(path for path in files if path.startswith("train/"))
    folder = "/".join(first.split("/")[:2])
    put(tmp_path / "a", name, {**files, f"{folder}/more/of/x.png": files[first]})
    refused(tmp_path / "a", name, f"'{folder}/more/of/x.png' lies too deep")
    put(tmp_path / "b", name, {**files, f"{folder}/x.tiff": files[first]})
    refused(tmp_path / "b", name, "is a picture of a kind that is not read")


@pytest.mark.parametrize("name", ["cifar10", "fer2013", "imagenet", "tinyimagenet", "rafdb", "stanford40"])
def test_a_class_that_one_split_lacks_is_refused(tmp_path, name):
    files = COPIES[name]()
    if name == "fer2013":
        lines = files["fer2013.csv"].decode().splitlines()
        files["fer2013.csv"] = "\n".join(line for line in lines if not line.startswith("3") or "Private" not in line).encode()
        word = "happy"
    elif name == "rafdb":
        files["EmoLabel/list_patition_label.txt"] = files["EmoLabel/list_patition_label.txt"].replace(
            b"test_00003.jpg 4\n", b""
        )
        del files["Image/aligned/test_00003_aligned.jpg"]
        word = "happiness"
    elif name == "stanford40":
        gone = files.pop("ImageSplits/running_test.txt").decode().split()
        files = {path: content for path, content in files.items() if path.rpartition("/")[2] not in gone}
        word = "running"
    else:
        word = {"cifar10": "cat", "imagenet": "n02", "tinyimagenet": "n02"}[name]
        files = {path: content for path, content in files.items() if not path.startswith(f"train/{word}/")}
    put(tmp_path, name, files)
    split = "train" if name in ("cifar10", "imagenet", "tinyimagenet") else "test"
    refused(tmp_path, name, f"no image of class '{word}' for the {split} split")


def test_other_folders_of_pictures_are_said_to_be_left_out(tmp_path):
    files = COPIES["cifar10"]()
    put(tmp_path, "cifar10", {**files, "extra/cat/1.png": next(iter(files.values()))})
    assert "left out: folder 'extra' (1 pictures)" in check_dataset("cifar10", data_dir=tmp_path).notes


def test_test_images_that_are_training_images_are_counted(tmp_path):
    files = COPIES["cifar10"]()
    put(tmp_path, "cifar10", {**files, "test/cat/again.png": files["train/cat/0.png"]})
    assert (
        "1 of 11 test images are training images as well, pixel by pixel" in check_dataset("cifar10", data_dir=tmp_path).notes
    )
