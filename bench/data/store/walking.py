"""Walk through folders: what is data and what is not, links, and files that cannot be read.

One rule for every dataset: links to files and folders are followed, links that lead nowhere or in a circle are faults; what an
operating system, a file server or an editor leaves behind is no data; nothing that cannot be read is passed over.
"""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterator
from errno import EACCES, ELOOP, ENOENT, ENOTDIR, EPERM
from pathlib import Path

from bench.plan import BenchError

# Names in lower case: of macOS, Windows, file servers (Synology, QNAP, NetApp), Python and spreadsheets.
JUNK = frozenset({
    "__macosx", "__pycache__", "@eadir", "#recycle", "@recycle", "@recently-snapshot", "#snapshot", "@sharebin", "@tmp",
    "$recycle.bin", "recycler", "system volume information", "lost+found", "thumbs.db", "ehthumbs.db", "desktop.ini",
    "network trash folder", "temporary items", "icon\r",
})  # fmt: skip
LEFT_BEHIND = ("*~", "#*#", "~$*", "*.part", "*.crdownload")  # by editors, spreadsheets and downloads
ELSEWHERE = ".icloud"  # a hidden file in place of one that was moved off the disk
DEEPEST = 40  # folders in each other


def is_junk(path: str) -> bool:
    """Whether a relative path, with forward slashes, is of something that is no data.

    Hidden files and folders (``.ipynb_checkpoints``, ``._NAME``, ``.snapshot``...), and what is in them.
    """
    return any(_is_junk_name(name) for name in path.split("/"))


def files_below(folder: Path, label: str = "") -> list[str]:
    """The data files below a folder, as relative paths with forward slashes, sorted.

    Parameters
    ----------
    label
        What messages call the folder; its name where not given.

    Raises
    ------
    BenchError
        If a folder may not be read, or a link leads nowhere or to a folder around it.
    """
    return sorted(_walk(folder, "", label or folder.name, ()))


def folders_in(folder: Path) -> list[str]:
    """The names of the folders directly in a folder, sorted, without what is no data; none where it is no folder.

    Raises
    ------
    BenchError
        If it may not be read.
    """
    try:
        return sorted(entry.name for entry in os.scandir(folder) if entry.is_dir() and not _is_junk_name(entry.name))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise fault_of(error, folder.name) from None


def fault_of(error: OSError, what: str) -> BenchError:
    """The line for a file or folder that could not be read: without permission, missing, or for what other reason."""
    if error.errno in (EACCES, EPERM):
        return BenchError(f"{what} may not be read (permission denied); ask its owner, or chmod it")
    if error.errno in (ENOENT, ENOTDIR):
        return BenchError(f"{what} is missing")
    if error.errno == ELOOP:
        return BenchError(f"{what} is a link that leads in a circle")
    return BenchError(f"{what} cannot be read ({error.strerror or error})")


def _walk(folder: Path, prefix: str, label: str, around: tuple[tuple[int, int], ...]) -> Iterator[str]:
    """``around``: device and inode of every folder on the way here, to find circles."""
    where = f"{label}: '{prefix.rstrip('/')}'" if prefix else label
    try:
        state = folder.stat()
        here = state.st_dev, state.st_ino
        entries = list(os.scandir(folder))
    except OSError as error:
        raise fault_of(error, where) from None
    if here in around or len(around) > DEEPEST:
        raise BenchError(f"{where} is a link that leads back to a folder around it; remove it")
    for entry in entries:
        path = f"{prefix}{entry.name}"
        if entry.name.startswith(".") and entry.name.endswith(ELSEWHERE):
            raise BenchError(f"{label}: '{path}' stands for a file that iCloud keeps elsewhere; download it")
        if _is_junk_name(entry.name):
            continue
        if any(letter < " " or "\ud800" <= letter <= "\udfff" for letter in entry.name):
            raise BenchError(f"{label}: the name {path!a} is not UTF-8 or holds control characters; rename it")
        try:
            if entry.is_dir():
                yield from _walk(folder / entry.name, f"{path}/", label, (*around, here))
            elif entry.is_file():
                yield path
            elif entry.is_symlink():
                raise BenchError(f"{label}: '{path}' is a link that leads nowhere; mend or remove it")
        except OSError as error:
            raise fault_of(error, f"{label}: '{path}'") from None


def _is_junk_name(name: str) -> bool:
    if name.startswith("."):
        return name not in (".", "..")
    lower = name.lower()
    return lower in JUNK or any(fnmatch.fnmatchcase(lower, pattern) for pattern in LEFT_BEHIND)
