"""A record that cannot be written as it is: nothing half written, and a record that says so in its place."""

import pytest

from bench.records.record import UnwritableRecord, write_record


@pytest.mark.parametrize("value", [{1, 2}, b"a", lambda: 1, object(), 2j])
def test_nothing_is_written(tmp_path, value):
    with pytest.raises(UnwritableRecord, match="cannot be written"):
        write_record(tmp_path / "seed0.json", {"run": "a", "metrics": {"accuracy": value}})
    assert list(tmp_path.iterdir()) == []


def test_one_against_the_schema_is_none_either(tmp_path):
    with pytest.raises(UnwritableRecord, match="cannot be written"):
        write_record(tmp_path / "seed0.json", {"run": "a"})
    assert list(tmp_path.iterdir()) == []
