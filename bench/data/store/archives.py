"""Read archives and folders alike: into memory, member by member, or unpacked onto the disk, with limits.

What an archive is follows from its content and not from its name. No member that is a link or a device, or leads out of the
archive, is ever read or written.
"""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench.data.store.contents import beginning_of, looks_like
from bench.data.store.members import BROKEN, CHUNK, checked_name, inside, is_regular, is_zip, members_of, plain_name
from bench.data.store.walking import fault_of, files_below, is_junk
from bench.plan import BenchError

LARGEST_MEMBER = 64 * 2**20  # bytes, unpacked; a chip is a few hundred kB
LARGEST_INNER = 2**30  # bytes, of an archive in an archive
MOST_MEMBERS = 500_000
LARGEST_TAR = 2 * 2**30  # bytes, unpacked: a tar archive is read as a whole, since it has no index
PACKED = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz", ".tbz2")
FOREIGN = (".rar", ".7z", ".tar.zst", ".tzst", ".z01", ".gz", ".xz", ".bz2")  # packed, and not read here


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
        If a folder may not be read, or the archive is truncated, no archive, or holds links, paths that lead out of it or one
        name twice.
    """
    if content is None and path.is_dir():
        yield Container(label, tuple(files_below(path, label)), path)
        return
    if not is_zip(path, label, content):
        members = _unpacked(path, label, content)
        yield Container(label, tuple(sorted(members)), path, members=members)
        return
    try:
        archive = zipfile.ZipFile(io.BytesIO(content) if content is not None else path)
    except BROKEN as error:
        raise _fault_of_archive(error, label, "a zip archive", path, content) from None
    with archive:
        infos = archive.infolist()
        if len(infos) > MOST_MEMBERS:
            raise BenchError(f"{label}: holds more than {MOST_MEMBERS} files")
        kept: dict[str, zipfile.ZipInfo] = {}
        for info in infos:
            name = plain_name(info.filename)
            if info.is_dir() or is_junk(inside(name)):
                continue
            name = checked_name(name, is_regular(info), label)
            if kept.setdefault(name, info) is not info:
                raise BenchError(f"{label}: '{name}' stands there twice; pack it anew")
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
        for count, (name, stream) in enumerate(members_of(path, path.name, None), start=1):
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


def _unpacked(path: Path, label: str, content: bytes | None) -> dict[str, zipfile.ZipInfo | bytes]:
    """The files of a tar archive in memory."""
    members: dict[str, zipfile.ZipInfo | bytes] = {}
    left = LARGEST_TAR
    try:
        for name, stream in members_of(path, label, content):
            if name in members:
                raise BenchError(f"{label}: '{name}' stands there twice; pack it anew")
            members[name] = found = stream.read(left + 1)
            left -= len(found)
            if left < 0 or len(members) > MOST_MEMBERS:
                raise BenchError(f"{label}: unpacks to more than {LARGEST_TAR // 2**30} GiB or {MOST_MEMBERS} files")
    except BROKEN as error:
        raise _fault_of_archive(error, label, "an archive", path, content) from None
    return members


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
