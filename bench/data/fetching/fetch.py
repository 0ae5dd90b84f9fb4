"""Fetch a dataset: download what is missing, check it, unpack it where its pictures are read from files.

``downloads.json`` in the dataset's folder keeps what came, from where, with its SHA-256, and what was unpacked of it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from bench import __version__
from bench.data.fetching.downloads import Download, downloads_of
from bench.data.fetching.transfer import SPARE, Progress, bring, digest_of, fault_of, make_room
from bench.data.store.archives import unpack
from bench.data.store.dense import find
from bench.data.store.reading import list_dataset
from bench.data.store.registry import source_folder
from bench.data.store.walking import is_junk
from bench.plan import BenchError
from bench.plan.catalogue import dataset_facts
from bench.plan.files import write_atomically

if TYPE_CHECKING:
    from requests import Session

RECORD = "downloads.json"
UNPACKED = 1.2  # times the archive's size: pictures do not shrink, and files end in half-filled blocks
Say = Callable[[str], object]


def fetch_dataset(
    name: str,
    into: str | Path,
    mirror: str = "",
    say: Say = print,
    progress: Progress = lambda file, done, total: None,
) -> None:
    """Download what is missing of a dataset, check it and unpack it where its pictures are read from files.

    Parameters
    ----------
    into
        The folder that holds the datasets' own folders (``data_dir``); made where it is missing.
    mirror
        Start of an address below which ``NAME/FILE`` lie, tried instead of the known addresses.
    say
        Gets a line for everything that is decided.
    progress
        Gets a file's name, the bytes that are there and, where known, the bytes in all.

    Raises
    ------
    BenchError
        If the set cannot be fetched, no address gives a file of the right checksum, or the disk is full; parts stay.
    """
    downloads = mirrored(downloads_of(name), name, mirror)
    with writing_to(Path(into), name) as root:
        _fetch(name, downloads, _folder(name, root), say, progress)


@contextmanager
def writing_to(root: Path, name: str) -> Iterator[Path]:
    """The folder of the datasets' folders, made where it is missing, while no other fetch writes to this dataset's.

    Raises
    ------
    BenchError
        If another fetch does, or the disk fails; what has come stays.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        with FileLock(root / f".{name}.fetch.lock", timeout=0):
            yield root
    except Timeout:
        raise BenchError(f"dataset '{name}': another fetch is writing to '{root}'") from None
    except OSError as error:
        reason = f"{error.filename or root}: {error.strerror or error}"
        raise BenchError(f"{reason}; what has come is kept and the same command goes on from there") from None


def mirrored(downloads: Sequence[Download], name: str, mirror: str) -> tuple[Download, ...]:
    """Files of a dataset as a mirror has them, below ``NAME/``; as they are where none is given.

    Raises
    ------
    BenchError
        If the mirror is no address.
    """
    if not mirror:
        return tuple(downloads)
    if not mirror.startswith(("https://", "http://")):
        raise BenchError(f"--mirror {mirror}: not an address; allowed: https://... or http://...")
    return tuple(replace(item, urls=(f"{mirror.rstrip('/')}/{name}/{item.file}",)) for item in downloads)


def new_session() -> Session:
    """A session that says who asks, and takes files as they lie there."""
    from requests import Session  # imported where used

    session = Session()
    session.headers.update({"User-Agent": f"kd-repro-bench/{__version__}", "Accept-Encoding": "identity"})
    return session


def _fetch(name: str, downloads: Sequence[Download], folder: Path, say: Say, progress: Progress) -> None:
    record = read_downloaded(folder)
    strange = _strangers(folder, downloads, record)
    if strange:
        say(
            f"{folder} holds '{strange}', which fetch did not put there: nothing is downloaded. "
            f"`data check {name}` tells whether that copy is whole; to fetch the set anew, move the folder away."
        )
        return
    folder.mkdir(exist_ok=True)
    missing = [item for item in downloads if not _there(item, folder, record, say)]
    sizes = [((folder / item.file).exists(), item.inside is not None, item.size or 0) for item in missing]
    make_room(folder, sum(int((not here) * size + unpacks * UNPACKED * size) for here, unpacks, size in sizes))
    with new_session() as session:
        for item in missing:
            path = folder / item.file
            if not path.exists():
                url = bring(item, folder, record.get(item.file, {}), session, say, progress)
                _keep(item, folder, record, {"url": url, "bytes": path.stat().st_size, "sha256": digest_of(path)})
                say(f"{item.file}: {_verdict(item)}; sha256 {record[item.file]['sha256']}")
            if item.inside is not None:
                _unpack(item, folder, record, say)
    if "task" in dataset_facts(name):
        find(name, 0, {}, folder.parent)
    elif dataset_facts(name).get("streams"):
        list_dataset(name, {}, folder.parent)  # a picture that the archive lacks is told now, not when training starts


def _folder(name: str, root: Path) -> Path:
    """The dataset's folder under whatever spelling it has, or the one to make."""
    with suppress(BenchError):
        return source_folder(name, root) or root / name
    return root / name


def _strangers(folder: Path, downloads: Sequence[Download], record: dict[str, Any]) -> str:
    """The first thing in the folder that somebody else put there."""
    ours = {RECORD, *(item.file + ending for item in downloads for ending in ("", ".part", ".part.json"))}
    ours |= {entry for facts in record.values() for entry in facts.get("unpacked", ())}
    found = sorted(path.name for path in folder.glob("*") if path.name not in ours and not is_junk(path.name))
    return found[0] if found else ""


def _there(item: Download, folder: Path, record: dict[str, Any], say: Say) -> bool:
    """Whether a file needs nothing more; a copy that is not what it should be is an error, not overwritten."""
    path, known = folder / item.file, record.get(item.file, {})
    if path.exists():
        fault = fault_of(item, path, known)
        if fault:
            raise BenchError(f"{path}: {fault}; move it away and call again")
        if item.inside is None:
            say(f"{item.file}: already there; {_verdict(item)}")
        return item.inside is None
    entries = known.get("unpacked", ())
    whole = bool(entries) and all((folder / entry).exists() for entry in entries)
    if whole:
        say(f"{item.file}: already there, unpacked")
    return whole


def _unpack(item: Download, folder: Path, record: dict[str, Any], say: Say) -> None:
    """Unpack beside the archive, then move the content into place and delete the archive."""
    path, fresh = folder / item.file, folder / f".{item.file}.unpacking"
    size = path.stat().st_size
    make_room(folder, int(UNPACKED * size))
    say(f"{item.file}: unpacking")
    try:
        unpack(path, fresh, 4 * size + SPARE)
        inner = fresh / (item.inside or "")
        entries = sorted(entry.name for entry in inner.glob("*") if not is_junk(entry.name))
        if not entries or {RECORD, item.file} & set(entries):
            raise BenchError(f"{item.file}: does not hold what was expected (a folder '{item.inside or 'of the set'}')")
        known = record.get(item.file) or {"bytes": size, "sha256": digest_of(path)}
        _keep(item, folder, record, {**known, "unpacked": entries})  # first: a kill in between leaves no stranger
        others = {entry for file, facts in record.items() if file != item.file for entry in facts.get("unpacked", ())}
        for entry in entries:
            _move(inner / entry, folder / entry, merge=entry in others)
    except BenchError as error:
        if not item.checksum:  # else another copy would be held to this one's checksum
            record.pop(item.file, None)
            write_downloaded(folder, record)
        raise BenchError(f"{error}; to fetch it anew, delete {path}") from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    path.unlink()


def _move(fresh: Path, target: Path, merge: bool) -> None:
    """Put what was unpacked in its place; into a folder that another archive has a part in, file by file."""
    if merge and target.is_dir() and fresh.is_dir():
        for entry in fresh.iterdir():
            _move(entry, target / entry.name, merge)
        return
    if target.is_dir():
        shutil.rmtree(target)
    fresh.replace(target)


def _verdict(item: Download) -> str:
    if not item.checksum:
        return "no published checksum is known, so this one is kept and the next fetch held to it"
    return f"{item.checksum.partition(':')[0]} is right (recorded by {item.recorded_by})"


def _keep(item: Download, folder: Path, record: dict[str, Any], facts: dict[str, Any]) -> None:
    record[item.file] = facts
    write_downloaded(folder, record)


def write_downloaded(folder: Path, record: dict[str, Any]) -> None:
    """Keep what came, by file."""
    write_atomically(folder / RECORD, json.dumps(record, indent=1) + "\n")


def read_downloaded(folder: Path) -> dict[str, Any]:
    """What came, by file, without what somebody else may have written into it."""
    with suppress(OSError, ValueError):
        found = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        return {file: facts for file, facts in found.items() if _is_known(facts)} if isinstance(found, dict) else {}
    return {}


def _is_known(facts: Any) -> bool:
    """Whether what is said of a file has the kinds that :func:`fetch_dataset` writes."""
    if not isinstance(facts, dict) or not isinstance(facts.get("sha256", ""), str):
        return False
    unpacked = facts.get("unpacked", [])
    return isinstance(unpacked, list) and all(isinstance(entry, str) for entry in unpacked)
