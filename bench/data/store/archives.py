"""Read archives and folders alike: into memory, member by member, or unpacked onto the disk, with limits.

What an archive is follows from its content and not from its name. No member that is a link or a device, or leads out of the
archive, is ever read or written.
"""

from __future__ import annotations

import io
import lzma
import shutil
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO

from bench.data.store.walking import fault_of, files_below, is_junk
from bench.plan import BenchError

LARGEST_MEMBER = 64 * 2**20  # bytes, unpacked; a chip is a few hundred kB
LARGEST_INNER = 2**30  # bytes, of an archive in an archive
MOST_MEMBERS = 500_000
LARGEST_TAR = 2 * 2**30  # bytes, unpacked: a tar archive is read as a whole, since it has no index
PACKED = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz", ".tbz2")
FOREIGN = (".rar", ".7z", ".tar.zst", ".tzst", ".z01", ".gz", ".xz", ".bz2")  # packed, and not read here
CHUNK = 2**20
BROKEN = (
    zipfile.BadZipFile, tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, struct.error, RuntimeError,
    NotImplementedError, OSError, ValueError,
)  # fmt: skip
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
}


@dataclass(frozen=True)
class Container:
    """The files of one archive or folder, or of a folder in it.

    Attributes
    ----------
    label
        What messages call it: its path relative to the dataset's folder.
    names
        Its files, as relative paths with forward slashes, sorted; without what is no data.
    root
        The folder that ``names`` are relative to, with a slash at its end; empty for all of it.
    """

    label: str
    names: tuple[str, ...]
    path: Path
    archive: zipfile.ZipFile | None = None
    members: Mapping[str, zipfile.ZipInfo | bytes] | None = None
    root: str = ""

    def read(self, name: str, limit: int | None = None) -> bytes:
        """The content of one of ``names``.

        Raises
        ------
        BenchError
            If it is damaged, encrypted, may not be read or is larger than ``limit`` bytes, 64 MiB where not given.
        """
        limit = limit or LARGEST_MEMBER
        content: bytes | None
        try:
            if self.members is None:
                path = self.path / self.root / name
                content = path.read_bytes() if path.stat().st_size <= limit else None
            else:
                member = self.members[self.root + name]
                if isinstance(member, bytes):
                    content = member
                else:  # the stated size may lie, so no more than the limit is ever unpacked
                    assert self.archive is not None
                    with self.archive.open(member) as file:
                        content = file.read(limit + 1)
        except BROKEN as error:
            raise _fault_of_member(error, f"{self.label}: '{name}'") from None
        if content is None or len(content) > limit:
            raise BenchError(f"{self.label}: '{name}' is larger than {limit // 2**20} MiB")
        return content

    def below(self, root: str) -> Container:
        """The files of one folder, which ends in a slash; all of them for the empty one."""
        if not root:
            return self
        names = tuple(name[len(root) :] for name in self.names if name.startswith(root))
        return replace(self, label=f"{self.label}/{root.rstrip('/')}", names=names, root=self.root + root)

    @property
    def packed(self) -> bool:
        """Whether it is an archive."""
        return self.members is not None


@contextmanager
def opened(path: Path, label: str, content: bytes | None = None) -> Iterator[Container]:
    """Open an archive or a folder.

    Parameters
    ----------
    path
        A zip or tar file (compressed or not) or a folder.
    label
        What messages call it.
    content
        Of an archive that lies in another one.

    Raises
    ------
    BenchError
        If a folder may not be read, or the archive is truncated, no archive, or a tar archive that holds links or paths
        that lead out of it; a zip archive's are left out.
    """
    if content is None and path.is_dir():
        yield Container(label, tuple(files_below(path, label)), path)
        return
    if not _is_zip(path, label, content):
        members = _unpacked(path, label, content)
        yield Container(label, tuple(sorted(members)), path, members=members)
        return
    try:
        archive = zipfile.ZipFile(io.BytesIO(content) if content is not None else path)
    except BROKEN as error:
        raise _fault_of_archive(error, label, "a zip archive", path, content) from None
    with archive:
        infos = {_plain(info.filename): info for info in archive.infolist() if not info.is_dir()}
        if len(infos) > MOST_MEMBERS:
            raise BenchError(f"{label}: holds more than {MOST_MEMBERS} files")
        kept = {name: info for name, info in infos.items() if _regular(info) and not leads_out(name) and not is_junk(name)}
        yield Container(label, tuple(sorted(kept)), path, archive, kept)


def unpack(path: Path, folder: Path, limit: int) -> None:
    """Unpack a zip or tar archive into an empty folder: its data files, none outside the folder.

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
    left = limit
    try:
        for count, (name, stream) in enumerate(_members(path, path.name, None), start=1):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                while chunk := stream.read(CHUNK):
                    left -= len(chunk)
                    if left < 0:
                        raise BenchError(f"{path.name}: unpacks to more than {limit // 2**20} MiB")
                    file.write(chunk)
            if count > MOST_MEMBERS:
                raise BenchError(f"{path.name}: unpacks to more than {MOST_MEMBERS} files")
    except BROKEN as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise _fault_of_archive(error, path.name, "an archive", path, None) from None
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def archives_in(names: tuple[str, ...]) -> list[str]:
    """The files that are called as archives are, those that are read."""
    return [name for name in names if name.lower().endswith(PACKED)]


def foreign_in(names: tuple[str, ...]) -> list[str]:
    """The files that are called as archives are, those that are not read."""
    return [name for name in names if name.lower().endswith(FOREIGN) and not name.lower().endswith(PACKED)]


def looks_like(content: bytes) -> str:
    """What a file is that is not what it should be, as far as its beginning tells; empty where it does not."""
    if not content:
        return "empty"
    return next((words for start, words in BEGINNINGS.items() if content.lstrip()[: len(start)] == start), "")


def leads_out(name: str) -> bool:
    """Whether the name of a member is none below the archive's own folder."""
    parts = PurePosixPath(name).parts
    return not parts or name.startswith("/") or ".." in parts or ":" in parts[0]


def _members(path: Path, label: str, content: bytes | None) -> Iterator[tuple[str, IO[bytes]]]:
    """Name and stream of every data file, in the archive's order; links, devices and what leads out are refused."""
    if _is_zip(path, label, content):
        with zipfile.ZipFile(io.BytesIO(content) if content is not None else path) as archive:
            for info in archive.infolist():
                name = _checked(_plain(info.filename), _regular(info), label)
                if not info.is_dir() and not is_junk(name):
                    with archive.open(info) as stream:
                        yield name, stream
        return
    with tarfile.open(
        None if content is not None else path, "r|*", io.BytesIO(content) if content is not None else None
    ) as tar:
        for member in tar:
            if member.isdir() and member.name in (".", "./"):
                continue
            name = _checked(member.name, member.isfile() or member.isdir(), label)
            if member.isfile() and not is_junk(name):
                content_of = tar.extractfile(member)
                assert content_of is not None
                yield name, content_of


def _unpacked(path: Path, label: str, content: bytes | None) -> dict[str, zipfile.ZipInfo | bytes]:
    """The files of a tar archive in memory."""
    members: dict[str, zipfile.ZipInfo | bytes] = {}
    left = LARGEST_TAR
    try:
        for name, stream in _members(path, label, content):
            members[name] = found = stream.read(left + 1)
            left -= len(found)
            if left < 0 or len(members) > MOST_MEMBERS:
                raise BenchError(f"{label}: unpacks to more than {LARGEST_TAR // 2**30} GiB or {MOST_MEMBERS} files")
    except BROKEN as error:
        raise _fault_of_archive(error, label, "an archive", path, content) from None
    return members


def _checked(name: str, plain: bool, label: str) -> str:
    if not plain or leads_out(name) or "\\" in name:
        raise BenchError(f"{label}: '{name}' is a link, a device or leads out of the archive; it is not read")
    return str(PurePosixPath(name))


def _plain(name: str) -> str:
    """A zip member's name with forward slashes; archives made on Windows may hold others."""
    name = name.replace("\\", "/")
    return name if name.startswith("/") else str(PurePosixPath(name)) if name else name


def _regular(info: zipfile.ZipInfo) -> bool:
    return stat.S_IFMT(info.external_attr >> 16) in (0, stat.S_IFREG, stat.S_IFDIR)


def _is_zip(path: Path, label: str, content: bytes | None) -> bool:
    start = content[:512] if content is not None else beginning_of(path, label)
    tarred = start[257:262] == b"ustar" or start.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ"))
    return start.startswith((b"PK\x03\x04", b"PK\x05\x06")) or (path.name.lower().endswith(".zip") and not tarred)


def beginning_of(path: Path, label: str) -> bytes:
    """The first 512 bytes of a file."""
    try:
        with path.open("rb") as file:
            return file.read(512)
    except OSError as error:
        raise fault_of(error, label) from None


def _fault_of_member(error: BaseException, what: str) -> BenchError:
    if isinstance(error, OSError) and error.errno is not None:
        return fault_of(error, what)
    if isinstance(error, RuntimeError) and "encrypted" in str(error):
        return BenchError(f"{what} is encrypted; unpack the archive with its password")
    if isinstance(error, NotImplementedError):
        return BenchError(f"{what} is packed in a way that is not read ({_reason(error)}); unpack the archive")
    return BenchError(f"{what} is damaged ({_reason(error)}); fetch it again")


def _fault_of_archive(error: BaseException, label: str, kind: str, path: Path, content: bytes | None) -> BenchError:
    if isinstance(error, OSError) and error.errno is not None:
        return fault_of(error, label)
    found = looks_like(content[:512] if content is not None else beginning_of(path, label))
    if found and not found.startswith(("a zip", "packed")):
        return BenchError(f"{label}: is {found}, not {kind}")
    return BenchError(f"{label}: truncated or not {kind} ({_reason(error)}); fetch it again")


def _reason(error: BaseException) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text or type(error).__name__
