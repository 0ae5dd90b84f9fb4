"""What the operating system says of the processor."""

from __future__ import annotations

from pathlib import Path


def processor_fact(key: str) -> str:
    """The first value of ``key`` in ``/proc/cpuinfo`` (``model name``, ``vendor_id``, ``flags``); empty where there is none."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), "")
