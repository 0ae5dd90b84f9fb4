"""Which test images a run got right: one bit per image in test-set order, in a line of text.

Packed bits, zlib, base64: 20 letters for 41 images, about 0.6 kB for CIFAR-10 at 95 % and 0.8 kB at 90 %.
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.plan import BenchError

MOST_IMAGES = 10_000_000  # a bound for untrusted input
LARGEST = 64 * 2**20  # bytes of a stored file
COLUMNS = ("run", "images", "data", "bits")


@dataclass(frozen=True)
class Hits:
    """The hits of one run.

    Attributes
    ----------
    images
        N, the number of test images.
    bits
        One bit per image as text, as `encode` writes it.
    data
        The digest of the data whose test set is meant; hits of different data are never compared.
    """

    images: int
    bits: str
    data: str

    @classmethod
    def of(cls, right: Sequence[bool] | np.ndarray, data: str) -> Hits:
        """Of an array of booleans of shape (N,), in test-set order."""
        return cls(len(right), encode(right), data)

    @classmethod
    def read(cls, fields: Mapping[str, Any], where: str) -> Hits:
        """From a record's ``hits`` or a stored row, checked; ``where`` names it in faults.

        Raises
        ------
        BenchError
            A field is missing or of another kind, or the bits cannot be read.
        """
        images, bits, data = (fields.get(name) for name in ("images", "bits", "data"))
        whole = isinstance(images, int) or (isinstance(images, str) and images.isascii() and images.isdigit())
        if not whole or not isinstance(bits, str) or not isinstance(data, str):
            raise BenchError(f"{where}: hits need a number of images, bits and a data digest")
        hits = cls(int(str(images)[:12]), bits, data)
        hits.right(where)
        return hits

    def right(self, where: str = "hits") -> np.ndarray:
        """Whether each image was classified rightly, shape (N,), booleans."""
        return decode(self.bits, self.images, where)

    def fields(self) -> dict[str, Any]:
        """What a record holds under ``hits``."""
        return {"images": self.images, "bits": self.bits, "data": self.data}

    @property
    def accuracy(self) -> float:
        """In percent, from the count: it must agree with the record's."""
        return 100.0 * int(self.right().sum()) / self.images


def encode(right: Sequence[bool] | np.ndarray) -> str:
    """An array of booleans of shape (N,) as text."""
    flags = np.asarray(right)
    if flags.ndim != 1 or not 0 < len(flags) <= MOST_IMAGES:
        raise ValueError(f"hits are one flag per test image; found an array of shape {flags.shape}")
    # Hits have no repeats to find, only rare zeros: Huffman codes alone are a fifth shorter than zlib's usual search.
    stream = zlib.compressobj(9, strategy=zlib.Z_HUFFMAN_ONLY)
    packed = stream.compress(np.packbits(flags.astype(bool)).tobytes()) + stream.flush()
    return base64.b64encode(packed).decode("ascii")


def decode(bits: str, images: int, where: str = "hits") -> np.ndarray:
    """The booleans of `encode`, shape (N,).

    Raises
    ------
    BenchError
        Not base64, not zlib, or not as many bits as there are images; nothing larger than that is ever unpacked.
    """
    if not 0 < images <= MOST_IMAGES:
        raise BenchError(f"{where}: {images} is not a number of test images")
    size = (images + 7) // 8
    try:
        stream = zlib.decompressobj()
        packed = stream.decompress(base64.b64decode(bits, validate=True), size + 1)
    except (ValueError, binascii.Error, zlib.error) as error:
        raise BenchError(f"{where}: the bits cannot be read ({error})") from None
    if len(packed) != size or not stream.eof or stream.unused_data:
        raise BenchError(f"{where}: the bits are not those of {images} images")
    flags = np.unpackbits(np.frombuffer(packed, dtype=np.uint8))
    if flags[images:].any():
        raise BenchError(f"{where}: the bits are not those of {images} images")
    return flags[:images].astype(bool)


def hits_csv(rows: Mapping[str, Hits]) -> str:
    """The text of a stored file: run id to its hits, a row each, sorted by run."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((run, hits.images, hits.data, hits.bits) for run, hits in sorted(rows.items()))
    return text.getvalue()


def read_hits_csv(path: Path) -> dict[str, Hits]:
    """A stored file as `hits_csv` writes it; every row is checked, a missing file holds none.

    Raises
    ------
    BenchError
        Other columns, a run twice, bits that cannot be read; told with the line.
    """
    if not path.exists():
        return {}
    found: dict[str, Hits] = {}
    try:
        if path.stat().st_size > LARGEST:
            raise BenchError(f"{path}: larger than {LARGEST} bytes")
        reader = csv.reader(io.StringIO(path.read_text(encoding="ascii"), newline=""), strict=True)
        if tuple(next(reader, ())) != COLUMNS:
            raise BenchError(f"{path}: the columns must be {','.join(COLUMNS)}")
        for row in reader:
            where = f"{path}, line {reader.line_num}"
            if len(row) != len(COLUMNS):
                raise BenchError(f"{where}: {len(row)} fields instead of {len(COLUMNS)}")
            run, *fields = row
            if run in found:
                raise BenchError(f"{where}: a second row for {run[:200]}")
            found[run] = Hits.read(dict(zip(COLUMNS[1:], fields, strict=True)), where)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BenchError(f"{path}: cannot be read ({error})") from None
    return found
