"""Files that are either the old content or the whole new one. Every room that writes uses this."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from bench.plan.errors import BenchError

SHORT = {".yaml": ".yml"}
PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]*")


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file under a temporary name beside ``path``; flushed to disk and renamed to it when the block ends well.

    Raises
    ------
    BenchError
        If it cannot be written (read-only folder, full disk); what stood at ``path`` is still there.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _flush_folder(path.parent)
    except OSError as error:
        raise BenchError(f"{path}: cannot be written ({error.strerror or error})") from None
    finally:
        temporary.unlink(missing_ok=True)


def listed(folder: Path, ending: str) -> list[Path]:
    """The files of a folder with such an ending, by name; none where there is no folder.

    What editors, file managers and other systems leave there is none of them: names that begin with a dot (locks,
    AppleDouble) or hold a space or a bracket (copies), links that lead nowhere.

    Raises
    ------
    BenchError
        If a file has the ending in other letters (``.YAML``, ``.yml``), which would be passed over in silence.
    """
    paths = [path for path in (folder.iterdir() if folder.is_dir() else ()) if PLAIN.fullmatch(path.name) and path.is_file()]
    for path in paths:
        if path.suffix != ending and path.suffix.lower() in (ending, SHORT.get(ending)):
            raise BenchError(f"{path} would be passed over; rename it to '{path.stem}{ending}'")
    return sorted(path for path in paths if path.name.endswith(ending))


def clear_temporaries(folder: Path, name: str = "*") -> None:
    """Delete what writers of ``name`` left half written in ``folder`` when they were killed; nobody may be writing it now."""
    for path in folder.glob(f".{name}.*"):
        if path.suffix[1:].isdecimal():
            path.unlink(missing_ok=True)


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write text (UTF-8) or bytes to ``path`` as a whole or not at all."""
    with replacing(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)


def _flush_folder(folder: Path) -> None:
    """Make a renaming outlast a power cut, so that what is written or deleted afterwards never outlives it."""
    try:
        number = os.open(folder, os.O_RDONLY)
    except OSError:  # not every system lets folders be opened
        return
    try:
        os.fsync(number)
    except OSError:
        pass
    finally:
        os.close(number)
