"""SBD's masks beside VOC 2012: fetched, and turned from MATLAB files into palette PNGs and the list ``train_aug``.

Hariharan et al., "Semantic contours from inverse detectors", ICCV 2011. The field's augmented training list is every picture
of 2012's ``train`` or of SBD that is not in 2012's ``val``: 10,582. A picture of ``train`` keeps VOC's own mask, which has a
border of void; SBD's have none.
"""

from __future__ import annotations

import io
import re
import shutil
from pathlib import Path

import numpy as np

from bench.data.fetching.downloads import Download
from bench.data.fetching.fetch import Say, mirrored, new_session, read_downloaded, write_downloaded, writing_to
from bench.data.fetching.transfer import Progress, bring, digest_of, fault_of
from bench.data.masks import write_mask
from bench.data.store.archives import LARGEST_MEMBER, Container
from bench.data.store.members import BROKEN, members_of
from bench.data.store.source import opened_source
from bench.data.store.texts import listed_paths
from bench.data.voc import ADDED, CLASSES
from bench.plan import BenchError
from bench.plan.files import write_atomically

ARCHIVE = Download(
    "benchmark.tgz",
    ("https://www2.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/semantic_contours/benchmark.tgz",),
    1_419_539_633,
    1_419_539_633,
    "md5:82b4d87ceb2ed10f6038a1cba92111cb",
    "torchvision, not the publisher",
)
LIST, MASKS = "train_aug", ADDED["train_aug"]
COUNT = 10_582  # pictures of the list, where VOC 2012 and SBD are whole
MEMBER = re.compile(r"(?:.+/)?dataset/cls/(\d{4}_\d{6})\.mat")


def fetch_sbd(
    into: str | Path,
    mirror: str = "",
    say: Say = print,
    progress: Progress = lambda file, done, total: None,
) -> None:
    """Download SBD and lay its masks beside VOC 2012, which has to be there.

    Parameters
    ----------
    into, mirror, say, progress
        As of ``fetch_dataset``; below a mirror lies ``sbd/benchmark.tgz``.

    Raises
    ------
    BenchError
        If VOC 2012 is not there, no address gives the right file, a mask is damaged, or the disk is full.
    """
    (item,) = mirrored([ARCHIVE], "sbd", mirror)
    folder, release = _folders(into)
    archive, masks = folder / ARCHIVE.file, release / MASKS
    was_begun = archive.exists() and ARCHIVE.file in read_downloaded(folder)
    if _list_of(release, LIST).exists() or (masks.exists() and not was_begun):
        say(f"{release}: has '{LIST}' or '{MASKS}' already: nothing is downloaded; to fetch it anew, move both away")
        return
    with writing_to(Path(into), "voc"):
        _bring(item, folder, release, say, progress)
        say(f"{ARCHIVE.file}: its masks are written as PNGs")
        shutil.rmtree(masks, ignore_errors=True)  # of a call that was killed before it wrote the list
        count = lay_beside(archive, release)
        archive.unlink()
    say(f"{LIST}: {count} pictures" + ("" if count == COUNT else f", the field's list has {COUNT}"))


def _bring(item: Download, folder: Path, release: Path, say: Say, progress: Progress) -> None:
    """Download the archive, or check the one that is there."""
    archive, fetched = folder / item.file, {}
    if archive.exists():
        if fault := fault_of(item, archive, {}):
            raise BenchError(f"{archive}: {fault}; move it away and call again")
    else:
        with new_session() as session:
            fetched = {"url": bring(item, folder, {}, session, say, progress)}
    say(f"{item.file}: md5 is right (recorded by {item.recorded_by})")
    facts = {**fetched, "bytes": archive.stat().st_size, "sha256": digest_of(archive)}
    # A later fetch of VOC takes nothing of it for a stranger's.
    entries = release.relative_to(folder).parts[:1]
    write_downloaded(folder, {**read_downloaded(folder), item.file: {**facts, "unpacked": entries}})


def lay_beside(archive: Path, release: Path) -> int:
    """Write the masks of an archive of SBD and the list of pictures into a release of VOC; returns how many the list has.

    The list is written last, so that a list there is whole.

    Raises
    ------
    BenchError
        If the archive is damaged or has no masks, one of them is no mask, or a list or a mask of VOC is missing.
    """
    train, val = (_ids(release, name) for name in ("train", "val"))
    fresh = release / f".{MASKS}.unpacking"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    try:
        found = _write_masks(archive, fresh, set(val))
        if not found:
            raise BenchError(f"{archive.name}: holds no masks (dataset/cls/*.mat)")
        for identity in train:
            own = release / "SegmentationClass" / f"{identity}.png"
            if not own.is_file():
                raise BenchError(f"{release.name}: 'SegmentationClass/{identity}.png' is missing")
            shutil.copyfile(own, fresh / own.name)
        fresh.rename(release / MASKS)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    listed = sorted({*train, *found})
    write_atomically(_list_of(release, LIST), "".join(f"{identity}\n" for identity in listed))
    return len(listed)


def mask_of(content: bytes) -> np.ndarray:
    """The mask in one of SBD's MATLAB files: uint8, (H, W), classes as in VOC, no void.

    Raises
    ------
    BenchError
        If it holds none.
    """
    from scipy.io import loadmat

    try:
        mask = np.asarray(loadmat(io.BytesIO(content), variable_names=["GTcls"])["GTcls"]["Segmentation"][0, 0])
    except Exception as error:  # of scipy's many, for a damaged file
        raise BenchError(f"is none of SBD's MATLAB files ({type(error).__name__})") from None
    if mask.ndim != 2 or not np.issubdtype(mask.dtype, np.number) or not np.isin(mask, np.arange(len(CLASSES))).all():
        raise BenchError(f"is no mask of the classes 0 to {len(CLASSES) - 1}")
    return mask.astype(np.uint8)


def _write_masks(archive: Path, folder: Path, left_out: set[str]) -> list[str]:
    """Write the masks of all pictures but those left out; their names."""
    found = []
    try:
        for name, stream in members_of(archive, archive.name, None):
            match = MEMBER.fullmatch(name)
            if match is None or match[1] in left_out:
                continue
            try:
                mask = mask_of(stream.read(LARGEST_MEMBER))
            except BenchError as error:
                raise BenchError(f"{archive.name}: '{name}' {error}") from None
            (folder / f"{match[1]}.png").write_bytes(write_mask(mask))
            found.append(match[1])
    except BROKEN as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise BenchError(f"{archive.name}: truncated or not an archive ({error}); delete it and fetch it again") from None
    return found


def _folders(into: str | Path) -> tuple[Path, Path]:
    """The folder of VOC and that of its release of 2012."""
    try:
        with opened_source("voc", {}, into) as source:
            return source.whole.path, source.files.path / source.files.root / "VOC2012"
    except BenchError as error:
        raise BenchError(f"SBD's masks are laid beside VOC 2012: {error}; python -m bench data fetch voc comes first") from None


def _list_of(release: Path, name: str) -> Path:
    return release / "ImageSets" / "Segmentation" / f"{name}.txt"


def _ids(release: Path, name: str) -> list[str]:
    path = _list_of(release, name).relative_to(release).as_posix()
    return [identity for _, identity in listed_paths(Container(release.name, (), release), path)]
