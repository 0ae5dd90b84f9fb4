"""Bring one file over HTTP: addresses in order, resumed where it broke off, checked before it gets its name.

``FILE.part`` grows beside the place of the file, ``FILE.part.json`` says where it came from and what the server vouched for.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bench.data.fetching.downloads import Download
from bench.plan import BenchError
from bench.plan.files import write_atomically

if TYPE_CHECKING:
    from requests import Response, Session

CHUNK = 64 * 1024  # bytes; what a broken connection loses of what it sent
ENOUGH = 2**20  # bytes that a broken connection must have brought to count as getting on
TRIES = 4  # in a row without getting on, per address
WAIT = 2.0  # seconds before the second try, then twice as long each time
PATIENCE = (15, 60)  # seconds to connect, and without a byte
SPARE = 256 * 2**20  # bytes that stay free on the disk
Progress = Callable[[str, int, int | None], None]  # file, bytes there, bytes in all


class _PassOver(Exception):
    """An address that is not worth another try."""


class _Again(Exception):
    """A fault that may pass."""


def bring(
    item: Download, folder: Path, known: Mapping[str, Any], session: Session, say: Callable[[str], object], progress: Progress
) -> str:
    """Try the addresses in order until one has given the whole and right file; the address that did.

    Parameters
    ----------
    known
        What an earlier fetch recorded of the file, if there was one.

    Raises
    ------
    BenchError
        If none did; what has come stays where it can be gone on with.
    """
    part, faults = folder / f"{item.file}.part", []
    for url in item.urls:
        host, failures = urlsplit(url).netloc, 0
        say(f"{item.file}: from {host}")
        while True:
            before = _size(part)
            try:
                _transfer(session, url, item, part, progress)
                _accept(item, part, known)
                return url
            except _PassOver as error:
                faults.append(f"{host}: {error}")
                break
            except _Again as error:
                failures = 1 if _size(part) - before >= ENOUGH else failures + 1
                if failures == TRIES:
                    faults.append(f"{host}: {error}, {TRIES} times")
                    break
                say(f"{item.file}: {host}: {error}; trying again")
                time.sleep(WAIT * 2 ** (failures - 1))
        say(f"{item.file}: {faults[-1]}")
    kept = f"; {_size(part):,} bytes are kept and the same command goes on from there" if part.exists() else ""
    raise BenchError(f"{item.file}: no address gave it ({'; '.join(faults)}){kept}")


def _accept(item: Download, part: Path, known: Mapping[str, Any]) -> None:
    """Give the whole file its name if it is the right one, else throw it away."""
    fault = fault_of(item, part, known)
    if not fault:
        part.replace(part.with_suffix(""))
        _discard(part)
        return
    mixed = _read_state(part).get("mixed")
    _discard(part)
    raise (_Again("what another address began did not fit; starting anew") if mixed else _PassOver(fault))


def _transfer(session: Session, url: str, item: Download, part: Path, progress: Progress) -> None:
    """One request for what is missing of ``part``; returns when that is whole."""
    from requests import RequestException
    from urllib3.exceptions import HTTPError

    state, have = _read_state(part), _size(part)
    same = state.get("url") == url
    if have > item.limit or not (item.checksum or (same and state.get("validator"))):
        have = 0  # too long, or nothing would tell that the rest is of another file
    whole = item.size or (state.get("total") if same else None)
    if have and have == whole:
        return
    asked = {"Range": f"bytes={have}-"} if have else {}
    if have and same and state.get("validator"):
        asked["If-Range"] = state["validator"]
    try:
        with session.get(url, headers=asked, stream=True, timeout=PATIENCE) as answer:
            if not item.checksum and url.startswith("https:") and not answer.url.startswith("https:"):
                raise _PassOver("leads to an address without https, and no checksum is known")
            have, total = _judged(answer, item, have, part)
            make_room(part.parent, (total or have) - have)
            validator = answer.headers.get("ETag", "W/")
            if validator.startswith("W/"):  # a weak one does not vouch for bytes
                validator = answer.headers.get("Last-Modified", "")
            mixed = bool(have and (not same or state.get("mixed")))
            fresh = {"url": url, "validator": validator, "total": total, "mixed": mixed}
            write_atomically(_state_of(part), json.dumps(fresh) + "\n")
            with part.open("ab" if have else "wb") as file:
                for chunk in answer.raw.stream(CHUNK, decode_content=False):  # some servers call a .tar.gz an encoding
                    have += len(chunk)
                    if have > item.limit:
                        file.close()
                        _discard(part)
                        raise _PassOver(f"sends more than {item.limit:,} bytes")
                    file.write(chunk)
                    progress(item.file, have, total)
    except (RequestException, HTTPError) as error:  # the first is an OSError, as those of the disk are
        raise _Again(_reason(error)) from None
    if total is not None and have < total:
        raise _Again(f"the connection broke off after {have:,} of {total:,} bytes")


def _judged(answer: Response, item: Download, have: int, part: Path) -> tuple[int, int | None]:
    """Where the body of an answer starts and how long the file is, or why the answer is of no use."""
    status = answer.status_code
    span = answer.headers.get("Content-Range", "")
    if status == 416 or (status == 206 and not span.startswith(f"bytes {have}-")):
        _discard(part)
        raise _Again("has no such part of the file; starting anew")
    if status == 429 or status >= 500:
        raise _Again(f"HTTP {status}")
    if status not in (200, 206):
        raise _PassOver(f"HTTP {status}")
    if answer.headers.get("Content-Type", "").startswith("text/html"):
        raise _PassOver("answers with a web page")
    if status == 206:
        told = span.rpartition("/")[2]
    else:
        have, told = 0, answer.headers.get("Content-Length", "")
    total = int(told) if told.isdecimal() else item.size
    if total is not None and (total > item.limit or total != (item.size or total)):
        raise _PassOver(f"has {total:,} bytes, {f'expected {item.size:,}' if item.size else f'more than {item.limit:,}'}")
    return have, total


def fault_of(item: Download, path: Path, known: Mapping[str, Any]) -> str:
    """Why a file is not the one that it should be, or that an earlier fetch recorded; empty if it is."""
    algorithm, _, expected = item.checksum.partition(":")
    if not expected:
        algorithm, expected = "sha256", known.get("sha256", "")
    found = digest_of(path, algorithm)
    if not expected or found == expected:
        return ""
    return f"{algorithm} {found}, expected {expected} (recorded by {item.recorded_by or 'an earlier fetch'})"


def digest_of(path: Path, algorithm: str = "sha256") -> str:
    """Hexadecimal digits of a file's checksum."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()


def make_room(folder: Path, needed: int) -> None:
    """Refuse what would fill the disk.

    Raises
    ------
    BenchError
        If fewer than ``needed`` bytes and a reserve are free.
    """
    free = shutil.disk_usage(folder).free
    if needed > 0 and needed + SPARE > free:
        raise BenchError(f"{folder}: needs about {(needed + SPARE) / 1e9:.1f} GB, {free / 1e9:.1f} GB are free")


def _discard(part: Path) -> None:
    part.unlink(missing_ok=True)
    _state_of(part).unlink(missing_ok=True)


def _state_of(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _read_state(part: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        found = json.loads(_state_of(part).read_text(encoding="utf-8"))
        kinds = {"url": str, "validator": str, "total": int, "mixed": bool}
        return {key: value for key, value in found.items() if type(value) is kinds.get(key)} if isinstance(found, dict) else {}
    return {}


def _reason(error: Exception) -> str:
    """A library's long sentence in a few words."""
    from requests import exceptions
    from urllib3.exceptions import TimeoutError as Silence

    if isinstance(error, exceptions.SSLError):
        return "its certificate is not accepted"
    if isinstance(error, (exceptions.Timeout, Silence)):
        return "no answer in time"
    return "cannot be reached" if isinstance(error, exceptions.ConnectionError) else "the connection broke off"
