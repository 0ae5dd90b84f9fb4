"""Compressed pictures, read with limits, and the layout of a folder per class."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from bench.data.store.contents import looks_like
from bench.data.store.walking import fault_of
from bench.plan import BenchError

ENDINGS = (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".webp", ".ppm", ".pgm")
UNREAD = (".gif", ".tif", ".tiff", ".heic", ".heif", ".avif", ".jp2", ".jxl", ".npy", ".svg")  # pictures, and not read
FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "PPM", "GIF", "TIFF")  # of the content, whatever the name says
MOST_PIXELS = 64_000_000  # of one picture; a small file can unpack to gigabytes
DAMAGED = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)
DEEP = ("I", "F")  # what Pillow calls pictures of more than 8 bits a channel; converting them would cut values off


def is_picture(path: str) -> bool:
    """Whether a data file is called as the pictures are that are read."""
    return path.lower().endswith(ENDINGS)


def picture_at(folder: Path, path: str) -> np.ndarray:
    """A picture file of a folder; uint8, (H, W, 3).

    Raises
    ------
    BenchError
        If it may not be read, is missing or damaged; three different lines.
    """
    try:
        content = (folder / path).read_bytes()
    except OSError as error:
        raise fault_of(error, f"'{path}'") from None
    try:
        return read_picture(content)
    except BenchError as error:
        raise BenchError(f"'{path}' is damaged ({error})") from None


def read_picture(content: bytes, mode: str = "RGB") -> np.ndarray:
    """Decode a picture: uint8, (H, W, 3) or, in mode ``L``, (H, W).

    Raises
    ------
    BenchError
        If it is damaged, no picture, or has more than 64 million pixels or 8 bits a channel.
    """
    try:
        picture: Image.Image = Image.open(io.BytesIO(content), formats=FORMATS)
        if picture.width * picture.height > MOST_PIXELS:
            raise BenchError(f"{picture.width}x{picture.height} pixels are too many")
        if picture.mode.startswith(DEEP) or _cut_off(picture):
            raise BenchError("more than 8 bits a channel")
        frames = getattr(picture, "n_frames", 1)
        if frames > 1 and picture.format != "MPO":  # which is a camera's JPEG with its preview
            raise BenchError(f"holds {frames} pictures, one is expected")
        if picture.mode == "P" and "transparency" in picture.info:  # the same colours, without a warning of Pillow's
            picture = picture.convert("RGBA")
        return np.asarray(picture.convert(mode))
    except DAMAGED as error:
        raise BenchError(looks_like(content) or str(error).replace(" <_io.BytesIO object", "").split(" at 0x")[0]) from None


def _cut_off(picture: Image.Image) -> bool:
    """Whether Pillow decodes 8 bits of a channel that has more in the file."""
    for tile in getattr(picture, "tile", ()):
        values = tile[3] if isinstance(tile[3], tuple) else (tile[3],)
        if any(isinstance(value, str) and ";16" in value and not value.startswith("BGR") for value in values):
            return True
        if picture.format == "PPM" and any(isinstance(value, int) and value > 255 for value in values):
            return True
    return False


def folded(word: str) -> str:
    """A folder's name without case and the space around it."""
    return word.strip().casefold()


def class_folders(
    names: Collection[str],
    splits: Mapping[str, str],
    inner: str = "",
    once: str = "",
    means: Callable[[str], str] = folded,
) -> Iterator[tuple[str, str, str]]:
    """The pictures of ``<split>/<class>/<file>`` as (path, name of the class' folder, split), in their order.

    Parameters
    ----------
    splits
        A folder's name in lower-case letters and digits to the split; pictures elsewhere are passed over.
    inner
        A folder between class and file that some copies have.
    once
        What the names of files match (without their endings) that stand for one picture each, in whichever class.
    means
        The class that a folder's name means.

    Raises
    ------
    BenchError
        If a picture lies deeper, is of a format that is not read, or lies in two classes; if two folders are of one split or
        of one class.
    """
    folders: dict[tuple[str, ...], str] = {}
    known: dict[tuple[str, str], str] = {}
    pattern = re.compile(once) if once else None
    for path in names:
        parts = path.split("/")
        split = splits.get(plain(parts[0]))
        if split is None or len(parts) < 3:
            continue
        if path.lower().endswith(UNREAD):
            raise BenchError(f"'{path}' is a picture of a kind that is not read; allowed: {', '.join(ENDINGS)}")
        if is_picture(path):
            if len(parts) > 3 and not (len(parts) == 4 and parts[2] == inner):
                raise BenchError(
                    f"'{path}' lies too deep; expected {parts[0]}/<class>/{f'[{inner}/]' if inner else ''}<picture>"
                )
            if folders.get((parts[0], parts[1])) is None:
                _only_one(folders, (split,), parts[0], "split")
                _only_one(folders, (split, "", means(parts[1])), f"{parts[0]}/{parts[1]}", "class")
                folders[parts[0], parts[1]] = path
            name = stem(parts[-1])
            if pattern and pattern.fullmatch(name) and known.setdefault((split, name), path) != path:
                raise BenchError(f"'{known[split, name]}' and '{path}' are one picture in two places; move one away")
            yield path, parts[1], split


def _only_one(folders: dict[tuple[str, ...], str], key: tuple[str, ...], folder: str, what: str) -> None:
    if folders.setdefault(key, folder) != folder:
        raise BenchError(f"'{folders[key]}/' and '{folder}/' are two folders of one {what}; move one away")


def known_class(word: str, classes: Collection[str], also: Mapping[str, str] | None = None) -> str:
    """The class that a folder's name means, compared without case, space and punctuation.

    Parameters
    ----------
    also
        Other names, in lower-case letters, to the class.

    Raises
    ------
    BenchError
        If it means none.
    """
    names = {**{plain(name): name for name in classes}, **(also or {})}
    if plain(word) not in names:
        raise BenchError(f"folder '{word}' is none of the classes {some(classes)}")
    return names[plain(word)]


def is_jpeg(path: str) -> bool:
    """Whether a file is called as pictures are that lose something each time they are written."""
    return path.lower().endswith((".jpg", ".jpeg", ".jpe", ".jfif"))


def passed_over(names: Collection[str], splits: Collection[str]) -> list[str]:
    """A line for every folder of pictures that is none of the splits'."""
    found = Counter(name.split("/")[0] for name in names if "/" in name and is_picture(name))
    return [
        f"left out: folder '{word}' ({count} pictures)" for word, count in sorted(found.items()) if plain(word) not in splits
    ]


def plain(word: str) -> str:
    """A name without case, space and punctuation."""
    return re.sub(r"[^a-z0-9]", "", word.lower())


def stem(path: str) -> str:
    """A file's name without its ending."""
    return PurePosixPath(path).stem


def some(names: Collection[str], most: int = 12) -> str:
    """The first few of many names."""
    return ", ".join(list(names)[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
