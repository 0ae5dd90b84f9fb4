"""Which precision the forward and backward passes compute in. Weights and losses are fp32 always."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

import torch

from bench.plan import BenchError

LOWER = {"bf16": torch.bfloat16, "fp16": torch.float16}


def resolve_precision(wish: str, device: torch.device) -> str:
    """``fp32``, ``bf16`` or ``fp16``: ``auto`` takes bf16 where it is the faster one, and fp16 nowhere.

    bf16 is the faster one with AMX, with ``avx512_bf16`` on AMD's processors and on GPUs from Ampere on. Intel's without AMX
    have the instructions too, and convolve in half of fp32's speed (docs/performance.md).
    """
    if wish == "bf16" and device.type == "cuda" and not _fast_bf16(device):
        raise BenchError("precision bf16: this GPU does not compute in bfloat16; allowed here: auto, fp32, fp16")
    if wish == "auto":
        return "bf16" if _fast_bf16(device) else "fp32"
    return wish


def autocast(precision: str, device: torch.device) -> AbstractContextManager[object]:
    return torch.autocast(device.type, dtype=LOWER.get(precision, torch.bfloat16), enabled=precision in LOWER)


def loss_scaler(precision: str, device: torch.device) -> torch.amp.GradScaler:
    """What keeps gradients in fp16's range: the loss times a scale that is halved, and the step left out, where one overflows.

    In other precisions it scales nothing and leaves nothing out.
    """
    return torch.amp.GradScaler(device.type, enabled=precision == "fp16")


def processor_fact(key: str) -> str:
    """The first value of ``key`` in ``/proc/cpuinfo`` (``model name``, ``vendor_id``, ``flags``); empty where there is none."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), "")


def _fast_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device)[0] >= 8
    return has_amx() or has_fast_avx512_bf16()


def has_amx() -> bool:
    """Whether the processor multiplies bf16 matrices in a unit of its own."""
    return _has("_is_amx_tile_supported")


def has_fast_avx512_bf16() -> bool:
    """Whether it has bf16 instructions that are faster than those of fp32: AMD's."""
    return _has("_is_avx512_bf16_supported") and processor_fact("vendor_id") == "AuthenticAMD"


def _has(probe: str) -> bool:
    return bool(getattr(torch.cpu, probe, lambda: False)())
