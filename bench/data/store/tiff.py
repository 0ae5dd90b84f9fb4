"""Decode a TIFF chip from memory."""

from __future__ import annotations

import io
import logging

import numpy as np

from bench.plan import BenchError

LONGEST_SIDE = 4096  # pixels; chips are a tenth of that


def read_tiff(content: bytes, label: str) -> np.ndarray:
    """The first page of a TIFF file.

    Parameters
    ----------
    content
        The whole file.
    label
        What messages call it.

    Returns
    -------
    numpy.ndarray
        (H, W) or (H, W, C), in the file's own type.

    Raises
    ------
    BenchError
        If it is no TIFF, damaged, or larger than 4096 pixels on a side.
    """
    import tifffile  # imported where used: stand-ins need none

    logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # its warnings about a broken file would bury our one line
    try:
        with tifffile.TiffFile(io.BytesIO(content)) as file:
            page = file.pages[0]
            if not 2 <= len(page.shape) <= 3 or max(page.shape) > LONGEST_SIDE:
                raise ValueError(f"unexpected shape {page.shape}")
            chip: np.ndarray = page.asarray()
    except Exception as error:  # a damaged file can fail anywhere in the decoder
        raise BenchError(
            f"{label} is not a readable TIFF ({str(error)[:80] or type(error).__name__}); fetch it again"
        ) from None
    if not np.isfinite(chip).all():
        chip = np.nan_to_num(chip, nan=0.0, posinf=0.0, neginf=0.0)
    return chip
