"""Which precision the forward and backward passes compute in. Weights and losses are fp32 always."""

from __future__ import annotations

from contextlib import AbstractContextManager

import torch

from bench.plan import BenchError


def resolve_precision(wish: str, device: torch.device) -> str:
    """``fp32`` or ``bf16``: ``auto`` takes bf16 where the hardware computes in it (AMX, avx512_bf16, Ampere and later)."""
    native = _native_bf16(device)
    if wish == "bf16" and not native and device.type == "cuda":
        raise BenchError("precision bf16: this GPU does not compute in bfloat16; allowed here: auto, fp32")
    if wish == "auto":
        return "bf16" if native else "fp32"
    return wish


def autocast(precision: str, device: torch.device) -> AbstractContextManager[object]:
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16")


def _native_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device)[0] >= 8
    probes = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
    return any(getattr(torch.cpu, probe, lambda: False)() for probe in probes)
