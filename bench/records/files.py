"""JSON files that carry a checksum of themselves, written as a whole or not at all.

The first line after the brace is ``"checksum"``: SHA-256 over every other byte. A power cut, a full disk or a flipped bit
leaves a file whose checksum does not fit; whoever reads it is told so, and the job that makes it makes it again.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from bench.plan import BenchError
from bench.plan.files import write_atomically

HEAD = b'{\n "checksum": "'
TAIL = b'",\n'
BODY = len(HEAD) + 64 + len(TAIL)
LARGEST = 64 * 2**20  # bytes; an untrusted file must not fill the memory
SUFFIX = ".damaged"


class DamagedFile(BenchError):
    """A file of ours whose content is not what was written; ``path`` says which."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: damaged ({why})")
        self.path = path


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON object and its checksum: its keys in their order, those of mappings in it sorted, NaN as null."""
    write_atomically(path, json_text(content))


def json_text(content: dict[str, Any]) -> bytes:
    """What :func:`write_json` writes."""
    plain = {str(key): _plain(value) for key, value in content.items()}
    body = json.dumps(plain, indent=1, allow_nan=False)[2:].encode() + b"\n"
    return HEAD + _digest(body) + TAIL + body


def read_text(path: Path) -> bytes:
    """The bytes of a JSON file that is whole, its checksum included.

    Raises
    ------
    DamagedFile
        If the checksum does not fit: truncated, empty, changed.
    BenchError
        If there is no such file or it cannot be read.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise DamagedFile(path, f"larger than {LARGEST} bytes")
        text = path.read_bytes()
    except FileNotFoundError:
        raise BenchError(f"{path}: no such file") from None
    except OSError as error:
        raise BenchError(f"{path}: cannot be read ({error.strerror or error})") from None
    if text[:BODY] != HEAD + _digest(text[BODY:]) + TAIL:
        raise DamagedFile(path, "empty" if not text else "its checksum does not fit")
    return text


def checksum_of(path: Path) -> str:
    """The checksum that a JSON file states of itself, without reading the rest; empty if there is no such file."""
    try:
        with path.open("rb") as file:
            return file.read(BODY)[len(HEAD) : -len(TAIL)].decode("ascii", "replace")
    except OSError:
        return ""


def read_json(path: Path, skipped: str = "") -> dict[str, Any]:
    """Read a JSON object that is whole; the checksum is left out. Raises as :func:`read_text`.

    The value of the key ``skipped``, which must be a mapping, is read as an empty one: a curve is most of a record, and whoever
    gathers tens of thousands does without it.
    """
    body = b"\n" + read_text(path)[BODY:]
    if skipped:
        # As written, a key of the top level stands behind a line break and one space, and so does the end of its mapping.
        key = f'\n "{skipped}": {{'.encode()
        begin = body.find(key + b"\n")
        end = body.find(b"\n }", begin)
        if 0 <= begin < end:
            body = body[:begin] + key + body[end + 2 :]
    try:
        content = json.loads(b"{" + body)
    except (ValueError, RecursionError):
        raise DamagedFile(path, "not JSON") from None
    if not isinstance(content, dict):
        raise DamagedFile(path, "not a JSON object")
    return content


def set_aside(path: Path) -> Path:
    """Rename a damaged file, so that it is missing and made again; what was set aside before is replaced.

    Raises
    ------
    BenchError
        If it cannot be renamed.
    """
    aside = path.with_name(path.name + SUFFIX)
    try:
        path.replace(aside)
    except FileNotFoundError:
        return aside  # another process was first
    except OSError as error:
        raise BenchError(f"{path}: damaged, and cannot be set aside ({error.strerror or error})") from None
    return aside


def _digest(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not (value == value and abs(value) != float("inf")):
        return None
    return value
