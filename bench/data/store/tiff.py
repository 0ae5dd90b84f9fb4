"""Decode a TIFF chip from memory."""

from __future__ import annotations

import io
import logging
import warnings

import numpy as np
from PIL import Image

from bench.data.store.contents import looks_like
from bench.plan import BenchError

LONGEST_SIDE = 4096  # pixels; chips are a tenth of that
NARROWEST = 2  # pixels
MOST_BANDS = 4
INVERTED_OR_INDEXED = (0, 3)  # TIFF's photometric interpretations in which a higher value is not a brighter pixel
GREY_OR_COLOUR = ("L", "I;16", "I;16B", "I", "F", "RGB", "RGBA")  # Pillow's modes that hold a file's own values


def read_tiff(content: bytes, label: str) -> np.ndarray:
    """The first image of a TIFF file.

    Parameters
    ----------
    content
        The whole file.
    label
        What messages call it.

    Returns
    -------
    numpy.ndarray
        (H, W) or (H, W, C), in the file's own type, wherever the file keeps its bands. What is no number is 0.

    Raises
    ------
    BenchError
        If it is no TIFF, damaged, packed in a way that cannot be read, holds no number, or is larger than 4096 pixels a side.
    """
    import tifffile  # imported where used: stand-ins need none

    logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # its warnings about a broken file would bury our one line
    try:
        with tifffile.TiffFile(io.BytesIO(content)) as file:
            series = file.series[0]
            colours = getattr(series.keyframe, "photometric", None)
            if colours in INVERTED_OR_INDEXED:
                raise _Unknown(f"its colours are {colours.name}; save it as plain grey, black being 0")
            if max(series.shape) > LONGEST_SIDE or not 2 <= len(series.shape) <= 3:
                raise ValueError(f"unexpected shape {series.shape}")
            try:
                chip, axes = series.asarray(), series.axes
            except ValueError as error:
                if "imagecodecs" not in str(error):
                    raise
                chip, axes = _by_pillow(content, str(error)), ""
        chip = _bands_last(chip, axes)
    except Exception as error:  # a damaged file can fail anywhere in the decoder
        reason = looks_like(content) or str(error)[:120] or type(error).__name__
        hint = "" if isinstance(error, _Unknown) else "; fetch it again"
        raise BenchError(f"{label} is not a readable TIFF ({reason}){hint}") from None
    if chip.dtype.kind not in "uif":
        raise BenchError(f"{label} holds {chip.dtype}, expected whole or real numbers")
    finite = np.isfinite(chip)
    if not finite.any():
        raise BenchError(f"{label} holds no number at all (NaN everywhere)")
    if not finite.all():
        varied(chip[finite], label)
    if min(chip.shape[:2]) < NARROWEST:
        raise BenchError(f"{label} is {chip.shape[1]}x{chip.shape[0]} pixels: a strip, not a chip")
    return chip if finite.all() else np.nan_to_num(chip, nan=0.0, posinf=0.0, neginf=0.0)


def varied(band: np.ndarray, label: str) -> np.ndarray:
    """The band, if it shows anything.

    Raises
    ------
    BenchError
        If it holds one value everywhere.
    """
    if band.min() == band.max():
        raise BenchError(f"{label} holds one value everywhere ({band.flat[0]}): nothing to see")
    return band


class _Unknown(Exception):
    """A way of packing that nothing here reads."""


def _by_pillow(content: bytes, needed: str) -> np.ndarray:
    """What tifffile cannot unpack without another package (LZW above all), Pillow often can."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Pillow warns where it would cut something off
            picture = Image.open(io.BytesIO(content), formats=("TIFF",))
            if picture.mode in GREY_OR_COLOUR:
                return np.asarray(picture)
    except Exception as error:
        raise _Unknown(f"{needed}: pip install imagecodecs; Pillow says: {error}") from None
    raise _Unknown(f"{needed}: pip install imagecodecs")


def _bands_last(chip: np.ndarray, axes: str) -> np.ndarray:
    """(H, W) or (H, W, C): bands that lie one after the other are moved behind the pixels."""
    if chip.ndim == 2:
        return chip
    if axes[-2:] == "YX" or (chip.shape[0] <= MOST_BANDS < chip.shape[2]):
        chip = np.moveaxis(chip, 0, 2)
    if chip.shape[2] > MOST_BANDS:
        raise ValueError(f"unexpected shape {chip.shape}")
    return chip
