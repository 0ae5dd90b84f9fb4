"""What is fetched is unpacked into the layout that the loader reads; hostile archives are not unpacked."""

import hashlib
import io
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest
from test_cifar import pickled
from test_faces_and_tiny import tiny
from test_streaming import MINIATURES

from bench.data import check_dataset
from bench.data.fetching import fetch, fetch_dataset
from bench.data.fetching.downloads import DOWNLOADS, Download
from bench.plan import BenchError
from bench.plan.catalogue import dataset_facts


def packed(file, files):
    """An archive of the kind that the file's name says."""
    buffer = io.BytesIO()
    if file.endswith(".zip"):
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return buffer.getvalue()
    with tarfile.open(fileobj=buffer, mode="w:gz" if file.endswith("gz") else "w") as archive:
        for name, content in files.items():
            member = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(name)
            member.size = 0 if content is member else len(content)
            archive.addfile(member, None if content is member else io.BytesIO(content))
    return buffer.getvalue()


def below(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def distributed(name, root):
    """The files of a miniature set as its publishers hand them out: file to content."""
    file = DOWNLOADS[name][0].file
    if name == "cifar10":
        return {file: packed(file, {f"cifar-10-batches-py/{path}": content for path, content in pickled().items()})}
    if name == "tinyimagenet":
        return {file: packed(file, {f"tiny-imagenet-200/{path}": content for path, content in tiny().items()})}
    MINIATURES[name](root)
    files = below(next(root.iterdir()))
    if name == "cub200":
        named = {f"CUB_200_2011/{path}": content for path, content in files.items()}
        return {"CUB_200_2011.tgz": packed("a.tgz", {"attributes.txt": b"beside it", **named})}
    parts = {
        "mit67": {"indoorCVPR_09.tar": "Images/", "TrainImages.txt": None, "TestImages.txt": None},
        "stanford_dogs": {"images.tar": "Images/", "lists.tar": ""},
        "stanford40": {"Stanford40_JPEGImages.zip": "JPEGImages/", "Stanford40_ImageSplits.zip": "ImageSplits/"},
    }[name]
    found = {}
    for file, start in parts.items():
        chosen = {path: files[path] for path in sorted(files) if start is not None and path.startswith(start)}
        junk = {"__MACOSX/._a.jpg": b"junk"} if file.endswith(".zip") else {}
        found[file] = packed(file, {**chosen, **junk}) if start is not None else files[file]
        files = {path: content for path, content in files.items() if path not in chosen}
    return found


def shelve(name, files, shelf, monkeypatch):
    """Put a set's files on the shelf, their sizes and checksums into the facts; the rest of the facts stays real."""
    facts = []
    for item in DOWNLOADS[name]:
        content = files[item.file]
        url = shelf.put(f"{name}/{item.file}", content)
        known = {"checksum": "sha256:" + hashlib.sha256(content).hexdigest()} if item.checksum else {}
        facts.append(fetch.replace(item, urls=(url,), size=len(content) if item.size else None, **known))
    monkeypatch.setitem(DOWNLOADS, name, tuple(facts))


@pytest.mark.parametrize(
    "name", [name for name in DOWNLOADS if name not in ("cifar100", "voc", "coco")]
)  # CIFAR-10's form; tests of dense sets
def test_what_is_fetched_is_what_the_loader_reads(tmp_path, shelf, monkeypatch, name):
    files = distributed(name, tmp_path / "made")
    shelve(name, files, shelf, monkeypatch)
    fetch_dataset(name, tmp_path / "data")
    check = check_dataset(name, data_dir=tmp_path / "data")
    assert check.ok and check.counts["train"] and check.counts["test"]
    folder = tmp_path / "data" / name
    if dataset_facts(name).get("streams"):
        assert not [path for path in folder.iterdir() if path.suffix in (".tar", ".tgz", ".zip") or path.name.startswith(".")]
        assert below(folder).keys() - {"downloads.json"} == below(next((tmp_path / "made").iterdir())).keys()
    said, asked = [], len(shelf.asked)
    fetch_dataset(name, tmp_path / "data", "", said.append)
    assert len(shelf.asked) == asked and all("already there" in line for line in said) and len(said) == len(files)


def test_a_kill_while_unpacking_is_made_good(tmp_path, shelf, monkeypatch):
    files = distributed("cub200", tmp_path / "made")
    shelve("cub200", files, shelf, monkeypatch)
    replace, moved = Path.replace, []

    def killed(self, target):
        if self.parent.name == "CUB_200_2011" and len(moved) == 2:
            raise KeyboardInterrupt
        moved.append(self.parent.name) if self.parent.name == "CUB_200_2011" else None
        return replace(self, target)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "replace", killed)
        fetch_dataset("cub200", tmp_path / "data")
    assert not check_dataset("cub200", data_dir=tmp_path / "data").ok
    fetch_dataset("cub200", tmp_path / "data")
    assert check_dataset("cub200", data_dir=tmp_path / "data").ok and len(shelf.asked) == 1


def test_pictures_that_the_archive_lacks_are_told(tmp_path, shelf, monkeypatch):
    files = distributed("mit67", tmp_path / "made")
    files["TestImages.txt"] += b"attic/z.jpg\n"
    shelve("mit67", files, shelf, monkeypatch)
    with pytest.raises(BenchError, match="'Images/attic/z.jpg' is missing"):
        fetch_dataset("mit67", tmp_path / "data")


def link(name, target, kind=tarfile.SYMTYPE):
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


def zipped_link():
    info = zipfile.ZipInfo("JPEGImages/a.jpg")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    return buffer.getvalue()


HOSTILE = {
    "upwards": ("a.tar", packed("a.tar", {"Images/../../../out.txt": b"x"}), "leads out"),
    "absolute": ("a.tar", packed("a.tar", {"/tmp/out.txt": b"x"}), "leads out"),
    "link": ("a.tar", packed("a.tar", {"l": link("Images/l", "/etc/passwd")}), "is a link"),
    "hard link": ("a.tar", packed("a.tar", {"l": link("Images/l", "/etc/passwd", tarfile.LNKTYPE)}), "is a link"),
    "device": ("a.tar", packed("a.tar", {"l": link("Images/l", "", tarfile.FIFOTYPE)}), "a device"),
    "zip upwards": ("a.zip", packed("a.zip", {"../../out.txt": b"x"}), "leads out"),
    "zip absolute": ("a.zip", packed("a.zip", {"/out.txt": b"x"}), "leads out"),
    "zip link": ("a.zip", zipped_link(), "is a link"),
    "bomb": ("a.tgz", packed("a.tgz", {"Images/a": bytes(20 * 2**20)}), "unpacks to more than"),
    "truncated": ("a.tar", packed("a.tar", {"Images/a": bytes(50_000)})[:20_000], "truncated"),
    "no archive": ("a.zip", b"<html>", "not an archive"),
    "empty": ("a.tar", packed("a.tar", {}), "does not hold"),
    "of our own name": ("a.tar", packed("a.tar", {"downloads.json": b"{}"}), "does not hold"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_archives_are_not_unpacked(tmp_path, shelf, monkeypatch, kind):
    file, content, words = HOSTILE[kind]
    monkeypatch.setattr(fetch, "SPARE", 2**20)
    monkeypatch.setitem(DOWNLOADS, "mit67", (Download(file, (shelf.put("a", content),), limit=len(content), inside=""),))
    with pytest.raises(BenchError, match=words) as fault:
        fetch_dataset("mit67", tmp_path / "data")
    assert "to fetch it anew, delete" in str(fault.value)
    assert sorted(path.name for path in (tmp_path / "data" / "mit67").iterdir()) == [file, "downloads.json"]
    assert not list(tmp_path.rglob("out.txt"))
