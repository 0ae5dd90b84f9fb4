"""Which precision ``auto`` takes: bf16 where it is the faster one."""

import pytest
import torch

from bench.train import precision


@pytest.mark.parametrize(
    "amx, bf16, vendor, expected",
    [
        (True, True, "GenuineIntel", "bf16"),
        (False, True, "AuthenticAMD", "bf16"),
        (False, True, "GenuineIntel", "fp32"),
        (False, False, "AuthenticAMD", "fp32"),
    ],
)
def test_auto_on_a_processor(monkeypatch, amx, bf16, vendor, expected):
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: bf16)
    monkeypatch.setattr(precision, "processor_fact", {"vendor_id": vendor}.get)
    assert precision.resolve_precision("auto", torch.device("cpu")) == expected


@pytest.mark.parametrize("wish", ["fp32", "bf16", "fp16"])
def test_a_wish_is_followed(wish):
    assert precision.resolve_precision(wish, torch.device("cpu")) == wish
