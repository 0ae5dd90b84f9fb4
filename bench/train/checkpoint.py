"""Checkpoints: written to a temporary name and renamed, with a checksum that finds any damage."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path
from typing import Any

import torch

from bench.plan import BenchError

MAGIC = b"kdbench1"


def save_checkpoint(path: Path, state: dict[str, Any]) -> str:
    """Write ``state`` so that a reader finds the old file or the whole new one; returns the payload's sha256."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    payload = buffer.getbuffer()
    digest = hashlib.sha256(payload)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(MAGIC + digest.digest())
            file.write(payload)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise BenchError(f"{path}: cannot be written ({error.strerror})") from None
    return digest.hexdigest()


def load_checkpoint(path: Path, device: torch.device | str = "cpu") -> dict[str, Any]:
    """Read a checkpoint that is whole.

    Raises
    ------
    BenchError
        If it is missing, truncated or changed: the header's checksum does not fit.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BenchError(f"{path}: cannot be read ({error.strerror})") from None
    head, payload = content[: len(MAGIC) + 32], content[len(MAGIC) + 32 :]
    if head != MAGIC + hashlib.sha256(payload).digest():
        raise BenchError(f"{path}: damaged (its checksum does not fit)")
    return torch.load(io.BytesIO(payload), map_location=device, weights_only=True)
