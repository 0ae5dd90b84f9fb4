"""Hits: one bit per test image and run, and nothing else gets through."""

import base64
import zlib

import numpy as np
import pytest

from bench.plan import BenchError
from bench.records.hits import Hits, decode, encode, hits_csv, read_hits_csv

RNG = np.random.default_rng(1)


@pytest.mark.parametrize("images", [1, 7, 8, 9, 41, 10_000])
def test_they_come_back(images: int) -> None:
    right = RNG.random(images) < 0.7
    assert np.array_equal(decode(encode(right), images), right)
    hits = Hits.of(right, "sha256:1")
    assert hits.accuracy == pytest.approx(100 * right.mean())
    assert Hits.read(hits.fields(), "a record") == hits


@pytest.mark.parametrize(("accuracy", "most"), [(0.95, 600), (0.92, 800), (0.90, 900), (0.89, 1000)])
def test_a_run_on_cifar_10_takes_less_than_a_kilobyte(accuracy: float, most: int) -> None:
    assert len(encode(RNG.random(10_000) < accuracy)) <= most


def test_forty_one_images_take_a_few_letters() -> None:
    assert len(encode(RNG.random(41) < 0.6)) <= 60


def packed(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data)).decode()


@pytest.mark.parametrize(
    ("bits", "images"),
    [
        ("not base64!", 8),
        (base64.b64encode(b"not zlib").decode(), 8),
        (packed(b"\x00"), 9),  # too few
        (packed(b"\x00\x00\x00"), 9),  # too many
        (packed(b"\x00\x01"), 9),  # a bit beyond the last image
        (packed(b"\x00" * 50_000_000), 9),  # a bomb
        (base64.b64encode(zlib.compress(b"\x00\x00") + b"more").decode(), 9),
        (packed(b"\x00"), 0),
        (packed(b"\x00"), -3),
        (packed(b"\x00"), 10**12),
    ],
)
def test_nothing_else_is_read(bits: str, images: int) -> None:
    with pytest.raises(BenchError, match="record x"):
        decode(bits, images, "record x")


@pytest.mark.parametrize("fields", [{}, {"images": "many", "bits": "", "data": ""}, {"images": 8, "bits": 3, "data": "d"}])
def test_a_record_without_them_is_a_fault(fields: dict[str, object]) -> None:
    with pytest.raises(BenchError, match="hits need"):
        Hits.read(fields, "a record")


def test_a_flag_per_image_is_needed() -> None:
    for shape in ((0,), (2, 3)):
        with pytest.raises(ValueError, match="one flag per test image"):
            encode(np.zeros(shape, dtype=bool))


def test_the_stored_file(tmp_path) -> None:
    rows = {f"demo/p/d/b/v/seed{i}": Hits.of(RNG.random(41) < 0.7, "sha256:1") for i in (1, 0)}
    path = tmp_path / "hits.csv"
    assert read_hits_csv(path) == {}
    path.write_text(hits_csv(rows), encoding="ascii")
    assert read_hits_csv(path) == rows
    assert path.read_text().splitlines()[1].startswith("demo/p/d/b/v/seed0,41,sha256:1,")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("run,bits\n", "the columns must be run,images,data,bits"),
        ("run,images,data,bits\nr,8\n", "line 2: 2 fields instead of 4"),
        ("run,images,data,bits\nr,8,d,xx\n", "line 2: the bits cannot be read"),
        (f"run,images,data,bits\nr,8,d,{packed(bytes(1))}\nr,8,d,{packed(bytes(1))}\n", "line 3: a second row for r"),
        ('run,images,data,bits\n"r,8\n', "cannot be read"),
        ("run,images,data,bits\né,8,d,x\n", "cannot be read"),
    ],
)
def test_a_broken_file_is_told_with_its_line(tmp_path, text: str, words: str) -> None:
    path = tmp_path / "hits.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BenchError, match=words):
        read_hits_csv(path)
