"""Read the members of a zip archive or a folder alike, into memory, with limits; nothing is ever unpacked to disk."""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.plan import BenchError

LARGEST_MEMBER = 64 * 2**20  # bytes, unpacked; a chip is a few hundred kB
MOST_MEMBERS = 500_000
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, struct.error, RuntimeError, NotImplementedError, OSError, ValueError)


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

    def read(self, name: str, limit: int = LARGEST_MEMBER) -> bytes:
        """The content of one of ``names``.

        Raises
        ------
        BenchError
            If it is damaged, encrypted or larger than ``limit`` bytes, 64 MiB where not given.
        """
        try:
            if self.archive is None:
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
    """Open a zip archive or a folder.

    Parameters
    ----------
    path
        A ``.zip`` file or a folder.
    label
        What messages call it.

    Raises
    ------
    BenchError
        If the archive is truncated or not a zip archive.
    """
    if path.is_dir():
        yield Container(label, tuple(_files_below(path)), path)
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


def _files_below(folder: Path) -> list[str]:
    return sorted(
        (Path(parent) / name).relative_to(folder).as_posix() for parent, _, names in os.walk(folder) for name in names
    )


def _reason(error: BaseException) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text or type(error).__name__
