"""Copies of datasets with holes, doubles, strange names, strange bytes and links: read, or refused in one line."""

import io
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
from broken import clear, damaged_bytes, fuzzed, words
from hypothesis import strategies as st
from PIL import Image
from projects.copies import COPIES, packed, picture, put
from projects.scenes import tiff

from bench.data import check_dataset
from bench.data.store import walking

TEXT = (".txt", ".csv", ".xml")
KINDS = ("damage", "drop", "empty", "twice", "rename", "junk", "lines", "words", "pack", "nest", "encode", "save", "replace",
         "case", "both")  # fmt: skip
NAMES = ("cifar10", "fer2013", "rafdb", "tinyimagenet", "fusar", "opensarship", "cub200", "mit67", "stanford40",
         "stanford_dogs", "imagenet")  # fmt: skip


def film():
    file, pictures = io.BytesIO(), [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue", "green")]
    pictures[0].save(file, "GIF", save_all=True, append_images=pictures[1:])
    return file.getvalue()


OTHERS = (
    b"<!DOCTYPE html><html>Sign in</html>",
    b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
    b"\0\5\x16\7\0\2\0\0Mac OS X        ",
    b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(600),
    b"P6 8 8 65535\n" + bytes(384),
    b"7z\xbc\xaf\x27\x1c" + bytes(60),
    film(),
    picture(1),
    packed({"a.png": picture(2)}, "zip"),
    packed({"../a.png": picture(2)}, "tar.gz"),
    tiff(np.full((12, 12), np.nan, np.float32)),
    tiff(np.zeros((3, 12, 12), np.uint8)),
    struct.pack("<2sHI", b"II", 42, 8) + b"\xff" * 200,
)


def changed(draw, files, kind):
    """A copy of which one thing is otherwise."""
    files = files or {"x": b""}
    names = sorted(files)
    lists = [name for name in names if name.endswith(TEXT)] or names
    chosen = draw(st.sampled_from(names if kind in ("damage", "drop", "empty", "rename", "twice") else lists))
    content = files[chosen]
    if kind == "damage":
        return {**files, chosen: draw(damaged_bytes(content))}
    if kind == "drop":
        return {name: content for name, content in files.items() if name != chosen}
    if kind == "empty":
        return {**files, chosen: b""}
    if kind == "twice":
        return {**files, f"{chosen.rpartition('/')[0]}/copy of {chosen.rpartition('/')[2]}".lstrip("/"): content}
    if kind == "rename":
        return {(chosen.upper() if name == chosen else name): content for name, content in files.items()}
    if kind == "junk":
        return {**files, draw(st.sampled_from([".x", "a/.b/c.png", "__MACOSX/x.zip", "Thumbs.db"])): content}
    if kind == "lines":
        lines = content.split(b"\n")
        places = draw(st.lists(st.integers(0, len(lines) - 1), min_size=1, max_size=len(lines)))
        return {**files, chosen: draw(st.sampled_from([b"\n", b"\r", b"\r\n"])).join(lines[place] for place in places)}
    if kind == "words":
        pieces = content.split(b"\n")
        place = draw(st.integers(0, len(pieces) - 1))
        pieces[place] = draw(words).encode("utf-8", "replace")
        return {**files, chosen: b"\n".join(pieces)}
    if kind == "pack":
        archive = packed(files, draw(st.sampled_from(["zip", "tar.gz"])))
        return {
            draw(st.sampled_from(["copy.zip", "copy.tgz", "copy"])): draw(st.one_of(st.just(archive), damaged_bytes(archive)))
        }
    if kind == "encode":
        encoding = draw(st.sampled_from(["utf-8-sig", "utf-16", "utf-16-be", "utf-32", "cp500"]))
        return {**files, chosen: content.decode("utf-8", "replace").encode(encoding, "replace")}
    if kind == "save":  # as a spreadsheet does
        old, new = draw(
            st.sampled_from([(b",", b";"), (b",", b"\t"), (b",", b", "), (b" ", b"  "), (b"\n", b".0\n"), (b"0", b"0.0")])
        )
        return {**files, chosen: draw(st.sampled_from([b"", b"sep=;\r\n", b"\n\n"])) + content.replace(old, new)}
    if kind == "replace":
        return {**files, draw(st.sampled_from(names)): draw(st.sampled_from(OTHERS))}
    folders = sorted({name.rpartition("/")[0] for name in names})
    if kind == "case":  # a folder once more, in other letters
        folder = draw(st.sampled_from([folder for folder in folders if folder] or ["train"]))
        return {**files, f"{folder.swapcase()}/{draw(st.sampled_from(['x.png', chosen.rpartition('/')[2]]))}": content}
    if kind == "both":  # a file of one class or split in another one, too
        return {**files, f"{draw(st.sampled_from(folders))}/{chosen.rpartition('/')[2]}".lstrip("/"): content}
    return {f"{draw(st.sampled_from(['a', 'a/b', 'compound', '.hidden', 'train']))}/{name}": files[name] for name in names}


@pytest.mark.parametrize("name", NAMES)
@fuzzed(data=st.data())
def test_copies(watched, name, data):
    files = COPIES[name]()
    for kind in data.draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=2)):
        files = changed(data.draw, files, kind)
    laid(watched, name, files)
    found = clear(lambda: check_dataset(name, data_dir=watched))
    assert found is None or (found.ok and all(sum(counts.values()) for counts in found.counts.values())) or all(found.problems)
    assert found is None or not any("\n" in line for line in found.problems)


@pytest.mark.parametrize("name", NAMES)
@fuzzed(data=st.data())
def test_copies_with_links_and_without_permission(watched, name, data):
    """What leads elsewhere counts as what is there; what leads nowhere or in a circle, or may not be read, is refused."""
    files = COPIES[name]()
    laid(watched, name, files)
    root = watched / name
    plain = check_dataset(name, data_dir=watched)
    chosen = root / data.draw(st.sampled_from(sorted(files)))
    place = data.draw(st.sampled_from([chosen, *[parent for parent in chosen.parents if parent.is_relative_to(root)]]))
    kind = data.draw(st.sampled_from(("elsewhere", "nowhere", "circle", "denied")))
    with pytest.MonkeyPatch.context() as patch:
        if kind == "denied":
            place = chosen.parent if place == chosen else place
            patch.setattr(walking.os, "scandir", denying(walking.os.scandir, place))
        else:
            place.rename(watched / "elsewhere")
            goal = {"elsewhere": watched / "elsewhere", "nowhere": watched / "gone", "circle": place.parent}[kind]
            place.symlink_to(goal, target_is_directory=goal.is_dir())
        found = clear(lambda: check_dataset(name, data_dir=watched))
    if kind == "elsewhere":
        assert (found.ok, found.counts, found.digest) == (True, plain.counts, plain.digest)
    else:
        assert found is None or (not found.ok and all(found.problems) and not any("\n" in line for line in found.problems))


def laid(folder, name, files):
    """Write a copy where another one may lie."""
    for place in (folder / "elsewhere", folder / name):
        shutil.rmtree(place, ignore_errors=True) if place.is_dir() and not place.is_symlink() else place.unlink(missing_ok=True)
    clean = {path: content for path, content in files.items() if not any(f"{path}/" in other for other in files)}
    put(folder, name, clean)


def denying(scandir, place):
    """Read folders, all but one."""

    def closed(path="."):
        if Path(path) == place:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    return closed
