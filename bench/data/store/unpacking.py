"""Unpack an archive to disk: regular files and folders only, none outside the folder, with limits."""

from __future__ import annotations

import shutil
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from bench.data.store.archives import BROKEN, MOST_MEMBERS
from bench.plan import BenchError

JUNK = "__MACOSX"


def unpack(path: Path, folder: Path, limit: int) -> None:
    """Unpack a zip or tar archive into an empty folder.

    Parameters
    ----------
    folder
        Made anew; what stood there is deleted.
    limit
        Bytes that it may unpack to.

    Raises
    ------
    BenchError
        If the archive is damaged, holds links, devices or paths that lead out of it, or unpacks to more than ``limit``; what
        has been written is deleted. Faults of the disk stay ``OSError``.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    total = count = 0
    try:
        for name, size, plain in (_zip_members if path.name.lower().endswith(".zip") else _tar_members)(path, folder):
            parts = PurePosixPath(name).parts
            if not plain or not parts or name.startswith("/") or ".." in parts or "\\" in name or ":" in parts[0]:
                raise BenchError(f"{path.name}: '{name}' is a link, a device or leads out of the archive; it is not unpacked")
            total, count = total + size, count + 1
            if total > limit or count > MOST_MEMBERS:
                raise BenchError(f"{path.name}: unpacks to more than {limit // 2**20} MiB or {MOST_MEMBERS} files")
    except BROKEN as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise BenchError(f"{path.name}: truncated or not an archive ({error or type(error).__name__})") from None
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _tar_members(path: Path, folder: Path) -> Iterator[tuple[str, int, bool]]:
    """Name, size and whether a plain file or folder of every member; it is written once the caller comes back for more."""
    with tarfile.open(path, "r|*") as archive:
        for member in archive:
            yield member.name, member.size, member.isfile() or member.isdir()
            archive.extract(member, folder, filter="data")


def _zip_members(path: Path, folder: Path) -> Iterator[tuple[str, int, bool]]:
    """As for tar; a member that unpacks to more than it states is cut there by ``zipfile`` and fails its checksum."""
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if member.filename.split("/")[0] != JUNK:
                kind = stat.S_IFMT(member.external_attr >> 16)
                yield member.filename, member.file_size, kind in (0, stat.S_IFREG, stat.S_IFDIR)
                archive.extract(member, folder)
