"""Read the members of a zip or tar archive or a folder alike, into memory, with limits; nothing is unpacked to disk."""

from __future__ import annotations

import lzma
import os
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.plan import BenchError

LARGEST_MEMBER = 64 * 2**20  # bytes, unpacked; a chip is a few hundred kB
MOST_MEMBERS = 500_000
LARGEST_TAR = 2 * 2**30  # bytes, unpacked: a tar archive is read as a whole, since it has no index
PACKED = (".tar.gz", ".tgz", ".tar.xz", ".tar", ".zip")
BROKEN = (
    zipfile.BadZipFile, tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, struct.error, RuntimeError,
    NotImplementedError, OSError, ValueError,
)  # fmt: skip


@dataclass(frozen=True)
class Container:
    """The files of one archive or folder.

    Attributes
    ----------
    label
        What messages call it: its path relative to the dataset's folder.
    names
        Its files, as relative paths with forward slashes, sorted.
    """

    label: str
    names: tuple[str, ...]
    path: Path
    archive: zipfile.ZipFile | None = None
    members: Mapping[str, bytes] | None = None

    def read(self, name: str, limit: int | None = None) -> bytes:
        """The content of one of ``names``.

        Raises
        ------
        BenchError
            If it is damaged, encrypted or larger than ``limit`` bytes, 64 MiB where not given.
        """
        limit = limit or LARGEST_MEMBER
        try:
            if self.members is not None:
                content: bytes | None = self.members[name]
            elif self.archive is None:
                path = self.path / name
                content = path.read_bytes() if path.stat().st_size <= limit else None
            else:
                # The stated size may lie, so no more than the limit is ever unpacked.
                with self.archive.open(name) as member:
                    content = member.read(limit + 1)
        except BROKEN as error:
            raise BenchError(f"{self.label}: '{name}' is damaged ({_reason(error)}); fetch it again") from None
        if content is None or len(content) > limit:
            raise BenchError(f"{self.label}: '{name}' is larger than {limit // 2**20} MiB")
        return content


@contextmanager
def opened(path: Path, label: str) -> Iterator[Container]:
    """Open an archive or a folder.

    Parameters
    ----------
    path
        A zip or tar file (compressed or not) or a folder.
    label
        What messages call it.

    Raises
    ------
    BenchError
        If the archive is truncated, no archive, or holds links or paths that lead out of it.
    """
    if path.is_dir():
        yield Container(label, tuple(_files_below(path)), path)
        return
    if not path.name.lower().endswith(".zip"):
        members = _unpacked(path, label)
        yield Container(label, tuple(sorted(members)), path, members=members)
        return
    try:
        archive = zipfile.ZipFile(path)
    except BROKEN as error:
        raise BenchError(f"{label}: truncated or not a zip archive ({_reason(error)}); fetch it again") from None
    with archive:
        names = sorted({info.filename for info in archive.infolist() if not info.is_dir()})
        if len(names) > MOST_MEMBERS:
            raise BenchError(f"{label}: holds more than {MOST_MEMBERS} files")
        yield Container(label, tuple(names), path, archive)


def packed_in(folder: Path) -> Path | None:
    """The archive that lies in a folder, where there is just one."""
    found = [path for path in folder.iterdir() if path.is_file() and path.name.lower().endswith(PACKED)]
    return found[0] if len(found) == 1 else None


def _unpacked(path: Path, label: str) -> dict[str, bytes]:
    """The files of a tar archive in memory."""
    members: dict[str, bytes] = {}
    total = 0
    try:
        with tarfile.open(path, "r|*") as archive:
            for member in archive:
                parts = Path(member.name).parts
                if member.isdir():
                    continue
                if not member.isfile() or member.name.startswith("/") or ".." in parts:
                    raise BenchError(
                        f"{label}: '{member.name}' is a link, a device or leads out of the archive; it is not read"
                    )
                total += member.size
                if total > LARGEST_TAR or len(members) > MOST_MEMBERS:
                    raise BenchError(f"{label}: unpacks to more than {LARGEST_TAR // 2**30} GiB or {MOST_MEMBERS} files")
                stream = archive.extractfile(member)
                members[member.name] = stream.read() if stream else b""
    except BROKEN as error:
        raise BenchError(f"{label}: truncated or not an archive ({_reason(error)}); fetch it again") from None
    return members


def _files_below(folder: Path) -> list[str]:
    return sorted(
        (Path(parent) / name).relative_to(folder).as_posix() for parent, _, names in os.walk(folder) for name in names
    )


def _reason(error: BaseException) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text or type(error).__name__
