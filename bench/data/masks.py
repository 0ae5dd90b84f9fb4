"""Segmentation masks as PASCAL VOC distributes them: palette PNGs whose indices are the classes."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from bench.data.store.pictures import DAMAGED, MOST_PIXELS
from bench.plan import BenchError

VOID = 255  # a border that is of no class


def voc_palette(colours: int = 256) -> np.ndarray:
    """VOC's colours, uint8, (colours, 3): bit j of red, green, blue, from the top, is bit 3j, 3j + 1, 3j + 2 of the index."""
    index = np.arange(colours)[:, None]
    bits = np.arange(8)[None, :]
    channels = [(((index >> (3 * bits + channel)) & 1) << (7 - bits)).sum(1) for channel in range(3)]
    return np.stack(channels, 1).astype(np.uint8)


def read_mask(content: bytes, classes: int) -> np.ndarray:
    """Decode a mask: uint8, (H, W), 0 to ``classes`` - 1 or 255.

    Palette images keep their indices; grey ones (SBD's copies) hold the classes as grey levels.

    Parameters
    ----------
    content
        Of the file.
    classes
        Background included.

    Raises
    ------
    BenchError
        If it is damaged, too large, in colour, of another palette, or holds a value that is no class.
    """
    try:
        picture = Image.open(io.BytesIO(content))
        if picture.width * picture.height > MOST_PIXELS:
            raise BenchError(f"{picture.width}x{picture.height} pixels are too many")
        if picture.mode not in ("P", "L"):
            raise BenchError(f"is of mode {picture.mode}; a mask has its classes as palette indices (P) or grey levels (L)")
        mask = np.array(picture)
        palette = picture.getpalette() if picture.mode == "P" else None
    except DAMAGED as error:
        raise BenchError(f"is damaged ({error})") from None
    values = np.unique(mask)
    wrong = [int(value) for value in values if value >= classes and value != VOID]
    if wrong:
        grey = picture.mode == "L" and set(wrong) <= _luminances()
        lost = "; its palette was turned to grey" if grey else ""
        raise BenchError(f"holds {_some(wrong)}; allowed: 0 to {classes - 1}, and {VOID} for void{lost}")
    if palette is not None:
        _check_palette(np.array(palette, dtype=np.uint8).reshape(-1, 3), values)
    return mask


def write_mask(mask: np.ndarray) -> bytes:
    """A palette PNG of classes (H, W), in VOC's colours; :func:`read_mask` gives them back."""
    picture = Image.fromarray(np.ascontiguousarray(mask, dtype=np.uint8), mode="P")
    picture.putpalette(voc_palette().flatten().tolist())
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def _check_palette(palette: np.ndarray, values: np.ndarray) -> None:
    expected = voc_palette()
    for value in values.tolist():
        found = palette[value] if value < len(palette) else np.zeros(3, dtype=np.uint8)
        if not np.array_equal(found, expected[value]):
            colour, right = (",".join(str(part) for part in each) for each in (found, expected[value]))
            raise BenchError(f"has another palette than VOC's: index {value} is {colour}, not {right}")


def _luminances() -> set[int]:
    """Grey levels that ``convert("L")`` makes of VOC's colours."""
    return {int(value) for value in np.array(Image.fromarray(voc_palette()[None, :, :]).convert("L")).flatten()}


def _some(values: list[int], most: int = 5) -> str:
    return ", ".join(map(str, values[:most])) + (" and more" if len(values) > most else "")
