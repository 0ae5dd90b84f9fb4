"""Copies of datasets with holes, doubles, strange names and strange bytes: read, or refused in one line."""

import shutil

import pytest
from broken import clear, damaged_bytes, fuzzed, words
from hypothesis import strategies as st
from projects.copies import COPIES, packed, put

from bench.data import check_dataset

TEXT = (".txt", ".csv", ".xml")
KINDS = ("damage", "drop", "empty", "twice", "rename", "junk", "lines", "words", "pack", "nest")


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
        return {"copy.zip": draw(st.one_of(st.just(packed(files, "zip")), damaged_bytes(packed(files, "zip"))))}
    return {f"{draw(st.sampled_from(['a', 'a/b', 'compound', '.hidden', 'train']))}/{name}": files[name] for name in names}


@pytest.mark.parametrize(
    "name", ["fer2013", "rafdb", "tinyimagenet", "fusar", "opensarship", "cub200", "stanford40", "imagenet"]
)
@fuzzed(data=st.data())
def test_copies(watched, name, data):
    shutil.rmtree(watched / name, ignore_errors=True)
    files = COPIES[name]()
    for kind in data.draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=2)):
        files = changed(data.draw, files, kind)
    put(
        watched,
        name,
        {path: content for path, content in files.items() if not any(f"{path}/" in other for other in files)},
    )
    found = clear(lambda: check_dataset(name, data_dir=watched))
    assert found is None or (found.ok and all(sum(counts.values()) for counts in found.counts.values())) or all(found.problems)
    assert found is None or not any("\n" in line for line in found.problems)
