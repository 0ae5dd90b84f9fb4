"""What a file is by its first bytes, whatever its name says."""

from __future__ import annotations

from pathlib import Path

from bench.data.store.walking import fault_of

BEGINNINGS = {  # of files that are often taken for others
    b"Rar!": "a RAR archive: unpack it",
    b"7z\xbc\xaf": "a 7-Zip archive: unpack it",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive: unpack it",
    b"version https://git-lfs": "a pointer of Git LFS and not the file itself: git lfs pull",
    b"<!DOCTYPE": "a web page",
    b"<!doctype": "a web page",
    b"<html": "a web page",
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "packed with gzip",
    b"\x93NUMPY": "an array of numpy",
    b"MATLAB 7.3": "a file of MATLAB 7.3: save it with -v7",
}


def looks_like(content: bytes) -> str:
    """What a file is that is not what it should be, as far as its beginning tells; empty where it does not."""
    if not content:
        return "empty"
    if content[4:8] == b"ftyp":
        return "a HEIC or AVIF picture, or a film: convert it to PNG or JPEG"
    return next((words for start, words in BEGINNINGS.items() if content.lstrip()[: len(start)] == start), "")


def beginning_of(path: Path, label: str) -> bytes:
    """The first 512 bytes of a file."""
    try:
        with path.open("rb") as file:
            return file.read(512)
    except OSError as error:
        raise fault_of(error, label) from None
