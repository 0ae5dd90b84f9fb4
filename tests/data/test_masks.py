"""Masks as PASCAL VOC distributes them."""

import io

import numpy as np
import pytest
from PIL import Image

from bench.data.masks import read_mask, voc_palette, write_mask
from bench.plan import BenchError

MASK = np.array([[0, 1, 2, 3], [15, 20, 255, 0], [7, 7, 255, 255]], dtype=np.uint8)


def png(picture):
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def test_colours_are_vocs():
    colours = voc_palette()[[0, 1, 2, 3, 15, 255]].tolist()
    assert colours == [[0, 0, 0], [128, 0, 0], [0, 128, 0], [128, 128, 0], [192, 128, 128], [224, 224, 192]]
    assert len({tuple(colour) for colour in voc_palette().tolist()}) == 256


def test_writing_and_reading_keeps_indices_and_void():
    content = write_mask(MASK)
    assert np.array_equal(read_mask(content, 21), MASK)
    picture = Image.open(io.BytesIO(content))
    assert picture.mode == "P" and picture.convert("RGB").getpixel((1, 0)) == (128, 0, 0)


def test_grey_levels_are_classes_too():
    assert np.array_equal(read_mask(png(Image.fromarray(MASK)), 21), MASK)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (png(Image.open(io.BytesIO(write_mask(MASK))).convert("RGB")), "is of mode RGB; .*palette indices"),
        (
            png(Image.open(io.BytesIO(write_mask(MASK))).convert("L")),
            "holds .*allowed: 0 to 20, and 255 .*palette was turned to grey",
        ),
        (
            png(Image.open(io.BytesIO(write_mask(MASK))).convert("RGB").quantize(8)),
            "has another palette than VOC's: index 0 is",
        ),
        (write_mask(MASK + (MASK == 20)), "holds 21; allowed: 0 to 20, and 255 for void$"),
        (write_mask(MASK)[:60], "is damaged"),
        (b"", "is damaged"),
    ],
)
def test_what_is_no_mask_is_refused_in_a_line(content, words):
    with pytest.raises(BenchError, match=words) as caught:
        read_mask(content, 21)
    assert "\n" not in str(caught.value)
