"""The members of a zip or tar archive, one after the other, none of which leads out of it."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

from bench.data.store.contents import beginning_of
from bench.data.store.walking import is_junk
from bench.plan import BenchError

CHUNK = 2**20
MOST_AFTER = 64 * CHUNK  # bytes after the last member of a tar archive
BROKEN = (
    zipfile.BadZipFile, tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, struct.error, RuntimeError,
    NotImplementedError, OSError, ValueError,
)  # fmt: skip


def members_of(path: Path, label: str, content: bytes | None) -> Iterator[tuple[str, IO[bytes]]]:
    """Name and stream of every data file, in the archive's order; links, devices and what leads out are refused."""
    if is_zip(path, label, content):
        with zipfile.ZipFile(io.BytesIO(content) if content is not None else path) as archive:
            for info in archive.infolist():
                name = plain_name(info.filename)
                if is_junk(inside(name)):
                    continue
                name = checked_name(name, is_regular(info), label)
                if not info.is_dir():
                    with archive.open(info) as stream:
                        yield name, stream
        return
    with _unzipped(path, content) as stream:
        whole = _ToTheEnd(stream)
        with tarfile.open(fileobj=whole, mode="r|") as tar:  # type: ignore[call-overload]
            for member in tar:
                if member.isdir() and member.name in (".", "./"):
                    continue
                name = checked_name(member.name, member.isfile() or member.isdir(), label)
                if member.isfile() and not is_junk(name):
                    content_of = tar.extractfile(member)
                    assert content_of is not None
                    yield name, content_of
        whole.finish()


class _ToTheEnd:
    """A stream of a tar archive that is read to its end: one that was cut between two members looks whole otherwise."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._last = b""

    def read(self, size: int) -> bytes:
        """The next bytes."""
        found = self._stream.read(size)
        self._last = (self._last + found)[-tarfile.BLOCKSIZE :]
        return found

    def finish(self) -> None:
        """Read what follows the last member.

        Raises
        ------
        tarfile.TarError
            If the archive does not end in a block of zeros.
        """
        for _ in range(MOST_AFTER // CHUNK):
            if not self.read(CHUNK):
                break
        if self._last != bytes(tarfile.BLOCKSIZE):
            raise tarfile.ReadError("it ends too early")


@contextmanager
def _unzipped(path: Path, content: bytes | None) -> Iterator[IO[bytes]]:
    """The bytes of a tar archive, whatever it is compressed with."""
    with io.BytesIO(content) if content is not None else path.open("rb") as file:
        start = file.read(6)
        file.seek(0)
        kinds: tuple[tuple[bytes, Callable[[Any], Any]], ...] = (
            (b"\x1f\x8b", gzip.open),
            (b"BZh", bz2.open),
            (b"\xfd7zXZ", lzma.open),
        )
        unzip = next((unzip for magic, unzip in kinds if start.startswith(magic)), None)
        if unzip is None:
            yield file
            return
        with unzip(file) as stream:
            yield stream


def leads_out(name: str) -> bool:
    """Whether the name of a member is none below the archive's own folder."""
    parts = PurePosixPath(name).parts
    return not parts or name.startswith("/") or ".." in parts or ":" in parts[0]


def inside(name: str) -> str:
    """A member's name without what leads out of the archive, to look at the rest."""
    return "/".join(part for part in name.split("/") if part not in ("", ".", ".."))


def checked_name(name: str, plain: bool, label: str) -> str:
    """A member's name in its plain form; a fault where it is no plain file below the archive's own folder."""
    if not plain or leads_out(name) or "\\" in name:
        raise BenchError(f"{label}: '{name}' is a link, a device or leads out of the archive; it is not read")
    return str(PurePosixPath(name))


def plain_name(name: str) -> str:
    """A zip member's name with forward slashes; archives made on Windows may hold others."""
    name = name.replace("\\", "/")
    return name if name.startswith("/") else str(PurePosixPath(name)) if name else name


def is_regular(info: zipfile.ZipInfo) -> bool:
    return stat.S_IFMT(info.external_attr >> 16) in (0, stat.S_IFREG, stat.S_IFDIR)


def is_zip(path: Path, label: str, content: bytes | None) -> bool:
    start = content[:512] if content is not None else beginning_of(path, label)
    tarred = start[257:262] == b"ustar" or start.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ"))
    return start.startswith((b"PK\x03\x04", b"PK\x05\x06")) or (path.name.lower().endswith(".zip") and not tarred)
