"""Checkpoints: written to a temporary name and renamed, with a checksum that finds any damage."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import torch

from bench.plan import BenchError
from bench.plan.files import replacing

MAGIC = b"kdbench1"


def save_checkpoint(path: Path, state: dict[str, Any]) -> str:
    """Write ``state`` so that a reader finds the old file or the whole new one; returns the payload's sha256."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    payload = buffer.getbuffer()
    digest = hashlib.sha256(payload)
    with replacing(path) as file:
        file.write(MAGIC + digest.digest())
        file.write(payload)
    return digest.hexdigest()


def load_checkpoint(path: Path, device: torch.device | str = "cpu") -> dict[str, Any]:
    """Read a checkpoint that is whole.

    Raises
    ------
    BenchError
        If it is missing, truncated or changed (its checksum does not fit), or holds more than tensors and plain values.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BenchError(f"{path}: cannot be read ({error.strerror})") from None
    head, payload = content[: len(MAGIC) + 32], content[len(MAGIC) + 32 :]
    if head != MAGIC + hashlib.sha256(payload).digest():
        raise BenchError(f"{path}: damaged ({'its checksum does not fit' if content else 'empty'})")
    try:
        state = torch.load(io.BytesIO(payload), map_location=device, weights_only=True)
    except (MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as error:  # whatever a payload that torch.save did not write makes of the reader
        raise BenchError(f"{path}: not a checkpoint ({type(error).__name__})") from None
    if not isinstance(state, dict):
        raise BenchError(f"{path}: not a checkpoint (holds no mapping)")
    return state
