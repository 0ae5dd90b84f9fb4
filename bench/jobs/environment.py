"""What a record says of the machine and the software. No host name, user name, path or date."""

from __future__ import annotations

import platform
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import bench
from bench.plan.source import ROOT, SUITE
from bench.train.precision import processor_fact

PACKAGES = ("torch", "torchvision", "timm", "numpy")


def versions() -> dict[str, str]:
    found = {name: metadata.version(name) for name in PACKAGES}
    return {"bench": bench.__version__, "python": platform.python_version(), **found}


def hardware(device: str, threads: int) -> dict[str, Any]:
    """Processor, GPU, threads, the processor's matrix extensions, and on a GPU what fp32 computes in TF32."""
    import torch

    gpu = torch.cuda.get_device_name(device) if device.startswith("cuda") else ""
    flags = processor_fact("flags").split()
    known = [flag for flag in ("avx2", "avx512f", "avx512_bf16", "amx_bf16", "amx_tile") if flag in flags]
    found = {"cpu": processor_fact("model name") or platform.machine(), "cpu_flags": known, "gpu": gpu, "threads": threads}
    if gpu:  # fp32 there is torch's default, as the papers' authors had it: convolutions in TF32, matrix products not
        found["tf32"] = {"convolutions": torch.backends.cudnn.allow_tf32, "matmul": torch.backends.cuda.matmul.allow_tf32}
    return found


def git_state() -> dict[str, Any]:
    """The project's commit and whether tracked files differ from it; empty outside a checkout."""
    if SUITE != ROOT:  # installed: what lies around it is another repository, if any
        return {}
    commit = _git("rev-parse", "HEAD")
    return {"commit": commit, "dirty": bool(_git("status", "--porcelain", "--untracked-files=no"))} if commit else {}


@cache
def commit_of(path: Path) -> str:
    """The last commit that changed a file; empty outside a checkout, and where the file is not as committed."""
    words = ("--", path.name)
    clean = path.parent.is_dir() and not _git("status", "--porcelain", *words, folder=path.parent)
    return _git("log", "-1", "--format=%H", *words, folder=path.parent) if clean else ""


def _git(*words: str, folder: Path = ROOT) -> str:
    try:
        done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
