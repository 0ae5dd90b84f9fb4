"""A new method's numbers as spreadsheets save them."""

import pytest

from bench.plan import BenchError
from bench.records.numbers import read_numbers

HEADER, CELL = ("dataset", "backbone", "value", "seed"), ("opensarship", "resnet18")
ROWS = (HEADER, (*CELL, "71.5", "0"), (*CELL, "72.25", "1"))
KEY = (*CELL, "accuracy")


def saved(path, separator=",", encoding="utf-8", ending="\n", first="", value="71.5"):
    lines = [first] * bool(first) + [separator.join(row).replace("71.5", value) for row in ROWS]
    path.write_bytes("".join(line + ending for line in lines).encode(encoding))
    return path


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("said", [False, True])
def test_a_table_is_read_as_a_spreadsheet_saves_it(tmp_path, separator, encoding, ending, said):
    path = saved(tmp_path / "mine.csv", separator, encoding, ending, f"sep={separator}" * said)
    assert read_numbers(path)[KEY].values == (71.5, 72.25)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"separator": ";", "value": "71,5"}, "line 2: value '71,5' is not a percentage; .*a point goes before the decimals"),
        ({"separator": ";", "value": "71,5", "first": "sep=;"}, "line 3: value '71,5' is not a percentage"),
        ({"value": "71,5"}, "line 2: a field is missing, or there is one too many"),
        ({"separator": "|"}, "the columns must be"),
        ({"encoding": "utf-16-le"}, "not text; allowed: UTF-8, or UTF-16 with a byte order mark"),
        ({"encoding": "utf-16-le", "separator": "\t"}, "not text"),
        ({"separator": "\t", "first": "sep=;"}, "the columns must be"),
    ],
)
def test_what_only_looks_like_such_a_table_is_refused_with_its_line(tmp_path, how, words):
    with pytest.raises(BenchError, match=words) as fault:
        read_numbers(saved(tmp_path / "mine.csv", **how))
    assert "\n" not in str(fault.value) and "\0" not in str(fault.value)
