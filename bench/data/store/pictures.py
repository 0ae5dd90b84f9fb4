"""Compressed pictures, read with limits."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np
from PIL import Image

from bench.data.store.archives import Container
from bench.plan import BenchError

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp")
MOST_PIXELS = 64_000_000  # of one picture; a small file can unpack to gigabytes
DAMAGED = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)


def is_picture(path: str) -> bool:
    return path.lower().endswith(ENDINGS) and not path.rsplit("/", 1)[-1].startswith(".")


def read_picture(content: bytes, mode: str = "RGB") -> np.ndarray:
    """Decode a picture: uint8, (H, W, 3) or, in mode ``L``, (H, W).

    Raises
    ------
    BenchError
        If it is damaged or has more than 64 million pixels.
    """
    try:
        picture = Image.open(io.BytesIO(content))
        if picture.width * picture.height > MOST_PIXELS:
            raise BenchError(f"{picture.width}x{picture.height} pixels are too many")
        return np.asarray(picture.convert(mode))
    except DAMAGED as error:
        raise BenchError(str(error)) from None


def pictures_in_folders(
    container: Container,
    splits: Mapping[str, str],
    classes: Sequence[str],
    problems: list[str],
    mode: str = "RGB",
    side: int | None = None,
) -> Iterator[tuple[np.ndarray, int, str]]:
    """The pictures of ``<split>/<class>/<file>`` as (pixels, label, split), in the order of their paths.

    Parameters
    ----------
    splits
        Folder to the name that the split has here; other folders are passed over.
    problems
        Gets a line for every picture that is damaged or of another size, and one for a folder that is no class.
    side
        What height and width have to be; any where not given.
    """
    label_of = {name: label for label, name in enumerate(classes)}
    for path in container.names:
        parts = path.lower().split("/")
        if not is_picture(path) or len(parts) < 3 or parts[-3] not in splits:
            continue
        if parts[-2] not in label_of:
            problems.append(f"{container.label}: folder '{parts[-2]}' is none of the classes {_some(classes)}")
            return
        try:
            pixels = read_picture(container.read(path), mode)
        except BenchError as error:
            problems.append(f"{container.label}: '{path}' is damaged ({error})")
            continue
        if side is not None and pixels.shape[:2] != (side, side):
            problems.append(f"{container.label}: '{path}' is {pixels.shape[1]}x{pixels.shape[0]}, expected {side}x{side}")
            continue
        yield pixels, label_of[parts[-2]], splits[parts[-3]]


def count_notes(found: Mapping[str, int], official: Mapping[str, int]) -> tuple[str, ...]:
    """A line where a copy has another number of pictures than the set has officially."""
    return tuple(
        f"{found[split]} {split} images, the set has {count}" for split, count in official.items() if found.get(split) != count
    )


def _some(names: Collection[str], most: int = 12) -> str:
    return ", ".join(list(names)[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
