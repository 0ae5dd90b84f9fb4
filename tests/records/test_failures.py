"""Why a training failed, as its record says it."""

import pytest

from bench.records.failures import said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("no file /root/data/x.npy", "no file x.npy"),
        ("in ~/work/x.py: line 3", "in x.py: line 3"),
        (r"C:\Users\me\x.py", "x.py"),
        ("a ratio of 3/4 and a/b", "a ratio of 3/4 and a/b"),
        ("two\nlines", "two lines"),
    ],
)
def test_a_reason_names_no_folder(text, words):
    assert said(ValueError(text)) == f"ValueError: {words}"
