"""Stand-ins keep their pixels bit for bit: the stored results were trained on them."""

import hashlib

import numpy as np
import pytest

from bench.data import prepare_dataset

# Of pixels, labels, classes and split, as records hold it; the first 16 hexadecimal digits.
DIGESTS = (
    ("sar_standin3", 64, {}, "f0c941bfcb4d2853"),
    ("sar_standin3", 16, {}, "25d2a6ab0ae0d2ed"),
    ("sar_standin3", 64, {"label_noise": 0.2}, "5793626083ef486d"),
    ("sar_standin3", 64, {"clutter": "none"}, "6647b36fe961106f"),
    ("sar_standin3", 64, {"clutter": "none", "label_noise": 0.5}, "4bf8cafd63fa7912"),
    ("sar_standin7", 64, {}, "2fbc6c97abc4f72f"),
    ("digits", 8, {}, "63d2967f715c0cf5"),
    ("digits", 32, {}, "842ec6f1439e2ff6"),
    ("objects_standin20", 64, {}, "911de226760439b4"),
    ("objects_standin20", 32, {}, "db8bdf53ecbca072"),
    ("scenes_standin8", 96, {}, "b48412e62a671440"),
    ("faces_standin7", 48, {}, "4b3774f65ddd8bd8"),
    ("faces_standin7", 16, {}, "dfd40fe3bc5589f3"),
)
ARITHMETIC = "7f00dae823fa6787"  # digest of what numpy's functions gave where the digests above were taken


def arithmetic():
    """What this machine's floating-point library gives; another one may round a pixel otherwise."""
    numbers = np.random.default_rng(0).standard_normal((64, 64))
    parts = (np.sin(numbers), np.exp(numbers), np.fft.fft2(numbers), np.sqrt(np.abs(numbers)), numbers.astype(np.float32))
    return hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()[:16]


@pytest.mark.parametrize(("name", "size", "options", "digest"), DIGESTS, ids=lambda value: str(value))
def test_pixels_are_what_they_were(tmp_path, name, size, options, digest):
    found = prepare_dataset(name, size, options, cache_dir=tmp_path)["digest"][:16]
    if found != digest and arithmetic() != ARITHMETIC:
        pytest.skip("numpy rounds otherwise on this machine than where the digests were taken")
    assert found == digest
